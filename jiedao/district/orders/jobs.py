"""The worker's exchange with the offices: one job for each office, so that a silent one stops none of the others."""

from datetime import timedelta

from django.db.models import Q, QuerySet

from jiedao.district.client import OfficeClient, OfficeFault
from jiedao.district.models import OPEN_ORDERS, Office, Order, OrderNote, OrderState
from jiedao.district.orders.alarms import notify_unsent
from jiedao.district.orders.listening import SERVE, enqueue_office
from jiedao.district.orders.pauses import LONGEST, store_fault
from jiedao.district.orders.reading import read_orders
from jiedao.district.orders.sending import try_note, try_order
from jiedao.kernel import clock
from jiedao.kernel.jobs import job, periodic

BATCH = 200  # of each kind in one run; the next minute continues


def _build_due_filter() -> Q:
    """Return the filter of what is due, also what waits longer than any pause: the clock was set back since."""
    now = clock.real_now()
    return Q(next_at__lte=now) | Q(next_at__gt=now + LONGEST)


def _find_due_orders(office_id: int) -> QuerySet[Order]:
    rows = Order.objects.filter(_build_due_filter(), office_id=office_id, state__in=OPEN_ORDERS)
    return rows.select_related("case", "office").order_by("next_at", "pk")


def _find_due_notes(office_id: int) -> QuerySet[OrderNote]:
    rows = OrderNote.objects.filter(_build_due_filter(), order__office_id=office_id)
    return rows.select_related("order__case", "order__office").order_by("pk")


@periodic("district:serve_offices", every=timedelta(seconds=60))
def serve_offices() -> int:
    """Enqueue the exchange with every office for which something is due; return for how many."""
    office_ids = [
        pk
        for pk in Office.objects.filter(active=True).values_list("pk", flat=True)
        if _find_due_orders(pk).exists() or _find_due_notes(pk).exists()
    ]
    for pk in office_ids:
        enqueue_office(pk)
    return len(office_ids)


# Not atomic: requests to an office take their time, and what was learned from one stays when the next fails.
@job(SERVE, atomic=False)
def serve_office(*, office_id: int) -> None:
    """Send and read what is due of one office; the first fault that is no refusal of one request ends the run."""
    office = Office.objects.filter(pk=office_id, active=True).first()
    if office is None:
        return
    client = OfficeClient(office)
    try:
        for order in _find_due_orders(office_id).filter(state=OrderState.WAITING)[:BATCH]:
            try_order(client, order)
        for note in _find_due_notes(office_id)[:BATCH]:
            try_note(client, note)
        read_orders(client, list(_find_due_orders(office_id).filter(state=OrderState.SENT)[:BATCH]))
    except OfficeFault as fault:
        _put_off(office_id, fault)


def _put_off(office_id: int, fault: OfficeFault) -> None:
    """Put off everything else that is due at an office which does not answer, without asking it again for each."""
    now = clock.real_now()
    for order in _find_due_orders(office_id):
        store_fault(order, fault.wording, now)
        notify_unsent(order, fault)
    for note in _find_due_notes(office_id):
        store_fault(note, fault.wording, now)
