"""Run a worker process for test_worker_killed: `watching_worker.py die|finish`."""

import os
import sys
import threading
from datetime import datetime, timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "jiedao.settings"
django.setup()

from jiedao.cases import jobs  # noqa: E402
from jiedao.cases.models import Clock  # noqa: E402
from jiedao.kernel.jobs import run_pending  # noqa: E402

DIES_AT = 3
notify, notified = jobs._notify, []


def notify_and_hang(row: Clock, event: str, now: datetime) -> None:
    """Write the notices of a clock; at the third clock wait to be killed before they are committed."""
    notify(row, event, now)
    notified.append(row.pk)
    if len(notified) == DIES_AT:
        print("writing", flush=True)  # noqa: T201
        threading.Event().wait()


if sys.argv[1] == "die":
    jobs._notify = notify_and_hang
run_pending(lease=timedelta(seconds=1))
