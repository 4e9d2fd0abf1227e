"""The filters of a list of records: read from an address, checked, and encoded as a query string.

The filter of a field is the parameter `f.KEY`, or `f.KEY.from` and `f.KEY.to` for a range of numbers or days. A filter
that cannot be read is left out and named, and so are an unknown name and a filter that has several values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases.selectors.search import make_query_tokens
from jiedao.kernel.errors import UserError
from jiedao.kernel.parameters import make_repeated_error, make_unreadable_error, read_single_values
from jiedao.orgs.actor import Actor
from jiedao.orgs.figure_keys import NOWHERE
from jiedao.orgs.units import unit_info
from jiedao.pages.reading import read_number, read_past_day
from jiedao.places.selectors import past_area_info
from jiedao.registers.access import readable_registers, visible_records
from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.registers.definition import NUMERIC, Anchor, Field, FieldKind
from jiedao.registers.models import Record
from jiedao.registers.selectors.filters import NO_VALUE, RecordFilters
from jiedao.registers.selectors.ordering import NEWEST, list_orders

MAX_SEARCH_CHARACTERS = 100
STATES: dict[str, Any] = {"ended": gettext_lazy("已移出"), "all": gettext_lazy("在册和已移出")}
ACTIVE: dict[str, bool | None] = {"": True, "ended": False, "all": None}
STANDARD_NAMES = ("q", "grade", "area", "unit", "state", "on", "parent", "order")
RANGE_KINDS = frozenset({*NUMERIC, FieldKind.DATE})


@dataclass(frozen=True)
class RecordQuery:
    """The filters of a list; `pairs` are the parameters that could be read, in a fixed order."""

    info: RegisterInfo
    pairs: tuple[tuple[str, str], ...] = ()
    as_of: date | None = None
    parent: Record | None = None
    faults: list[UserError] = dataclass_field(default_factory=list)

    def get(self, name: str) -> str:
        """Return the text of a parameter, "" if it is not set."""
        return next((value for key, value in self.pairs if key == name), "")

    def encode(self, without: tuple[str, ...] = (), **more: str) -> str:
        """Return the query string, without some parameters and with others added or replaced."""
        pairs = [(name, value) for name, value in self.pairs if name not in {*without, *more}]
        return urlencode([*pairs, *((name, value) for name, value in more.items() if value)])

    @property
    def order(self) -> str:
        """The order of the list, a name of `ordering.list_orders`."""
        return self.get("order") or NEWEST

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the order is chosen."""
        return any(name != "order" for name, _value in self.pairs)

    def reset_order(self, fault: UserError) -> "RecordQuery":
        """Return the same filters in the default order, because of a fault."""
        pairs = tuple(pair for pair in self.pairs if pair[0] != "order")
        return replace(self, pairs=pairs, faults=[*self.faults, fault])

    @cached_property
    def area_path(self) -> str:
        """The path of the chosen area, `NO_VALUE` for records in no community, "" if none is chosen."""
        if self.get("area") == str(NOWHERE):
            return NO_VALUE
        area = past_area_info(read_number(self.get("area")))
        return area.path if area is not None else ""

    @cached_property
    def filters(self) -> RecordFilters:
        """The filters as the selectors take them."""
        return RecordFilters(
            text=self.get("q"),
            grade=self.get("grade"),
            area_path=self.area_path,
            unit_id=read_number(self.get("unit")),
            parent_id=self.parent.pk if self.parent is not None else None,
            values=build_values(self.info, dict(self.pairs)),
            active=ACTIVE[self.get("state")],
        )


def list_filter_fields(info: RegisterInfo) -> list[Field]:
    """Return the fields by which the list can be filtered."""
    return [
        field for field in info.definition.active_fields if field.filter and field.slot and not field.personal
    ]


def build_values(info: RegisterInfo, data: Mapping[str, str]) -> dict[str, str]:
    """Return the values to filter by, by key of the field; a range is "low..high"."""
    values = {}
    for field in list_filter_fields(info):
        low, high = data.get(f"f.{field.key}.from", ""), data.get(f"f.{field.key}.to", "")
        if field.kind in RANGE_KINDS and (low or high):
            values[field.key] = f"{low}..{high}"
        elif data.get(f"f.{field.key}"):
            values[field.key] = data[f"f.{field.key}"]
    return values


def get_parameter_names(field: Field) -> tuple[str, ...]:
    """Return the parameters of a field's filter: exact value and, for numbers and days, lower end and upper end."""
    exact = f"f.{field.key}"
    return (exact, f"{exact}.from", f"{exact}.to") if field.kind in RANGE_KINDS else (exact,)


def read_query(
    actor: Actor, info: RegisterInfo, params: QueryDict, *, others: Sequence[str] = ("cursor", "count")
) -> RecordQuery:
    """Return what the address narrows the list to; what cannot be understood is left out and named in `faults`.

    Args:
        others: names in the address that are no filters.
    """
    fields = list_filter_fields(info)
    names = [*STANDARD_NAMES, *(name for field in fields for name in get_parameter_names(field))]
    data, faults = read_single_values(params, names, others=others)
    pairs: list[tuple[str, str]] = []
    days: list[date] = []
    parents: list[Record] = []
    readers: dict[str, Callable[[str], None]] = {
        "q": _check_search_text,
        "grade": lambda text: _require_known("grade", text, text == NO_VALUE or info.definition.grade(text)),
        "area": lambda text: _require_known(
            "area", text, text == str(NOWHERE) or past_area_info(read_number(text))
        ),
        "unit": lambda text: _require_known(
            "unit", text, text == str(NOWHERE) or unit_info(read_number(text))
        ),
        "state": lambda text: _require_known("state", text, text in STATES),
        "on": lambda text: days.append(read_past_day(text)),
        "parent": lambda text: parents.append(_find_parent(actor, info, text)),
        "order": lambda text: _require_known("order", text, text in list_orders(info)),
    }
    for name, read in readers.items():
        if text := data.get(name, ""):
            try:
                read(text)
            except UserError as fault:
                faults.append(fault)
            else:
                pairs.append((name, text))
    for field in fields:
        pairs += _read_field_filter(info, field, data, faults)
    return RecordQuery(info, tuple(pairs), days[0] if days else None, parents[0] if parents else None, faults)


def _read_field_filter(
    info: RegisterInfo, field: Field, data: Mapping[str, str], faults: list[UserError]
) -> list[tuple[str, str]]:
    texts = {name: text for name in get_parameter_names(field) if (text := data.get(name, ""))}
    values = build_values(info, texts)
    if not values:
        return []
    try:
        RecordFilters(values=values).condition(info)
    except UserError as fault:
        faults.append(fault)
        return []
    has_range = any(name in texts for name in get_parameter_names(field)[1:])
    if has_range and f"f.{field.key}" in texts:
        faults.append(make_repeated_error(f"f.{field.key}", list(texts.values())))
    return [(name, text) for name, text in texts.items() if (name != f"f.{field.key}") == has_range]


def _check_search_text(text: str) -> None:
    if len(text) > MAX_SEARCH_CHARACTERS:
        message = _("搜索的文字过长：%(n)d 字，最多 %(most)d 字。") % {
            "n": len(text),
            "most": MAX_SEARCH_CHARACTERS,
        }
        raise UserError(message, hint=_("请只写几个关键的词。"), field="q")
    if not make_query_tokens(text):
        message = _("“%(text)s”里没有可以搜索的字。") % {"text": text}
        raise UserError(message, hint=_("请写汉字、字母或数字。"), field="q")


def _require_known(name: str, text: str, match: object) -> None:
    if not match:
        raise make_unreadable_error(name, text)


def _find_parent(actor: Actor, info: RegisterInfo, text: str) -> Record:
    parent_register = register_info(info.definition.parent) if info.definition.on is Anchor.REGISTER else None
    record_id = read_number(text)
    record: Record | None = None
    if parent_register is not None and parent_register in readable_registers(actor) and record_id is not None:
        record = visible_records(actor, parent_register).filter(pk=record_id).first()
    if record is None:
        raise make_unreadable_error("parent", text)
    return record
