"""A report with a plan, for the tests of its sentences, promises and mentions."""

from datetime import date
from typing import Any

from jiedao.kernel.periods import parse_period
from jiedao.reports.actions.planning import make_promise
from jiedao.reports.actions.promises import PromiseInput
from jiedao.reports.document import Run
from jiedao.reports.models import PlanDecision, PlanKind, Report
from jiedao.reports.planning.sentences import Sentence, split_document
from jiedao.reports.selectors import get_version, read_report
from jiedao.testing.cast import Town

JUNE, JULY, SECOND_HALF = (parse_period(text) for text in ("2020-06", "2020-07", "2020H2"))
TEXT = """# {{ period }}工作月报

## 一、主要工作

拆除违建{{ figure("works.gone") }}。

## 二、下月打算 {{ plan() }}

停车。7月底前新建停车泊位{{ name("40个") }}，缓解停车难。

排水。7月20日前由市容科完成雨水管网清疏。继续加强日常巡查。
"""
PARKING, DRAINS, PATROL = (
    "7月底前新建停车泊位40个，缓解停车难。",
    "7月20日前由市容科完成雨水管网清疏。",
    "继续加强日常巡查。",
)


def make_sentence(text: str) -> Sentence:
    return Sentence(text, (Run(text),))


def find_key(report: Report, text: str) -> str:
    return next(row.key for row in split_document(read_report(report)) if row.text == text)


def promise(
    town: Town, report: Report, text: str, kind: PlanKind = PlanKind.PLEDGE, **more: Any
) -> PlanDecision:
    again, username = more.pop("again", False), more.pop("username", "handler")
    values = {"title": "任务", "unit": town.units["URBAN"], "due_date": date(2020, 7, 31), **more}
    return make_promise(
        actor=town.actor(username),
        report_id=report.pk,
        number=get_version(report).number,
        key=find_key(report, text),
        promise=PromiseInput(kind=kind.value, **values),
        again=again,
    )
