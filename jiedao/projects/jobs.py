"""Periodic jobs for promises: warnings of pledges that are due soon, late pledges, escalation and missing answers.

Each event is reported once.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.deadlines import compute_next_rung
from jiedao.kernel import clock
from jiedao.kernel.jobs import periodic
from jiedao.notices.actions import notify, settle
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.people import find_holders, find_holders_in_units, find_posts_in_units, find_superiors
from jiedao.projects import notices
from jiedao.projects.models.promises import WORKING, Pledge, PledgeMove, Supervision
from jiedao.projects.promise_access import CONFIRM, EDIT
from jiedao.projects.selectors.pledges import find_last_warned_deadline

BATCH = 200  # pledges handled in one run
KINDS = {"WARNED": notices.WARNED, "LATE": notices.LATE, "ESCALATED": notices.ESCALATED}


# Not atomic: each pledge has a transaction of its own, and is written only if it was not changed since it was read.
@periodic("projects.watch_pledges", every=timedelta(minutes=10), atomic=False)
def monitor_pledges() -> int:
    """Warn of pledges that are due soon, mark late pledges and escalate them; return how many were handled.

    A warning is sent `promise_warn_days` working days before the deadline. On the day after the deadline the pledge is
    late: its owner, the superior post and the users who confirm are notified. After that, one more superior post is
    notified every `escalate_every`, up to `escalate_rungs` times. The marks of a pledge and the keys of its notices
    contain the deadline, so that running this twice notifies nobody twice.
    """
    today, now = clock.today(), clock.now()
    soon = Q(deadline__gte=today, deadline__lte=find_last_warned_deadline(today)) & ~Q(
        warned_for=F("deadline")
    )
    late = Q(deadline__lt=today) & (~Q(late_for=F("deadline")) | Q(next_rung_at__lte=now))
    ids = list(Pledge.objects.filter(soon | late, state__in=WORKING).values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        with transaction.atomic():
            _update_pledge(pk, today, now)
    return len(ids)


@periodic("projects.watch_supervisions", every=timedelta(minutes=10), atomic=False)
def monitor_supervisions() -> int:
    """Report answers to supervisions that are missing after their day, each once; return how many.

    The unit that owes the answer, the user who demanded it and the superior post are notified.
    """
    today = clock.today()
    missing = Supervision.objects.filter(outcome="", late_told_at__isnull=True, due_date__lt=today)
    ids = list(missing.values_list("pk", flat=True)[:BATCH])
    for pk in ids:
        with transaction.atomic():
            if Supervision.objects.filter(pk=pk, outcome="", late_told_at__isnull=True).update(
                late_told_at=clock.now()
            ):
                _report_missing_answer(Supervision.objects.select_related("pledge").get(pk=pk))
    return len(ids)


def _report_missing_answer(demand: Supervision) -> None:
    pledge, day, now = demand.pledge, demand.due_date.isoformat(), clock.now()
    people = find_holders_in_units([pledge.unit_id], EDIT)
    asker = [demand.asked_by_id] if demand.asked_by_id is not None else find_holders(CONFIRM)
    people = [*people, *asker, *find_superiors(find_posts_in_units([pledge.unit_id], EDIT), 1)]
    settle(object_type=notices.PLEDGE, object_id=pledge.pk, now=now, tasks=[notices.ANSWER], user_ids=people)
    notify(
        user_ids=people,
        kind=notices.UNANSWERED,
        object_id=pledge.pk,
        object_name=f"{pledge.code} {pledge.text}",
        key=f"pledge:{pledge.pk}:UNANSWERED:{demand.pk}",
        data={"deadline": day},
        task=notices.ANSWER,
    )
    _record_event(pledge, "UNANSWERED", now, {"due": day})


def _update_pledge(pk: int, today: date, now: datetime) -> None:
    pledge = Pledge.objects.get(pk=pk)
    expected = {
        name: getattr(pledge, name)
        for name in ("state", "warned_for", "late_for", "escalated", "extended_date")
    }
    if pledge.state not in WORKING:
        return
    if pledge.deadline >= today:
        event, pledge.warned_for = "WARNED", pledge.deadline
    elif pledge.late_for != pledge.deadline:
        event, pledge.late_for, pledge.escalated = "LATE", pledge.deadline, 0
        pledge.next_rung_at = compute_next_rung(0, now)
    else:
        event, pledge.escalated = "ESCALATED", pledge.escalated + 1
        pledge.next_rung_at = compute_next_rung(pledge.escalated, now)
    swapped = Pledge.objects.filter(pk=pk, **expected).update(
        warned_for=pledge.warned_for,
        late_for=pledge.late_for,
        escalated=pledge.escalated,
        next_rung_at=pledge.next_rung_at,
    )
    if swapped:
        _notify_people(pledge, event, now)


def _notify_people(pledge: Pledge, event: str, now: datetime) -> None:
    people, posts = find_holders_in_units([pledge.unit_id], EDIT), find_posts_in_units([pledge.unit_id], EDIT)
    if event != "WARNED":
        people = [*people, *find_superiors(posts, pledge.escalated + 1), *find_holders(CONFIRM)]
    day = pledge.deadline.isoformat()
    # One alarm at a time for each user: the new one replaces those that the user has not read.
    settle(
        object_type=notices.PLEDGE,
        object_id=pledge.pk,
        now=now,
        tasks=[notices.DEADLINE],
        user_ids=people,
    )
    notify(
        user_ids=people,
        kind=KINDS[event],
        object_id=pledge.pk,
        object_name=f"{pledge.code} {pledge.text}",
        key=f"pledge:{pledge.pk}:{event}:{day}:{pledge.escalated}",
        data={"deadline": day},
        task=notices.DEADLINE,
    )
    _record_event(pledge, event, now, {"deadline": day, "rung": pledge.escalated})


def _record_event(pledge: Pledge, event: str, now: datetime, data: dict[str, Any]) -> None:
    worker = make_system_actor(_("系统"))
    PledgeMove.objects.create(
        pledge=pledge,
        move=event,
        at=now,
        actor_label=worker.label,
        from_state=pledge.state,
        to_state=pledge.state,
        data=data,
    )
    if event != "WARNED":
        record_entry(
            actor=worker,
            action=f"projects.pledge:{event.lower()}",
            obj_type="projects.pledge",
            obj_id=pledge.pk,
            before=None,
            after=data,
        )
