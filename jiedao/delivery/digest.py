"""The daily digest: one mail to each user who wants it, at their hour, if something is unread."""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import Q

from jiedao.delivery.models import Address, ChannelCode, Delivery, Purpose, Receiver
from jiedao.delivery.wishes import DIGEST, find_choices, find_digest_hour, find_group
from jiedao.kernel import clock
from jiedao.notices.kinds import list_notice_kinds
from jiedao.notices.models import UNREAD, Notice

LOOK_BACK = timedelta(days=3)  # what is older was in a digest, or is known to be unread
LATEST = timedelta(hours=4)  # a worker that starts later waits for the next day


def write_digests() -> int:
    """Write the digests that are due; return how many. A user has at most one a day."""
    moment = clock.real_now().astimezone(clock.TOWN_TZ)
    mails = Address.objects.filter(channel=ChannelCode.MAIL, verified_at__isnull=False, user__is_active=True)
    waiting = Receiver.objects.filter(
        Q(digested_date__isnull=True) | Q(digested_date__lt=moment.date()),
        user_id__in=mails.values("user_id"),
    )
    due = [receiver for receiver in waiting if _is_due(receiver, moment)]
    choices = find_choices([receiver.user_id for receiver in due])
    written = 0
    for receiver in due:
        groups = [group for group, options in choices[receiver.user_id].items() if DIGEST in options]
        written += _write_digest(receiver, groups, moment)
    return written


def _is_due(receiver: Receiver, moment: datetime) -> bool:
    hour = time(find_digest_hour(receiver))
    due_at = datetime.combine(moment.date(), hour, tzinfo=clock.TOWN_TZ)
    return due_at <= moment <= due_at + LATEST


@transaction.atomic
def _write_digest(receiver: Receiver, groups: list[str], moment: datetime) -> int:
    """Write the digest of a user unless another worker has; the day is marked also if there is nothing to report."""
    today = moment.date()
    unchanged = Receiver.objects.filter(pk=receiver.pk, digested_date=receiver.digested_date)
    if not unchanged.update(digested_date=today) or not groups:
        return 0
    address = Address.objects.filter(
        user_id=receiver.user_id, channel=ChannelCode.MAIL, verified_at__isnull=False
    ).first()
    if address is None:
        return 0
    earlier = Delivery.objects.filter(
        user_id=receiver.user_id,
        purpose=Purpose.DIGEST,
        created_at__gte=clock.real_now() - LOOK_BACK - timedelta(days=1),
    )
    listed = {pk for ids in earlier.values_list("notice_ids", flat=True) for pk in ids}
    codes = [kind.code for kind in list_notice_kinds() if find_group(kind) in groups]
    unread = Notice.objects.filter(
        UNREAD, user_id=receiver.user_id, kind__in=codes, at__gte=clock.now() - LOOK_BACK
    )
    ids = [pk for pk in unread.order_by("id").values_list("pk", flat=True) if pk not in listed]
    if not ids:
        return 0
    Delivery.objects.create(
        purpose=Purpose.DIGEST,
        channel=ChannelCode.MAIL,
        address=address,
        user_id=receiver.user_id,
        notice_ids=ids,
        key=f"digest:{today}",
    )
    return 1
