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
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(database['NAME']))}"
    user = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}@" if database["USER"] else ""
    server = f"host={quote(database['HOST'], safe='')}&port={database['PORT']}"
    return f"postgresql://{user}/{quote(database['NAME'])}?{server}"


def start_worker(what: str, script: Path = SCRIPT) -> "subprocess.Popen[str]":
    """Start a worker process on the database of this test."""
    env = {
        **os.environ,
        "JIEDAO_DATABASE_URL": database_url(),
        "JIEDAO_DATA": str(settings.JIEDAO_DATA),
        "JIEDAO_SECRET_KEY": "a key for tests, known to everybody",
    }
    return subprocess.Popen([sys.executable, str(script), what], env=env, stdout=subprocess.PIPE, text=True)


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_was_killed_is_taken_over_and_its_effect_happens_once():
    Job.objects.create(name="test:effect")
    connection.close()
    killed_worker = start_worker("hang")
    assert killed_worker.stdout is not None
    assert killed_worker.stdout.readline() == "writing\n"  # the row is written but not committed
    killed_worker.kill()
    killed_worker.wait(10)
    running_job = Job.objects.get()
    assert (running_job.state, running_job.attempts) == (JobState.RUNNING, 1)
    assert not CalendarDay.objects.exists()
    deadline = time.monotonic() + 60
    while Job.objects.get().state == JobState.RUNNING and time.monotonic() < deadline:
        start_worker("finish").wait(30)  # finds no job until the lease of the dead worker has ended
    assert (Job.objects.get().state, Job.objects.get().attempts) == (JobState.DONE, 2)
    assert CalendarDay.objects.count() == 1
