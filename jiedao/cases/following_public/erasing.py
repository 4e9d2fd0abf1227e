"""Erasing the contacts of followers in time, and one-time codes that nobody used."""

from datetime import timedelta

from django.db.models import Q

from jiedao.cases.models import ContactProof, Follower
from jiedao.kernel import clock

OLD = timedelta(days=1)


def erase_followers() -> int:
    """Erase the contacts whose time is over, and delete unused one-time codes; return how many contacts."""
    today = clock.now().astimezone(clock.TOWN_TZ).date()
    ContactProof.objects.filter(sent_at__lt=clock.real_now() - OLD).delete()
    due = Follower.objects.filter(Q(erase_after__lt=today), erased_at__isnull=True)
    return due.update(channel="", target="", verified_at=None, erased_at=clock.now())


def erase_followers_of_case(case_id: int) -> None:
    """Erase the contact of the reporter when the reporter of the case is erased, inside the caller's transaction."""
    reporters = Follower.objects.filter(case_id=case_id, role="REPORTER", erased_at__isnull=True)
    reporters.update(channel="", target="", verified_at=None, erased_at=clock.now())
