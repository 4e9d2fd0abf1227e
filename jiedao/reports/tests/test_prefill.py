"""What the form of a promise begins with: day, target, unit, kind and title."""

from datetime import date
from decimal import Decimal

import pytest

from jiedao.kernel.memo import forget_all
from jiedao.kernel.periods import parse_period
from jiedao.reports.models import PlanKind
from jiedao.reports.planning.prefill import find_day, find_target, find_unit, read_prefill
from jiedao.reports.tests.conftest import ReportTown
from jiedao.reports.tests.plans import SECOND_HALF, make_sentence


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("年底前完成", date(2020, 12, 31)),
        ("9月底前完成", date(2020, 9, 30)),
        ("第三季度完成", date(2020, 9, 30)),
        ("10月中旬完成", date(2020, 10, 20)),
        ("11月中旬召开会议", date(2020, 11, 20)),
        ("11月召开现场会议", date(2020, 11, 30)),
        ("落实11月专题会议精神", None),
        ("落实11月5日会议精神", None),
        ("10月前完成", date(2020, 9, 30)),
        ("11月15日前完成", date(2020, 11, 15)),
        ("十一月底前完成", date(2020, 11, 30)),
        ("3月底前完成", date(2021, 3, 31)),  # the plan is of the second half: the next March
        ("2021年6月底前完成", date(2021, 6, 30)),
        ("2021年前完成", date(2020, 12, 31)),
        ("2022年以前完成", date(2021, 12, 31)),
        ("2021年底前完成", date(2021, 12, 31)),
        ("2021年前三季度完成", date(2021, 9, 30)),
        ("2021年前十个月完成", date(2021, 12, 31)),
        ("明年一季度完成", date(2021, 3, 31)),
        ("两个月内完成", date(2020, 8, 31)),
        ("继续推进", None),
        ("13月底前完成", None),
    ],
)
def test_the_last_day_is_read_from_the_words(text: str, day: date | None) -> None:
    assert find_day(text, SECOND_HALF)[0] == day


def test_the_national_day_is_the_next_one_after_the_plan_begins() -> None:
    assert find_day("国庆前完成整治", parse_period("2020Q4"))[0] == date(2021, 9, 30)
    assert find_day("国庆前完成整治", parse_period("2020Q3"))[0] == date(2020, 9, 30)


@pytest.mark.parametrize(
    ("text", "target", "measure"),
    [
        ("年内新建停车泊位40个", Decimal(40), "个"),
        ("拆除违建3.5万平方米", Decimal("3.5"), "万平方米"),
        ("建成七个示范点", Decimal(7), "个"),
        ("覆盖率达到95%", None, ""),
        ("两个月内完成", None, ""),
        ("继续推进", None, ""),
    ],
)
def test_the_target_is_the_first_countable_number(text: str, target: Decimal | None, measure: str) -> None:
    assert find_target(make_sentence(text))[:2] == (target, measure)


def test_the_unit_that_leads_is_chosen(report_town: ReportTown) -> None:
    units = report_town.town.units
    units["URBAN"].name, units["CLEAN"].name = "城市建设办公室", "环境卫生管理站"
    for unit in (units["URBAN"], units["CLEAN"]):
        unit.save()
    forget_all()

    unit, words = find_unit("环境卫生管理站配合，由城市建设办牵头完成")

    assert (unit.code if unit else "", words) == ("URBAN", "城市建设办")


@pytest.mark.parametrize(
    ("text", "kind", "title"),
    [
        ("年内新建停车泊位40个，缓解停车难。", PlanKind.CAMPAIGN, "新建停车泊位"),
        ("10月底前南口公园竣工。", PlanKind.PROJECT, "南口公园竣工"),
        ("于10月底前完成南口公园竣工验收。", PlanKind.PROJECT, "完成南口公园竣工验收"),
        ("完成2021年度值班制度修订。", PlanKind.PLEDGE, "完成2021年度值班制度修订"),
        ("完善值班制度。", PlanKind.PLEDGE, "完善值班制度"),
    ],
)
def test_the_kind_and_the_title_follow_the_words(db: None, text: str, kind: PlanKind, title: str) -> None:
    prefill = read_prefill(make_sentence(text), SECOND_HALF)
    assert (prefill.kind, prefill.title) == (kind, title)
