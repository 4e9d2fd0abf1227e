"""From marked notices to deliveries: one for each address that wants the notice.

`notify` marks a notice in its own transaction, see `jiedao.notices.outside`. This module turns marks into deliveries;
taking the mark away and writing the deliveries is one transaction, so a worker that dies leaves the mark.
"""

from collections import defaultdict
from collections.abc import Iterable

from django.db import connection, transaction

from jiedao.delivery.models import Address, Delivery, Purpose
from jiedao.delivery.wishes import find_choices, find_group, is_urgent
from jiedao.kernel import clock
from jiedao.notices.kinds import find_notice_kind
from jiedao.notices.models import Notice
from jiedao.orgs.models import Holding

BATCH = 200


def write_deliveries(*, most: int = 5000) -> int:
    """Write the deliveries of the marked notices, in transactions of `BATCH`; return how many notices were read."""
    total = 0
    while total < most:
        read = _write_batch()
        total += read
        if read < BATCH:
            break
    return total


def _write_batch() -> int:
    if not Notice.objects.filter(to_deliver=True).exists():  # nearly always; a transaction would lock SQLite
        return 0
    with transaction.atomic():
        marked = Notice.objects.filter(to_deliver=True).order_by("id")
        if connection.features.has_select_for_update_skip_locked:
            marked = marked.select_for_update(skip_locked=True)
        notices = list(marked[:BATCH])
        open_notices = [row for row in notices if row.read_at is None and row.settled_at is None]
        deliveries = [*_build_for_users(open_notices), *_build_for_robots(open_notices)]
        Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
        Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(to_deliver=False)
    return len(notices)


def _build_for_users(notices: list[Notice]) -> Iterable[Delivery]:
    user_ids = {notice.user_id for notice in notices}
    addresses: dict[int, list[Address]] = defaultdict(list)
    verified = Address.objects.filter(
        user_id__in=user_ids, verified_at__isnull=False, user__is_active=True
    ).order_by("id")
    for address in verified:
        addresses[address.user_id or 0].append(address)
    choices = find_choices(list(addresses))
    for notice in notices:
        kind = find_notice_kind(notice.kind)
        if kind is None:
            continue
        for address in addresses.get(notice.user_id, []):
            if address.channel in choices[notice.user_id].get(find_group(kind), []):
                yield build_delivery(notice, address)


def _build_for_robots(notices: list[Notice]) -> Iterable[Delivery]:
    """Yield one message to each robot for an event, however many users are notified of it.

    The robot of a unit gets the events of which a member of the unit is notified.
    """
    robots = list(Address.objects.filter(user__isnull=True, verified_at__isnull=False).order_by("id"))
    if not robots:
        return
    today = clock.real_now().astimezone(clock.TOWN_TZ).date()
    units: dict[int, set[int]] = defaultdict(set)
    holdings = Holding.objects.on(today).filter(user_id__in={notice.user_id for notice in notices})
    for user_id, unit_id in holdings.values_list("user_id", "post__unit_id"):
        units[user_id].add(unit_id)
    notified = set()
    for notice in notices:
        kind = find_notice_kind(notice.kind)
        if kind is None:
            continue
        for robot in robots:
            in_unit = robot.unit_id is None or robot.unit_id in units[notice.user_id]
            if in_unit and find_group(kind) in robot.groups:
                if (robot.pk, notice.key) not in notified:
                    yield build_delivery(notice, robot)
                notified.add((robot.pk, notice.key))


def build_delivery(notice: Notice, address: Address) -> Delivery:
    """Return the unsaved delivery of a notice to an address."""
    return Delivery(
        purpose=Purpose.NOTICE,
        channel=address.channel,
        address=address,
        user_id=address.user_id,
        notice=notice,
        key=f"notice:{notice.key}",
        urgent=is_urgent(notice.kind),
    )
