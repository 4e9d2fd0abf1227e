"""Check the input for a record and turn it into columns: references, values, grade, and every fault.

The form, the API and the import use the same checker. `RowChecker(info)` looks up each reference in the database;
`RowChecker(info, bulk=True)` loads all of them once, which is faster for a hundred thousand rows.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.expressions import ComputingFault
from jiedao.kernel.folding import fold_key
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Scope
from jiedao.orgs.units import UNITS, UnitInfo, unit_info
from jiedao.places.following import list_successors_of_code, name_successors
from jiedao.places.models import Premise
from jiedao.places.selectors import AREAS, AreaInfo, area_info, locate
from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.registers.definition import Anchor, Field
from jiedao.registers.models import LONG_AGO, Record
from jiedao.registers.overriding import compute_effective_grade
from jiedao.registers.values import ValueFault, from_stored, make_reader, read_slots, to_stored

MOST_CODE, MOST_NAME, MOST_PLACE = 60, 120, 200
LOCATION = frozenset({"premise", "area", "parent", "lon", "lat"})
LOCATION_COLUMNS = ("premise_id", "parent_id", "area_id", "area_path", "lon", "lat")
STANDARD_FIELDS = ("code", "name", "premise", "area", "unit", "parent", "place_text", "lon", "lat")


@dataclass
class RecordInput:
    """The input for a record: references by code or by id, values by the field's key, as text or typed.

    A sheet and the API give references by code, a form gives them by id. If both are data, the id counts.

    Attributes:
        on: the day from which the input holds; None for today.
        active: False if the object no longer exists.
        keep: names of `STANDARD_FIELDS` and "active" that the input leaves out; an existing record keeps its own.
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
    premise_id: int | None = None
    area_id: int | None = None
    unit_id: int | None = None
    parent_id: int | None = None

    def has_reference(self, name: str) -> bool:
        """Return whether the input names a premise, area, unit or parent."""
        return bool(getattr(self, name)) or getattr(self, f"{name}_id") is not None


@dataclass(frozen=True)
class Fault:
    """A reason why the input cannot be stored; `field` is a name of `STANDARD_FIELDS` or the key of a field."""

    field: str
    reason: str


@dataclass(frozen=True)
class _ParentRow:
    id: int
    area_id: int | None
    area_path: str
    unit_id: int | None


@dataclass
class CheckedRow:
    """The columns that a row would write (see `models.RecordState` and `Record`), and its faults."""

    columns: dict[str, Any]
    faults: list[Fault]


def default_unit(actor: Actor, info: RegisterInfo) -> int | None:
    """Return the unit of a new record whose input names none.

    It is the actor's unit if the actor would not see the record otherwise, else None.
    """
    sees_anyway = actor.scope != Scope.UNIT or info.unit_id in actor.unit_ids
    return None if sees_anyway else actor.unit_id


class RowChecker:
    """Checks rows of one register. Raises UserError if one of its grading rules cannot be used."""

    def __init__(self, info: RegisterInfo, *, actor: Actor, bulk: bool = False) -> None:
        self.info, self.definition, self.actor, self.bulk = info, info.definition, actor, bulk
        self.today = clock.today()
        self._grader = info.grader
        # What the input refers to by code or by name is looked up in its folded form.
        self._areas = {fold_key(area.code): area for area in AREAS.get().values()}
        self._units = {fold_key(unit.code): unit for unit in UNITS.get().values() if unit.active}
        self._unit_names = {fold_key(unit.name): unit for unit in self._units.values()}
        self._premises: dict[str | int, Premise] | None = None  # by folded code and by id
        self._parents: dict[str | int, _ParentRow] | None = None  # by folded code and by id
        self._fields = [
            (field, field.key, field.store, make_reader(field)) for field in self.definition.active_fields
        ]

    def check(self, data: RecordInput, before: Record | None = None) -> CheckedRow:
        """Return the columns that the input gives, and every fault in it.

        Args:
            before: the record to change, None for a new record. Values that the input leaves out keep their value.
        """
        faults: list[Fault] = []
        columns: dict[str, Any] = {
            "code": self._clean_text(fold_key(data.code), MOST_CODE, "code", faults),
            "name": self._clean_text(data.name, MOST_NAME, "name", faults),
            "place_text": self._clean_text(data.place_text, MOST_PLACE, "place_text", faults),
            "active": data.active,
        }
        if before is not None and data.keep:
            for name in data.keep & {"code", "name", "place_text", "active"}:
                columns[name] = getattr(before, name)
        if not columns["name"]:
            faults.append(Fault("name", _("没有填写名称。")))
        if before is not None and data.keep >= LOCATION:
            columns |= {name: getattr(before, name) for name in LOCATION_COLUMNS}
            self._check_kept_unit(data, before, columns, faults)
        else:
            self._check_location(self._fill_kept(data, before), columns, faults)
        if before is None:
            self._assign_own_unit(columns)
        self._check_scope(columns, faults)
        self._check_since_date(data, columns, before, faults)
        self._check_values(data, columns, before, faults)
        return CheckedRow(columns, faults)

    # -- standard columns ----------------------------------------------------------------------------------------

    @staticmethod
    def _clean_text(text: str, most: int, name: str, faults: list[Fault]) -> str:
        if not text:
            return ""
        clean = " ".join(make_storable(text).split())
        if len(clean) > most:
            faults.append(
                Fault(name, _("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(clean), "most": most})
            )
        return clean[:most]

    def _check_location(self, data: RecordInput, columns: dict[str, Any], faults: list[Fault]) -> None:
        """Set premise, parent, unit, point and area. An area in the input takes precedence over derived areas."""
        area = self._find_area(data, faults)
        unit = self._find_unit(data, faults)
        columns |= {"premise_id": None, "parent_id": None, "lon": None, "lat": None}
        columns |= {"unit_id": unit.id if unit else None, "area_id": None, "area_path": ""}
        if data.has_reference("premise"):
            premise = self._find_premise(data)
            if premise is None:
                retired = Premise.objects.filter(pk=data.premise_id or 0).first()
                code = retired.code if retired is not None else _quote_reference(data, "premise")
                faults.append(Fault("premise", _("没有编码或名称为“%(code)s”的处所。") % {"code": code}))
            else:
                columns |= {"premise_id": premise.pk, "lon": premise.lon, "lat": premise.lat}
                columns |= {"area_id": premise.area_id, "area_path": AREAS.get()[premise.area_id].path}
        elif self.definition.on is Anchor.PREMISE:
            faults.append(Fault("premise", _("没有填写所在的处所。")))
        self._check_parent(data, columns, faults)
        self._check_point(data, columns, faults)
        if area is not None:
            columns |= {"area_id": area.id, "area_path": area.path}
        if self.definition.on is Anchor.GRID and not columns["area_path"] and not data.has_reference("area"):
            faults.append(Fault("area", _("没有填写所在的网格或社区。")))
        if (
            self.definition.on is Anchor.UNIT
            and unit is None
            and not any(fault.field == "unit" for fault in faults)
        ):
            faults.append(Fault("unit", _("没有填写所属单位。")))

    def _check_kept_unit(
        self, data: RecordInput, before: Record, columns: dict[str, Any], faults: list[Fault]
    ) -> None:
        """Set the unit of a record whose location the input leaves out."""
        if "unit" in data.keep:
            columns["unit_id"] = before.unit_id
            return
        unit = self._find_unit(data, faults)
        columns["unit_id"] = unit.id if unit else None
        if self.definition.on is Anchor.UNIT and not data.has_reference("unit"):
            faults.append(Fault("unit", _("没有填写所属单位。")))

    @staticmethod
    def _fill_kept(data: RecordInput, before: Record | None) -> RecordInput:
        """Return the input, completed with the record's present location.

        Point and area follow from the premise, the parent or the point: if the input moves one of them, what follows
        from it is not stored.
        """
        if before is None or not data.keep:
            return data
        kept_values: dict[str, Any] = {}
        for name in data.keep & {"unit", "premise", "parent"}:
            kept_values |= {name: "", f"{name}_id": getattr(before, f"{name}_id")}
        if data.keep >= {"area", "premise", "lon", "lat"} and not data.has_reference("parent"):
            area = area_info(before.area_id)
            kept_values |= {"area": "", "area_id": area.id if area is not None else None}
        if "premise" in data.keep:
            kept_values |= {name: getattr(before, name) for name in data.keep & {"lon", "lat"}}
        return replace(data, **kept_values)

    def _find_area(self, data: RecordInput, faults: list[Fault]) -> AreaInfo | None:
        if not data.has_reference("area"):
            return None
        area = area_info(data.area_id) if data.area_id is not None else self._areas.get(fold_key(data.area))
        if area is None and len(heirs := list_successors_of_code(data.area.strip())) == 1:
            area = heirs[0]
        elif area is None and heirs:
            words = _("区域 %(code)s 已随辖区调整撤销，现在是：%(areas)s。")
            faults.append(Fault("area", words % {"code": data.area, "areas": name_successors(heirs)}))
        elif area is None:
            words = _("没有代码或名称为“%(code)s”的社区或网格。") % {"code": _quote_reference(data, "area")}
            faults.append(Fault("area", words))
        return area

    def _find_unit(self, data: RecordInput, faults: list[Fault]) -> UnitInfo | None:
        if not data.has_reference("unit"):
            return None
        if data.unit_id is not None:
            unit = unit_info(data.unit_id)
        else:
            name = fold_key(data.unit)
            unit = self._units.get(name) or self._unit_names.get(name)
        if unit is None or not unit.active:
            code = unit.code if unit is not None else _quote_reference(data, "unit")
            faults.append(Fault("unit", _("没有名为“%(code)s”的单位。") % {"code": code}))
            return None
        return unit

    def _find_premise(self, data: RecordInput) -> Premise | None:
        key = data.premise_id if data.premise_id is not None else fold_key(data.premise)[:32]
        if not self.bulk:
            names = {"pk": key} if isinstance(key, int) else {"code__in": {key, data.premise[:32]}}
            return Premise.objects.filter(active=True, **names).first()
        if self._premises is None:
            self._premises = {}
            for premise in Premise.objects.filter(active=True):
                self._premises[fold_key(premise.code)] = self._premises[premise.pk] = premise
        return self._premises.get(key)

    def _check_parent(self, data: RecordInput, columns: dict[str, Any], faults: list[Fault]) -> None:
        if self.definition.on is not Anchor.REGISTER:
            return
        other = register_info(self.definition.parent)
        parent = (
            self._find_parent(other, data) if other is not None and data.has_reference("parent") else None
        )
        if other is None or parent is None:
            name = other.label if other is not None else self.definition.parent
            words = _("“%(register)s”里没有编码“%(code)s”。") % {
                "register": name,
                "code": _quote_reference(data, "parent"),
            }
            faults.append(
                Fault(
                    "parent",
                    words
                    if data.has_reference("parent")
                    else _("没有填写所属的“%(name)s”。") % {"name": name},
                )
            )
            return
        columns |= {"parent_id": parent.id, "area_id": parent.area_id, "area_path": parent.area_path}
        columns["unit_id"] = columns["unit_id"] or parent.unit_id

    def _find_parent(self, other: RegisterInfo, data: RecordInput) -> _ParentRow | None:
        key = data.parent_id if data.parent_id is not None else fold_key(data.parent)[:MOST_CODE]
        rows = Record.objects.filter(register_id=other.id).values_list(
            "code", "id", "area_id", "area_path", "unit_id"
        )
        if not self.bulk:
            column = "pk" if isinstance(key, int) else "code"
            return next((_ParentRow(*row[1:]) for row in rows.filter(**{column: key})), None)
        if self._parents is None:
            self._parents = {}
            for row in rows:
                parent = _ParentRow(*row[1:])
                self._parents[fold_key(row[0])] = self._parents[parent.id] = parent
        return self._parents.get(key)

    @staticmethod
    def _check_point(data: RecordInput, columns: dict[str, Any], faults: list[Fault]) -> None:
        if data.lon is None and data.lat is None:
            return
        if data.lon is None or data.lat is None:
            faults.append(Fault("lon", _("只有一个坐标值。")))
            return
        try:
            located = locate(data.lon, data.lat)
        except UserError as fault:
            faults.append(Fault("lon", str(fault.message)))
            return
        columns |= {"lon": located.lon, "lat": located.lat}
        if located.area is not None and not columns["area_path"]:
            columns |= {"area_id": located.area.id, "area_path": located.area.path}

    def _assign_own_unit(self, columns: dict[str, Any]) -> None:
        """Assign a new record to the actor's unit if the actor would not see it otherwise; see `default_unit`."""
        if columns["unit_id"] is None:
            columns["unit_id"] = default_unit(self.actor, self.info)

    def _check_scope(self, columns: dict[str, Any], faults: list[Fault]) -> None:
        within, path = self.actor.confined_to, columns["area_path"]
        if within is not None and path and not path.startswith(within):
            faults.append(Fault("area", _("这个网格不归您管。")))

    def _check_since_date(
        self, data: RecordInput, columns: dict[str, Any], before: Record | None, faults: list[Fault]
    ) -> None:
        on = data.on or self.today
        columns["since_date"] = on
        if on > self.today + timedelta(days=1):
            faults.append(Fault("on", _("生效日期 %(day)s 在将来。") % {"day": on}))
        elif on < LONG_AGO:
            faults.append(Fault("on", _("生效日期 %(day)s 太早。") % {"day": on}))
        elif before is not None and on < before.since_date:
            words = _("%(day)s 早于现有内容的生效日期 %(since)s。")
            faults.append(Fault("on", words % {"day": on, "since": before.since_date}))

    # -- values --------------------------------------------------------------------------------------------------

    def _check_values(
        self, data: RecordInput, columns: dict[str, Any], before: Record | None, faults: list[Fault]
    ) -> None:
        values: dict[str, Any] = dict(before.values) if before is not None else {}
        unknown = [key for key in data.values if key not in self.definition.by_key]
        faults += [Fault(key, _("没有这一项。")) for key in unknown]
        for definition_field, key, store, read in self._fields:
            if key in data.values:
                try:
                    value = read(data.values[key])
                except ValueFault as fault:
                    faults.append(Fault(key, str(fault)))
                    continue
                _store_value(definition_field, value, values)
            if definition_field.required and values.get(store) is None:
                faults.append(Fault(key, _("没有填写“%(name)s”。") % {"name": definition_field.label}))
        columns["values"] = values
        columns |= read_slots(self.definition, values)
        if faults:
            return
        try:
            graded = self._grader.grade(values, self.today)
        except ComputingFault as fault:
            faults.append(Fault(fault.field, str(fault)))
            return
        columns |= compute_effective_grade(
            self.definition, graded, before.grade_note if before is not None else {}, self.today
        )


def _quote_reference(data: RecordInput, name: str) -> str:
    """Return a reference of the input as a message quotes it: its code, or its id."""
    return str(getattr(data, name))[:40] or str(getattr(data, f"{name}_id"))


def _store_value(field: Field, value: Any, values: dict[str, Any]) -> None:
    """Store a value under the `store` of its field. An unchanged personal value keeps its present ciphertext."""
    old = values.pop(field.store, None)
    if value is None:
        return
    if not field.personal:
        values[field.store] = value
        return
    unchanged = old is not None and from_stored(field, old) == str(value)
    values[field.store] = old if unchanged else to_stored(field, value)
