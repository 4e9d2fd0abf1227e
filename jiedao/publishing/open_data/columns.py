"""The columns that a data set may have, each with its meaning for the data dictionary."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiedao.cases.flow import FINISHED, State
from jiedao.cases.models import Channel
from jiedao.orgs.figure_keys import find_community
from jiedao.orgs.units import unit_label
from jiedao.publishing.private_numbers import mask_numbers
from jiedao.registers.definition import NUMERIC, Definition, Field, FieldKind

LON, LAT = "lon", "lat"
# Columns of every register, beside its own fields: key -> label, meaning.
RECORD_COLUMNS: dict[str, tuple[Any, Any]] = {
    "code": (_("编码"), _("这条记录在台账中的编码")),
    "name": (_("名称"), _("这条记录的名称；像电话、证件号的数字以＊＊＊代替")),
    "area": (_("社区"), _("所在社区")),
    "area_code": (_("社区代码"), _("所在社区的 12 位代码")),
    "grade": (_("等级"), _("按台账的规则定的等级")),
    "since": (_("登记日期"), _("第一天在册的日期")),
}


@dataclass(frozen=True)
class OpenColumn:
    """A column of a data set.

    Attributes:
        kind: "text", "number", "date", "bool" or "choice", for the data dictionary.
        meaning: one sentence for a reader who does not know the office.
        choices: code -> label of a column whose values are codes.
    """

    key: str
    label: str
    kind: str
    meaning: str = ""
    unit: str = ""
    choices: Mapping[str, str] | None = None

    @property
    def heading(self) -> str:
        """The label with the unit, as the head of a table has it."""
        return f"{self.label}（{self.unit}）" if self.unit else self.label

    def describe(self) -> dict[str, Any]:
        """Return the column for the data dictionary."""
        values = {"key": self.key, "label": self.label, "type": self.kind, "meaning": self.meaning}
        values |= {"unit": self.unit} if self.unit else {}
        return values | ({"choices": dict(self.choices)} if self.choices else {})


@dataclass(frozen=True)
class CaseColumn:
    """A column of the cases.

    Attributes:
        needs: the columns of the table that `read` gets by name.
    """

    label: Any
    kind: str
    meaning: Any
    needs: tuple[str, ...]
    read: Callable[[Mapping[str, Any]], Any]
    choices: Callable[[], dict[str, str]] | None = None


def _read_day(column: str) -> Callable[[Mapping[str, Any]], Any]:
    def read(row: Mapping[str, Any]) -> Any:
        return timezone.localtime(row[column]).date() if row[column] is not None else None

    return read


OPEN_STATES: dict[str, Any] = {
    "OPEN": pgettext_lazy("open data", "办理中"),
    "HELD": pgettext_lazy("open data", "暂缓办理"),
    "SOLVED": pgettext_lazy("open data", "已办结"),
    "REFUSED": pgettext_lazy("open data", "不予受理"),
    "MERGED": pgettext_lazy("open data", "并入另一件"),
    "VOIDED": pgettext_lazy("open data", "作废"),
}
_STATE_CODES = {
    State.SUSPENDED: "HELD",
    State.REJECTED: "REFUSED",
    State.MERGED: "MERGED",
    State.VOIDED: "VOIDED",
}


def read_open_state(state: str) -> str:
    """Return the public state of a case, a code of `OPEN_STATES`."""
    return _STATE_CODES.get(State(state)) or ("SOLVED" if state in FINISHED else "OPEN")


def _read_community(path: str, name: str) -> str | None:
    return getattr(find_community(path), name, None)


def _read_hours(row: Mapping[str, Any]) -> Any:
    if row["handled_at"] is None:
        return None
    return round((row["handled_at"] - row["reported_at"]).total_seconds() / 3600, 1)


# No case number and no text: with them, a person who knows the reporter could find the case in the data.
CASE_COLUMNS: dict[str, CaseColumn] = {
    "reported_date": CaseColumn(
        _("上报日期"), "date", _("案件上报的日期"), ("reported_date",), lambda row: row["reported_date"]
    ),
    "filed_date": CaseColumn(_("立案日期"), "date", _("案件立案的日期"), ("filed_at",), _read_day("filed_at")),
    "handled_date": CaseColumn(
        _("处置日期"), "date", _("处置完成的日期"), ("handled_at",), _read_day("handled_at")
    ),
    "closed_date": CaseColumn(_("结案日期"), "date", _("结案的日期"), ("closed_at",), _read_day("closed_at")),
    "due_date": CaseColumn(
        _("处置期限"), "date", _("应当处置完成的日期"), ("handle_due_at",), _read_day("handle_due_at")
    ),
    "kind": CaseColumn(
        _("种类"),
        "choice",
        _("部件（公共设施）或事项"),
        ("category__kind",),
        lambda row: row["category__kind"],
        lambda: {"COMPONENT": str(_("部件")), "MATTER": str(_("事项"))},
    ),
    "category_code": CaseColumn(
        _("类别代码"),
        "text",
        _("GB/T 47678.5 的大类和小类代码，部件和事项分别编号"),
        ("category__code",),
        lambda row: row["category__code"],
    ),
    "category": CaseColumn(
        _("类别"), "text", _("小类的名称"), ("category__name",), lambda row: row["category__name"]
    ),
    "channel": CaseColumn(
        _("来源"),
        "choice",
        _("案件是怎样上报的"),
        ("channel",),
        lambda row: row["channel"],
        lambda: {code: str(label) for code, label in Channel.choices},
    ),
    "area": CaseColumn(
        _("社区"),
        "text",
        _("所在社区"),
        ("area_path",),
        lambda row: _read_community(row["area_path"], "label"),
    ),
    "area_code": CaseColumn(
        _("社区代码"),
        "text",
        _("所在社区的 12 位代码"),
        ("area_path",),
        lambda row: _read_community(row["area_path"], "code"),
    ),
    "unit": CaseColumn(
        _("主办单位"),
        "text",
        _("负责办理的单位"),
        ("lead_unit_id",),
        lambda row: unit_label(row["lead_unit_id"]) or None,
    ),
    "state": CaseColumn(
        _("办理情况"),
        "choice",
        _("办到哪一步了；重复的和误报的也列出，这样件数和公布的数字一致"),
        ("state",),
        lambda row: read_open_state(row["state"]),
        lambda: {code: str(label) for code, label in OPEN_STATES.items()},
    ),
    "handled_on_time": CaseColumn(
        _("按期处置"), "bool", _("是否在期限前处置；还没有处置的为空"), ("handled_on_time",),
        lambda row: row["handled_on_time"],
    ),
    "hours_to_handle": CaseColumn(
        _("处置用时"),
        "number",
        _("从上报到处置完成的小时数，含夜间和休息日"),
        ("handled_at", "reported_at"),
        _read_hours,
    ),
}  # fmt: skip


def list_case_columns(keys: Iterable[str]) -> list[OpenColumn]:
    """Return the columns of cases that are open, in the order of the keys; unknown ones are left out."""
    columns = []
    for key in keys:
        column = CASE_COLUMNS.get(key)
        if column is not None:
            choices = column.choices() if column.choices is not None else None
            columns.append(OpenColumn(key, str(column.label), column.kind, str(column.meaning), "", choices))
    return columns


KIND_NAMES = {FieldKind.CHOICE: "choice", FieldKind.BOOL: "bool", FieldKind.DATE: "date"}


def may_open_field(field: Field) -> bool:
    """Return whether a field of a register may be open: not one that is personal or that names a person."""
    return not field.personal and field.kind is not FieldKind.PERSON and not field.retired


def list_record_columns(definition: Definition, keys: Iterable[str]) -> list[OpenColumn]:
    """Return the columns of a register that may be open, in the order of the keys; the others are left out."""
    columns = []
    for key in keys:
        field = definition.field(key)
        if field is not None:
            if may_open_field(field):
                columns.append(_build_field_column(key, field))
        elif key in RECORD_COLUMNS:
            columns.append(_build_record_column(definition, key))
    return columns


def _build_field_column(key: str, field: Field) -> OpenColumn:
    kind = "number" if field.kind in NUMERIC else KIND_NAMES.get(field.kind, "text")
    choices = {choice.code: choice.label for choice in field.choices} if field.choices else None
    unit = field.unit_label or (str(_("元")) if field.kind is FieldKind.MONEY else "")
    return OpenColumn(key, field.label, kind, field.help_label, unit, choices)


def _build_record_column(definition: Definition, key: str) -> OpenColumn:
    label, meaning = RECORD_COLUMNS[key]
    if key == "grade":
        choices = {grade.code: grade.label for grade in definition.grades}
        return OpenColumn(key, str(label), "choice", str(meaning), "", choices)
    return OpenColumn(key, str(label), "date" if key == "since" else "text", str(meaning))


def read_field_value(field: Field, values: Mapping[str, Any]) -> Any:
    """Return the value of an open field; numbers in a text that may belong to a person are masked."""
    value = values.get(field.store)
    return mask_numbers(value) if isinstance(value, str) and field.kind in TEXTS else value


TEXTS = frozenset({FieldKind.TEXT, FieldKind.PLACE})


def list_position_columns() -> Sequence[OpenColumn]:
    """Return the columns of a position."""
    return (
        OpenColumn(LON, str(_("经度")), "number", str(_("WGS 84 经度")), "°"),
        OpenColumn(LAT, str(_("纬度")), "number", str(_("WGS 84 纬度")), "°"),
    )
