"""What a list or a figure of inspections and findings is narrowed to: a figure and its list are one condition."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.places.selectors import area_info
from jiedao.registers.access import may_read, visible_findings, visible_visits
from jiedao.registers.catalogue import register_info
from jiedao.registers.models import FindingState, VisitState, below

# What is counted of inspections: each counts once, on the day it was made, else on its last day.
VISITS: dict[str, tuple[Any, Q]] = {
    "due": (gettext_lazy("应检"), ~Q(state=VisitState.DROPPED)),
    "done": (gettext_lazy("已检"), Q(state=VisitState.DONE)),
    "waiting": (gettext_lazy("待检"), Q(state=VisitState.DUE)),
    "missed": (gettext_lazy("漏检"), Q(state=VisitState.MISSED)),
    "failed": (gettext_lazy("检查不合格"), Q(state=VisitState.DONE, passed=False)),
    "dropped": (gettext_lazy("已取消"), Q(state=VisitState.DROPPED)),
}
# What is counted of what they found: on the day it was found, as it stands now.
FINDINGS: dict[str, tuple[Any, Q]] = {
    "items": (gettext_lazy("发现问题"), Q()),
    "open": (gettext_lazy("整改中"), Q(state=FindingState.OPEN)),
    "right": (gettext_lazy("已整改"), Q(state=FindingState.RIGHT)),
}
READY = ("ready", gettext_lazy("现在可检"))  # what may be made today, whoever's period it counts in


@dataclass(frozen=True)
class InspectionFilters:
    """Filters of inspections and findings; empty means all that the actor may see.

    Attributes (the name in an address, where it differs, in brackets):
        show: a key of `VISITS` or `FINDINGS`, "ready" for what may be made today, "" for every inspection.
        register: a register's key.  area: id, with all below it.  unit: id.
        start [from], end [to]: first and last day.
    """

    show: str = ""
    register: str = ""
    area: int | None = None
    unit: int | None = None
    start: date | None = None
    end: date | None = None

    @property
    def of_findings(self) -> bool:
        """Tell whether the list is one of findings."""
        return self.show in FINDINGS

    def visits(self, actor: Actor) -> QuerySet[Any]:
        """Return the inspections that the actor sees and that fit."""
        which = VISITS[self.show][1] if self.show in VISITS else Q()
        if self.show == READY[0]:
            which = ready_on(clock.today())
        return visible_visits(actor).filter(self._common("counted_date"), which)

    def findings(self, actor: Actor) -> QuerySet[Any]:
        """Return the findings that the actor sees and that fit."""
        which = FINDINGS[self.show][1] if self.show in FINDINGS else Q()
        return visible_findings(actor).filter(self._common("found_date"), which)

    def _common(self, day: str) -> Q:
        """Return what inspections and findings have in common, over the column of their day."""
        found = Q()
        if self.register:
            info = register_info(self.register)
            found &= Q(register_id=info.id if info is not None else 0)
        if self.area is not None:
            area = area_info(self.area)
            found &= below(area.path) if area is not None else Q(pk__in=[])
        if self.unit is not None:
            found &= Q(unit_id=self.unit)
        if self.start is not None:
            found &= Q(**{f"{day}__gte": self.start})
        if self.end is not None:
            found &= Q(**{f"{day}__lte": self.end})
        return found

    @classmethod
    def read(cls, actor: Actor, given: Mapping[str, str]) -> tuple["InspectionFilters", list[UserError]]:
        """Return the filters of an address and a fault for each part of it that means nothing."""
        values: dict[str, Any] = {}
        faults = []
        for name, reader in READERS.items():
            text = given.get(name, "").strip()
            if not text:
                continue
            value = reader(actor, text)
            if value is None:
                shown = text[:40].replace("\x00", "�")
                faults.append(
                    UserError(
                        _("筛选条件“%(name)s=%(value)s”看不懂，已略去。") % {"name": name, "value": shown},
                        hint=_("请从列表中选择。"),
                        field=name,
                    )
                )
            else:
                values[FIELDS.get(name, name)] = value
        return cls(**values), faults

    def query(self, **changes: Any) -> str:
        """Return the filters as a query string, with some of them changed."""
        made = replace(self, **changes)
        names = {value: name for name, value in FIELDS.items()}
        pairs = [(names.get(name, name), value) for name, value in vars(made).items()]
        return urlencode([(name, value) for name, value in pairs if value not in {None, ""}])


def ready_on(day: date) -> Q:
    """Return which inspections may be made on a day and are still to be made."""
    return Q(state=VisitState.DUE, planned_date__lte=day)


def mine(actor: Actor, day: date) -> Q:
    """Return which inspections are the actor's own: those they may make on a day, and those they made."""
    made = Q(done_by_id=actor.user_id)
    return made | ready_on(day) if actor.can("registers.visit:make") else made


def _show(_actor: Actor, text: str) -> str | None:
    return text if text in {*VISITS, *FINDINGS, READY[0]} else None


def _register(actor: Actor, text: str) -> str | None:
    info = register_info(text)
    return text if info is not None and may_read(actor, info) else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _area(_actor: Actor, text: str) -> int | None:
    return number if area_info(number := _number(text)) is not None else None


def _unit(_actor: Actor, text: str) -> int | None:
    return number if unit_info(number := _number(text)) is not None else None


def _day(_actor: Actor, text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


FIELDS = {"from": "start", "to": "end"}
READERS = {"show": _show, "register": _register, "area": _area, "unit": _unit, "from": _day, "to": _day}
