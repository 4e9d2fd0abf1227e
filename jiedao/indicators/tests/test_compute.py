"""Figures over the cases of a town: amounts, rates, formulas, places, and what happens without data."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jiedao.cases.models import CaseMove
from jiedao.indicators.comparison import compare_figures
from jiedao.indicators.compute import (
    compute_figure,
    compute_figures,
    compute_series,
    compute_split,
    find_place,
    read_measures,
)
from jiedao.indicators.tests.conftest import DAY, NOON, declare_measure, make_due_cases
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import list_periods_up_to, parse_period
from jiedao.testing.cast import Town, make_cases

JUNE = parse_period("2020-06")


@pytest.fixture
def town(figures_town: Town) -> Town:
    """Add five cases due in June: three handled (two of G1, one of G3), two not."""
    make_due_cases(figures_town)
    declare_measure("due", "amount", {"spec": {"source": "cases", "measure": "due"}})
    declare_measure(
        "handled_rate",
        "rate",
        {
            "numerator": {"source": "cases", "measure": "handled"},
            "denominator": {"source": "cases", "measure": "due"},
            "denominator_name": "应处置",
        },
        unit_label="%",
        digits=1,
    )
    declare_measure(
        "open",
        "formula",
        {"formula": "due * (1.0 - rate / 100.0)", "terms": {"due": "due", "rate": "handled_rate"}},
    )
    return figures_town


@pytest.fixture(autouse=True)
def _july() -> object:
    with clock.at(datetime(2020, 7, 1, 2, tzinfo=UTC)):
        yield


def test_an_amount_counts_rows_and_links_them(town: Town) -> None:
    figure = compute_figure(read_measures()["due"], JUNE)
    assert (figure.value, figure.rows, figure.text) == (5, 5, "5")
    assert figure.link is not None
    assert dict(figure.link.query)["measure"] == "due"


def test_a_rate_is_in_per_cent_and_names_its_denominator(town: Town) -> None:
    figure = compute_figure(read_measures()["handled_rate"], JUNE)
    assert (figure.numerator, figure.denominator, figure.text) == (3, 5, "60.0")
    assert figure.denominator_name == "应处置"
    assert figure.how == "3 ÷ 5"


def test_a_rate_of_nothing_is_no_data(town: Town) -> None:
    figure = compute_figure(read_measures()["handled_rate"], parse_period("2020-06-12"))
    assert figure.value is None
    assert figure.text == "—"
    assert "应处置" in figure.note


def test_a_formula_reads_other_measures(town: Town) -> None:
    figure = compute_figure(read_measures()["open"], JUNE)
    assert figure.rounded == 2
    assert [term.measure.key for term in figure.terms] == ["due", "handled_rate"]


def test_a_formula_without_a_term_names_it(town: Town) -> None:
    declare_measure("lost", "formula", {"formula": "a", "terms": {"a": "gone"}})
    figure = compute_figure(read_measures()["lost"], JUNE)
    assert figure.value is None
    assert "gone" in figure.note


@pytest.mark.parametrize("formula", ["1 / (int(due) - 5)", "1.0 / (due - 5.0)", "(due - due) / (due - due)"])
def test_a_formula_that_divides_by_zero_has_no_value_and_states_why(town: Town, formula: str) -> None:
    declare_measure("broken", "formula", {"formula": formula, "terms": {"due": "due"}})
    figure = compute_figure(read_measures()["broken"], JUNE)
    assert (figure.value, figure.rounded, figure.text) == (None, None, "—")
    assert figure.note == "除数为 0，没有结果"


def test_a_formula_may_do_without_a_term(town: Town) -> None:
    formula = "has(a) ? due + a : due"
    declare_measure("partial", "formula", {"formula": formula, "terms": {"a": "gone", "due": "due"}})
    assert compute_figure(read_measures()["partial"], JUNE).rounded == 5


def test_formulas_in_a_circle_end(town: Town) -> None:
    declare_measure("hen", "formula", {"formula": "e", "terms": {"e": "egg"}})
    declare_measure("egg", "formula", {"formula": "h", "terms": {"h": "hen"}})
    assert compute_figure(read_measures()["hen"], JUNE).value is None


def test_communities_add_up_to_the_town(town: Town) -> None:
    split = compute_split(read_measures()["due"], JUNE, "area")
    assert {figure.place.label: figure.value for figure in split} == {
        town.areas["RIVER"].label: 2,
        town.areas["HILL"].label: 3,
    }


def test_a_place_narrows_a_figure_and_its_rows(town: Town) -> None:
    place = find_place(unit="WATER")
    figures = compute_figures(list(read_measures().values()), JUNE, place)
    assert figures["due"].value == 1
    assert figures["handled_rate"].value == 0
    assert ("by", "unit") in figures["due"].link.query  # type: ignore[union-attr]


@pytest.mark.parametrize(("area", "unit"), [("999", ""), ("", "NOBODY"), ("990001001", "URBAN")])
def test_an_unknown_place_is_refused(town: Town, area: str, unit: str) -> None:
    with pytest.raises(UserError):
        find_place(area, unit)


def test_an_unknown_measure_is_refused_with_a_hint(town: Town) -> None:
    with pytest.raises(UserError, match="nothing") as refusal:
        read_measures(["nothing"])
    assert "figures list" in str(refusal.value.hint)


def test_a_source_that_no_longer_answers_is_named(town: Town) -> None:
    declare_measure("gone", "amount", {"spec": {"source": "register", "register": "none"}})
    figure = compute_figure(read_measures()["gone"], JUNE)
    assert figure.value is None
    assert "none" in figure.note


def test_large_amounts_stay_exact(town: Town) -> None:
    declare_measure(
        "small", "amount", {"spec": {"source": "cases", "measure": "due"}, "factor": 10000}, digits=4
    )
    assert compute_figure(read_measures()["small"], JUNE).value == Decimal("0.0005")
    assert date(2020, 6, 1) == JUNE.first


def test_a_median_is_that_of_the_rows(town: Town) -> None:
    for hours in (10, 20, 70):
        make_cases(
            town,
            [
                {
                    "reported_at": DAY,
                    "closed_at": DAY + timedelta(hours=hours),
                    "grid": "G1",
                    "state": "CLOSED",
                }
            ],
            index=False,
        )
    spec = {"spec": {"source": "cases", "duration": "reported_closed"}}
    declare_measure("median", "duration", spec, unit_label="小时", digits=1, better="less")
    declare_measure("p90", "duration", {**spec, "quantile": 0.9, "factor": 24}, unit_label="天", digits=2)
    median, p90 = (compute_figure(read_measures()[key], JUNE) for key in ("median", "p90"))
    assert (median.value, median.rows) == (20, 3)
    assert p90.value == Decimal(60) / 24
    assert median.link is not None
    assert dict(median.link.query)["measure"] == "closed_in"
    split = compute_split(read_measures()["median"], JUNE, "area")
    assert [(figure.place.label, figure.value) for figure in split] == [(town.areas["RIVER"].label, 20)]
    empty = compute_figure(read_measures()["median"], parse_period("2020-01"))
    assert empty.value is None
    assert empty.note


def test_working_hours_leave_out_the_night(town: Town) -> None:
    noon = datetime(2020, 6, 10, 9, tzinfo=UTC)  # 17:00 of a Wednesday; the office opens at 9:00
    make_cases(
        town,
        [{"reported_at": noon, "closed_at": noon + timedelta(hours=17), "state": "CLOSED"}],
        index=False,
    )
    spec = {"spec": {"source": "cases", "duration": "reported_closed", "hours": "working"}}
    declare_measure("median", "duration", spec, unit_label="小时", digits=1)
    value = compute_figure(read_measures()["median"], JUNE).value
    assert value is not None
    assert 0 < value < 4


def test_pauses_are_taken_out_where_the_measure_declares_it(town: Town) -> None:
    start = datetime(2020, 6, 10, 2, tzinfo=UTC)  # 10:00 of a Wednesday
    closed = {"reported_at": start, "closed_at": start + timedelta(hours=30), "state": "CLOSED", "grid": "G1"}
    paused, _straight = make_cases(town, [closed, closed], index=False)
    hours = {"SUSPEND": 2, "RESUME": 14}
    for move, hour in hours.items():
        states = ("HANDLING", "SUSPENDED") if move == "SUSPEND" else ("SUSPENDED", "HANDLING")
        CaseMove.objects.create(
            case=paused,
            move=move,
            at=start + timedelta(hours=hour),
            from_state=states[0],
            to_state=states[1],
            actor_label="值班长",
        )
    spec = {"source": "cases", "duration": "reported_closed"}
    declare_measure("gross", "duration", {"spec": spec, "quantile": 0}, unit_label="小时")
    net = {"spec": {**spec, "without_pauses": True}, "quantile": 0}
    declare_measure("net", "duration", net, unit_label="小时")
    working = {"spec": {**spec, "without_pauses": True, "hours": "working"}, "quantile": 0}
    declare_measure("working", "duration", working, unit_label="小时", digits=1)
    figures = compute_figures(list(read_measures().values()), JUNE)
    assert (figures["gross"].value, figures["net"].value) == (30, 18)
    # office hours: two until noon, when it was suspended, and five of the next day
    assert figures["working"].value == Decimal(7)
    assert "不含挂账时间" in figures["net"].how
    assert "含挂账时间" in figures["gross"].how
    split = compute_split(read_measures()["net"], JUNE, "area")
    assert [figure.value for figure in split] == [18]
    assert figures["net"].rows == 2


def test_a_pause_that_has_not_ended_reaches_to_the_end_of_the_duration(town: Town) -> None:
    start = datetime(2020, 6, 10, 2, tzinfo=UTC)
    row = {"reported_at": start, "closed_at": start + timedelta(hours=10), "state": "CLOSED"}
    case = make_cases(town, [row], index=False)[0]
    CaseMove.objects.create(
        case=case,
        move="SUSPEND",
        at=start + timedelta(hours=4),
        from_state="FILED",
        to_state="SUSPENDED",
        actor_label="值班长",
    )
    spec = {"spec": {"source": "cases", "duration": "reported_closed", "without_pauses": True}}
    declare_measure("net", "duration", spec, unit_label="小时")
    assert compute_figure(read_measures()["net"], JUNE).value == 4


def test_categories_and_channels_add_up_to_the_town_with_those_in_none(town: Town) -> None:
    make_cases(
        town,
        [
            {
                "state": "HANDLING",
                "handle_due_at": NOON,
                "reported_at": DAY,
                "kind": "STALL",
                "channel": "WEB",
            },
            {
                "state": "HANDLING",
                "handle_due_at": NOON,
                "reported_at": DAY,
                "kind": "NONE",
                "grid": "STREET",
            },
        ],
        index=False,
    )
    declare_measure(
        "all",
        "amount",
        {"spec": {"source": "cases", "measure": "due"}},
        splits=["area", "unit", "category", "channel"],
    )
    measure = read_measures()["all"]
    for split in ("area", "unit", "category", "channel"):
        parts = compute_split(measure, JUNE, split, with_rest=True)
        assert sum(figure.value or 0 for figure in parts) == 7, split
        assert all(figure.place.label for figure in parts)
    kinds = {figure.place.label: figure.value for figure in compute_split(measure, JUNE, "category")}
    assert kinds[str(town.categories["STREET"].label)] == 1
    rest = [figure for figure in compute_split(measure, JUNE, "area", with_rest=True) if figure.place.split]
    assert [figure.value for figure in rest] == [1]
    assert rest[0].link is not None


def test_several_lists_of_rows_have_names(town: Town) -> None:
    due, handled = ({"source": "cases", "measure": name} for name in ("due", "handled"))
    spec = {"numerator": [handled, {**due, "weight": 0.5}], "denominator": due, "denominator_name": "应处置"}
    declare_measure("weighted", "rate", spec, unit_label="%")
    parts = compute_figure(read_measures()["weighted"], JUNE).parts
    assert all(part.label for part in parts)
    assert parts[0].label != parts[1].label
    narrowed = [{**due, "where": {"channel": channel}} for channel in ("WEB", "HOTLINE")]
    declare_measure("channels", "amount", {"spec": narrowed})
    labels = [part.label for part in compute_figure(read_measures()["channels"], JUNE).parts]
    assert labels[0] != labels[1]


def test_a_period_before_the_first_case_has_no_data_and_a_later_one_without_cases_has_0(town: Town) -> None:
    measures = list(read_measures(["due", "handled_rate", "open"]).values())
    with clock.at(datetime(2020, 9, 1, 2, tzinfo=UTC)):
        before = compute_figures(measures, parse_period("2020-05"))
        assert [figure.value for figure in before.values()] == [None, None, None]
        assert before["due"].note == before["handled_rate"].note == "没有数据：2020-06-10 起才有记录"
        assert before["due"].link is None
        assert compute_figure(measures[0], parse_period("2020-08")).value == 0


def test_a_past_period_without_any_case_at_all_has_no_data(figures_town: Town) -> None:
    declare_measure("due", "amount", {"spec": {"source": "cases", "measure": "due"}})
    due = read_measures(["due"])["due"]
    with clock.at(datetime(2020, 9, 1, 2, tzinfo=UTC)):
        assert compute_figure(due, parse_period("2020-08")).note == "没有数据：还没有任何记录"
        assert compute_figure(due, parse_period("2020-09")).value == 0  # it has not ended


def test_a_measure_states_since_when_its_records_are_complete(town: Town) -> None:
    spec = {"source": "cases", "measure": "due"}
    declare_measure("early", "amount", {"spec": spec, "since": "2020-04-01"})
    declare_measure("late", "amount", {"spec": spec, "since": "2020-08-01"})
    measures = list(read_measures(["early", "late"]).values())
    values = {}
    with clock.at(datetime(2020, 10, 1, 2, tzinfo=UTC)):
        for month in ("2020-03", "2020-05", "2020-06", "2020-07", "2020-09"):
            computed = compute_figures(measures, parse_period(month))
            values[month] = [figure.value for figure in computed.values()]
    assert values == {
        "2020-03": [None, None],
        "2020-05": [0, None],  # no case yet, but the office had begun to record them
        "2020-06": [5, 5],  # what is recorded counts, whatever day the measure states
        "2020-07": [0, None],
        "2020-09": [0, 0],
    }


def test_the_year_before_the_beginning_is_compared_with_nothing(town: Town) -> None:
    due = read_measures(["due"])["due"]
    with clock.at(datetime(2021, 7, 1, 2, tzinfo=UTC)):
        early = compare_figures([due], JUNE)["due"]
        later = compare_figures([due], parse_period("2021-06"))["due"]
    assert (early.before, early.year_before) == (None, None)
    assert later.before is not None
    assert later.year_before is not None
    assert (later.before.points, later.year_before.points) == (0, -5)


def test_a_course_of_months_equals_each_month_alone_in_fewer_statements(town: Town) -> None:
    measures = read_measures(["due", "handled_rate", "open"])
    months = list_periods_up_to(parse_period("2020-08"), 12)
    with clock.at(datetime(2020, 9, 1, 2, tzinfo=UTC)):
        for measure in measures.values():
            with CaptureQueriesContext(connection) as together:
                course = compute_series(measure, months)
            with CaptureQueriesContext(connection) as alone:
                expected = [compute_figure(measure, month) for month in months]
            for figure, other in zip(course, expected, strict=True):
                assert replace(figure, as_of=other.as_of, terms=()) == replace(other, terms=())
            assert len(together) * 3 < len(alone), measure.key
        weeks = list_periods_up_to(parse_period("2020-W26"), 3)
        place = find_place(unit="WATER")
        course = compute_series(measures["due"], weeks, place)
        assert [figure.value for figure in course] == [
            compute_figure(measures["due"], week, place).value for week in weeks
        ]
