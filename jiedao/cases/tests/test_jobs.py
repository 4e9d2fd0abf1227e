"""Warnings, overdue cases, escalation, review dates and erasure; each effect happens once."""

from datetime import datetime, timedelta

import pytest

from jiedao.cases import jobs
from jiedao.cases.models import Case, Clock, Reporter
from jiedao.cases.moves.perform import perform
from jiedao.kernel import clock
from jiedao.kernel.jobs import enqueue, run_pending
from jiedao.kernel.jobtable import find_job
from jiedao.notices.kinds import describe_notice
from jiedao.notices.models import Notice
from jiedao.testing.cast import Town, walk

pytestmark = pytest.mark.django_db


def start_handling(town: Town) -> tuple[Case, Clock]:
    case = walk(town, to="HANDLING")
    return case, Clock.objects.get(case=case, stage="HANDLE", stopped_at__isnull=True)


def read_notices(town: Town, who: str) -> list[str]:
    return [describe_notice(notice) for notice in Notice.objects.filter(user=town.users[who]).order_by("id")]


def test_nothing_happens_before_the_warning(town: Town) -> None:
    case, row = start_handling(town)
    with clock.at(row.warn_at - timedelta(minutes=1)):
        jobs.watch_clocks()
    assert not any("到期" in text for text in read_notices(town, "handler"))
    assert not case.moves.filter(move="OVERDUE").exists()


def test_a_warning_is_given_once(town: Town) -> None:
    _case, row = start_handling(town)
    with clock.at(row.warn_at + timedelta(minutes=1)):
        jobs.watch_clocks()
        jobs.watch_clocks()
    assert sum("处置即将到期" in text for text in read_notices(town, "handler")) == 1
    row.refresh_from_db()
    assert row.warned_at is not None
    assert row.next_look_at == row.due_at


def test_overdue_is_stored_and_notified_to_the_post_above_once(town: Town) -> None:
    case, row = start_handling(town)
    with clock.at(row.due_at + timedelta(minutes=1)):
        jobs.watch_clocks()
        jobs.watch_clocks()
    row.refresh_from_db()
    assert row.overdue_at == row.due_at
    assert case.moves.filter(move="OVERDUE", data__stage="HANDLE").count() == 1
    assert sum("处置已超期" in text for text in read_notices(town, "handler")) == 1
    assert sum("处置已超期" in text for text in read_notices(town, "shift")) == 1


def test_escalation_climbs_a_working_day_at_a_time_and_ends(town: Town) -> None:
    case, row = start_handling(town)
    for day in range(20):
        with clock.at(row.due_at + timedelta(days=day, minutes=5)):
            jobs.watch_clocks()
    rungs = case.moves.filter(move="ESCALATED", data__stage="HANDLE").count()
    assert rungs == 3
    row.refresh_from_db()
    assert row.next_look_at is None


def test_a_stopped_clock_warns_no_user(town: Town) -> None:
    case, row = start_handling(town)
    perform(town.actor("handler"), case.pk, "HANDLE", data={"result": "清了"})
    with clock.at(row.due_at + timedelta(days=1)):
        jobs.watch_clocks()
    assert not case.moves.filter(move="OVERDUE", data__stage="HANDLE").exists()


def test_a_paused_clock_warns_no_user(town: Town) -> None:
    case, row = start_handling(town)
    review = (clock.now() + timedelta(days=30)).date()
    perform(
        town.actor("shift"),
        case.pk,
        "SUSPEND",
        data={"reason": "BUDGET", "review_date": review, "note": "等"},
    )
    with clock.at(row.due_at + timedelta(days=2)):
        jobs.watch_clocks()
    assert not case.moves.filter(move="OVERDUE").exists()


def test_users_are_reminded_of_a_suspended_case_on_its_review_date(town: Town) -> None:
    case, _row = start_handling(town)
    review = (clock.now() + timedelta(days=3)).date()
    perform(
        town.actor("shift"),
        case.pk,
        "SUSPEND",
        data={"reason": "BUDGET", "review_date": review, "note": "等"},
    )
    assert jobs.review_suspended() == 0
    with clock.at(clock.now() + timedelta(days=4)):
        assert jobs.review_suspended() == 1
        jobs.review_suspended()
    assert sum("挂账复核" in text for text in read_notices(town, "dispatcher")) == 1


def test_reporters_are_erased_after_the_retention_period_once_the_case_has_ended(town: Town) -> None:
    open_case, done = walk(town, to="HANDLING"), walk(town, to="DONE", subject="另一件")
    with clock.at(clock.now() + timedelta(days=731)):
        assert jobs.erase_reporters() == 1
        assert jobs.erase_reporters() == 0
    erased = Reporter.objects.get(case=done)
    assert (erased.name, erased.phone) == ("", "")
    assert Case.objects.get(pk=done.pk).reporter_key == ""
    assert Reporter.objects.get(case=open_case).name


def test_long_jobs_are_not_one_transaction() -> None:
    names = ("cases.watch_clocks", "cases.review_suspended", "cases.erase_reporters")
    assert not any(find_job(name).atomic for name in names)


def test_a_run_is_limited_and_the_next_continues(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BATCH", 1)
    monkeypatch.setattr(jobs, "MAX_CLOCKS", 1)
    _case, first = start_handling(town)
    _other, second = start_handling(town)
    with clock.at(first.due_at + timedelta(days=1)):
        assert jobs.watch_clocks() == 1
        while jobs.watch_clocks():
            pass
    assert Clock.objects.filter(pk__in=[first.pk, second.pk], overdue_at__isnull=False).count() == 2


def test_a_clock_that_was_due_long_ago_climbs_one_rung_a_day(town: Town) -> None:
    _case, row = start_handling(town)
    with clock.at(row.due_at + timedelta(days=100)):
        jobs.watch_clocks()
        jobs.watch_clocks()
    row.refresh_from_db()
    assert (row.overdue_at, row.escalated) == (row.due_at, 0)
    assert row.next_look_at is not None
    assert row.next_look_at > row.due_at + timedelta(days=100)


def test_a_case_that_was_late_before_it_was_filed_alarms_no_user(town: Town) -> None:
    old = clock.now() - timedelta(days=400)
    case = walk(town, to="REPORTED", reported_at=old, source_key="old:1")
    jobs.watch_clocks()
    row = case.clocks.get()
    assert row.overdue_at == row.due_at
    assert not Notice.objects.filter(object_name__contains=case.number).exists()
    assert not case.moves.filter(move__in=["OVERDUE", "ESCALATED"]).exists()


def test_nothing_is_erased_by_a_clock_that_has_just_jumped_ahead(town: Town) -> None:
    case = walk(town, to="DONE")
    ahead = clock.real_now() + timedelta(days=2 * 731)

    def run_jobs(moment: datetime) -> bool:
        with clock.at(moment):
            enqueue("cases.erase_reporters")
            run_pending()
        return Reporter.objects.get(case=case).erased_at is not None

    with clock.at(clock.real_now() - timedelta(days=2, hours=3)):
        enqueue("kernel:sweep")
        run_pending()
    assert [run_jobs(ahead + timedelta(hours=hours)) for hours in (0, 6, 24, 47)] == [False] * 4
    assert run_jobs(ahead + timedelta(hours=49))  # the worker has worked by this clock for two days
