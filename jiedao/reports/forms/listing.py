"""The records of a register as rows of a form."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from jiedao.indicators.figure import Place
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.periods import build_period
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.orgs.units import UNITS, unit_label
from jiedao.places.selectors import area_text, community_of
from jiedao.registers.access import may_read
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import NUMERIC
from jiedao.registers.selectors.counting import find_states
from jiedao.registers.selectors.filters import RecordFilters
from jiedao.registers.values import format_value
from jiedao.reports.forms.blank import Value
from jiedao.reports.forms.definition import BindingSpec, get_register_of

MOST_RECORDS = 5_000
_COLUMNS = ("code", "name", "place_text", "area_path", "unit_id", "grade", "values")


def read_list_rows(
    actor: Actor, spec: BindingSpec, place: Place, as_of: date
) -> list[tuple[int, list[Value]]]:
    """Return (id of the record, values in the order of the columns) of the records of a place on a day, by code.

    Raises:
        NotAllowed: the register is not the actor's to read, or not all of its records of the place.
        UserError: there are too many records for a form.
    """
    info = get_register_of(spec)
    if not actor.is_system and not may_read(actor, info):
        raise NotAllowed(
            _("清单取自台账“%(name)s”，它不归您看。") % {"name": info.label},
            hint=_("请由能看这个台账的同事来填这张表。"),
        )
    unit_id = next((unit.id for unit in UNITS.get().values() if unit.code == place.unit_code), None)
    filters = RecordFilters(area_path=place.area_path, unit_id=unit_id if place.unit_code else None)
    on = as_of if as_of < clock.today() else None
    records: list[tuple[Any, ...]] = []
    for states, name in find_states(actor, info, filters, on):
        records += states.order_by(name).values_list(name, *_COLUMNS)[: MOST_RECORDS + 1]
    if len(records) > MOST_RECORDS:
        raise UserError(
            _("台账“%(name)s”超过 %(most)d 条，一张表放不下。") % {"name": info.label, "most": MOST_RECORDS},
            hint=_("请按社区分别填表。"),
        )
    if not actor.is_system and not actor.sees_town:
        _require_all(info, filters, on, len(records))
    records.sort(key=lambda record: (str(record[1]), record[0]))
    named_at = build_period(on, on).end_at if on is not None else None
    return [
        (
            record[0],
            [
                _read_column(info, column, number, record, named_at=named_at)
                for column in spec.columns.values()
            ],
        )
        for number, record in enumerate(records, start=1)
    ]


def _require_all(info: RegisterInfo, filters: RecordFilters, on: date | None, visible: int) -> None:
    """Raise NotAllowed where records of the place are outside the scope of the user who fills the form."""
    total = sum(states.count() for states, _name in find_states(make_system_actor(), info, filters, on))
    if visible < total:
        raise NotAllowed(
            _("台账“%(name)s”共 %(total)d 条，您只能看 %(visible)d 条，清单会不全。")
            % {"name": info.label, "total": total, "visible": visible},
            hint=_("请由能看全部记录的同事来填，或只填您负责的社区、单位。"),
        )


def _read_column(
    info: RegisterInfo, column: str, number: int, record: tuple[Any, ...], *, named_at: datetime | None
) -> Value:
    _id, code, name, place_text, area_path, unit_id, grade, values = record
    community = community_of(area_path) if area_path else None
    grade_info = info.definition.grade(grade)
    own: dict[str, Value] = {
        "#": number,
        "code": code,
        "name": name,
        "place_text": place_text,
        "community": area_text(community.path, named_at) if community is not None else "",
        "area": area_text(area_path, named_at) if area_path else "",
        "unit": unit_label(unit_id, named_at),
        "grade": grade_info.label if grade_info is not None else grade,
    }
    if column in own:
        return own[column]
    field = info.definition.field(column)
    if field is None or field.personal:  # retired or made personal since the form was bound
        raise UserError(
            _("台账“%(register)s”的“%(field)s”现在不能填入表格。")
            % {"register": info.label, "field": column},
            hint=_("请重新绑定这份清单。"),
        )
    value = values.get(field.store)
    if value is not None and field.kind in NUMERIC:
        return Decimal(str(value))
    return format_value(field, value)
