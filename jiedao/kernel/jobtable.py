"""The table of jobs: which functions are jobs, and how one is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models.functions import Least
from django.utils.module_loading import autodiscover_modules

from jiedao.kernel import clock
from jiedao.kernel.models import Job, JobState

Body = Callable[..., object]
F = TypeVar("F", bound=Body)


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A registered job: its function, its way of running, and how often it repeats by itself."""

    name: str
    function: Body
    atomic: bool
    max_attempts: int
    every: timedelta | None = None


REGISTRY: dict[str, JobSpec] = {}


def job(name: str, *, atomic: bool = True, max_attempts: int = 5) -> Callable[[F], F]:
    """Register a function as the job `name` ("room:verb"); it is called with the kwargs it was enqueued with.

    Args:
        atomic: run it in one transaction together with its mark of being done, so that what it writes
            happens exactly once. False for long work (on SQLite a transaction keeps other writers waiting)
            and for effects outside the database: such a job may run again after a crash and must bear it.
        max_attempts: after so many failures or dead workers it is FAILED and stays, with its last error.

    Raise ValueError when another function has the name.
    """
    return register(name, atomic=atomic, max_attempts=max_attempts, every=None)


def periodic(name: str, *, every: timedelta, atomic: bool = True) -> Callable[[F], F]:
    """Register a job without arguments that workers enqueue every so often, one waiting at a time.

    Runs that were missed while no worker was up are not made up for; a failed run is tried twice more.
    """
    return register(name, atomic=atomic, max_attempts=3, every=every)


def register(name: str, *, atomic: bool, max_attempts: int, every: timedelta | None) -> Callable[[F], F]:
    """Return the decorator that puts a function into the registry."""

    def decorate(function: F) -> F:
        other = REGISTRY.get(name)
        if other is not None and other.function.__qualname__ != function.__qualname__:
            raise ValueError(f"two jobs are called {name}: {other.function} and {function}")
        REGISTRY[name] = JobSpec(name, function, atomic, max_attempts, every)
        return function

    return decorate


def find(name: str) -> JobSpec:
    """Return the registered job, importing the rooms' jobs.py when needed; raise LookupError when unknown."""
    if name not in REGISTRY:
        autodiscover_modules("jobs")
    if name not in REGISTRY:
        raise LookupError(f"no job is called {name!r}; jobs are registered in each room's jobs.py")
    return REGISTRY[name]


def enqueue(
    name: str, *, run_at: datetime | None = None, unique_key: str | None = None, **kwargs: Any
) -> int:
    """Write a job in the caller's transaction and return its id: it runs if and only if that commits.

    Args:
        run_at: not before this moment; now when None.
        unique_key: while a job with this key waits for its first run, no second is written: the waiting one
            is returned, its kwargs stand, the earlier `run_at` wins. It runs after the caller's commit.
        kwargs: JSON values.

    Raise LookupError for an unknown job.
    """
    spec = find(name)
    row = Job(
        name=name,
        kwargs=kwargs,
        run_at=run_at or clock.now(),
        unique_key=unique_key,
        max_attempts=spec.max_attempts,
    )
    if unique_key is None:
        row.save(force_insert=True)
        return row.pk
    with transaction.atomic():
        return join_waiting(row)


def join_waiting(row: Job) -> int:
    """Write the job, or find the one that waits under its key; return the id.

    Touching the waiting row locks it until the caller commits: a worker cannot run it before and miss the
    change that the caller is about to commit.
    """
    waiting = Job.objects.filter(unique_key=row.unique_key, state=JobState.PENDING, attempts=0)
    while True:
        if waiting.update(run_at=Least("run_at", row.run_at)):
            return waiting.values_list("pk", flat=True).get()
        try:
            with transaction.atomic():
                row.save(force_insert=True)
                return row.pk
        except IntegrityError:
            continue  # another transaction was faster and has committed: join its job


def retry(job_id: int) -> bool:
    """Let a failed job run again from its first attempt; tell whether there was one."""
    failed = Job.objects.filter(pk=job_id, state=JobState.FAILED)
    again = failed.update(
        state=JobState.PENDING, attempts=0, unique_key=None, run_at=clock.now(), finished_at=None
    )
    return again == 1
