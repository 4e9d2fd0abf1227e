"""Orders as pages show them: those of a case, the list of all, and how many each office has."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from jiedao.cases.models import Case
from jiedao.district.models import OPEN_ORDERS, Office, Order, OrderState, ReporterRelease
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor

MOST = 200  # rows of the list
VIEWS = ("open", "overdue", "unsent", "ended")


@dataclass(frozen=True)
class OfficeCounts:
    """An office with its numbers of orders."""

    office: Office
    open: int
    overdue: int
    unsent: int


def read_orders_of_case(case: Case) -> list[Order]:
    """Return the orders of a case with their notes, the newest first."""
    rows = Order.objects.filter(case=case).select_related("office").prefetch_related("notes")
    return list(rows.order_by("-serial"))


def find_release(case: Case) -> ReporterRelease | None:
    """Return the decision that name and phone go down with the next order."""
    return ReporterRelease.objects.filter(case=case).first()


def _build_view_filter(view: str) -> Q:
    is_open = Q(state__in=OPEN_ORDERS)
    return {
        "open": is_open,
        "overdue": is_open & Q(due_at__lt=clock.now()),
        "unsent": Q(state=OrderState.WAITING),
        "ended": ~is_open,
    }[view]


def _list_visible(actor: Actor) -> QuerySet[Order]:
    rows = Order.objects.all()
    return rows if actor.sees_town else rows.filter(case__in=Case.objects.visible_to(actor).values("pk"))


def list_orders(actor: Actor, view: str, office_code: str = "") -> list[Order]:
    """Return the orders on cases that the actor may see; the nearest deadline first, ended ones the newest first."""
    rows = _list_visible(actor).filter(_build_view_filter(view)).select_related("office", "case")
    if office_code:
        rows = rows.filter(office__code=office_code)
    return list(rows.order_by("-ended_at" if view == "ended" else "due_at", "-pk")[:MOST])


def count_orders(actor: Actor) -> list[OfficeCounts]:
    """Return the offices with their numbers of orders, in one statement for all."""
    views = {view: Count("pk", filter=_build_view_filter(view)) for view in ("open", "overdue", "unsent")}
    rows = _list_visible(actor).values("office_id").annotate(**views).values_list("office_id", *views)
    counts: dict[int, list[int]] = {office_id: numbers for office_id, *numbers in rows}
    return [OfficeCounts(office, *counts.get(office.pk, [0, 0, 0])) for office in Office.objects.all()]
