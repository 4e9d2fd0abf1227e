"""Registers as a source of amounts: what records of a register say they did, by community and month.

A spec: `{"source": "register", "register": key, "sum": field, "date": field, "where": {field: value}, "digits": 2}`.
Without `sum` the records are counted. `where` filters as a list does. A record counts from the day in its date field
on, with what it says now; one that has ended, or whose day is still to come, does not. The numbers of records are
floats: each cell is rounded to `digits`, 2 where the spec does not say.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import Substr, TruncMonth
from django.utils.translation import override

from jiedao.kernel.feeds import Address, Cell, Reading, Spec
from jiedao.kernel.packs.faults import Report, did_you_mean
from jiedao.kernel.packs.pack import Pack
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS, community_of
from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.registers.definition import NUMERIC, Definition, Field, FieldKind, settle
from jiedao.registers.models import Record
from jiedao.registers.pack.definitions import find_register_files, read_register
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.values import ValueFault, read_value

KEYS = frozenset({"source", "register", "sum", "date", "where", "digits"})
MOST_DIGITS = 6


def check_feed(spec: Spec, definition: Definition) -> list[str]:
    """Return what is wrong with a spec that reads a register of this settled definition; no database is asked."""
    faults = [f"a feed of a register has no {key!r}" for key in sorted(set(spec) - KEYS)]
    fields = {one.key: one for one in definition.live if not one.personal}
    listed = [key for key, one in fields.items() if one.filter]
    days = [key for key in listed if fields[key].kind is FieldKind.DATE]
    if spec.get("date") not in days:
        faults.append(
            f"'date' is no date of {definition.key!r} that filters: {spec.get('date')!r}; {_names(days)}"
        )
    numbers = [key for key, one in fields.items() if one.kind in NUMERIC and one.summed and one.slot]
    if "sum" in spec and spec["sum"] not in numbers:
        faults.append(
            f"'sum' is no number of {definition.key!r} that lists sum: {spec['sum']!r}; {_names(numbers)}"
        )
    digits = spec.get("digits", 2)
    if type(digits) is not int or not 0 <= digits <= MOST_DIGITS:
        faults.append(f"'digits' is a whole number from 0 to {MOST_DIGITS}, not {digits!r}")
    where = spec.get("where", {})
    if not isinstance(where, Mapping):
        return [*faults, "'where' is a table of fields and values"]
    for key, value in where.items():
        if key not in listed:
            faults.append(
                f"'where' names {key!r}, by which {definition.key!r} does not filter; {_names(listed)}"
            )
        elif why := _unreadable(fields[key], value):
            faults.append(f"'where' {key!r}: {why}")
    return faults


def _unreadable(one: Field, value: Any) -> str:
    """Return why a list cannot be narrowed to a value, "" where it can."""
    if not isinstance(value, str | int | float):
        return f"a text, a number or true or false, not {value!r}"
    with override("en"):
        try:
            read_value(one, value)
        except ValueFault as fault:
            return str(fault)
    return ""


def _names(known: Any) -> str:
    return f"known: {', '.join(known)}" if known else "it has none"


class RegisterSource:
    """Answers the specs whose source is "register"."""

    def check(self, spec: Spec) -> list[str]:
        """Return what is wrong with a spec, by the registers as they are declared now."""
        info = register_info(str(spec.get("register")))
        if info is None or not info.active:
            return [f"there is no register {spec.get('register')!r}"]
        return check_feed(spec, info.definition)

    def check_declared(self, spec: Spec, pack: Pack, report: Report) -> list[str]:
        """Return what is wrong with a spec, by the registers that the pack declares."""
        key, files = str(spec.get("register")), find_register_files(pack)
        if key not in files:
            return [f"no register {key!r}. {did_you_mean(key, files)}"]
        if not report.has_read(files[key]) or any(fault.file == files[key] for fault in report.errors):
            return []
        definition = read_register(pack, key, files[key]).definition
        return check_feed(spec, settle(definition, None, {}).definition)

    def read(self, spec: Spec, *, until: date, since: date | None) -> Reading:
        """Return the amounts of records by community and month, in one statement."""
        info = _info(spec)
        day, number = _slot(info, spec["date"]), _slot(info, spec["sum"]) if "sum" in spec else ""
        rows = Record.objects.filter(RecordFilters(values=_where(spec)).condition(info))
        rows = rows.filter(**{f"{day}__lte": until}, **({f"{day}__gt": since} if since else {}))
        cells = rows.annotate(place=Substr("area_path", 1, _depth()), month=TruncMonth(day))
        amount = Sum(number) if number else Count("pk")
        found = cells.values_list("place", "month").annotate(amount=amount, n=Count("pk"))
        digits = int(spec.get("digits", 2))
        return Reading(
            tuple(
                Cell(_community(place), month, Decimal(str(round(total or 0, digits))), n)
                for place, month, total, n in found.order_by("place", "month")
            )
        )

    def address(self, spec: Spec, *, until: date, since: date | None, area_path: str) -> Address:
        """Return the register's list, narrowed to the records that count."""
        query = {f"f.{key}": value for key, value in _where(spec).items()}
        if since is not None:
            query[f"f.{spec['date']}.from"] = (since + timedelta(days=1)).isoformat()
        query[f"f.{spec['date']}.to"] = until.isoformat()
        community = community_of(area_path)
        if community is not None:
            query["area"] = str(community.id)
        return Address("desk:register", (str(spec["register"]),), query)


def _where(spec: Spec) -> dict[str, str]:
    given = spec.get("where", {})
    pairs = given.items() if isinstance(given, Mapping) else ()
    return {str(key): str(int(value) if isinstance(value, bool) else value) for key, value in pairs}


def _info(spec: Spec) -> RegisterInfo:
    info = register_info(str(spec["register"]))
    if info is None:
        raise LookupError(f"checked before: {spec['register']!r}")
    return info


def _slot(info: RegisterInfo, key: str) -> str:
    one = info.definition.field(key)
    if one is None:
        raise LookupError(f"checked before: {key!r}")
    return one.slot


def _depth() -> int:
    """Return how long the path of a community is."""
    paths = (area.path for area in AREAS.get().values() if area.kind == AreaKind.COMMUNITY)
    return len(next(paths, ""))


def _community(path: str) -> str:
    """Return the path where it is a community's; what lies in the town and in no community is in none."""
    return path if community_of(path) is not None else ""
