"""Run a worker process for test_worker_killed: `doomed_worker.py hang|finish`."""

import os
import sys
import threading
from datetime import timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "jiedao.settings"
django.setup()

from jiedao.kernel.jobs import job, run_pending  # noqa: E402
from jiedao.kernel.models import CalendarDay  # noqa: E402


@job("test:effect")
def effect() -> None:
    """Write one row, then hang if the argument is "hang"."""
    CalendarDay.objects.create(date="2026-11-23", is_workday=True)
    if sys.argv[1] == "hang":
        print("writing", flush=True)  # noqa: T201
        threading.Event().wait()


run_pending(lease=timedelta(seconds=1))
