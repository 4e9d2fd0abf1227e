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
tell, told = jobs._tell, []


def tell_and_hang(row: Clock, event: str, now: datetime) -> None:
    """Write what is told; at the third clock wait to be killed before it is committed."""
    tell(row, event, now)
    told.append(row.pk)
    if len(told) == DIES_AT:
        print("writing", flush=True)  # noqa: T201
        threading.Event().wait()


if sys.argv[1] == "die":
    jobs._tell = tell_and_hang
run_pending(lease=timedelta(seconds=1))
