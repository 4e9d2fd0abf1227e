"""The pages of connections to other systems, of reconciliations, of the system's health and of the national tables."""

import csv
import io
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.module_loading import autodiscover_modules

from jiedao.desk.admin.job_names import name_job
from jiedao.exchange.endpoints.active import forget_endpoints
from jiedao.exchange.endpoints.sending import send_due
from jiedao.exchange.models import Endpoint, EventState, OutgoingEvent, Reconciliation
from jiedao.exchange.tests.peers import CityDesk, run_city_desk
from jiedao.kernel import clock
from jiedao.kernel.backup_note import BackupNote, write_backup_note
from jiedao.kernel.jobtable import REGISTRY
from jiedao.kernel.models import Job, JobState
from jiedao.testing.cast import Town, make_town, walk

PAGE = "/desk/admin/endpoints/"


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


@pytest.fixture
def peer(settings: Any) -> Iterator[CityDesk]:
    with run_city_desk() as desk:
        settings.JIEDAO_WEBHOOK = {
            "hosts": [f"127.0.0.1:{desk.port}"],
            "networks": [ip_network("127.0.0.0/8")],
        }
        yield desk
    forget_endpoints()


def sign_in(town: Town, username: str) -> Client:
    browser = Client()
    browser.force_login(town.users[username])
    return browser


def add_platform(browser: Client, peer: CityDesk) -> str:
    """Add an upper platform by the form; return the page that shows its secret."""
    values = {
        "code": "CITY",
        "name": "市热线",
        "source": "12345",
        "target": f"http://127.0.0.1:{peer.port}/events",
        "list_url": f"http://127.0.0.1:{peer.port}/orders",
    }
    return browser.post(f"{PAGE}new/platform/", values).content.decode()


def test_a_platform_is_added_shown_and_reconciled(town: Town, peer: CityDesk) -> None:
    browser = sign_in(town, "admin")
    page = add_platform(browser, peer)
    assert "whsec_" in page
    case = walk(town, to="REPORTED", source_key="12345:A1")
    peer.orders = {"A2": {"state": "办理中", "wanted_by": None, "replies": [], "steps": []}}
    send_due(Endpoint.objects.get())

    shown = browser.get(f"{PAGE}CITY/").content.decode()
    assert case.number in shown
    assert "whsec_" not in shown
    assert "received" in shown

    answer = browser.post(f"{PAGE}CITY/reconcile/", follow=True)
    text = answer.content.decode()
    assert "对方有，这里没有" in text
    assert "这里有，对方没有" in text


def test_an_uploaded_table_is_reconciled(town: Town, peer: CityDesk) -> None:
    browser = sign_in(town, "admin")
    add_platform(browser, peer)
    walk(town, to="REPORTED", source_key="12345:A1")
    send_due(Endpoint.objects.get())
    file = SimpleUploadedFile("工单.csv", "工单号,办理状态\nA1,办理中\n".encode())
    answer = browser.post(f"{PAGE}CITY/reconcile/", {"file": file}, follow=True)
    assert "没有差别" in answer.content.decode()
    assert Reconciliation.objects.get().origin == "工单.csv"

    bad = SimpleUploadedFile("x.csv", "标题\n一\n".encode())
    answer = browser.post(f"{PAGE}CITY/reconcile/", {"file": bad}, follow=True)
    assert "缺少这些列" in answer.content.decode()


def test_a_refused_form_keeps_what_was_typed(town: Town, peer: CityDesk) -> None:
    browser = sign_in(town, "admin")
    values = {"code": "X", "name": "大屏", "target": "https://elsewhere.example/", "events": ["case.filed"]}
    answer = browser.post(f"{PAGE}new/webhook/", values)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "elsewhere.example" in text
    assert "JIEDAO_WEBHOOK_HOSTS" in text
    assert browser.get(f"{PAGE}new/other/").status_code == 404


def test_what_failed_is_sent_again_by_a_button(town: Town, peer: CityDesk) -> None:
    browser = sign_in(town, "admin")
    add_platform(browser, peer)
    walk(town, to="REPORTED", source_key="12345:A1")
    OutgoingEvent.objects.update(state=EventState.FAILED, reason="对方拒绝了这一条", detail="422")
    assert "对方拒绝了这一条 (422)" in browser.get(f"{PAGE}CITY/?state=FAILED").content.decode()
    browser.post(f"{PAGE}CITY/again/", {"id": OutgoingEvent.objects.get().pk})
    assert OutgoingEvent.objects.get().state == EventState.WAITING
    browser.post(f"{PAGE}CITY/remove/")
    assert Endpoint.objects.exists()


def test_every_background_job_has_a_name_for_the_operator() -> None:
    autodiscover_modules("jobs")
    of_rooms = {name for name, spec in REGISTRY.items() if ".tests." not in spec.function.__module__}
    assert [name for name in sorted(of_rooms) if name_job(name) == name] == []


def test_the_health_page_names_what_is_wrong(town: Town) -> None:
    browser = sign_in(town, "admin")
    job = Job.objects.create(
        name="x:y",
        state=JobState.FAILED,
        attempts=5,
        error="Traceback\nValueError: broken",
        finished_at=clock.real_now(),
    )
    text = browser.get("/desk/admin/health/").content.decode()
    assert "ValueError: broken" in text
    assert "还没有做过备份" in text

    write_backup_note(BackupNote(clock.real_now().isoformat(), "/backup/1", 1_000_000, 0))
    assert "/backup/1" in browser.get("/desk/admin/health/").content.decode()
    browser.post("/desk/admin/health/retry/", {"id": job.pk})
    job.refresh_from_db()
    assert job.state == JobState.PENDING


def test_the_national_table_is_a_download(town: Town) -> None:
    case = walk(town, to="FILED")
    browser, day = sign_in(town, "shift"), clock.today().isoformat()
    answer = browser.get(f"/desk/imports/standard/?table=MATTER&from={day}&to={day}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert [row["案件编号"] for row in csv.DictReader(io.StringIO(text))] == [case.number]
    refused = browser.get(f"/desk/imports/standard/?table=MATTER&from=x&to={day}")
    assert refused.status_code == 422
