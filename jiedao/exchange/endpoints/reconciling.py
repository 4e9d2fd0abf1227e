"""Comparing the orders of an upper platform with our cases: missing ones, differences, and events not yet sent."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.audit.actions import record_entry
from jiedao.cases.flow import FINISHED, State
from jiedao.cases.models import Case, CaseSource
from jiedao.cases.source_keys import fold_source_key
from jiedao.exchange.endpoints.actions import MANAGE, OBJECT, get_endpoint
from jiedao.exchange.endpoints.orders import PlatformOrder
from jiedao.exchange.models import Endpoint, EndpointKind, EventState, OutgoingEvent, Reconciliation
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor

MOST_SHOWN = 2000
DAYS = 90
CHUNK = 500


class DifferenceKind(models.TextChoices):
    """What differs between the platform and us."""

    MISSING_HERE = "MISSING_HERE", gettext_lazy("对方有，这里没有")
    MISSING_THERE = "MISSING_THERE", gettext_lazy("这里有，对方没有")
    STATE = "STATE", gettext_lazy("办结状态不同")
    DEADLINE = "DEADLINE", gettext_lazy("时限不同")
    UNSENT = "UNSENT", gettext_lazy("还有没送到的")
    UNKNOWN_STATE = "UNKNOWN_STATE", gettext_lazy("对方的状态看不懂，没有比较")


@dataclass(frozen=True)
class Difference:
    """One difference; `order` is the number of the platform, `number` ours."""

    kind: str
    order: str
    number: str = ""
    here: str = ""
    there: str = ""


@dataclass(frozen=True)
class _OwnCase:
    """A case that came from the platform."""

    order: str
    number: str
    state: str
    has_ended: bool
    wanted_by: datetime | None
    reported_at: datetime
    unsent: int


def default_since() -> date:
    """Return the first day that is compared where none is named."""
    return clock.today() - timedelta(days=DAYS)


@transaction.atomic
def reconcile(
    actor: Actor, code: str, orders: Sequence[PlatformOrder], *, since: date, origin: str = ""
) -> Reconciliation:
    """Compare the orders of a platform with our cases, and store what differs.

    Args:
        orders: all orders that the platform has since the day.
        since: an earlier case that the platform does not list is no difference.
        origin: the name of the file with the orders, "" where the platform listed them.
    """
    actor.require(MANAGE)
    endpoint = get_endpoint(code)
    if endpoint.kind != EndpointKind.PLATFORM:
        raise UserError(
            _("%(name)s 不是上级平台，没有可对账的工单。") % {"name": endpoint.name},
            hint=_("请选上级平台。"),
            field="code",
        )
    differences = list(_compare(endpoint, orders, since))
    differing = {row.order for row in differences}
    result = Reconciliation.objects.create(
        endpoint=endpoint,
        actor_label=actor.label,
        since_date=since,
        origin=origin[:200],
        orders=len(orders),
        matches=sum(order.number not in differing for order in orders),
        counts=dict(Counter(row.kind for row in differences)),
        differences=[asdict(row) for row in differences[:MOST_SHOWN]],
    )
    record_entry(
        actor=actor,
        action="exchange.endpoint:reconcile",
        obj_type=OBJECT,
        obj_id=endpoint.pk,
        after={"orders": result.orders, "matches": result.matches, **result.counts},
    )
    return result


def _compare(endpoint: Endpoint, orders: Sequence[PlatformOrder], since: date) -> Iterator[Difference]:
    there = {order.number: order for order in orders}
    own = _read_own_cases(endpoint, list(there), since)
    for number, order in there.items():
        case = own.get(number)
        if case is None:
            yield Difference(DifferenceKind.MISSING_HERE, number, there=order.state)
        else:
            yield from _compare_order(case, order)
    first_moment = datetime.combine(since, time(), clock.TOWN_TZ)
    for number, case in own.items():
        if number not in there and case.reported_at >= first_moment:
            here = str(State(case.state).label)
            yield Difference(DifferenceKind.MISSING_THERE, number, case.number, here)


def _compare_order(case: _OwnCase, order: PlatformOrder) -> Iterator[Difference]:
    here = str(State(case.state).label)
    if case.unsent:
        text = _("%(n)d 条") % {"n": case.unsent}
        yield Difference(DifferenceKind.UNSENT, order.number, case.number, text, order.state)
    if order.has_ended is None:
        if order.state:
            yield Difference(DifferenceKind.UNKNOWN_STATE, order.number, case.number, here, order.state)
    elif order.has_ended != case.has_ended:
        yield Difference(DifferenceKind.STATE, order.number, case.number, here, order.state)
    if order.wanted_by is not None and not _is_same_minute(order.wanted_by, case.wanted_by):
        yield Difference(
            DifferenceKind.DEADLINE,
            order.number,
            case.number,
            _format(case.wanted_by),
            _format(order.wanted_by),
        )


def _is_same_minute(first: datetime, second: datetime | None) -> bool:
    return second is not None and abs(first - second) < timedelta(minutes=1)


def _format(moment: datetime | None) -> str:
    return f"{moment.astimezone(clock.TOWN_TZ):%Y-%m-%d %H:%M}" if moment is not None else _("没有")


def _read_own_cases(endpoint: Endpoint, numbers: Sequence[str], since: date) -> dict[str, _OwnCase]:
    """Return our cases of the platform by its number: those that it lists, and those that came in since the day."""
    prefix = f"{endpoint.source}:"
    first_moment = datetime.combine(since, time(), clock.TOWN_TZ)
    recent = Q(source_key__startswith=prefix, reported_at__gte=first_moment)
    cases = {row["id"]: row for row in _read_values(recent)}
    keys = [fold_source_key(f"{prefix}{number}") for number in numbers]
    for start in range(0, len(keys), CHUNK):
        cases |= {row["id"]: row for row in _read_values(Q(source_key__in=keys[start : start + CHUNK]))}
    terms: dict[int, datetime | None] = {}
    unsent: Counter[int] = Counter()
    ids = list(cases)
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        terms |= dict(CaseSource.objects.filter(case_id__in=part).values_list("case_id", "due_at"))
        waiting = OutgoingEvent.objects.filter(endpoint=endpoint, case_id__in=part)
        unsent.update(
            pk
            for pk in waiting.exclude(state=EventState.SENT).values_list("case_id", flat=True)
            if pk is not None
        )
    return {
        row["source_key"].partition(":")[2]: _OwnCase(
            order=row["source_key"].partition(":")[2],
            number=row["number"],
            state=row["state"],
            has_ended=_has_ended(row),
            wanted_by=terms.get(pk),
            reported_at=row["reported_at"],
            unsent=unsent[pk],
        )
        for pk, row in cases.items()
    }


def _read_values(condition: Q) -> Iterator[dict[str, Any]]:
    columns = ("id", "number", "source_key", "state", "merged_into__state", "reported_at")
    yield from Case.objects.filter(condition).values(*columns)


def _has_ended(row: dict[str, Any]) -> bool:
    """Return whether a case has ended; a merged one ends as the case does into which it was merged."""
    state = row["merged_into__state"] if row["state"] == State.MERGED else row["state"]
    return state in FINISHED
