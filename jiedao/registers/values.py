"""Read a value as a person or a sheet writes it, and format it for display. No database access."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from jiedao.kernel import crypto
from jiedao.kernel.folding import fold_key
from jiedao.kernel.readers.dates import read_day
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.readers.numbers import YUAN, read_float
from jiedao.kernel.readers.texts import read_text
from jiedao.kernel.storable import make_storable
from jiedao.kernel.tables.rows import Percent, format_cell
from jiedao.registers.definition import NUMERIC, SLOT_TEXT, Definition, Field, FieldKind

__all__ = [
    "ValueFault",
    "format_value",
    "from_stored",
    "make_reader",
    "mask_value",
    "read_slots",
    "read_value",
    "to_stored",
]

MOST_TEXT = 2000
MOST_NUMBER = 1e12
TRUE = frozenset({"是", "有", "对", "√", "yes", "y", "true", "1"})
FALSE = frozenset({"否", "无", "没有", "×", "no", "n", "false", "0"})
CALCULATED = 1e-5  # a difference that comes from calculating with floats, not from the person who wrote it
YEARS = range(1900, 2101)


def read_value(field: Field, raw: Any) -> Any:
    """Return the value to store, None for an empty one; raise ValueFault for a value that cannot be read.

    Args:
        raw: what a form sends (text), what a sheet holds (text, number, bool, date, datetime) or what the API sends.
    """
    return make_reader(field)(raw)


def make_reader(field: Field) -> Callable[[Any], Any]:
    """Return a function that reads values of this field as `read_value` does, faster for many values."""
    reader = READERS[field.kind]

    def read(raw: Any) -> Any:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        return reader(field, raw)

    return read


def _read_text(field: Field, raw: Any) -> str:
    text = read_text(raw)
    text = " ".join(make_storable(text).split()) if field.slot else make_storable(text).strip()
    most = SLOT_TEXT if field.slot else MOST_TEXT
    if len(text) > most:
        raise ValueFault(_("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(text), "most": most})
    return text


def _read_number(field: Field, raw: Any) -> int | float:
    unit = field.unit or (YUAN if field.kind is FieldKind.MONEY else "")
    value = read_float(raw, unit)
    shown = value if isinstance(raw, Percent) else raw
    if not abs(value) < MOST_NUMBER:
        raise ValueFault(_("“%(raw)s”不是合理的数。") % {"raw": shown})
    if field.kind is FieldKind.MONEY and abs(value - round(value, 2)) > CALCULATED:
        raise ValueFault(_("金额最多到分：%(raw)s。") % {"raw": shown})
    if field.whole and not value.is_integer():
        raise ValueFault(_("应是整数：%(raw)s。") % {"raw": shown})
    if field.least is not None and value < field.least:
        raise ValueFault(_("%(raw)s 小于 %(least)g。") % {"raw": shown, "least": field.least})
    if field.most is not None and value > field.most:
        raise ValueFault(_("%(raw)s 大于 %(most)g。") % {"raw": shown, "most": field.most})
    return int(value) if value.is_integer() else value


def _read_day(_field: Field, raw: Any) -> str:
    day = read_day(raw)
    if day.year not in YEARS:
        reason = _("“%(raw)s”不是合理的日期，应在 %(first)d 年到 %(last)d 年之间。")
        raise ValueFault(reason % {"raw": day, "first": YEARS[0], "last": YEARS[-1]})
    return day.isoformat()


def _read_choice(field: Field, raw: Any) -> str:
    text = read_text(raw)
    if code := field.choice_codes.get(fold_key(text)):
        return code
    names = "、".join(choice.label for choice in field.choices if not choice.retired)
    raise ValueFault(_("“%(raw)s”不在可选项中：%(names)s。") % {"raw": text[:40], "names": names})


def _read_bool(_field: Field, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    is_word = isinstance(raw, str) and (raw in TRUE or raw in FALSE)
    word = raw if is_word else fold_key(format_cell(raw)).lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ValueFault(_("“%(raw)s”既不是“是”也不是“否”。") % {"raw": str(raw)[:40]})


READERS = {
    FieldKind.TEXT: _read_text,
    FieldKind.PLACE: _read_text,
    FieldKind.PERSON: _read_text,
    FieldKind.NUMBER: _read_number,
    FieldKind.MONEY: _read_number,
    FieldKind.DATE: _read_day,
    FieldKind.CHOICE: _read_choice,
    FieldKind.BOOL: _read_bool,
}


def to_stored(field: Field, value: Any) -> Any:
    """Return the value as the database stores it: a personal value is encrypted."""
    return crypto.encrypt(str(value)) if field.personal and value is not None else value


def from_stored(field: Field, value: Any) -> Any:
    """Return a stored value decrypted. The caller must have checked the right and written the audit entry."""
    return crypto.decrypt(value) if field.personal and value else value


def mask_value() -> str:
    """Return the text displayed in place of a personal value."""
    return "＊＊＊"


def format_value(field: Field, value: Any) -> str:
    """Return a stored value as text for the reader: "" for no value, stars for a personal value."""
    if value is None or value == "":
        return ""
    if field.personal:
        return mask_value()
    if field.kind is FieldKind.CHOICE:
        choice = field.choice(value)
        return choice.label if choice else str(value)
    if field.kind is FieldKind.BOOL:
        return _("是") if value else _("否")
    if field.kind in NUMERIC:
        number = f"{value:,.2f}".rstrip("0").rstrip(".")
        if field.is_ordinal:
            number = number.replace(",", "")
        unit = field.unit_label or (_("元") if field.kind is FieldKind.MONEY else "")
        return f"{number} {unit}".strip()
    return str(value)


def read_slots(definition: Definition, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return slot -> typed value (text, float, date or None) for every slot in use.

    Args:
        values: stored values by the `store` of their field.
    """
    slots: dict[str, Any] = {}
    for slot, store, convert in definition.slots:
        value = values.get(store)
        slots[slot] = value if value is None else convert(value)
    return slots
