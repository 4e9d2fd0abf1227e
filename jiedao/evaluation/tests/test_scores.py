"""Scores of units: what is computed and explained, publishing, versions, manual points, and a simulation."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from jiedao.audit.models import Entry
from jiedao.cases.models import Case
from jiedao.evaluation.access import get_version, read_sheet_period
from jiedao.evaluation.actions.publishing import give_points, publish_scores, recompute_scores
from jiedao.evaluation.computing import compute_scores
from jiedao.evaluation.models import ManualPoints, Score, SheetVersion
from jiedao.evaluation.selectors import describe_reason, read_results
from jiedao.evaluation.tests.conftest import HANDLED_AT, add_item, declare_sheet
from jiedao.indicators.models import Target
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.periods import parse_period
from jiedao.kernel.wordings import read_wording
from jiedao.orgs.models import Unit
from jiedao.testing.cast import Town

JUNE = parse_period("2020-06")


def test_points_of_each_unit(scored_town: Town, version: SheetVersion) -> None:
    results = {result.subject.code: result for result in compute_scores(version, JUNE)}
    urban, water, clean = results["URBAN"], results["WATER"], results["CLEAN"]
    assert [line.points for line in urban.lines] == [Decimal(45), Decimal(25), Decimal(10)]
    assert [line.formula for line in urban.lines] == ["60 × 75%", "30 − 5 × 1", "10"]
    assert (urban.points, urban.rank, urban.grade and urban.grade.label) == (Decimal("80.00"), 3, "差")
    assert (water.points, water.rank, water.rank_of) == (Decimal("100.00"), 1, 3)
    assert clean.lines[0].points is None  # no data is not 0
    assert clean.points == Decimal("100.00")  # 40 of the 40 points that have data
    assert "折算" in str(clean.note)


def test_a_unit_with_too_few_cases_is_not_scored(scored_town: Town, version: SheetVersion) -> None:
    version.spec = {**version.spec, "minimum_measure": "due", "minimum": "2"}
    version.save()
    results = {result.subject.code: result for result in compute_scores(version, JUNE)}
    assert results["WATER"].points is None
    assert results["WATER"].rank is None
    assert "不足 2" in str(results["WATER"].note)
    assert (results["URBAN"].rank, results["URBAN"].rank_of) == (1, 1)


def test_an_excluded_unit_has_no_score(scored_town: Town, version: SheetVersion) -> None:
    version.spec = {**version.spec, "exclude": ["WATER"]}
    version.save()
    assert [result.subject.code for result in compute_scores(version, JUNE)] == ["URBAN", "CLEAN"]


def test_only_the_kinds_of_a_version_are_scored(scored_town: Town, version: SheetVersion) -> None:
    version.spec = {**version.spec, "unit_kinds": ["BUREAU"]}
    version.save()
    assert [result.subject.code for result in compute_scores(version, JUNE)] == ["WATER"]


def test_the_rows_behind_the_points_are_listed(scored_town: Town, version: SheetVersion) -> None:
    urban = read_results(version.sheet, JUNE).find_row("URBAN")
    assert urban is not None
    value = urban.lines[0].values[0]
    assert (value.text, value.fraction, value.rows) == ("75%", "3 ÷ 4", 3)
    assert value.link is not None
    assert ("key", "URBAN") in value.link.query
    assert value.denominator_link is not None
    assert ("measure", "due") in value.denominator_link.query


def test_ranks_shares_and_means_compare_all_units(scored_town: Town, measures: None) -> None:
    version = declare_sheet(only=["URBAN", "WATER"])
    add_item(version, "rank", {"rule": "rank", "points": 50, "last": 40}, values={"value": "rate"})
    add_item(version, "share", {"rule": "share_of_first", "points": 30}, values={"value": "rate"})
    add_item(
        version,
        "mean",
        {"rule": "deduct", "points": 20, "per": 2},
        values={"value": "due", "allowed": "mean"},
    )
    urban, water = compute_scores(version, JUNE)
    assert [line.points for line in urban.lines] == [Decimal(40), Decimal("22.5"), Decimal(17)]  # mean 2.5
    assert [line.points for line in water.lines] == [Decimal(50), Decimal(30), Decimal(20)]


def test_an_item_reads_the_completion_of_a_target(scored_town: Town, measures: None) -> None:
    version = declare_sheet(only=["URBAN", "WATER"])
    add_item(version, "done", {"rule": "rate", "points": 100}, values={"value": "due"}, reads="completion")
    unit = scored_town.units["URBAN"]
    Target.objects.create(
        measure_id=version.items.get().pk and _measure_id("due"),
        first_date=JUNE.first,
        last_date=JUNE.last,
        unit=unit,
        place_key="unit:URBAN",
        value=8,
    )
    urban, water = compute_scores(version, JUNE)
    assert (urban.lines[0].points, urban.lines[0].formula) == (Decimal(50), "100 × 50%")
    assert str(water.lines[0].note) == "没有设定目标"


def _measure_id(key: str) -> int:
    from jiedao.indicators.models import Measure

    return Measure.objects.get(key=key).pk


def test_communities_are_scored_by_their_own_cases(scored_town: Town, measures: None) -> None:
    version = declare_sheet(subject="area", key="communities")
    add_item(version, "rate", {"rule": "rate", "points": 100}, values={"value": "rate"})
    points = {result.subject.code: result.points for result in compute_scores(version, JUNE)}
    assert points == {"990001001001": Decimal("75.00"), "990001001002": Decimal("100.00")}


def test_a_rule_that_cannot_be_read_is_stated(scored_town: Town, version: SheetVersion) -> None:
    add_item(version, "bad", {"rule": "luck", "points": 5})
    lines = compute_scores(version, JUNE)[0].lines
    assert "rule 不能写 luck" in str(lines[-1].note)


def publish(town: Town, version: SheetVersion) -> dict[str, Score]:
    """Return the published scores by unit."""
    scores = publish_scores(actor=town.actor("supervisor"), sheet=version.sheet, period=JUNE)
    return {score.place_key: score for score in scores}


def test_publishing_stores_what_was_computed(scored_town: Town, version: SheetVersion) -> None:
    score = publish(scored_town, version)["unit:URBAN"]
    score.refresh_from_db()
    assert (score.points, score.rank, score.grade, score.current) == (Decimal(80), 3, "差", True)
    assert [line.formula for line in score.lines.all()] == ["60 × 75%", "30 − 5 × 1", "10"]
    with pytest.raises(UserError, match="已经公布"):
        publish(scored_town, version)


def test_a_published_score_stays_when_the_records_change(scored_town: Town, version: SheetVersion) -> None:
    publish(scored_town, version)
    Case.objects.filter(handled_at=None).update(handled_at=HANDLED_AT)
    row = read_results(version.sheet, JUNE).find_row("URBAN")
    assert row is not None
    assert row.points == Decimal(80)


def test_a_period_that_runs_is_not_published(scored_town: Town, version: SheetVersion) -> None:
    with clock.at(datetime(2020, 6, 30, 2, tzinfo=UTC)), pytest.raises(UserError, match="还没有结束"):
        publish(scored_town, version)


def test_without_the_right_nothing_is_published(scored_town: Town, version: SheetVersion) -> None:
    with pytest.raises(NotAllowed):
        publish_scores(actor=scored_town.actor("handler"), sheet=version.sheet, period=JUNE)


def test_computing_again_stores_versions_of_what_changed(scored_town: Town, version: SheetVersion) -> None:
    publish(scored_town, version)
    Case.objects.filter(handled_at=None).update(handled_at=HANDLED_AT)
    shift = scored_town.actor("shift")
    with pytest.raises(UserError):
        recompute_scores(actor=shift, sheet=version.sheet, period=JUNE, reason="改")
    renewed = recompute_scores(actor=shift, sheet=version.sheet, period=JUNE, reason="补录了处置时间")
    assert [(score.place_key, score.number, score.rank) for score in renewed] == [("unit:URBAN", 2, 1)]
    first, second = Score.objects.filter(place_key="unit:URBAN").order_by("number")
    assert (first.points, first.current) == (Decimal(80), False)
    assert (second.points, second.current, describe_reason(second)) == (Decimal(100), True, "补录了处置时间")
    assert recompute_scores(actor=shift, sheet=version.sheet, period=JUNE, reason="没有变化") == []


def test_the_score_of_a_removed_unit_stays_and_is_current_no_longer(
    scored_town: Town, version: SheetVersion
) -> None:
    publish(scored_town, version)
    shift = scored_town.actor("shift")
    Unit.objects.filter(code="WATER").update(active=False)
    forget_all()
    renewed = recompute_scores(actor=shift, sheet=version.sheet, period=JUNE, reason="供水所已撤销")
    assert "unit:WATER" not in {score.place_key for score in renewed}
    assert Score.objects.get(place_key="unit:WATER").current is False
    assert "WATER" not in {row.code for row in read_results(version.sheet, JUNE).rows}
    assert Entry.objects.filter(action="evaluation.score:renew").latest("id").after["removed"] == [
        "unit:WATER"
    ]
    Unit.objects.filter(code="WATER").update(active=True)
    forget_all()
    recompute_scores(actor=shift, sheet=version.sheet, period=JUNE, reason="供水所恢复了")
    numbers = Score.objects.filter(place_key="unit:WATER").order_by("number")
    assert list(numbers.values_list("number", "current")) == [(1, False), (2, True)]


def test_manual_points_need_a_reason_and_make_a_new_version(scored_town: Town, version: SheetVersion) -> None:
    publish(scored_town, version)
    item = version.items.get(key="other")
    actor = scored_town.actor("supervisor")
    for points, reason in ((Decimal(11), "超过了分值"), (Decimal(7), "")):
        with pytest.raises(UserError):
            give_points(actor=actor, item=item, period=JUNE, code="WATER", points=points, reason=reason)
    give_points(actor=actor, item=item, period=JUNE, code="WATER", points=Decimal(7), reason="巡查发现两处")
    score = Score.objects.get(place_key="unit:WATER", current=True)
    assert (score.number, score.points) == (2, Decimal(97))
    assert str(read_wording(score.lines.get(item=item).note)) == "巡查发现两处"
    give_points(actor=actor, item=item, period=JUNE, code="WATER", points=Decimal(9), reason="已经整改")
    assert [row.current for row in ManualPoints.objects.order_by("pk")] == [False, True]


def test_a_computed_item_takes_no_points(scored_town: Town, version: SheetVersion) -> None:
    with pytest.raises(UserError, match="不能人工评分"):
        give_points(
            actor=scored_town.actor("supervisor"),
            item=version.items.get(key="rate"),
            period=JUNE,
            code="WATER",
            points=Decimal(5),
            reason="理由充分",
        )


def test_the_version_that_holds_in_the_period_is_used(scored_town: Town, version: SheetVersion) -> None:
    version.until_date = date(2020, 5, 31)
    version.save()
    with pytest.raises(UserError, match="没有有效的版本"):
        get_version(version.sheet, JUNE)
    assert get_version(version.sheet, parse_period("2020-05")) == version


def test_a_period_of_another_kind_is_refused(scored_town: Town, version: SheetVersion) -> None:
    with pytest.raises(UserError, match="2020-05"):
        read_sheet_period(version.sheet, "2020H1")
    assert read_sheet_period(version.sheet, "2020-06-01..2020-06-30") == JUNE
