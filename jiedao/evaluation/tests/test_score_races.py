"""Two users publish, contest or decide at once: one wins, the other is refused, and nothing is stored twice."""

from collections.abc import Callable
from functools import partial

import pytest

from jiedao.cases.models import Case
from jiedao.evaluation.actions.appealing import decide_appeal, make_appeal
from jiedao.evaluation.actions.publishing import publish_scores
from jiedao.evaluation.models import Appeal, Score, SheetVersion
from jiedao.evaluation.tests.conftest import NOW
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import parse_period
from jiedao.testing.cast import Town
from jiedao.testing.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
JUNE = parse_period("2020-06")


def run_in_july(*calls: Callable[[], object]) -> list[object]:
    """Start the calls together in July, and return results or refusals."""

    def begin(call: Callable[[], object]) -> object:
        with clock.at(NOW):
            return call()

    return run_at_once(*(partial(begin, call) for call in calls))


def count_refusals(results: list[object]) -> int:
    """Return how many of two calls were refused; fail where one failed in another way."""
    assert all(result is not None for result in results), results
    return sum(isinstance(result, UserError) for result in results)


def test_of_two_who_publish_one_wins(scored_town: Town, version: SheetVersion) -> None:
    actors = [scored_town.actor("supervisor"), scored_town.actor("shift")]
    results = run_in_july(
        *(
            lambda actor=actor: publish_scores(actor=actor, sheet=version.sheet, period=JUNE)
            for actor in actors
        )
    )
    assert count_refusals(results) == 1
    assert Score.objects.filter(place_key="unit:URBAN").count() == 1


def test_of_two_appeals_against_a_case_one_is_made(scored_town: Town, version: SheetVersion) -> None:
    publish_scores(actor=scored_town.actor("supervisor"), sheet=version.sheet, period=JUNE)
    score, number = Score.objects.get(place_key="unit:URBAN"), Case.objects.get(handled_at=None).number
    handler = scored_town.actor("handler")

    def contest() -> object:
        return make_appeal(actor=handler, score_id=score.pk, numbers=[number], reason="不在本单位管辖范围")

    assert count_refusals(run_in_july(contest, contest)) == 1
    assert Appeal.objects.count() == 1


def test_of_two_decisions_one_holds(scored_town: Town, version: SheetVersion) -> None:
    publish_scores(actor=scored_town.actor("supervisor"), sheet=version.sheet, period=JUNE)
    score, number = Score.objects.get(place_key="unit:URBAN"), Case.objects.get(handled_at=None).number
    appeal = make_appeal(
        actor=scored_town.actor("handler"), score_id=score.pk, numbers=[number], reason="不在本单位管辖范围"
    )
    leader, shift = scored_town.actor("leader"), scored_town.actor("shift")
    results = run_in_july(
        lambda: decide_appeal(actor=leader, appeal_id=appeal.pk, granted=None, decision="情况属实"),
        lambda: decide_appeal(actor=shift, appeal_id=appeal.pk, granted=[], decision="不能剔除"),
    )
    assert count_refusals(results) == 1
    appeal.refresh_from_db()
    granted = appeal.state == "GRANTED"
    assert Score.objects.filter(place_key="unit:URBAN").count() == (2 if granted else 1)
    assert appeal.decided_by_id in {leader.user_id, shift.user_id}
