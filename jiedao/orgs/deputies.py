"""Deputies for leave 代班: who acts for whom, and who counts as the same person.

While one user is the deputy of another, the two count as one person in everything that needs a second one: neither
confirms what the other did, asked or reported, at any time. Afterwards this holds for what either did in that time. So
nobody approves their own work under another name, and colleagues who once helped out may check each other again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Q

from jiedao.audit.actions import AuditActor, record_entry
from jiedao.kernel import clock
from jiedao.kernel.memo import Memo
from jiedao.orgs.models import Deputation, Holding
from jiedao.orgs.people import DUTY_ROWS


@dataclass(frozen=True)
class Tie:
    """A user who counts as the same person: without times for everything, with times for what happened between them."""

    user_id: int
    since: datetime | None = None
    until: datetime | None = None

    def covers(self, at: datetime | None) -> bool:
        """Return whether it holds for what happened at this time; at an unknown time it does."""
        if at is None or self.since is None or self.until is None:
            return True
        return self.since <= at <= self.until


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=clock.TOWN_TZ)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, tzinfo=clock.TOWN_TZ)


def read_ties(user_id: int) -> tuple[Tie, ...]:
    """Return the users for whom this user was or is the deputy, or who were or are theirs; one statement."""
    today, ties = clock.today(), []
    rows = Deputation.objects.filter(Q(person_id=user_id) | Q(deputy_id=user_id), from_date__lte=today)
    for row in rows.order_by("id"):
        other_id = row.deputy_id if row.person_id == user_id else row.person_id
        if row.is_in_force(today):
            ties.append(Tie(other_id))
        else:
            last = _end_of(row.to_date)
            ties.append(Tie(other_id, _start_of(row.from_date), min(row.ended_at or last, last)))
    return tuple(ties)


def is_same_person(
    own_ids: Iterable[int], ties: Iterable[Tie], other_id: int | None, at: datetime | None
) -> bool:
    """Return whether an actor (`own_ids` and `ties`) counts as the user who acted at a time; False for the system."""
    return other_id in set(own_ids) or any(tie.user_id == other_id and tie.covers(at) for tie in ties)


def build_person_filter(own_ids: Iterable[int], ties: Iterable[Tie], user_field: str, at_field: str) -> Q:
    """Return the filter of rows whose user is this person: the rule of `is_same_person` for a list.

    Args:
        user_field, at_field: the columns of the user who acted, such as "user_id", and of the time.
    """
    condition = Q(**{f"{user_field}__isnull": False, f"{user_field}__in": list(own_ids)})
    for tie in ties:
        # Without IS NOT NULL the condition would be unknown, and not false, for a row without a user.
        of_other = Q(**{f"{user_field}__isnull": False, user_field: tie.user_id})
        if tie.since is not None and tie.until is not None:
            in_time = Q(**{f"{at_field}__range": (tie.since, tie.until)})
            of_other &= Q(**{f"{at_field}__isnull": True}) | Q(**{f"{at_field}__isnull": False}) & in_time
        condition |= of_other
    return condition


class _ForwardRow(NamedTuple):
    person_id: int
    deputy_id: int
    from_date: date
    to_date: date


def _load_forward_rows() -> list[_ForwardRow]:
    rows = Deputation.objects.filter(ended_at__isnull=True, all_posts=True, to_date__gte=clock.today())
    columns = ("person_id", "deputy_id", "from_date", "to_date")
    return [_ForwardRow(*row) for row in rows.filter(deputy__is_active=True).values_list(*columns)]


# Read with every notice. Another process may be 20 seconds behind: the absent person has the notice in any case.
FORWARD_ROWS: Memo[list[_ForwardRow]] = Memo(_load_forward_rows)


def add_deputies(user_ids: Iterable[int]) -> set[int]:
    """Return the users and the deputies who act today in all posts of one of them; no statement."""
    people = set(user_ids)
    today = clock.today()
    return people | {
        row.deputy_id
        for row in FORWARD_ROWS.get()
        if row.person_id in people and row.from_date <= today <= row.to_date
    }


def describe_deputation(row: Deputation, holdings: Iterable[Holding]) -> dict[str, Any]:
    """Return the values for the audit."""
    return {
        "person": row.person_id,
        "deputy": row.deputy_id,
        "posts": [holding.post.code for holding in holdings],
        "from": str(row.from_date),
        "to": str(row.to_date),
        "reason": row.reason,
    }


def record_deputation(actor: AuditActor, row: Deputation, verb: str, after: Any, before: Any = None) -> None:
    """Record that a deputy was named or that it was ended early."""
    record_entry(
        actor=actor,
        action=f"orgs.deputy:{verb}",
        obj_type="orgs.deputation",
        obj_id=row.pk,
        before=before,
        after=after,
    )
    transaction.on_commit(_forget)


def _forget() -> None:
    FORWARD_ROWS.forget()
    DUTY_ROWS.forget()


def write_end(actor: AuditActor, row: Deputation) -> None:
    """Write the early end: the holdings of the deputy are deleted, the row stays."""
    holdings = list(row.holdings.select_related("post"))
    row.ended_at, row.ended_label = clock.now(), actor.label[:200]
    row.save(update_fields=["ended_at", "ended_label"])
    before = describe_deputation(row, holdings)
    row.holdings.all().delete()
    record_deputation(actor, row, "end", {"ended": True}, before)


def end_deputies_of(actor: AuditActor, user_id: int) -> None:
    """End all that concern a user, on either side, as when the account is deactivated."""
    rows = Deputation.objects.filter(ended_at__isnull=True, to_date__gte=clock.today())
    for row in rows.filter(Q(person_id=user_id) | Q(deputy_id=user_id)).order_by("id"):
        write_end(actor, row)


def end_empty_deputies(actor: AuditActor, person_id: int) -> None:
    """End those of a person that have no post any more, as when the represented holding was deleted."""
    rows = Deputation.objects.filter(ended_at__isnull=True, to_date__gte=clock.today(), person_id=person_id)
    for row in rows.filter(holdings__isnull=True).order_by("id"):
        write_end(actor, row)
