"""The command `jiedao worker`."""

import json
import logging
import signal
import sys
import threading

import click
from django.db.models import Count

from jiedao.kernel.jobs import retry, run_worker
from jiedao.kernel.logs import announce
from jiedao.kernel.models import Job, JobState
from jiedao.kernel.parents import end_with_parent

log = logging.getLogger("jiedao.jobs")


@click.command()
@click.option("--once", is_flag=True, help="Run what is due now, periodic jobs too, and end.")
@click.option("--status", is_flag=True, help="Print how many jobs wait, run and failed, and the failed ones.")
@click.option("--retry", "again", type=int, metavar="ID", help="Let a failed job run again.")
@click.option("--json", "as_json", is_flag=True, help="Print --status as one JSON document.")
@click.option("--parent", type=int, metavar="PID", help="End when this process, which started it, ends.")
def worker(*, once: bool, status: bool, again: int | None, as_json: bool, parent: int | None) -> None:
    """Run background jobs until stopped (Ctrl-C or SIGTERM ends after the job at hand)."""
    if again is not None:
        if not retry(again):
            raise click.ClickException(f"no failed job has the number {again}; see jiedao worker --status")
        click.echo(f"job {again} waits for its next run", err=True)
    elif status or as_json:
        show_status(as_json=as_json)
    else:
        stop = stop_on_signals()
        if parent is not None:
            end_with_parent(parent)
        announce(log, f"worker: {run_worker(stop, once=once)} jobs run")


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and Ctrl-C set; a second signal ends the process at once."""
    stop = threading.Event()

    def end(number: int, _frame: object) -> None:
        if stop.is_set():
            sys.exit(128 + number)
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return stop


def show_status(*, as_json: bool) -> None:
    """Print the number of jobs by state, and the failed jobs with the last line of their errors."""
    counts = dict.fromkeys(JobState.values, 0)
    counts |= dict(Job.objects.values_list("state").annotate(n=Count("id")).order_by("state"))
    failed_jobs = [
        {"id": job.pk, "name": job.name, "attempts": job.attempts, "error": job.error.strip().split("\n")[-1]}
        for job in Job.objects.filter(state=JobState.FAILED).order_by("-finished_at")[:50]
    ]
    if as_json:
        click.echo(json.dumps({**{state.lower(): n for state, n in counts.items()}, "jobs": failed_jobs}))
        return
    for state, number in counts.items():
        click.echo(f"{state:8} {number}")
    for job in failed_jobs:
        click.echo(f"{job['id']} {job['name']} ({job['attempts']} attempts): {job['error']}")
