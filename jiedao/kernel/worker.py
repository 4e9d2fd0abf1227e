"""The worker: leases jobs, runs each once, and takes over the jobs of workers that died.

A lease is a token in the job's row and the moment until which it is valid; a separate thread renews it. The
function of an atomic job and the update that marks it as done share one transaction, and the update requires
that the token is still ours. A worker that was taken for dead can therefore finish its work but not commit it.

On SQLite a running atomic job holds the only write lock of the database. No other worker can take it over
meanwhile, so a renewal that cannot be written does no harm.
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
from jiedao.kernel.backoff import compute_backoff
from jiedao.kernel.jobtable import LONGEST_PAUSE, REGISTRY, enqueue, find_job, undo_clock_ahead
from jiedao.kernel.keymark import confirm_key
from jiedao.kernel.logs import add_log_fields
from jiedao.kernel.models import Job, JobState, Periodic
from jiedao.kernel.standstill import STILL, require_home

log = logging.getLogger("jiedao.jobs")
LEASE = timedelta(seconds=60)
POLL_SECONDS = 1.0
FIRST_RETRY = timedelta(seconds=10)


class LeaseLost(Exception):  # noqa: N818 (it names what happened)
    """Another worker took the job over; this run must be rolled back."""


def run_worker(
    stop: threading.Event, *, once: bool = False, lease: timedelta = LEASE, poll: float = POLL_SECONDS
) -> int:
    """Run jobs until `stop` is set, or with `once` until nothing is due; return the number of runs.

    The current job is finished before the worker stops. When the database cannot be reached, or the office is still
    because it moves, the worker waits, except with `once`.

    Raises:
        UserError: the key is not that of the database, or the office has moved to another database.
    """
    autodiscover_modules("jobs")
    ran = 0
    with run_heartbeat(lease) as beat:
        while not stop.is_set():
            if not connection.in_atomic_block:
                close_old_connections()
            try:
                mark = require_home(may_be_still=not once)
                worked = mark.state != STILL and work_once(beat, lease)
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


def work_once(beat: "Heartbeat", lease: timedelta) -> bool:
    """Enqueue what is due and run one job; return False when none is due. Raise UserError for a wrong key."""
    confirm_key()
    enqueue_periodic(clock.real_now())
    return run_next(beat, lease)


def run_pending(*, lease: timedelta = LEASE) -> int:
    """Run the jobs that are due now and return their number; periodic jobs are not enqueued."""
    autodiscover_modules("jobs")
    ran = 0
    with run_heartbeat(lease) as beat:
        while run_next(beat, lease):
            ran += 1
    return ran


class Heartbeat:
    """Renews the lease of the job that is running."""

    def __init__(self, lease: timedelta) -> None:
        self.lease = lease
        self.job: Job | None = None
        self._stop = threading.Event()

    def run(self) -> None:
        """Renew three times per lease until stopped; a renewal that fails is tried again at the next turn."""
        while not self._stop.wait(self.lease.total_seconds() / 3):
            job = self.job
            if job is None:
                continue
            try:
                filter_own_lease(job).update(lease_until=clock.real_now() + self.lease)
            except (DatabaseError, InterfaceError):
                log.warning("job %s: the lease could not be renewed", job)
        connection.close()

    def stop(self) -> None:
        """End the thread at its next turn."""
        self._stop.set()


@contextmanager
def run_heartbeat(lease: timedelta) -> Iterator[Heartbeat]:
    """Run a heartbeat in a thread during the block."""
    beat = Heartbeat(lease)
    thread = threading.Thread(target=beat.run, name="jiedao-heartbeat", daemon=True)
    thread.start()
    try:
        yield beat
    finally:
        beat.stop()
        thread.join()


def run_next(beat: Heartbeat, lease: timedelta) -> bool:
    """Lease a job and run it; return False when none is due."""
    job = claim_job(lease)
    if job is None:
        return False
    beat.job = job
    try:
        run_job(job)
    finally:
        beat.job = None
    return True


def claim_job(lease: timedelta) -> Job | None:
    """Lease the job that has waited longest, those of dead workers first; return None when nothing is due."""
    now = clock.real_now()
    dead = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=now).order_by("lease_until")
    waiting = Job.objects.filter(state=JobState.PENDING, run_at__lte=now).order_by("run_at", "id")
    return lease_first(dead, now, lease) or lease_first(waiting, now, lease)


def lease_first(candidates: QuerySet[Job], now: datetime, lease: timedelta) -> Job | None:
    """Lease the first candidate that no other worker leases at the same time.

    The update compares state and token; a database with row locks also skips the rows that others have locked.
    """
    locks = connection.features.has_select_for_update_skip_locked
    with transaction.atomic() if locks else nullcontext():
        for job in candidates.select_for_update(skip_locked=True)[:1] if locks else candidates[:8]:
            unchanged = Job.objects.filter(pk=job.pk, state=job.state, lease_token=job.lease_token)
            if job.state == JobState.RUNNING and job.attempts >= job.max_attempts:
                fail_dead_jobs(now)
                return lease_first(candidates, now, lease)
            token = secrets.token_hex(16)
            if unchanged.update(
                state=JobState.RUNNING,
                lease_token=token,
                lease_until=now + lease,
                attempts=F("attempts") + 1,
                worker=f"{socket.gethostname()}:{os.getpid()}",
            ):
                job.lease_token = token
                job.attempts += 1
                return job
    return None


def fail_dead_jobs(now: datetime) -> None:
    """Mark the jobs whose workers died at every attempt as failed."""
    dead = Job.objects.filter(state=JobState.RUNNING, lease_until__lt=now, attempts__gte=F("max_attempts"))
    dead.update(state=JobState.FAILED, finished_at=now, error="the worker died at every attempt")


def filter_own_lease(job: Job) -> QuerySet[Job]:
    """Return the query for the job's row, which is empty once the lease is not ours any more."""
    return Job.objects.filter(pk=job.pk, state=JobState.RUNNING, lease_token=job.lease_token)


def run_job(job: Job) -> None:
    """Run a leased job and store how it ended."""
    with add_log_fields(job_id=job.pk, job=job.name, attempt=job.attempts):
        began = time.perf_counter()
        try:
            spec = find_job(job.name)
            with transaction.atomic() if spec.atomic else nullcontext():
                if not filter_own_lease(job).exists():
                    raise LeaseLost
                spec.function(**job.kwargs)
                updated = filter_own_lease(job).update(
                    state=JobState.DONE, finished_at=clock.real_now(), error=""
                )
                if not updated:
                    raise LeaseLost
            milliseconds = (time.perf_counter() - began) * 1000
            log.info("job %s done, %.1f ms", job, milliseconds, extra={"duration_ms": round(milliseconds, 1)})
        except LeaseLost:
            log.warning("job %s: another worker has it now; this run is undone", job)
        except Exception:
            log.exception("job %s failed at attempt %s of %s", job, job.attempts, job.max_attempts)
            reschedule(job, traceback.format_exc())


def reschedule(job: Job, error: str) -> None:
    """Schedule the next attempt of a failed job, or mark it as FAILED after the last one."""
    own_row = filter_own_lease(job)
    now = clock.real_now()
    if job.attempts >= job.max_attempts:
        own_row.update(state=JobState.FAILED, finished_at=now, error=error[-4000:])
    else:
        delay = compute_backoff(job.attempts, FIRST_RETRY, LONGEST_PAUSE)
        own_row.update(state=JobState.PENDING, run_at=now + delay, lease_token="", error=error[-4000:])


def enqueue_periodic(now: datetime) -> None:
    """Enqueue the periodic jobs that are due; of several workers, only the one that moves `next_at` enqueues.

    A job that waits longer than its interval is due: its moment was set while the clock was ahead.
    """
    intervals = {spec.name: spec.every for spec in REGISTRY.values() if spec.every is not None}
    next_at = dict(Periodic.objects.values_list("name", "next_at"))
    if any(name in intervals and moment > now + intervals[name] for name, moment in next_at.items()):
        log.warning("the clock was ahead: jobs that were planned by it are due now")
        undo_clock_ahead(now, LEASE)
    for name, interval in intervals.items():
        due_at = next_at.get(name, now)
        if now < due_at <= now + interval:
            continue
        with transaction.atomic():
            next_due_at = due_at + interval if due_at <= now < due_at + interval else now + interval
            if name not in next_at:
                first = Periodic.objects.bulk_create(
                    [Periodic(name=name, next_at=now)], ignore_conflicts=True
                )
                due_at = first[0].next_at
            if Periodic.objects.filter(name=name, next_at=due_at).update(next_at=next_due_at):
                enqueue(name, unique_key=f"periodic:{name}")
