"""What happens to messages about notices that are deleted because their objects are."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_noop as _

from jiedao.delivery.models import OPEN, Delivery, DeliveryState, Purpose
from jiedao.kernel import clock

BATCH = 500
OUT = (DeliveryState.SENT, DeliveryState.UNSURE)  # the receiver has it, or may have it


def withdraw_deliveries(notice_ids: Sequence[int], since: datetime) -> int:
    """Drop the messages about the notices that were not sent yet; return how many were sent, which stay sent.

    Args:
        since: when the first of the notices was written; only later digests can list one.
    """
    sent = 0
    for start in range(0, len(notice_ids), BATCH):
        rows = Delivery.objects.filter(notice_id__in=notice_ids[start : start + BATCH])
        sent += rows.filter(state__in=OUT).count()
        rows.filter(OPEN).update(
            state=DeliveryState.DROPPED, ended_at=clock.real_now(), reason=_("案件已随导入撤销")
        )
    digests = Delivery.objects.filter(purpose=Purpose.DIGEST, state__in=OUT, created_at__gte=since)
    wanted = set(notice_ids)
    return sent + sum(not wanted.isdisjoint(ids) for ids in digests.values_list("notice_ids", flat=True))
