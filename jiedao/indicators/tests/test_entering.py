"""Entered figures: a source, a second person, corrections as versions, locked periods, and sums of months."""

from decimal import Decimal

import pytest

from jiedao.audit.models import Entry as AuditEntry
from jiedao.indicators.actions.entering import (
    EntryInput,
    confirm_figure,
    enter_figure,
    lock_period,
    withdraw_figure,
)
from jiedao.indicators.compute import compute_figure
from jiedao.indicators.figure import TOWN
from jiedao.indicators.models import Entry, Measure
from jiedao.indicators.tests.conftest import declare_measure
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.periods import parse_period
from jiedao.testing.cast import Town

MAY = parse_period("2020-05")
GIVEN = EntryInput(value=Decimal("3.45"), growth=Decimal("12.5"), source="区统计局快报")


@pytest.fixture
def measure(figures_town: Town) -> Measure:
    """Return a measure of entered figures."""
    return declare_measure("output", "entered", {}, unit_label="亿元", digits=2)


def enter(town: Town, measure: Measure, given: EntryInput = GIVEN, period: str = "2020-05") -> Entry:
    """Let handler enter a figure."""
    return enter_figure(
        actor=town.actor("handler"),
        measure=measure,
        period=parse_period(period),
        place=TOWN,
        entry_input=given,
    )


def test_a_figure_counts_once_a_second_person_confirms_it(figures_town: Town, measure: Measure) -> None:
    entry = enter(figures_town, measure)
    assert compute_figure(measure, MAY).value is None
    confirm_figure(actor=figures_town.actor("leader"), entry_id=entry.pk)
    figure = compute_figure(measure, MAY)
    assert (figure.text, figure.growth, figure.source) == ("3.45", Decimal("12.50"), "区统计局快报")
    assert AuditEntry.objects.filter(action="indicators.figure:confirm").count() == 1


def test_nobody_confirms_an_own_figure(figures_town: Town, measure: Measure) -> None:
    entry = enter_figure(
        actor=figures_town.actor("shift"), measure=measure, period=MAY, place=TOWN, entry_input=GIVEN
    )
    with pytest.raises(NotAllowed):
        confirm_figure(actor=figures_town.actor("shift"), entry_id=entry.pk)


def test_a_deputy_does_not_confirm_a_figure_of_the_absent_person(
    figures_town: Town, measure: Measure
) -> None:
    entry = enter(figures_town, measure)
    figures_town.name_deputy("handler", "leader")
    with pytest.raises(NotAllowed):
        confirm_figure(actor=figures_town.actor("leader"), entry_id=entry.pk)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (EntryInput(source="快报"), "value"),
        (EntryInput(value=Decimal(1)), "source"),
        (EntryInput(value=Decimal("NaN"), source="快报"), "value"),
        (EntryInput(rank=0, source="快报"), "rank"),
        (EntryInput(rank=12, rank_of=11, source="快报"), "rank"),
        (EntryInput(value=Decimal(1), status="sure", source="快报"), "status"),
    ],
)
def test_impossible_input_is_refused(
    figures_town: Town, measure: Measure, given: EntryInput, field: str
) -> None:
    with pytest.raises(UserError) as refusal:
        enter(figures_town, measure, given)
    assert refusal.value.field == field
    assert not Entry.objects.exists()


def test_a_correction_is_a_version_with_its_reason(figures_town: Town, measure: Measure) -> None:
    first = enter(figures_town, measure)
    confirm_figure(actor=figures_town.actor("leader"), entry_id=first.pk)
    with pytest.raises(UserError) as refusal:
        enter(figures_town, measure, EntryInput(value=Decimal(4), source="年报"))
    assert refusal.value.field == "reason"
    second = enter(figures_town, measure, EntryInput(value=Decimal(4), source="年报", reason="统计部门修订"))
    assert compute_figure(measure, MAY).text == "3.45"
    confirm_figure(actor=figures_town.actor("leader"), entry_id=second.pk)
    assert compute_figure(measure, MAY).text == "4.00"
    assert [(entry.version, entry.current) for entry in Entry.objects.order_by("version")] == [
        (1, False),
        (2, True),
    ]


def test_only_one_version_waits(figures_town: Town, measure: Measure) -> None:
    enter(figures_town, measure)
    with pytest.raises(UserError, match="等待确认"):
        enter(figures_town, measure)


def test_a_waiting_version_is_returned_with_a_reason(figures_town: Town, measure: Measure) -> None:
    entry = enter(figures_town, measure)
    with pytest.raises(UserError):
        withdraw_figure(actor=figures_town.actor("leader"), entry_id=entry.pk, reason="错")
    withdraw_figure(actor=figures_town.actor("leader"), entry_id=entry.pk, reason="单位写错了")
    assert not Entry.objects.exists()


def test_a_locked_period_takes_corrections_only(figures_town: Town, measure: Measure) -> None:
    lock_period(actor=figures_town.actor("leader"), theme=measure.theme, period=parse_period("2020Q2"))
    with pytest.raises(UserError) as refusal:
        enter(figures_town, measure)
    assert refusal.value.field == "reason"


def test_a_period_with_a_waiting_version_is_not_locked(figures_town: Town, measure: Measure) -> None:
    enter(figures_town, measure)
    with pytest.raises(UserError, match="等待确认"):
        lock_period(actor=figures_town.actor("leader"), theme=measure.theme, period=MAY)


def test_a_computed_measure_takes_no_entry(figures_town: Town) -> None:
    computed = declare_measure("due", "amount", {"spec": {"source": "cases", "measure": "due"}})
    with pytest.raises(UserError, match="不能填报"):
        enter(figures_town, computed)


def test_months_add_up_only_when_none_is_missing(figures_town: Town) -> None:
    summed = declare_measure("payments", "entered", {"sum": True})
    for month in ("2020-04", "2020-05"):
        entry = enter(figures_town, summed, EntryInput(value=Decimal(7), source="台账"), month)
        confirm_figure(actor=figures_town.actor("leader"), entry_id=entry.pk)
    assert compute_figure(summed, parse_period("2020-04..2020-05")).value == 14
    figure = compute_figure(summed, parse_period("2020Q2"))
    assert figure.value is None
    assert "月份" in figure.note


def test_without_the_right_nothing_is_entered(figures_town: Town, measure: Measure) -> None:
    with pytest.raises(NotAllowed):
        enter_figure(
            actor=figures_town.actor("grid1"), measure=measure, period=MAY, place=TOWN, entry_input=GIVEN
        )
