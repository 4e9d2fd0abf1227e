"""Reports over JSON: the text and figures of the page, within the rights of the token."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from jiedao.api import auth
from jiedao.api.tests.conftest import Caller
from jiedao.indicators.figure import TOWN
from jiedao.kernel import clock
from jiedao.kernel.periods import parse_period
from jiedao.reports.actions.signing import sign_report
from jiedao.reports.actions.word_templates import add_word_template
from jiedao.reports.actions.writing import begin_report
from jiedao.reports.models import Report
from jiedao.reports.tests.conftest import JULY, ReportTown, make_report_town
from jiedao.reports.tests.test_word_templates import make_word

ROOT = "/api/v1/reports"
JUNE = parse_period("2020-06")


@pytest.fixture
def report_town(db: None) -> Iterator[ReportTown]:
    auth.forget_actors()
    with clock.at(JULY):
        yield make_report_town()


@pytest.fixture
def report(report_town: ReportTown) -> Report:
    return begin(report_town, "2020-06")


def begin(report_town: ReportTown, period: str) -> Report:
    actor = report_town.town.actor("handler")
    return begin_report(actor=actor, template=report_town.template, period=parse_period(period), place=TOWN)


@pytest.fixture
def leader(report_town: ReportTown) -> Caller:
    return Caller(report_town.town, "leader")


def download(caller: Caller, url: str) -> Any:
    return Client(HTTP_AUTHORIZATION=f"Bearer {caller.token}").get(url)


def test_the_list_has_each_report_with_its_state_and_the_kinds(
    report_town: ReportTown, report: Report, leader: Caller
) -> None:
    begin(report_town, "2020-05")
    sign_report(actor=report_town.town.actor("leader"), report_id=report.pk, number=1)
    status, answer = leader.get(ROOT)
    assert status == 200
    assert [(row["period"], row["state"]) for row in answer["reports"]] == [
        ("2020-06", "signed"),
        ("2020-05", "draft"),
    ]
    assert answer["kinds"] == [{"report": "monthly", "name": "月报", "period_kind": "month", "scope": "town"}]
    assert (answer["total"], answer["next"]) == (2, None)


def test_a_list_of_many_reports_has_pages(report_town: ReportTown, leader: Caller) -> None:
    for month in range(1, 52):
        begin(report_town, f"{2010 + month // 12}-{month % 12 + 1:02d}")
    first = leader.get(ROOT, report="monthly")[1]
    second = leader.get(first["next"])[1]
    assert (len(first["reports"]), len(second["reports"]), second["next"]) == (50, 1, None)
    assert leader.get(ROOT, page=3)[0] == 422


def test_a_report_has_its_text_and_every_figure_once(report: Report, leader: Caller) -> None:
    status, answer = leader.get(f"{ROOT}/monthly/2020-06")
    assert status == 200
    assert answer["title"] == "2020年6月工作月报"
    paragraph = next(block for block in answer["blocks"] if block["kind"] == "paragraph")
    assert paragraph["text"] == "拆除违建2处，面积超500平方米，完成任务的90%。"
    numbers = {run["text"]: run for run in paragraph["runs"] if run["figure"] is not None}
    area = answer["figures"][numbers["超500平方米"]["figure"]]
    assert (area["measure"], area["value"], numbers["超500平方米"]["exact"]) == ("works.area", "540", "540")
    assert numbers["90%"]["part"] == "completion"
    assert answer["missing"] == answer["unbound"] == []
    assert len(answer["figures"]) == len({(row["measure"], row["period"]) for row in answer["figures"]})


def test_a_signed_report_keeps_its_figures(report_town: ReportTown, report: Report, leader: Caller) -> None:
    signature = sign_report(actor=report_town.town.actor("leader"), report_id=report.pk, number=1)
    report_town.change_area(330)
    answer = leader.get(f"{ROOT}/monthly/2020-06")[1]
    assert (answer["state"], answer["digest"]) == ("signed", signature.digest)
    assert {row["value"] for row in answer["figures"] if row["measure"] == "works.area"} == {"540"}


@pytest.mark.parametrize(
    ("suffix", "start"), [("html", b"<!doctype html>"), ("docx", b"PK"), ("pdf", b"%PDF")]
)
def test_files_are_behind_the_links_of_the_report(
    report: Report, leader: Caller, suffix: str, start: bytes
) -> None:
    answer = download(leader, leader.get(f"{ROOT}/monthly/2020-06")[1]["files"][suffix])
    assert answer.status_code == 200
    assert answer.content.startswith(start)


def test_a_word_template_is_behind_its_link(report_town: ReportTown, report: Report, leader: Caller) -> None:
    add_word_template(
        actor=report_town.town.actor("handler"),
        template=report_town.template,
        name="红头文件",
        content=make_word("{{ body }}"),
        file_name="a.docx",
        period=JUNE,
    )
    (template,) = leader.get(f"{ROOT}/monthly/2020-06")[1]["word_templates"]
    assert template["name"] == "红头文件"
    assert download(leader, template["url"]).content.startswith(b"PK")
    assert leader.get(f"{ROOT}/monthly/2020-06/files/pdf", template="红头文件")[0] == 422
    assert leader.get(f"{ROOT}/monthly/2020-06/files/docx", template="蓝头")[0] == 404


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("", {"colour": "red"}, 422),
        ("", {"report": "moon"}, 422),
        ("/monthly/2020-06", {"area": "999"}, 422),
        ("/monthly/2020-06", {"colour": "red"}, 422),
        ("/monthly/May", {}, 422),
        ("/monthly/2020-04", {}, 404),
        ("/moon/2020-06", {}, 404),
        ("/monthly/2020-06/files/exe", {}, 422),
    ],
)
def test_what_does_not_exist_is_refused(
    report: Report, leader: Caller, path: str, params: dict[str, str], status: int
) -> None:
    answer = leader.get(ROOT + path, **params)
    assert answer[0] == status
    assert answer[1]["message"]
    assert answer[1]["hint"]


def test_the_post_and_the_scope_decide_who_reads(report_town: ReportTown, report: Report) -> None:
    town = report_town.town
    assert Caller(town, "dispatcher").get(ROOT)[0] == 403
    assert Caller(town, "dispatcher").get(f"{ROOT}/monthly/2020-06")[0] == 403
    assert Caller(town, "leader", ["figures:read"]).get(ROOT)[0] == 403
    assert Caller(town, "leader", ["reports:read"]).get(f"{ROOT}/monthly/2020-06")[0] == 200
    assert Client().get(ROOT).status_code == 401
