"""From what somebody gave to the columns of a record: references found, values read, grade computed, faults named.

One checker serves the form, the API and the import: `Checker(info)` looks references up one by one, `Checker(info,
bulk=True)` loads them once for a hundred thousand rows.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.storable import storable
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Scope
from jiedao.orgs.units import UNITS, unit_info
from jiedao.places.models import Premise
from jiedao.places.selectors import AREAS, area_info, locate
from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.registers.definition import Field, Hangs
from jiedao.registers.models import LONG_AGO, Record
from jiedao.registers.overriding import effective
from jiedao.registers.values import ValueFault, kept, reader_of, revealed, slots_of

MOST_CODE, MOST_NAME, MOST_PLACE = 60, 120, 200
WHERE = frozenset({"premise", "area", "parent", "lon", "lat"})
WHERE_COLUMNS = ("premise_id", "parent_id", "area_id", "area_path", "lon", "lat")
STANDARD = ("code", "name", "premise", "area", "unit", "parent", "place_text", "lon", "lat")


@dataclass
class Given:
    """A record as somebody gave it; references by code, values by the field's key, as text or typed.

    Attributes:
        on: the day from which it holds; today when None.
        active: False where the object has ended.
        keep: of STANDARD and "active", what was not given and stays as it is where the record is there already.
    """

    code: str = ""
    name: str = ""
    premise: str = ""
    area: str = ""
    unit: str = ""
    parent: str = ""
    place_text: str = ""
    lon: float | None = None
    lat: float | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    on: date | None = None
    active: bool = True
    client_uuid: uuid.UUID | None = None
    keep: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Fault:
    """Something that cannot be kept: the field it belongs to ("code", "area", or a field's key) and why."""

    field: str
    reason: str


@dataclass(frozen=True)
class _Parent:
    id: int
    area_id: int | None
    area_path: str
    unit_id: int | None


@dataclass
class Checked:
    """The columns that a row would have (see `models.RecordState` and `Record`), and its faults."""

    columns: dict[str, Any]
    faults: list[Fault]


def own_unit(actor: Actor, info: RegisterInfo) -> int | None:
    """Return the unit that a new record belongs to unless another is named; None where its adder sees it anyway."""
    sees = actor.scope != Scope.UNIT or info.unit_id in actor.unit_ids
    return None if sees else actor.unit_id


class Checker:
    """Checks rows of one register."""

    def __init__(self, info: RegisterInfo, *, actor: Actor, bulk: bool = False) -> None:
        self.info, self.definition, self.actor, self.bulk = info, info.definition, actor, bulk
        self.today = clock.today()
        self._areas = {area.code: area for area in AREAS.get().values()}
        self._units = {unit.code: unit for unit in UNITS.get().values() if unit.active}
        self._unit_names = {unit.name: unit for unit in self._units.values()}
        self._premises: dict[str, Premise] | None = None
        self._parents: dict[str, _Parent] | None = None
        self._fields = [(one, one.key, one.store, reader_of(one)) for one in self.definition.live]

    def check(self, given: Given, before: Record | None = None) -> Checked:
        """Return the columns of a row and everything that is wrong with it.

        Args:
            before: the record as it is, for a change: values and references that are not given stay.
        """
        faults: list[Fault] = []
        columns: dict[str, Any] = {
            "code": self._short(given.code, MOST_CODE, "code", faults),
            "name": self._short(given.name, MOST_NAME, "name", faults),
            "place_text": self._short(given.place_text, MOST_PLACE, "place_text", faults),
            "active": given.active,
        }
        if before is not None and given.keep:
            for name in given.keep & {"code", "name", "place_text", "active"}:
                columns[name] = getattr(before, name)
        if not columns["name"]:
            faults.append(Fault("name", _("没有填写名称。")))
        if before is not None and given.keep >= WHERE:
            columns |= {name: getattr(before, name) for name in WHERE_COLUMNS}
            self._kept_unit(given, before, columns, faults)
        else:
            self._hang(self._with_kept(given, before), columns, faults)
        if before is None:
            self._own(columns)
        self._scope(columns, faults)
        self._on(given, columns, before, faults)
        self._values(given, columns, before, faults)
        return Checked(columns, faults)

    # -- standard columns ----------------------------------------------------------------------------------------

    @staticmethod
    def _short(text: str, most: int, name: str, faults: list[Fault]) -> str:
        if not text:
            return ""
        clean = " ".join(storable(text).split())
        if len(clean) > most:
            faults.append(
                Fault(name, _("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(clean), "most": most})
            )
        return clean[:most]

    def _hang(self, given: Given, columns: dict[str, Any], faults: list[Fault]) -> None:
        """Find premise, area, unit and parent; the area is the deepest that any of them names."""
        area = self._area(given, faults)
        unit = self._unit(given, faults)
        columns |= {"premise_id": None, "parent_id": None, "lon": None, "lat": None}
        columns |= {"unit_id": unit.id if unit else None, "area_id": None, "area_path": ""}
        if given.premise:
            premise = self._premise(given.premise)
            if premise is None:
                faults.append(
                    Fault("premise", _("没有编码为“%(code)s”的处所。") % {"code": given.premise[:40]})
                )
            else:
                columns |= {"premise_id": premise.pk, "lon": premise.lon, "lat": premise.lat}
                columns |= {"area_id": premise.area_id, "area_path": AREAS.get()[premise.area_id].path}
        elif self.definition.on is Hangs.PREMISE:
            faults.append(Fault("premise", _("没有填写所在的处所。")))
        self._parent(given, columns, faults)
        self._point(given, columns, faults)
        if area is not None:
            columns |= {"area_id": area.id, "area_path": area.path}
        if self.definition.on is Hangs.GRID and not columns["area_path"] and not given.area:
            faults.append(Fault("area", _("没有填写所在的网格或社区。")))
        if (
            self.definition.on is Hangs.UNIT
            and unit is None
            and not any(one.field == "unit" for one in faults)
        ):
            faults.append(Fault("unit", _("没有填写所属单位。")))

    def _kept_unit(self, given: Given, before: Record, columns: dict[str, Any], faults: list[Fault]) -> None:
        """Set the unit of a record that stays where it is."""
        if "unit" in given.keep:
            columns["unit_id"] = before.unit_id
            return
        unit = self._unit(given, faults)
        columns["unit_id"] = unit.id if unit else None
        if self.definition.on is Hangs.UNIT and not given.unit:
            faults.append(Fault("unit", _("没有填写所属单位。")))

    @staticmethod
    def _with_kept(given: Given, before: Record | None) -> Given:
        """Return what was given with what stays: a part that was given moves the point and area that were not."""
        if before is None or not given.keep:
            return given
        unit, area = unit_info(before.unit_id), area_info(before.area_id)
        stays: dict[str, Any] = {
            "unit": unit.code if unit else "",
            "premise": before.premise.code if before.premise else "",
            "parent": before.parent.code if before.parent else "",
        }
        if "premise" in given.keep and not given.parent:
            stays |= {"area": area.code if area else ""}
        if "premise" in given.keep:
            stays |= {"lon": before.lon, "lat": before.lat}
        if not given.keep >= {"lon", "lat"}:
            stays.pop("area", None)
        return replace(given, **{name: value for name, value in stays.items() if name in given.keep})

    def _area(self, given: Given, faults: list[Fault]) -> Any:
        if not given.area:
            return None
        area = self._areas.get(given.area)
        if area is None:
            faults.append(Fault("area", _("没有代码为“%(code)s”的社区或网格。") % {"code": given.area[:40]}))
        return area

    def _unit(self, given: Given, faults: list[Fault]) -> Any:
        if not given.unit:
            return None
        unit = self._units.get(given.unit) or self._unit_names.get(given.unit)
        if unit is None:
            faults.append(Fault("unit", _("没有名为“%(code)s”的单位。") % {"code": given.unit[:40]}))
        return unit

    def _premise(self, code: str) -> Premise | None:
        if not self.bulk:
            return Premise.objects.filter(code=code[:32], active=True).first()
        if self._premises is None:
            self._premises = {row.code: row for row in Premise.objects.filter(active=True)}
        return self._premises.get(code)

    def _parent(self, given: Given, columns: dict[str, Any], faults: list[Fault]) -> None:
        if self.definition.on is not Hangs.REGISTER:
            return
        other = register_info(self.definition.parent)
        found = self._parent_of(other, given.parent) if other is not None and given.parent else None
        if other is None or found is None:
            name = other.label if other is not None else self.definition.parent
            words = _("“%(register)s”里没有编码“%(code)s”。") % {"register": name, "code": given.parent[:40]}
            faults.append(
                Fault("parent", words if given.parent else _("没有填写所属的“%(name)s”。") % {"name": name})
            )
            return
        columns |= {"parent_id": found.id, "area_id": found.area_id, "area_path": found.area_path}
        columns["unit_id"] = columns["unit_id"] or found.unit_id

    def _parent_of(self, other: RegisterInfo, code: str) -> _Parent | None:
        rows = Record.objects.filter(register_id=other.id).values_list(
            "code", "id", "area_id", "area_path", "unit_id"
        )
        if not self.bulk:
            return next((_Parent(*row[1:]) for row in rows.filter(code=code[:MOST_CODE])), None)
        if self._parents is None:
            self._parents = {row[0]: _Parent(*row[1:]) for row in rows}
        return self._parents.get(code)

    @staticmethod
    def _point(given: Given, columns: dict[str, Any], faults: list[Fault]) -> None:
        if given.lon is None and given.lat is None:
            return
        if given.lon is None or given.lat is None:
            faults.append(Fault("lon", _("只有一个坐标值。")))
            return
        try:
            located = locate(given.lon, given.lat)
        except UserError as fault:
            faults.append(Fault("lon", str(fault.message)))
            return
        columns |= {"lon": located.lon, "lat": located.lat}
        if located.area is not None and not columns["area_path"]:
            columns |= {"area_id": located.area.id, "area_path": located.area.path}

    def _own(self, columns: dict[str, Any]) -> None:
        """Give a new record to the unit that adds it, where it would otherwise not see its own record."""
        if columns["unit_id"] is None:
            columns["unit_id"] = own_unit(self.actor, self.info)

    def _scope(self, columns: dict[str, Any], faults: list[Fault]) -> None:
        within, path = self.actor.confined_to, columns["area_path"]
        if within is not None and path and not path.startswith(within):
            faults.append(Fault("area", _("这个网格不归您管。")))

    def _on(self, given: Given, columns: dict[str, Any], before: Record | None, faults: list[Fault]) -> None:
        on = given.on or self.today
        columns["since_date"] = on
        if on > self.today + timedelta(days=1):
            faults.append(Fault("on", _("生效日期 %(day)s 在将来。") % {"day": on}))
        elif on < LONG_AGO:
            faults.append(Fault("on", _("生效日期 %(day)s 太早。") % {"day": on}))
        elif before is not None and on < before.since_date:
            words = _("%(day)s 早于现有内容的生效日期 %(since)s。")
            faults.append(Fault("on", words % {"day": on, "since": before.since_date}))

    # -- values --------------------------------------------------------------------------------------------------

    def _values(
        self, given: Given, columns: dict[str, Any], before: Record | None, faults: list[Fault]
    ) -> None:
        values: dict[str, Any] = dict(before.values) if before is not None else {}
        unknown = [key for key in given.values if key not in self.definition.by_key]
        faults += [Fault(key, _("没有这一项。")) for key in unknown]
        for one, key, store, read in self._fields:
            if key in given.values:
                try:
                    value = read(given.values[key])
                except ValueFault as fault:
                    faults.append(Fault(key, str(fault)))
                    continue
                _keep(one, value, values)
            if one.required and values.get(store) is None:
                faults.append(Fault(key, _("没有填写“%(name)s”。") % {"name": one.label}))
        columns["values"] = values
        columns |= slots_of(self.definition, values)
        if not faults:
            graded = self.info.grader.grade(values, self.today)
            columns |= effective(
                self.definition, graded, before.grade_note if before is not None else {}, self.today
            )


def _keep(one: Field, value: Any, values: dict[str, Any]) -> None:
    """Put a value where it lies; a personal one that says the same stays as it was encrypted."""
    old = values.pop(one.store, None)
    if value is None:
        return
    if not one.personal:
        values[one.store] = value
        return
    same = old is not None and revealed(one, old) == str(value)
    values[one.store] = old if same else kept(one, value)
