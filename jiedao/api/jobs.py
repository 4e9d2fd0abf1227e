"""Jobs of the API: erasing stored answers."""

from datetime import timedelta

from jiedao.api.models import StoredAnswer
from jiedao.kernel import clock
from jiedao.kernel.jobs import periodic

KEEP = timedelta(days=2)


@periodic("api:sweep", every=timedelta(hours=6))
def erase_old_answers() -> None:
    """Erase the answers that are stored for repeated requests, two days after they were sent."""
    StoredAnswer.objects.filter(at__lt=clock.real_now() - KEEP).delete()
