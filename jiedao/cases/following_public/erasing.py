"""Erase the contacts and words of followers after the retention period, and one-time codes that were not used."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from jiedao.cases.models import Case, CaseMove, ContactProof, Follower, FollowRole
from jiedao.kernel import clock

OLD = timedelta(days=1)
ERASED = "***"
MOST = 5000  # in one run


def erase_followers() -> int:
    """Erase the contacts and words whose time is over, and delete unused one-time codes; return of how many followers.

    The words of one who is not the reporter are erased as a whole: their name is not stored, so it cannot be found in
    them. Those of a reporter stay, without the reporter's name and number (see `actions.erasing`).
    """
    today = clock.now().astimezone(clock.TOWN_TZ).date()
    ContactProof.objects.filter(sent_at__lt=clock.real_now() - OLD).delete()
    due = Follower.objects.filter(erase_after__lt=today, erased_at__isnull=True)
    followers = list(due.order_by("pk")[:MOST])
    for follower in followers:
        with transaction.atomic():
            _erase_follower(follower)
    return len(followers)


def _erase_follower(follower: Follower) -> None:
    Follower.objects.filter(pk=follower.pk).update(
        channel="", target="", verified_at=None, erased_at=clock.now()
    )
    if follower.role == FollowRole.REPORTER:
        return
    list_added_words(follower.case_id, [follower.pk]).update(text=ERASED)


def list_added_words(case_id: int, follower_ids: Sequence[int]) -> QuerySet[CaseMove]:
    """Return what followers of a case wrote, also in the cases into which it was merged once."""
    merges = CaseMove.objects.filter(case_id=case_id, move="MERGE").values_list("data", flat=True)
    numbers = [data["into"] for data in merges if data.get("into")]
    case_ids = [case_id, *Case.objects.filter(number__in=numbers).values_list("pk", flat=True)]
    return CaseMove.objects.filter(
        case_id__in=case_ids, move="COMMENT", data__follower__in=list(follower_ids)
    )


def list_words_of_reporter(case_id: int) -> QuerySet[CaseMove]:
    """Return what the reporter of a case added, also in the cases into which it was merged once."""
    reporters = Follower.objects.filter(case_id=case_id, role=FollowRole.REPORTER)
    return list_added_words(case_id, list(reporters.values_list("pk", flat=True)))


def erase_followers_of_case(case_id: int) -> None:
    """Erase the contact of the reporter when the reporter of the case is erased, inside the caller's transaction."""
    reporters = Follower.objects.filter(case_id=case_id, role="REPORTER", erased_at__isnull=True)
    reporters.update(channel="", target="", verified_at=None, erased_at=clock.now())
