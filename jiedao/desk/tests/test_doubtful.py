"""Doubtful reports of the public wait at the desk until a clerk decides."""

import uuid

import pytest
from django.test import Client

from jiedao.cases.actions.intake import NewCase
from jiedao.cases.following_public.reporting import report_publicly
from jiedao.cases.models import Case, DoubtfulReport, Reason
from jiedao.testing.cast import Town, make_town

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    return make_town()


def report(town: Town) -> Case:
    new = NewCase(
        channel="WEB",
        subject="看这里",
        detail="看这里 https://example.org",
        area_id=town.areas["G1"].pk,
        client_uuid=uuid.uuid4(),
    )
    return Case.objects.get(pk=report_publicly(new).case_id)


def sign_in(town: Town, username: str) -> Client:
    client = Client()
    client.force_login(town.users[username], backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_a_clerk_states_that_a_report_is_genuine(town: Town) -> None:
    case, desk = report(town), sign_in(town, "shift")
    page = desk.get("/desk/doubtful/")
    assert case.number in page.text
    assert "文字里有网址" in page.text
    desk.post(f"/desk/doubtful/{case.number}/", {"genuine": "yes"})
    assert DoubtfulReport.objects.get().genuine is True
    assert case.number not in desk.get("/desk/doubtful/").text
    case.refresh_from_db()
    assert case.state == "REPORTED"


def test_a_report_that_is_not_genuine_is_voided_for_a_reason_of_the_pack(town: Town) -> None:
    case, desk = report(town), sign_in(town, "shift")
    desk.post(f"/desk/doubtful/{case.number}/", {"genuine": "no", "reason": "nothing"})
    assert DoubtfulReport.objects.get().decided_at is None
    reason = Reason.objects.filter(kind="VOID")[0]
    desk.post(f"/desk/doubtful/{case.number}/", {"genuine": "no", "reason": reason.code})
    case.refresh_from_db()
    assert case.state == "VOIDED"
    again = desk.post(f"/desk/doubtful/{case.number}/", {"genuine": "yes"}, follow=True)
    assert "已经处理过了" in again.text
