import threading
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from django.db import connection, transaction
from django.db.models import F
from django.utils.module_loading import autodiscover_modules

from jiedao.kernel import clock, jobtable
from jiedao.kernel.commands import worker as worker_command
from jiedao.kernel.jobs import enqueue, job, periodic, retry, run_pending, run_worker, sweep
from jiedao.kernel.jobtable import REGISTRY
from jiedao.kernel.models import CalendarDay, Job, JobState, Periodic

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_registry():
    autodiscover_modules("jobs")
    registered = dict(REGISTRY)
    yield
    REGISTRY.clear()
    REGISTRY.update(registered)


def run_at(moment: datetime) -> int:
    with clock.at(moment):
        return run_pending()


def get_only_job() -> Job:
    return Job.objects.get()


def test_a_job_is_called_with_its_kwargs():
    calls = []
    job("test:take")(lambda **kwargs: calls.append(kwargs))
    enqueue("test:take", number=7, texts=["一"])
    assert run_pending() == 1
    assert calls == [{"number": 7, "texts": ["一"]}]
    assert get_only_job().state == JobState.DONE


def test_a_job_that_was_rolled_back_never_runs():
    job("test:take")(lambda: None)
    with transaction.atomic():
        enqueue("test:take")
        transaction.set_rollback(True)
    assert run_pending() == 0


def test_an_unknown_job_is_refused():
    with pytest.raises(LookupError, match="test:nowhere"):
        enqueue("test:nowhere")


def test_two_functions_cannot_share_a_name():
    job("test:take")(lambda: None)
    with pytest.raises(ValueError, match="test:take"):
        job("test:take")(sweep)


def test_a_later_job_waits_for_its_time():
    job("test:take")(lambda: None)
    enqueue("test:take", run_at=NOON + HOUR)
    assert run_at(NOON) == 0
    assert run_at(NOON + HOUR) == 1


def test_jobs_run_in_the_order_of_their_time():
    order = []
    job("test:take")(lambda n: order.append(n))  # noqa: PLW0108 (called by keyword)
    for number, minutes in ((1, 30), (2, 10), (3, 20)):
        enqueue("test:take", run_at=NOON + timedelta(minutes=minutes), n=number)
    run_at(NOON + HOUR)
    assert order == [2, 3, 1]


def test_a_second_job_of_a_waiting_key_joins_it_with_the_earlier_time():
    job("test:take")(lambda **_: None)
    first = enqueue("test:take", unique_key="k", run_at=NOON + HOUR, n=1)
    assert enqueue("test:take", unique_key="k", run_at=NOON, n=2) == first
    assert (get_only_job().run_at, get_only_job().kwargs) == (NOON, {"n": 1})


def test_a_key_can_be_used_again_while_its_job_runs():
    def again() -> None:
        if Job.objects.count() == 1:
            enqueue("test:take", unique_key="k")

    job("test:take")(again)
    enqueue("test:take", unique_key="k")
    assert run_pending() == 2


def test_a_failed_attempt_is_rolled_back_and_tried_again_later():
    def fail_once() -> None:
        CalendarDay.objects.create(date="2026-11-23", is_workday=True)
        if get_only_job().attempts == 1:
            raise RuntimeError("not yet")

    job("test:take")(fail_once)
    enqueue("test:take", run_at=NOON, unique_key="k")
    assert run_at(NOON) == 1
    waiting = get_only_job()
    assert (waiting.state, waiting.run_at - NOON) == (JobState.PENDING, timedelta(seconds=10))
    assert "not yet" in waiting.error
    assert not CalendarDay.objects.exists()
    assert run_at(NOON) == 0
    assert run_at(NOON + HOUR) == 1
    assert (get_only_job().state, get_only_job().error) == (JobState.DONE, "")
    assert CalendarDay.objects.count() == 1


def test_after_the_last_attempt_a_job_stays_failed_with_its_error():
    job("test:take", max_attempts=2)(lambda: 1 / 0)
    enqueue("test:take", run_at=NOON)
    run_at(NOON)
    run_at(NOON + HOUR)
    assert run_at(NOON + 24 * HOUR) == 0
    assert get_only_job().state == JobState.FAILED
    assert "ZeroDivisionError" in get_only_job().error


def test_retry_lets_a_failed_job_run_again():
    job("test:take", max_attempts=1)(lambda: 1 / 0)
    number = enqueue("test:take", run_at=NOON)
    assert not retry(number)
    run_at(NOON)
    assert retry(number)
    assert get_only_job().state == JobState.PENDING


def test_a_job_without_its_function_fails():
    job("test:take", max_attempts=1)(lambda: None)
    enqueue("test:take", run_at=NOON)
    del REGISTRY["test:take"]
    run_at(NOON)
    assert get_only_job().state == JobState.FAILED


def make_job_of_dead_worker(attempts: int = 1) -> None:
    job("test:take")(lambda: CalendarDay.objects.create(date="2026-11-23", is_workday=True))
    enqueue("test:take", run_at=NOON)
    Job.objects.update(
        state=JobState.RUNNING, lease_token="theirs", lease_until=NOON + HOUR, attempts=attempts
    )


def test_a_leased_job_is_not_taken_over():
    make_job_of_dead_worker()
    assert run_at(NOON + HOUR - timedelta(seconds=1)) == 0


def test_a_job_is_taken_over_after_its_lease():
    make_job_of_dead_worker()
    assert run_at(NOON + HOUR + timedelta(seconds=1)) == 1
    assert (get_only_job().state, get_only_job().attempts) == (JobState.DONE, 2)


def test_a_job_that_kills_every_worker_fails_after_the_last_attempt():
    make_job_of_dead_worker(attempts=5)
    assert run_at(NOON + 2 * HOUR) == 0
    assert (get_only_job().state, get_only_job().error) == (
        JobState.FAILED,
        "the worker died at every attempt",
    )


def test_a_worker_that_lost_its_lease_commits_nothing():
    def lose() -> None:
        CalendarDay.objects.create(date="2026-11-23", is_workday=True)
        Job.objects.update(lease_token="theirs")

    job("test:take")(lose)
    enqueue("test:take")
    run_pending()
    assert get_only_job().state == JobState.RUNNING
    assert not CalendarDay.objects.exists()


def test_a_job_that_is_not_atomic_keeps_its_writes_when_it_fails():
    def fail() -> None:
        CalendarDay.objects.create(date="2026-11-23", is_workday=True)
        raise RuntimeError

    job("test:take", atomic=False)(fail)
    enqueue("test:take")
    run_pending()
    assert CalendarDay.objects.exists()


def test_a_periodic_job_runs_at_once_and_then_at_its_interval():
    calls = []
    REGISTRY.clear()
    periodic("test:tick", every=HOUR)(lambda: calls.append(clock.now()))
    for minutes in (0, 1, 59, 60, 61, 300, 301):
        with clock.at(NOON + timedelta(minutes=minutes)):
            run_worker(threading.Event(), once=True)
    assert [(call - NOON) / timedelta(minutes=1) for call in calls] == [0, 60, 300]
    assert Periodic.objects.get(name="test:tick").next_at == NOON + 6 * HOUR


def test_what_a_clock_that_was_ahead_has_planned_is_due():
    calls = []
    REGISTRY.clear()
    periodic("test:tick", every=HOUR)(lambda: calls.append(clock.now()))
    job("test:take")(lambda: calls.append(clock.now()))
    with clock.at(NOON + timedelta(days=400)):
        enqueue("test:take")
        Periodic.objects.create(name="test:tick", next_at=clock.now() + HOUR)
        Job.objects.create(
            name="test:take", state=JobState.RUNNING, lease_token="dead", lease_until=clock.now(), attempts=1
        )
    assert jobtable.measure_waiting(NOON) == 400 * 24 * 3600
    for seconds in (0, 61):
        with clock.at(NOON + timedelta(seconds=seconds)):
            run_worker(threading.Event(), once=True)
    assert [(call - NOON).total_seconds() for call in calls] == [0, 0, 61]
    assert Periodic.objects.get().next_at == NOON + HOUR
    assert jobtable.measure_waiting(NOON + timedelta(seconds=61)) == 0


def test_periodic_jobs_are_due_while_no_worker_runs():
    REGISTRY.clear()
    periodic("kernel:sweep", every=HOUR)(sweep)
    Periodic.objects.create(name="kernel:sweep", next_at=NOON)
    Periodic.objects.create(name="test:of an older version", next_at=NOON - 100 * HOUR)
    assert jobtable.measure_waiting(NOON - timedelta(minutes=1)) == 0
    assert jobtable.measure_waiting(NOON + 3 * HOUR) == 3 * 3600


def test_a_stopped_worker_runs_nothing():
    stop = threading.Event()
    stop.set()
    job("test:take")(lambda: None)
    enqueue("test:take")
    assert run_worker(stop) == 0


def test_sweep_deletes_old_done_jobs_and_keeps_failed_ones():
    for state, age in ((JobState.DONE, 5), (JobState.DONE, 2), (JobState.FAILED, 100)):
        Job.objects.create(name="x", state=state, finished_at=NOON - timedelta(days=age))
    with clock.at(NOON):
        sweep()
    assert list(Job.objects.order_by("id").values_list("state", flat=True)) == ["DONE", "FAILED"]


def test_a_turn_without_jobs_costs_a_fixed_number_of_queries(django_assert_max_num_queries):
    run_worker(threading.Event(), once=True)
    with django_assert_max_num_queries(8 if connection.vendor == "postgresql" else 4):
        run_worker(threading.Event(), once=True)


def test_the_command_lists_and_retries_failed_jobs():
    job("test:take", max_attempts=1)(lambda: 1 / 0)
    number = enqueue("test:take")
    run_pending()
    shown = CliRunner().invoke(worker_command, ["--json"])
    assert '"failed": 1' in shown.stdout
    assert "ZeroDivisionError" in shown.stdout
    assert str(number) in CliRunner().invoke(worker_command, ["--status"]).stdout
    assert CliRunner().invoke(worker_command, ["--retry", str(number)]).exit_code == 0
    assert CliRunner().invoke(worker_command, ["--retry", str(number)]).exit_code == 1
    assert Job.objects.filter(state=JobState.PENDING, attempts=F("attempts")).count() == 1
