"""A real worker is killed with SIGKILL while it escalates; two others take over at once; each user is notified once."""

import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from jiedao.audit.models import Entry
from jiedao.cases.models import CaseMove, Clock
from jiedao.kernel import clock
from jiedao.kernel.jobs import enqueue
from jiedao.kernel.models import Job, JobState
from jiedao.kernel.tests.test_worker_killed import start_worker
from jiedao.notices.models import Notice
from jiedao.testing.cast import make_town, walk

SCRIPT = Path(__file__).with_name("watching_worker.py")
LATE = 6


@pytest.mark.django_db(transaction=True)
def test_each_user_is_notified_of_each_late_clock_once_whichever_worker_dies() -> None:
    town = make_town()
    cases = [walk(town, to="HANDLING").pk for _number in range(LATE)]
    rows = Clock.objects.filter(case__in=cases, stage="HANDLE", stopped_at__isnull=True)
    past = clock.now() - timedelta(minutes=5)
    rows.update(due_at=past, next_look_at=past)
    for _run in range(3):
        enqueue("cases.watch_clocks")
    connection.close()
    doomed = start_worker("die", SCRIPT)
    assert doomed.stdout is not None
    assert doomed.stdout.readline() == "writing\n"
    doomed.kill()
    doomed.wait(10)
    assert rows.filter(overdue_at__isnull=False).count() == 2  # the third was written, not committed
    assert Job.objects.filter(state=JobState.RUNNING).count() == 1
    until = time.monotonic() + 120
    while Job.objects.exclude(state=JobState.DONE).exists() and time.monotonic() < until:
        workers = [start_worker("finish", SCRIPT) for _number in range(2)]
        for worker in workers:
            worker.wait(60)
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.DONE}
    assert max(Job.objects.values_list("attempts", flat=True)) == 2  # a second worker took it
    once = dict.fromkeys(cases, 1)
    assert Counter(CaseMove.objects.filter(move="OVERDUE").values_list("case_id", flat=True)) == once
    assert (
        Counter(Entry.objects.filter(action="cases.case:overdue").values_list("object_id", flat=True)) == once
    )
    overdue_notices = Notice.objects.filter(kind="cases.case:overdue", data__stage="HANDLE")
    people = ("handler", "shift")  # and the post above
    assert Counter(overdue_notices.values_list("user__username", flat=True)) == dict.fromkeys(people, LATE)
    assert not CaseMove.objects.filter(move="ESCALATED").exists()
