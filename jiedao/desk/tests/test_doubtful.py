"""Doubtful reports of the public wait at the desk until a clerk decides."""

import re
import uuid

import pytest
from django.test import Client

from jiedao.cases.actions.intake import NewCase
from jiedao.cases.following_public.reporting import report_publicly
from jiedao.cases.models import Case, DoubtfulReport, Reason
from jiedao.notices.models import Notice
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


def test_who_decides_is_notified_and_sees_the_count_on_the_home_page(town: Town) -> None:
    case, desk = report(town), sign_in(town, "registrar")
    notice = Notice.objects.get(user=town.users["registrar"], kind="cases.case:doubtful")
    page = desk.get("/desk/").text
    assert re.search(r'<a href="/desk/doubtful/">公众上报复核</a> <span class="j-count">1</span>', page)
    assert "可疑的公众上报，请复核" in page
    assert "要作废，请联系有作废权的值班长" in desk.get("/desk/doubtful/").text
    desk.post(f"/desk/doubtful/{case.number}/", {"genuine": "yes"})
    notice.refresh_from_db()
    assert notice.settled_at is not None
    assert "/desk/doubtful/" not in re.sub(r"<nav.*?</nav>", "", desk.get("/desk/").text, flags=re.DOTALL)


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
