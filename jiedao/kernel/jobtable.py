"""The registry of functions that are jobs, and writing jobs into the table."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models.functions import Least
from django.utils.module_loading import autodiscover_modules

from jiedao.kernel import clock
from jiedao.kernel.models import Job, JobState, Periodic

JobFunction = Callable[..., object]
F = TypeVar("F", bound=JobFunction)
LONGEST_PAUSE = timedelta(hours=1)  # between two attempts
KEEP_DONE = timedelta(days=4)
STEADY_FOR, STEADY_GAP = (
    timedelta(days=2),
    timedelta(days=1),
)  # together less than jobs that are done are stored


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A registered job: its function, how it runs, and how often it is repeated."""

    name: str
    function: JobFunction
    atomic: bool
    max_attempts: int
    every: timedelta | None = None


REGISTRY: dict[str, JobSpec] = {}


def job(name: str, *, atomic: bool = True, max_attempts: int = 5) -> Callable[[F], F]:
    """Register a function as the job `name` ("room:verb"); it is called with the kwargs it was enqueued with.

    Args:
        atomic: run it in one transaction with the update that marks it as done, so that its writes happen
            exactly once. False for long work (on SQLite a transaction blocks other writers) and for effects
            outside the database; such a job must be safe to run again after a crash.
        max_attempts: after this number of failures or dead workers it stays FAILED with its last error.

    Raise ValueError when another function has the name.
    """
    return register_job(name, atomic=atomic, max_attempts=max_attempts, every=None)


def periodic(name: str, *, every: timedelta, atomic: bool = True) -> Callable[[F], F]:
    """Register a job without arguments that workers enqueue at an interval; at most one waits at a time.

    Runs that were missed while no worker ran are not repeated later; a failed run is tried twice more.
    """
    return register_job(name, atomic=atomic, max_attempts=3, every=every)


def register_job(name: str, *, atomic: bool, max_attempts: int, every: timedelta | None) -> Callable[[F], F]:
    """Return the decorator that adds a function to the registry."""

    def decorate(function: F) -> F:
        registered = REGISTRY.get(name)
        if registered is not None and registered.function.__qualname__ != function.__qualname__:
            raise ValueError(f"two jobs are called {name}: {registered.function} and {function}")
        REGISTRY[name] = JobSpec(name, function, atomic, max_attempts, every)
        return function

    return decorate


def find_job(name: str) -> JobSpec:
    """Return a registered job, after importing the rooms' jobs.py if needed; raise LookupError when it is unknown."""
    if name not in REGISTRY:
        autodiscover_modules("jobs")
    if name not in REGISTRY:
        raise LookupError(f"no job is called {name!r}; jobs are registered in each room's jobs.py")
    return REGISTRY[name]


def enqueue(
    name: str, *, run_at: datetime | None = None, unique_key: str | None = None, **kwargs: Any
) -> int:
    """Write a job in the caller's transaction and return its id; it runs if and only if the transaction commits.

    Args:
        run_at: the job does not run before this moment; None means now.
        unique_key: while a job with this key waits for its first run, no second one is written. The id of the
            waiting job is returned; it keeps its kwargs and gets the earlier `run_at`. It runs after the
            caller's commit.
        kwargs: JSON values.

    Raise LookupError for an unknown job.
    """
    spec = find_job(name)
    job_row = Job(
        name=name,
        kwargs=kwargs,
        run_at=run_at or clock.real_now(),
        unique_key=unique_key,
        max_attempts=spec.max_attempts,
    )
    if unique_key is None:
        job_row.save(force_insert=True)
        return job_row.pk
    with transaction.atomic():
        return write_or_join(job_row)


def write_or_join(job_row: Job) -> int:
    """Write the job, or join the one that waits under its key; return the id.

    The update locks the waiting row until the caller commits: otherwise a worker could run the job before and
    miss the change that the caller is about to commit.
    """
    waiting_jobs = Job.objects.filter(unique_key=job_row.unique_key, state=JobState.PENDING, attempts=0)
    while True:
        if waiting_jobs.update(run_at=Least("run_at", job_row.run_at)):
            return waiting_jobs.values_list("pk", flat=True).get()
        try:
            with transaction.atomic():
                job_row.save(force_insert=True)
                return job_row.pk
        except IntegrityError:
            continue  # another transaction was faster and has committed a job: join it


def undo_clock_ahead(now: datetime, lease: timedelta) -> None:
    """Make due what was planned by a clock that was ahead, and would wait until that time is reached.

    These are jobs that were written in the future, retries that are further away than the longest pause, and leases
    that are longer than a lease. A worker that is alive renews its lease and keeps its job.
    """
    pending_jobs = Job.objects.filter(state=JobState.PENDING)
    pending_jobs.filter(created_at__gt=now).update(run_at=Least("run_at", now), created_at=now)
    pending_jobs.filter(attempts__gt=0, run_at__gt=now + LONGEST_PAUSE).update(run_at=now)
    Job.objects.filter(state=JobState.RUNNING, lease_until__gt=now + 2 * lease).update(
        lease_until=now + lease
    )


def is_clock_steady(now: datetime) -> bool:
    """Return whether the worker has worked by this clock for two days.

    What can never be undone waits for it: a clock that is years ahead for some hours must not erase what is due by
    then. After the first start, and after days without a worker, it takes two days.
    """
    earlier = Job.objects.filter(state=JobState.DONE, finished_at__lte=now - STEADY_FOR)
    return earlier.filter(finished_at__gt=now - STEADY_FOR - STEADY_GAP).exists()


def measure_waiting(now: datetime) -> float:
    """Return for how many seconds the job or the periodic job that waits longest has been due; 0 where none is.

    Without a worker the periodic jobs are due. A time that only a clock that was ahead can have set counts by how far
    it is too late.
    """
    autodiscover_modules("jobs")
    moments = [now]
    pending_jobs = Job.objects.filter(state=JobState.PENDING)
    moments += pending_jobs.filter(run_at__lte=now).order_by("run_at").values_list("run_at", flat=True)[:1]
    waits = [(now - min(moments)).total_seconds()]
    ahead = pending_jobs.filter(created_at__gt=now).order_by("-run_at").values_list("run_at", flat=True)[:1]
    waits += [(run_at - now).total_seconds() for run_at in ahead]
    for name, next_at in Periodic.objects.values_list("name", "next_at"):
        spec = REGISTRY.get(name)
        if spec is not None and spec.every is not None:
            waits += [(now - next_at).total_seconds(), (next_at - now - spec.every).total_seconds()]
    return max(waits)


def retry(job_id: int) -> bool:
    """Let a failed job run again from its first attempt; return False when there is no such job."""
    failed_jobs = Job.objects.filter(pk=job_id, state=JobState.FAILED)
    updated = failed_jobs.update(
        state=JobState.PENDING, attempts=0, unique_key=None, run_at=clock.real_now(), finished_at=None
    )
    return updated == 1
