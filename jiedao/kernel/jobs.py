"""Background work: `@job`, `@periodic`, `enqueue`, and the worker that runs it.

```python
@job("notices:send")
def send(*, notice_id: int) -> None: ...

enqueue("notices:send", notice_id=7)  # in the transaction of the change that causes it
```
"""

from datetime import timedelta

from jiedao.kernel import clock
from jiedao.kernel.jobtable import KEEP_DONE, enqueue, job, periodic, retry
from jiedao.kernel.models import Job, JobState
from jiedao.kernel.worker import run_pending, run_worker

__all__ = ["enqueue", "job", "periodic", "retry", "run_pending", "run_worker"]


@periodic("kernel:sweep", every=timedelta(hours=6))
def sweep() -> None:
    """Delete jobs that were done more than four days ago; failed jobs stay for the operator."""
    Job.objects.filter(state=JobState.DONE, finished_at__lt=clock.real_now() - KEEP_DONE).delete()
