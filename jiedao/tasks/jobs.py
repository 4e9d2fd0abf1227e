"""Jobs of tasks: running one, and erasing what is old."""

from datetime import timedelta

from django.db.models import Q

from jiedao.kernel import clock
from jiedao.kernel.jobs import job, periodic
from jiedao.kernel.models import Job, JobState
from jiedao.tasks import storage
from jiedao.tasks.actions import KEEP_FILES, MAX_ATTEMPTS, fail_abandoned_task, run_task
from jiedao.tasks.models import UNFINISHED, Task

KEEP_ROWS = timedelta(days=30)


@job("tasks:run", atomic=False, max_attempts=MAX_ATTEMPTS)
def run(*, task_id: int) -> None:
    """Run a task."""
    run_task(task_id)


@periodic("tasks:sweep", every=timedelta(minutes=10))
def erase_old_files() -> None:
    """Erase result files a day after their tasks ended and tasks after 30 days; end tasks whose job failed."""
    now = clock.now()
    # A file whose end is further away than any was made by a clock that was ahead.
    for task in Task.objects.filter(Q(keep_until__lt=now) | Q(keep_until__gt=now + 2 * KEEP_FILES)):
        storage.erase_results_of(task.pk)
        Task.objects.filter(pk=task.pk).update(file="", file_bytes=0, keep_until=None)
    Task.objects.exclude(UNFINISHED).filter(created_at__lt=now - KEEP_ROWS, keep_until=None).delete()
    live_jobs = Job.objects.filter(state__in=[JobState.PENDING, JobState.RUNNING]).values("pk")
    for task in Task.objects.filter(UNFINISHED).exclude(job_id__in=live_jobs):
        fail_abandoned_task(task)
