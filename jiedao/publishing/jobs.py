"""Periodic jobs of the room."""

from datetime import timedelta

from django.db import transaction

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.jobs import periodic
from jiedao.kernel.policies import get_policy
from jiedao.notices.actions import notify, settle
from jiedao.orgs.actor import find_actor, make_system_actor
from jiedao.orgs.models import Holding
from jiedao.publishing.consultations.actions import OBJECT
from jiedao.publishing.models.consultations import Consultation, ConsultationAnswer
from jiedao.publishing.notices import QUEUE_ID, QUEUE_TYPE, WAITING
from jiedao.publishing.review.actions import REVIEW
from jiedao.publishing.review.queue import count_waiting, find_latest_waiting


@periodic("publishing.erase_consultation_texts", every=timedelta(hours=24), atomic=False)
def erase_consultation_texts() -> int:
    """Erase the texts of consultations that ended long ago, and return how many consultations had any."""
    last_day = clock.today() - timedelta(days=int(get_policy("consultation_text_days")))
    rows = Consultation.objects.filter(last_date__lt=last_day, texts_erased_at__isnull=True)
    ids = list(rows.values_list("pk", flat=True))
    for pk in ids:
        with transaction.atomic():
            _erase_texts(pk)
    return len(ids)


@periodic("publishing.notify_reviewers", every=timedelta(hours=1), atomic=False)
def notify_reviewers() -> int:
    """Notify each reviewer of the cases that wait, and return for how many reviewers cases wait.

    A notice is settled once nothing waits. Its key names the latest case and reply: the same ones are one notice.
    """
    holdings = Holding.objects.on(clock.today()).filter(user__is_active=True).select_related("user", "post")
    users = {row.user_id: row.user for row in holdings if REVIEW in row.post.permissions}
    count = 0
    for user in users.values():
        actor = find_actor(user)
        waiting = count_waiting(actor) if actor is not None else 0
        count += waiting > 0
        with transaction.atomic():
            if actor is None or not waiting:
                settle(object_type=QUEUE_TYPE, object_id=QUEUE_ID, now=clock.now(), user_ids=[user.pk])
                continue
            notify(
                user_ids=[user.pk],
                kind=WAITING,
                object_id=QUEUE_ID,
                object_name="公开审核",
                key="review_waiting:{}:{}".format(*find_latest_waiting(actor)),
                data={"n": waiting},
            )
    return count


def _erase_texts(pk: int) -> None:
    count = 0
    for answer in ConsultationAnswer.objects.filter(consultation_id=pk):
        kept = {key: value for key, value in answer.values.items() if not isinstance(value, str)}
        # "" states that there was a text, so that the published number of answers stays what it was.
        erased = {key: "" for key, value in answer.values.items() if isinstance(value, str)}
        if any(answer.values[key] for key in erased):
            answer.values = {**kept, **erased}
            answer.save(update_fields=["values"])
            count += len(erased)
    Consultation.objects.filter(pk=pk).update(texts_erased_at=clock.now())
    record_entry(
        actor=make_system_actor(),
        action="publishing.consultation:erase",
        obj_type=OBJECT,
        obj_id=pk,
        after={"texts": count},
    )
