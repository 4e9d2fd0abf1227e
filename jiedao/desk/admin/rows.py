"""The rows of the pages of categories and of the audit log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from jiedao.audit.models import Entry
from jiedao.cases import catalogue
from jiedao.cases.models import Case, Category, Duty
from jiedao.desk.links import get_case_url
from jiedao.kernel.periods import Period
from jiedao.kernel.worktime import Limit
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info

PAGE_SIZE = 50
MAX_ENTRIES_TO_VERIFY = 200_000  # verifying more takes too long for a request: use `jiedao audit verify`


@dataclass(frozen=True)
class EntryRow:
    """An audit entry as the page shows it."""

    id: int
    at: datetime
    who: str
    action: str
    object_text: str
    object_url: str
    changes: list[tuple[str, str, str]]
    address: str


@dataclass(frozen=True)
class AuditFilter:
    """The filters of the audit log; `who` and `action` match a part of the stored text."""

    who: str = ""
    object_type: str = ""
    object_id: int | None = None
    action: str = ""
    period: Period | None = None

    def apply(self, rows: Any) -> Any:
        """Return the entries of a queryset that match every filter."""
        condition = Q()
        if self.who:
            condition &= Q(actor_label__icontains=self.who)
        if self.object_type:
            condition &= Q(object_type=self.object_type)
        if self.object_id is not None:
            condition &= Q(object_id=self.object_id)
        if self.action:
            condition &= Q(action__icontains=self.action)
        if self.period is not None:
            condition &= Q(at__gte=self.period.start_at, at__lt=self.period.end_at)
        return rows.filter(condition)


def _format_value(value: Any) -> str:
    if value is None or value == "":
        return ""
    text = "、".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 300 else text[:300] + "…"


def _list_changes(before: Any, after: Any) -> list[tuple[str, str, str]]:
    old = before if isinstance(before, dict) else {}
    new = after if isinstance(after, dict) else {}
    names = list(dict.fromkeys([*old, *new]))
    return [
        (name, _format_value(old.get(name)), _format_value(new.get(name)))
        for name in names
        if old.get(name) != new.get(name)
    ]


def read_entries(actor: Actor, audit_filter: AuditFilter, after: int | None) -> tuple[list[EntryRow], str]:
    """Return one page of audit entries, newest first, and the `after` of the next page ("" on the last).

    At most two queries.
    """
    actor.require("audit.entry:view")
    rows = audit_filter.apply(Entry.objects.order_by("-id"))
    rows = rows.filter(pk__lt=after) if after is not None else rows
    entries = list(rows[: PAGE_SIZE + 1])
    shown = entries[:PAGE_SIZE]
    case_ids = [row.object_id for row in shown if row.object_type == "cases.case"]
    numbers = dict(Case.objects.filter(pk__in=case_ids).values_list("pk", "number")) if case_ids else {}
    lines = []
    for row in shown:
        number = numbers.get(row.object_id, "") if row.object_type == "cases.case" else ""
        lines.append(
            EntryRow(
                row.pk,
                row.at,
                row.actor_label,
                row.action,
                number or f"{row.object_type} {row.object_id or ''}".strip(),
                get_case_url(number) if number and actor.can("cases.case:view") else "",
                _list_changes(row.before, row.after),
                row.address,
            )
        )
    return lines, str(shown[-1].pk) if len(entries) > PAGE_SIZE else ""


def count_entries() -> int:
    """Return the number of audit entries."""
    return int(Entry.objects.count())


@dataclass(frozen=True)
class CategoryLine:
    """A 小类 with the unit and the limit of its town-wide duty."""

    id: int
    code: str
    label: str
    major: str
    keywords: tuple[str, ...]
    verify_first: bool
    active: bool
    unit: str
    limits: str


def list_categories(text: str, major: int | None) -> list[CategoryLine]:
    """Return the 小类 that contain the text and belong to the 大类 `major`; no query once the catalogue is cached."""
    lines = []
    for row in catalogue.CATEGORIES.get().values():
        if row.parent_id is None or (major is not None and row.parent_id != major):
            continue
        if (
            text
            and text.lower() not in f"{row.name} {row.name_en} {row.code} {' '.join(row.keywords)}".lower()
        ):
            continue
        duty = catalogue.find_duty(row.id, "")
        unit = unit_info(duty.lead_unit_id) if duty else None
        lines.append(
            CategoryLine(
                row.id,
                row.code,
                row.label,
                catalogue.find_major_category(row).label,
                row.keywords,
                row.verify_first,
                row.active,
                unit.label if unit else "",
                format_handling_limit(duty.limits if duty else {}),
            )
        )
    return lines


def format_handling_limit(limits: dict[str, str]) -> str:
    """Return the limit of handling in words, "" if the default of the town applies."""
    return Limit.parse(limits["HANDLE"]).label if "HANDLE" in limits else ""


def find_category(category_id: int) -> Category | None:
    """Return a category with its 大类, None if there is none with this id."""
    return Category.objects.select_related("parent").filter(pk=category_id).first()


def list_duties(category_id: int) -> list[Duty]:
    """Return the duties of a category: the town-wide duty first, then by area."""
    rows = Duty.objects.filter(category_id=category_id).select_related("area", "lead_unit")
    return sorted(rows.prefetch_related("helpers"), key=lambda row: row.area.path if row.area else "")
