"""What a list of records is narrowed to: read from an address, checked, written back into one.

A field's filter stands as `f.KEY`, or `f.KEY.from` and `f.KEY.to` for a number or a day. What cannot be understood
is left out, and the page says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases.selectors.search import tokens_of
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.orgs.figure_keys import NOWHERE
from jiedao.orgs.units import unit_info
from jiedao.pages.reading import read_number, read_past_day
from jiedao.places.selectors import area_info
from jiedao.registers.access import readable, visible_records
from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.registers.definition import NUMERIC, Field, FieldKind, Hangs
from jiedao.registers.models import Record
from jiedao.registers.selectors.filters import NO_VALUE, RecordFilters

MOST_SEARCH = 100
STATES: dict[str, Any] = {"ended": gettext_lazy("已移出"), "all": gettext_lazy("在册和已移出")}
ACTIVE: dict[str, bool | None] = {"": True, "ended": False, "all": None}
RANGES = frozenset({*NUMERIC, FieldKind.DATE})


@dataclass(frozen=True)
class RecordQuery:
    """A list as its address names it: `pairs` are the filters that were understood, in a fixed order."""

    info: RegisterInfo
    pairs: tuple[tuple[str, str], ...] = ()
    as_of: date | None = None
    parent: Record | None = None
    faults: list[UserError] = field(default_factory=list)

    def get(self, name: str) -> str:
        """Return a filter as it stands in the address, "" where it is not set."""
        return next((value for key, value in self.pairs if key == name), "")

    def query(self, without: tuple[str, ...] = (), **more: str) -> str:
        """Return the query string without some of the filters and with others."""
        kept = [(name, value) for name, value in self.pairs if name not in {*without, *more}]
        return urlencode([*kept, *((name, value) for name, value in more.items() if value)])

    @cached_property
    def area_path(self) -> str:
        """The path of the chosen area."""
        if self.get("area") == str(NOWHERE):
            return NO_VALUE
        area = area_info(read_number(self.get("area")))
        return area.path if area is not None else ""

    @cached_property
    def filters(self) -> RecordFilters:
        """What the selectors take."""
        return RecordFilters(
            text=self.get("q"),
            grade=self.get("grade"),
            area_path=self.area_path,
            unit_id=read_number(self.get("unit")),
            parent_id=self.parent.pk if self.parent is not None else None,
            values=values_of(self.info, dict(self.pairs)),
            active=ACTIVE[self.get("state")],
        )


def filtered_fields(info: RegisterInfo) -> list[Field]:
    """Return the fields a list may be filtered by."""
    return [one for one in info.definition.live if one.filter and one.slot and not one.personal]


def values_of(info: RegisterInfo, data: Mapping[str, str]) -> dict[str, str]:
    """Return field key -> value or "low..high" of what an address says."""
    found = {}
    for one in filtered_fields(info):
        low, high = data.get(f"f.{one.key}.from", ""), data.get(f"f.{one.key}.to", "")
        if one.kind in RANGES and (low or high):
            found[one.key] = f"{low}..{high}"
        elif data.get(f"f.{one.key}"):
            found[one.key] = data[f"f.{one.key}"]
    return found


def names_of(one: Field) -> tuple[str, ...]:
    """Return the names under which a field's filter may stand in an address."""
    return (f"f.{one.key}", f"f.{one.key}.from", f"f.{one.key}.to")


def read_query(actor: Actor, info: RegisterInfo, data: Mapping[str, str]) -> RecordQuery:
    """Return what the address narrows the list to; what cannot be understood is left out and named in `faults`."""
    faults: list[UserError] = []
    pairs: list[tuple[str, str]] = []
    days: list[date] = []
    parents: list[Record] = []
    readers: dict[str, Callable[[str], None]] = {
        "q": _phrase,
        "grade": lambda text: _known("grade", text, text == NO_VALUE or info.definition.grade(text)),
        "area": lambda text: _known("area", text, text == str(NOWHERE) or area_info(read_number(text))),
        "unit": lambda text: _known("unit", text, text == str(NOWHERE) or unit_info(read_number(text))),
        "state": lambda text: _known("state", text, text in STATES),
        "on": lambda text: days.append(read_past_day(text)),
        "parent": lambda text: parents.append(_parent(actor, info, text)),
    }
    for name, read in readers.items():
        if text := data.get(name, "").strip():
            try:
                read(text)
            except UserError as fault:
                faults.append(fault)
            else:
                pairs.append((name, text))
    for one in filtered_fields(info):
        pairs += _of_field(info, one, data, faults)
    return RecordQuery(info, tuple(pairs), days[0] if days else None, parents[0] if parents else None, faults)


def _of_field(
    info: RegisterInfo, one: Field, data: Mapping[str, str], faults: list[UserError]
) -> list[tuple[str, str]]:
    given = {name: text for name in names_of(one) if (text := data.get(name, "").strip())}
    values = values_of(info, given)
    if not values:
        return []
    try:
        RecordFilters(values=values).condition(info)
    except UserError as fault:
        faults.append(fault)
        return []
    ranged = any(name in given for name in names_of(one)[1:])
    return [(name, text) for name, text in given.items() if (name != f"f.{one.key}") == ranged]


def _phrase(text: str) -> None:
    if len(text) > MOST_SEARCH:
        words = _("搜索的文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(text), "most": MOST_SEARCH}
        raise UserError(words, hint=_("请只写几个关键的词。"), field="q")
    if not tokens_of(text):
        words = _("“%(text)s”里没有可以搜索的字。") % {"text": text}
        raise UserError(words, hint=_("请写汉字、字母或数字。"), field="q")


def _known(name: str, text: str, found: object) -> None:
    if not found:
        raise _bad(name, text)


def _bad(name: str, text: str) -> UserError:
    words = _("筛选条件“%(name)s=%(value)s”看不懂，已略去。") % {"name": name, "value": text[:40]}
    return UserError(words, hint=_("请从列表中选择。"), field=name)


def _parent(actor: Actor, info: RegisterInfo, text: str) -> Record:
    above = register_info(info.definition.parent) if info.definition.on is Hangs.REGISTER else None
    number = read_number(text)
    found: Record | None = None
    if above is not None and above in readable(actor) and number is not None:
        found = visible_records(actor, above).filter(pk=number).first()
    if found is None:
        raise _bad("parent", text)
    return found
