"""Ranking offices: order and ties, what is listed apart with its reason, and offices without data."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from jiedao.district.models import Office, OfficeFigure
from jiedao.district.ranking import Basis, Ranking, build_rankings
from jiedao.indicators.models import Measure
from jiedao.indicators.published import read_own_versions
from jiedao.indicators.tests.conftest import declare_measure
from jiedao.kernel import clock
from jiedao.kernel.periods import parse_period

HALF = parse_period("2020H1")
NOW = datetime(2020, 7, 1, 2, tzinfo=UTC)
KEY = "on_time"


def add_figure(code: str, value: str | None, **columns: Any) -> OfficeFigure:
    """Return a stored figure of an office that answered an hour ago."""
    office, _created = Office.objects.get_or_create(
        code=code,
        defaults={"name": code, "address": "https://x.test", "area_code": code, "last_answer_at": NOW},
    )
    defaults = {
        "measure": KEY,
        "first_date": HALF.first,
        "last_date": HALF.last,
        "name": "按期处置率",
        "unit_label": "%",
        "digits": 1,
        "better": "more",
        "is_ended": True,
        "version": "v1",
        "meaning": "甲口径",
        "as_of": NOW,
        "read_at": NOW,
    }
    number = Decimal(value) if value is not None else None
    return OfficeFigure.objects.create(office=office, value=number, **{**defaults, **columns})


def rank() -> Ranking:
    return build_rankings(HALF, [KEY])[KEY]


def read_places(ranking: Ranking) -> list[tuple[str, int | None]]:
    return [(row.office.code, row.rank) for row in ranking.ranked]


def declare_own(**columns: Any) -> str:
    """Declare the district's own measure and return its version."""
    due = {"source": "cases", "measure": "due"}
    declare_measure(KEY, "amount", {"spec": due}, **columns)
    return read_own_versions()[KEY][1]


def test_more_is_better_and_ties_share_a_rank(db: None) -> None:
    for code, value in (("A", "90"), ("B", "95.5"), ("C", "90"), ("D", "80")):
        add_figure(code, value)
    assert read_places(rank()) == [("B", 1), ("A", 2), ("C", 2), ("D", 4)]


def test_less_is_better_where_the_measure_states_so(db: None) -> None:
    add_figure("A", "3", better="less")
    add_figure("B", "2", better="less")
    assert read_places(rank()) == [("B", 1), ("A", 2)]


def test_a_measure_without_a_direction_ranks_nobody(db: None) -> None:
    add_figure("A", "3", better="")
    add_figure("B", "2", better="")
    assert read_places(rank()) == [("A", None), ("B", None)]


def test_the_definition_of_most_offices_is_the_reference(db: None) -> None:
    add_figure("A", "90")
    add_figure("B", "95")
    add_figure("C", "99", version="v2", meaning="乙口径")
    ranking = rank()
    assert ranking.reference.basis is Basis.MAJORITY
    assert read_places(ranking) == [("B", 1), ("A", 2)]
    assert [(row.office.code, str(row.reason)) for row in ranking.apart] == [
        ("C", "按另一版口径计算：乙口径")
    ]


def test_two_definitions_without_a_majority_rank_nobody(db: None) -> None:
    add_figure("A", "90")
    add_figure("B", "95", version="v2", meaning="乙口径")
    ranking = rank()
    assert ranking.ranked == ()
    assert [row.office.code for row in ranking.apart] == ["A", "B"]
    assert "没有多数" in str(ranking.apart[0].reason)


def test_the_definition_of_the_district_comes_before_that_of_most_offices(db: None) -> None:
    own = declare_own(better="less")
    add_figure("A", "90")
    add_figure("B", "95")
    add_figure("C", "99", version=own)
    ranking = rank()
    assert ranking.reference.basis is Basis.OWN
    assert ranking.reference.better == "less"
    assert read_places(ranking) == [("C", 1)]
    assert len(ranking.apart) == 2


def test_a_measure_that_the_district_retired_is_no_reference(db: None) -> None:
    own = declare_own()
    Measure.objects.update(active=False)
    add_figure("A", "90", version=own)
    assert rank().reference.basis is Basis.MAJORITY


def test_a_figure_from_before_the_end_of_the_period_is_not_ranked_with_final_ones(db: None) -> None:
    add_figure("A", "90")
    add_figure("B", "99", is_ended=False, as_of=NOW - timedelta(days=10))
    ranking = rank()
    assert read_places(ranking) == [("A", 1)]
    assert str(ranking.apart[0].reason) == "数字截至 2020-06-21，那时这个时段还没有结束"


def test_a_period_is_over_for_all_measures_as_soon_as_one_office_states_it(db: None) -> None:
    add_figure("A", "90", measure="cases.other")
    add_figure("B", "99", is_ended=False)
    ranking = rank()
    assert not ranking.ranked
    assert [row.office.code for row in ranking.apart] == ["B"]


def test_figures_of_a_running_period_are_ranked_with_each_other(db: None) -> None:
    add_figure("A", "90", is_ended=False)
    add_figure("B", "99", is_ended=False)
    assert read_places(rank()) == [("B", 1), ("A", 2)]


def test_an_office_that_does_not_answer_keeps_its_place_and_is_marked(db: None) -> None:
    add_figure("A", "90")
    add_figure("B", "95")
    Office.objects.filter(code="B").update(
        last_fault_at=clock.real_now(), last_fault={"code": "office.not_connected"}
    )
    assert [(row.office.code, row.rank, row.is_stale) for row in rank().ranked] == [
        ("B", 1, True),
        ("A", 2, False),
    ]


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda: add_figure("B", None, note="没有数据：尚未填报"), "没有数据：尚未填报"),
        (lambda: add_figure("B", "1", measure="other"), "没有公布这项指标"),
        (lambda: add_figure("B", "1", first_date=HALF.last), "还没有读过这个时段"),
    ],
)
def test_an_office_without_data_is_listed_with_its_reason(db: None, prepare: Any, reason: str) -> None:
    add_figure("A", "90")
    prepare()
    assert [(row.office.code, str(row.reason)) for row in rank().absent] == [("B", reason)]


def test_an_inactive_office_is_left_out(db: None) -> None:
    add_figure("A", "90")
    add_figure("B", "95")
    Office.objects.filter(code="B").update(active=False)
    assert [row.office.code for row in rank().rows] == ["A"]


def test_every_published_measure_has_a_ranking_in_the_order_of_the_catalogue(db: None) -> None:
    declare_own()
    add_figure("A", "1", measure="second", position=0)
    add_figure("A", "1", position=1)
    assert list(build_rankings(HALF)) == [KEY, "second"]
