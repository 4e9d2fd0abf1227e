"""A real worker process is killed with SIGKILL in the middle of a job."""

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from jiedao.kernel.models import CalendarDay, Job, JobState

SCRIPT = Path(__file__).with_name("doomed_worker.py")


def database_url() -> str:
    """Return the address of the database this test runs on."""
    there = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(there['NAME']))}"
    user = f"{quote(there['USER'])}:{quote(there['PASSWORD'])}@" if there["USER"] else ""
    where = f"host={quote(there['HOST'], safe='')}&port={there['PORT']}"
    return f"postgresql://{user}/{quote(there['NAME'])}?{where}"


def start_worker(what: str, script: Path = SCRIPT) -> "subprocess.Popen[str]":
    """Start a worker process of its own on this test's database."""
    env = {
        **os.environ,
        "JIEDAO_DATABASE_URL": database_url(),
        "JIEDAO_DATA": str(settings.JIEDAO_DATA),
        "JIEDAO_SECRET_KEY": "k",
    }
    return subprocess.Popen([sys.executable, str(script), what], env=env, stdout=subprocess.PIPE, text=True)


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_was_killed_is_taken_over_and_its_effect_happens_once():
    Job.objects.create(name="test:effect")
    connection.close()
    first = start_worker("hang")
    assert first.stdout is not None
    assert first.stdout.readline() == "writing\n"  # the row is written, not committed
    first.kill()
    first.wait(10)
    held = Job.objects.get()
    assert (held.state, held.attempts) == (JobState.RUNNING, 1)
    assert not CalendarDay.objects.exists()
    until = time.monotonic() + 60
    while Job.objects.get().state == JobState.RUNNING and time.monotonic() < until:
        start_worker("finish").wait(30)  # finds nothing until the dead worker's lease is over
    assert (Job.objects.get().state, Job.objects.get().attempts) == (JobState.DONE, 2)
    assert CalendarDay.objects.count() == 1
