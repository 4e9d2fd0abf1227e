"""Periodic jobs of the room."""

from datetime import timedelta

from django.db import transaction

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.jobs import periodic
from jiedao.kernel.policies import get_policy
from jiedao.orgs.actor import make_system_actor
from jiedao.publishing.consultations.actions import OBJECT
from jiedao.publishing.models.consultations import Consultation, ConsultationAnswer


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
