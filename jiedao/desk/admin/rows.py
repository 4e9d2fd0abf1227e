"""What the pages of categories and the audit read."""

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

PAGE = 50
MOST_SYNC = 200_000  # entries that a page may verify; more belong on the command line


@dataclass(frozen=True)
class EntryRow:
    """An audit entry in words."""

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
    """Which entries: by person (part of the label), kind and id of the object, action, and period."""

    who: str = ""
    object_type: str = ""
    object_id: int | None = None
    action: str = ""
    period: Period | None = None

    def apply(self, rows: Any) -> Any:
        """Keep the entries that match."""
        wanted = Q()
        if self.who:
            wanted &= Q(actor_label__icontains=self.who)
        if self.object_type:
            wanted &= Q(object_type=self.object_type)
        if self.object_id is not None:
            wanted &= Q(object_id=self.object_id)
        if self.action:
            wanted &= Q(action__icontains=self.action)
        if self.period is not None:
            wanted &= Q(at__gte=self.period.start_at, at__lt=self.period.end_at)
        return rows.filter(wanted)


def _text(value: Any) -> str:
    if value is None or value == "":
        return ""
    text = "、".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 300 else text[:300] + "…"


def _changes(before: Any, after: Any) -> list[tuple[str, str, str]]:
    old = before if isinstance(before, dict) else {}
    new = after if isinstance(after, dict) else {}
    names = list(dict.fromkeys([*old, *new]))
    return [
        (name, _text(old.get(name)), _text(new.get(name))) for name in names if old.get(name) != new.get(name)
    ]


def entry_page(actor: Actor, wanted: AuditFilter, after: int | None) -> tuple[list[EntryRow], str]:
    """Return one page of the audit, newest first, and the id to go on after; two statements."""
    actor.need("audit.entry:view")
    rows = wanted.apply(Entry.objects.order_by("-id"))
    rows = rows.filter(pk__lt=after) if after is not None else rows
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    cases = [row.object_id for row in shown if row.object_type == "cases.case"]
    numbers = dict(Case.objects.filter(pk__in=cases).values_list("pk", "number")) if cases else {}
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
                _changes(row.before, row.after),
                row.address,
            )
        )
    return lines, str(shown[-1].pk) if len(found) > PAGE else ""


def entry_count() -> int:
    """Return how many entries there are."""
    return int(Entry.objects.count())


@dataclass(frozen=True)
class CategoryLine:
    """A 小类 with its town-wide duty."""

    id: int
    code: str
    label: str
    major: str
    keywords: tuple[str, ...]
    verify_first: bool
    active: bool
    unit: str
    limits: str


def category_lines(text: str, major: int | None) -> list[CategoryLine]:
    """Return the 小类, filtered by words and 大类; no statement once the process knows the catalogue."""
    lines = []
    for row in catalogue.CATEGORIES.get().values():
        if row.parent_id is None or (major is not None and row.parent_id != major):
            continue
        if (
            text
            and text.lower() not in f"{row.name} {row.name_en} {row.code} {' '.join(row.keywords)}".lower()
        ):
            continue
        duty = catalogue.duty_for(row.id, "")
        unit = unit_info(duty.lead_unit_id) if duty else None
        lines.append(
            CategoryLine(
                row.id,
                row.code,
                row.label,
                catalogue.major_of(row).label,
                row.keywords,
                row.verify_first,
                row.active,
                unit.label if unit else "",
                limits_text(duty.limits if duty else {}),
            )
        )
    return lines


def limits_text(limits: dict[str, str]) -> str:
    """Return the limit of handling in words; "" where the town's default holds."""
    return Limit.parse(limits["HANDLE"]).label if "HANDLE" in limits else ""


def category_of(category_id: int) -> Category | None:
    """Return a category."""
    return Category.objects.select_related("parent").filter(pk=category_id).first()


def duties_of(category_id: int) -> list[Duty]:
    """Return the duty lines of a category: the town's first, then by area."""
    rows = Duty.objects.filter(category_id=category_id).select_related("area", "lead_unit")
    return sorted(rows.prefetch_related("helpers"), key=lambda row: row.area.path if row.area else "")
