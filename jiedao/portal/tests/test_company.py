"""A company sees its requests and coming inspections with the code from the office; guessed codes are refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from unittest.mock import patch

import pytest
from django.core import signing
from django.test import Client

from jiedao.audit.models import Entry
from jiedao.cases.models import Case
from jiedao.portal.limits import REPORTS
from jiedao.portal.tests.test_reporting import fill
from jiedao.portal.visitors import COMPANY_COOKIE
from jiedao.registers.actions.record_codes import TRIES
from jiedao.registers.actions.records import add_record
from jiedao.registers.models import Inspection, Record, RecordCode, RecordRequest
from jiedao.registers.rows import RecordInput
from jiedao.registers.tests.parts import declare
from jiedao.testing.cast import Town, make_town
from jiedao.testing.public_site import open_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    """The cast, in a town with a public site and a register."""
    town = make_town()
    open_site()
    REPORTS.clear()
    post = town.posts["shift"]
    post.permissions = [*post.permissions, "registers.record:view", "registers.record:edit"]
    post.save()
    return town


@pytest.fixture
def record(town: Town) -> Record:
    """A record with an inspection that is due."""
    info = declare()
    data = RecordInput(name="东街机械厂", area="990001001001001", values={"use": "HOME"})
    record = add_record(actor=town.actor("shift"), info=info, data=data)
    Inspection.objects.create(
        register_id=info.id,
        record=record,
        checklist="x",
        planned_date=date(2026, 6, 1),
        due_date=date(2026, 6, 12),
        counted_date=date(2026, 6, 12),
    )
    return record


def give_code(town: Town, record: Record) -> str:
    """Make a code on the page of the record, as a clerk does."""
    desk = Client()
    desk.force_login(town.users["shift"], backend="django.contrib.auth.backends.ModelBackend")
    page = desk.post(f"/desk/registers/houses/{record.pk}/code/")
    return page.text.split('<p class="j-mono"><b>')[1].split("</b>")[0]


def test_a_company_sees_its_inspections_and_its_requests(client: Client, town: Town, record: Record) -> None:
    code = give_code(town, record)
    assert Entry.objects.filter(action="registers.record:issue_code").count() == 1
    assert code.replace("-", "") not in str(list(RecordCode.objects.values()))
    assert client.post("/company/", {"code": code.lower()}).status_code == 302
    assert "2026-06-01" in client.get("/company/").text
    client.post("/report/company/", fill(company="东街机械厂"))
    case = Case.objects.get()
    assert case.number in client.get("/company/").text
    assert client.post(f"/company/{case.number}/").headers["Location"] == f"/follow/{case.number}/"
    assert client.get(f"/follow/{case.number}/").status_code == 200
    stranger = Client()
    assert stranger.post(f"/company/{case.number}/").headers["Location"] == "/company/"
    assert "东街机械厂" not in stranger.get("/company/").text


def test_a_new_code_or_the_end_of_the_record_ends_the_sign_in(
    client: Client, town: Town, record: Record
) -> None:
    client.post("/company/", {"code": give_code(town, record)})
    assert record.name in client.get("/company/").text
    new = give_code(town, record)
    assert record.name not in client.get("/company/").text
    client.post("/report/company/", fill(company=record.name))
    assert not RecordRequest.objects.exists()
    client.post("/company/", {"code": new})
    assert record.name in client.get("/company/").text
    Record.objects.update(active=False)
    client.post("/report/company/", fill(company=record.name, detail="门前的路灯坏了，晚上看不见", sure="1"))
    assert not RecordRequest.objects.exists()
    assert record.name not in client.get("/company/").text


def test_a_changed_or_foreign_cookie_opens_nothing(client: Client, town: Town, record: Record) -> None:
    client.post("/company/", {"code": give_code(town, record)})
    right = client.cookies[COMPANY_COOKIE].value
    forged = (
        signing.dumps([record.pk, ""], salt=COMPANY_COOKIE),
        signing.dumps(record.pk, salt=COMPANY_COOKIE),
    )
    of_other_use = signing.dumps(signing.loads(right, salt=COMPANY_COOKIE), salt="jiedao_follow")
    for value in (right[:-1], f"x{right}", *forged, of_other_use):
        client.cookies[COMPANY_COOKIE] = value
        assert record.name not in client.get("/company/").text
    with freeze_signing(days=-1):
        old = signing.dumps(signing.loads(right, salt=COMPANY_COOKIE), salt=COMPANY_COOKIE)
    with freeze_signing(days=365):
        early = signing.dumps(signing.loads(right, salt=COMPANY_COOKIE), salt=COMPANY_COOKIE)
    for value in (old, early):
        client.cookies[COMPANY_COOKIE] = value
        assert record.name not in client.get("/company/").text
    client.cookies[COMPANY_COOKIE] = right
    assert record.name in client.get("/company/").text


@contextmanager
def freeze_signing(days: int) -> Iterator[None]:
    """Let a clock that is wrong by some days sign."""
    moment = signing.time.time() + days * 86400
    with patch.object(signing.time, "time", lambda: moment):
        yield


def test_a_new_code_ends_the_old_one_and_guessing_is_stopped(
    client: Client, town: Town, record: Record
) -> None:
    old, new = give_code(town, record), give_code(town, record)
    assert client.post("/company/", {"code": old}).status_code == 404
    for _try in range(TRIES - 1):
        client.post("/company/", {"code": "AAAA-BBBB-CCCC"})
    assert client.post("/company/", {"code": new}).status_code == 429
