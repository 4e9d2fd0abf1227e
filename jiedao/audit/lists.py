"""Reading the entries of the audit log in pages and as a complete list, by filters."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from jiedao.audit.models import Entry
from jiedao.kernel.keyset import cut_page, read_cursor

PAGE_SIZE = 50
CHUNK_SIZE = 500


@dataclass(frozen=True)
class EntryFilter:
    """Which entries a list contains.

    Attributes:
        who: a part of the label of the actor.
        actions: codes of which one must be that of the entry; empty for all.
        action_part: a part of the code.
        start_at, end_at: the period, the end excluded.
    """

    who: str = ""
    object_type: str = ""
    object_id: int | None = None
    actions: Collection[str] = ()
    action_part: str = ""
    start_at: datetime | None = None
    end_at: datetime | None = None

    def apply(self, rows: Any) -> Any:
        """Return the entries of a queryset that match every filter."""
        condition = Q()
        if self.who:
            condition &= Q(actor_label__icontains=self.who)
        if self.object_type:
            condition &= Q(object_type=self.object_type)
        if self.object_id is not None:
            condition &= Q(object_id=self.object_id)
        if self.actions:
            condition &= Q(action__in=list(self.actions))
        if self.action_part:
            condition &= Q(action__icontains=self.action_part)
        if self.start_at is not None:
            condition &= Q(at__gte=self.start_at)
        if self.end_at is not None:
            condition &= Q(at__lt=self.end_at)
        return rows.filter(condition)


@dataclass(frozen=True)
class EntryPage:
    """A page of entries, newest first, with the cursors of its neighbours ("" where there is none)."""

    entries: list[Entry]
    previous: str
    next: str


def read_page(entry_filter: EntryFilter, cursor: str) -> EntryPage:
    """Return a page of entries in one statement, whose cost does not grow with the number of the page."""
    backward, edge = read_cursor(cursor) or (False, None)
    rows = entry_filter.apply(Entry.objects.all())
    if backward:
        rows = rows.filter(pk__gt=edge).order_by("id")
    else:
        rows = (rows if edge is None else rows.filter(pk__lt=edge)).order_by("-id")
    entries, has_before, has_after = cut_page(
        list(rows[: PAGE_SIZE + 1]), PAGE_SIZE, backward=backward, first=edge is None
    )
    return EntryPage(
        entries,
        f"p{entries[0].pk}" if has_before else "",
        f"n{entries[-1].pk}" if has_after else "",
    )


def find_newest_id() -> int:
    """Return the id of the newest entry, 0 without any: what is written later does not belong to a list of now."""
    return Entry.objects.order_by("-id").values_list("id", flat=True).first() or 0


def count_entries(entry_filter: EntryFilter, newest_id: int) -> int:
    """Return the number of the entries up to an id that match a filter."""
    return int(entry_filter.apply(Entry.objects.filter(pk__lte=newest_id)).count())


def iterate_chunks(entry_filter: EntryFilter, newest_id: int) -> Iterator[list[Entry]]:
    """Yield the matching entries up to an id, newest first, in chunks."""
    top = newest_id + 1
    while True:
        rows = entry_filter.apply(Entry.objects.filter(pk__lt=top)).order_by("-id")
        if not (chunk := list(rows[:CHUNK_SIZE])):
            return
        yield chunk
        top = chunk[-1].pk
