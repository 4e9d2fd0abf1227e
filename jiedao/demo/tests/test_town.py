"""The demonstration town as a whole: an interrupted run is finished, and every home has something waiting."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.conf import LazySettings

from jiedao.audit.models import Entry
from jiedao.cases.flow import State
from jiedao.cases.models import Case
from jiedao.cases.selectors.home import waiting_for
from jiedao.demo import commands, generator
from jiedao.demo.commands import PACK, make_town
from jiedao.demo.generator import PAST_TO
from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import actor_for, system
from jiedao.orgs.models import Holding
from jiedao.projects.models import Obstacle, Progress
from jiedao.projects.models.promises import Campaign, CampaignEntry, Pledge, PledgeMove, PledgeState
from jiedao.projects.selectors.campaigns import campaign_status
from jiedao.registers.catalogue import register_info
from jiedao.registers.models import Finding, FindingState, Record, Visit, VisitKind, VisitState
from jiedao.registers.selectors.counting import Counted, count_records
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.selectors.inspection_filters import FINDINGS, VISITS, InspectionFilters
from jiedao.registers.selectors.inspections import chain_of, figures_of, inspection_page, waiting_visits

pytestmark = pytest.mark.django_db
CASEWORKERS = {"wangge", "shouli", "paiqian", "chuzhi", "huanwei", "hecha", "zhiban", "huifang", "lingdao"}


def stock_disposed_of() -> Counted:
    """Count what the quota page counts: the stock of illegal construction disposed of, as of the half-year's end."""
    info = register_info("illegal_stock")
    assert info is not None
    filters = RecordFilters(values={"settled": "是"})
    return count_records(system(), info, filters, as_of=date(2020, 6, 30), sum_of="area_m2")


def share_of_the_stock_campaign() -> tuple[str, str, float]:
    """Return what its page shows as of the half-year's end: done, of how much, the share in per cent."""
    status = campaign_status(system(), Campaign.objects.get(key="stock"), date(2020, 6, 30))
    return f"{status.done:.2f}", f"{status.target:.2f}", round(100 * status.share, 1)


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch, settings: LazySettings) -> None:
    for room in (commands, generator):
        monkeypatch.setattr(room, "PAST_CASES", 60)
    monkeypatch.setattr(generator, "BATCH", 20)
    forget_all()


@pytest.mark.usefixtures("_small")
def test_an_interrupted_run_is_finished_and_a_second_one_keeps_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = generator.file_histories

    def until_the_plug_is_pulled(*args: object, **named: object) -> object:
        if Case.objects.count() >= 40:
            raise KeyboardInterrupt
        return written(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(generator, "file_histories", until_the_plug_is_pulled)
    with pytest.raises(KeyboardInterrupt):
        make_town(PACK)
    assert Case.objects.count() == 40
    monkeypatch.setattr(generator, "file_histories", written)
    make_town(PACK)
    past = Case.objects.filter(reported_date__lte=PAST_TO)
    assert past.count() == len(set(past.values_list("detail", flat=True))) == 60
    kept = (Case, Record, Visit, Finding, Progress, Obstacle, CampaignEntry, PledgeMove, Entry)
    everything = [model.objects.count() for model in kept]
    make_town(PACK)
    assert [model.objects.count() for model in kept] == everything
    assert stock_disposed_of() == Counted(168, 322_800)
    assert share_of_the_stock_campaign() == ("32.28", "35.42", 91.1)
    assert Obstacle.objects.open().count() == 3
    assert set(Pledge.objects.values_list("state", flat=True)) == set(PledgeState.values)

    states = Counter(Case.objects.filter(reported_date__gt=PAST_TO).values_list("state", flat=True))
    assert set(states) == set(State.values)
    assert 180 <= sum(states.values()) <= 230
    assert not Case.objects.filter(reported_at__gt=clock.now()).exists()
    rows = Holding.objects.filter(user__is_demo=True).select_related("user", "post__unit__area")
    waiting = {row.user.username: waiting_for(actor_for(row)) for row in rows}
    assert waiting.keys() >= CASEWORKERS
    for name in CASEWORKERS:
        assert waiting[name], name
    inspections_wait_for_the_grid_worker()
    inspections_were_made_and_missed()
    a_failed_item_was_set_right()


def inspections_wait_for_the_grid_worker() -> None:
    """Assert what she has to inspect: one today, one tomorrow, a recheck, one that was missed before."""
    today = clock.today()
    holding = Holding.objects.select_related("user", "post__unit__area").get(user__username="wangge")
    rows, total = waiting_visits(actor_for(holding), today)
    assert total == 6
    assert [(row.due_date - today).days for row in rows[:2]] == [0, 1]
    assert Counter(row.kind for row in rows) == {VisitKind.ROUND: 5, VisitKind.RECHECK: 1}
    missed = Visit.objects.filter(state=VisitState.MISSED, record__in=[row.record for row in rows])
    assert missed.exists()


def inspections_were_made_and_missed() -> None:
    """Assert the figures of the last weeks, their lists, and that what is to come is spread over days."""
    today = clock.today()
    month = today - timedelta(days=30)
    for key in ("rental_buildings", "small_premises", "markets"):
        filters = InspectionFilters(register=key, start=month, end=today)
        (figures,) = figures_of(system(), filters)
        for name in (*VISITS, *FINDINGS):
            page = inspection_page(system(), replace(filters, show=name))
            assert getattr(figures, name) == page.total, (key, name)
        assert min(figures.due, figures.done, figures.missed, figures.failed, figures.items) > 0, figures
    coming = Visit.objects.filter(state=VisitState.DUE).values_list("due_date", flat=True)
    assert min(coming) == today
    per_day = Counter(coming)
    assert max(per_day.values()) < 0.03 * per_day.total()


def a_failed_item_was_set_right() -> None:
    """Assert the cases of what was found, and the whole chain of what was set right by others than its finder."""
    cases = Finding.objects.values_list("case__state", flat=True)
    assert {State.FILED, State.HANDLING, State.DONE} == set(cases)
    for finding in Finding.objects.filter(state=FindingState.RIGHT).select_related("case", "visit"):
        chain = chain_of(finding.pk)
        (recheck,) = chain.rechecks
        assert (recheck.state, recheck.planned_date) == (VisitState.DUE, finding.right_date)
        assert finding.found_date < finding.right_date <= clock.today()
        moves = {row.move: row.actor_label for row in finding.case.moves.all()}
        assert len({finding.visit.done_label, moves["HANDLE"], moves["CHECK_PASS"]}) == 3
