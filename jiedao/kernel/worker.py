"""The worker: takes jobs by lease, runs each once, and takes over the jobs of workers that died.

A lease is a token in the job's row and a time until which it holds; a thread of its own renews it. The body
of an atomic job and the mark that it is done are one transaction, and the mark is only set where the token is
still ours. So a worker that was thought dead can finish its work but never commit it.

On SQLite a running atomic job keeps the database's one write lock. Nobody can take it over meanwhile, so a
renewal that cannot be written does no harm.
"""

import logging
import os
import secrets
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, close_old_connections, connection, transaction
from django.db.models import F, QuerySet
from django.utils.module_loading import autodiscover_modules

from jiedao.kernel import clock
from jiedao.kernel.jobtable import REGISTRY, enqueue, find
from jiedao.kernel.logs import about
from jiedao.kernel.models import Job, JobState, Periodic

log = logging.getLogger("jiedao.jobs")
LEASE = timedelta(seconds=60)
POLL_SECONDS = 1.0
FIRST_RETRY = timedelta(seconds=10)
LAST_RETRY = timedelta(hours=1)


class LeaseLost(Exception):  # noqa: N818 (named for what happened)
    """Another worker took the job over; nothing of this run may be kept."""


def run_worker(
    stop: threading.Event, *, once: bool = False, lease: timedelta = LEASE, poll: float = POLL_SECONDS
) -> int:
    """Run jobs until `stop` is set, or with `once` until nothing is due; return how many were run.

    A stop waits for the job at hand. A database that is away is waited for, except with `once`.
    """
    autodiscover_modules("jobs")
    ran = 0
    with heartbeat(lease) as beat:
        while not stop.is_set():
            if not connection.in_atomic_block:
                close_old_connections()
            try:
                start_periodic(clock.now())
                worked = run_next(beat, lease)
            except (DatabaseError, InterfaceError):
                if once:
                    raise
                log.exception("the database refused; trying again in %s s", poll)
                worked = False
            ran += worked
            if not worked:
                if once:
                    break
                stop.wait(poll)
    return ran


def run_pending(*, lease: timedelta = LEASE) -> int:
    """Run what is due now and return how many jobs ran; periodic jobs are not started."""
    autodiscover_modules("jobs")
    ran = 0
    with heartbeat(lease) as beat:
        while run_next(beat, lease):
            ran += 1
    return ran


class Heartbeat:
    """Renews the lease of the job at hand."""

    def __init__(self, lease: timedelta) -> None:
        self.lease = lease
        self.held: Job | None = None
        self._stop = threading.Event()

    def run(self) -> None:
        """Renew three times a lease until stopped; a renewal that fails is tried again at the next turn."""
        while not self._stop.wait(self.lease.total_seconds() / 3):
            held = self.held
            if held is None:
                continue
            try:
                mine(held).update(lease_until=clock.now() + self.lease)
            except (DatabaseError, InterfaceError):
                log.warning("job %s: the lease could not be renewed", held)
        connection.close()

    def stop(self) -> None:
        """End the thread at its next turn."""
        self._stop.set()


@contextmanager
def heartbeat(lease: timedelta) -> Iterator[Heartbeat]:
    """Run a heartbeat beside the block."""
    beat = Heartbeat(lease)
    thread = threading.Thread(target=beat.run, name="jiedao-heartbeat", daemon=True)
    thread.start()
    try:
        yield beat
    finally:
        beat.stop()
        thread.join()


def run_next(beat: Heartbeat, lease: timedelta) -> bool:
    """Take one job and run it; tell whether there was one."""
    held = claim(lease)
    if held is None:
        return False
    beat.held = held
    try:
        run(held)
    finally:
        beat.held = None
    return True


def claim(lease: timedelta) -> Job | None:
    """Take the job that waited longest, one of a dead worker first; None when nothing is due."""
    now = clock.now()
    dead = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=now).order_by("lease_until")
    waiting = Job.objects.filter(state=JobState.PENDING, run_at__lte=now).order_by("run_at", "id")
    return take(dead, now, lease) or take(waiting, now, lease)


def take(candidates: QuerySet[Job], now: datetime, lease: timedelta) -> Job | None:
    """Take the first candidate that nobody else takes: by comparing, and by row locks where there are any."""
    locks = connection.features.has_select_for_update_skip_locked
    with transaction.atomic() if locks else nullcontext():
        for found in candidates.select_for_update(skip_locked=True)[:1] if locks else candidates[:8]:
            same = Job.objects.filter(pk=found.pk, state=found.state, lease_token=found.lease_token)
            if found.state == JobState.RUNNING and found.attempts >= found.max_attempts:
                bury(now)
                return take(candidates, now, lease)
            token = secrets.token_hex(16)
            if same.update(
                state=JobState.RUNNING,
                lease_token=token,
                lease_until=now + lease,
                attempts=F("attempts") + 1,
                worker=f"{socket.gethostname()}:{os.getpid()}",
            ):
                found.lease_token = token
                found.attempts += 1
                return found
    return None


def bury(now: datetime) -> None:
    """Mark as failed the jobs whose workers died at every attempt."""
    dead = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=now, attempts__gte=F("max_attempts"))
    dead.update(state=JobState.FAILED, finished_at=now, error="the worker died at every attempt")


def mine(held: Job) -> QuerySet[Job]:
    """Return the job's row as long as the lease is ours."""
    return Job.objects.filter(pk=held.pk, state=JobState.RUNNING, lease_token=held.lease_token)


def run(held: Job) -> None:
    """Run a job that was taken and write down how it ended."""
    with about(job_id=held.pk, job=held.name, attempt=held.attempts):
        began = time.perf_counter()
        try:
            spec = find(held.name)
            with transaction.atomic() if spec.atomic else nullcontext():
                if not mine(held).exists():
                    raise LeaseLost
                spec.function(**held.kwargs)
                done = mine(held).update(state=JobState.DONE, finished_at=clock.now(), error="")
                if not done:
                    raise LeaseLost
            milliseconds = (time.perf_counter() - began) * 1000
            log.info(
                "job %s done, %.1f ms", held, milliseconds, extra={"duration_ms": round(milliseconds, 1)}
            )
        except LeaseLost:
            log.warning("job %s: another worker has it now; this run is undone", held)
        except Exception:
            log.exception("job %s failed at attempt %s of %s", held, held.attempts, held.max_attempts)
            put_back(held, traceback.format_exc())


def put_back(held: Job, error: str) -> None:
    """Let a job that failed wait for its next attempt, or leave it FAILED after the last."""
    row = mine(held)
    now = clock.now()
    if held.attempts >= held.max_attempts:
        row.update(state=JobState.FAILED, finished_at=now, error=error[-4000:])
    else:
        delay = min(FIRST_RETRY * 2 ** (held.attempts - 1), LAST_RETRY)
        row.update(state=JobState.PENDING, run_at=now + delay, lease_token="", error=error[-4000:])


def start_periodic(now: datetime) -> None:
    """Enqueue the periodic jobs that are due; of several workers, the one that moves `next_at` does it."""
    every = {spec.name: spec.every for spec in REGISTRY.values() if spec.every is not None}
    next_at = dict(Periodic.objects.values_list("name", "next_at"))
    for name, length in every.items():
        due_at = next_at.get(name, now)
        if due_at > now:
            continue
        with transaction.atomic():
            following = due_at + length if due_at + length > now else now + length
            if name not in next_at:
                first = Periodic.objects.bulk_create(
                    [Periodic(name=name, next_at=now)], ignore_conflicts=True
                )
                due_at = first[0].next_at
            if Periodic.objects.filter(name=name, next_at=due_at).update(next_at=following):
                enqueue(name, unique_key=f"periodic:{name}")
