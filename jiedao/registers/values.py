"""Read a value as a person or a sheet writes it, and format it for display. No database access."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from jiedao.kernel import crypto
from jiedao.kernel.storable import make_storable
from jiedao.registers.definition import NUMERIC, SLOT_TEXT, Definition, Field, FieldKind

MOST_TEXT = 2000
MOST_NUMBER = 1e12
TRUE = frozenset({"是", "有", "对", "√", "yes", "y", "true", "1"})
FALSE = frozenset({"否", "无", "没有", "×", "no", "n", "false", "0"})
MYRIADS = {"万": 10_000, "亿": 100_000_000}
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_MYRIAD = re.compile(r"([+-]?\d+(?:\.\d+)?)(万|亿)")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00)?)?")


class ValueFault(ValueError):  # noqa: N818 (a fault of the input)
    """A value that cannot be stored; the message says what is wrong and what to write, in the reader's language."""


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
    text = raw.isoformat() if isinstance(raw, date) else _drop_zero_decimals(raw)
    text = " ".join(make_storable(text).split()) if field.slot else make_storable(text).strip()
    most = SLOT_TEXT if field.slot else MOST_TEXT
    if len(text) > most:
        raise ValueFault(_("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(text), "most": most})
    return text


def _drop_zero_decimals(raw: Any) -> str:
    """Return the text of a value, a whole number without ".0": a sheet stores 101 as 101.0."""
    return str(int(raw)) if isinstance(raw, float) and raw.is_integer() else str(raw)


def _read_number(field: Field, raw: Any) -> int | float:
    if isinstance(raw, bool | date):
        raise ValueFault(_("“%(raw)s”不是数。") % {"raw": raw})
    value = float(raw) if isinstance(raw, int | float) else _parse_number(field, str(raw))
    if not abs(value) < MOST_NUMBER:
        raise ValueFault(_("“%(raw)s”不是合理的数。") % {"raw": raw})
    if field.kind is FieldKind.MONEY and abs(value * 100 - round(value * 100)) > 1e-6:
        raise ValueFault(_("金额最多到分：%(raw)s。") % {"raw": raw})
    if field.whole and not value.is_integer():
        raise ValueFault(_("应是整数：%(raw)s。") % {"raw": raw})
    if field.least is not None and value < field.least:
        raise ValueFault(_("%(raw)s 小于 %(least)g。") % {"raw": raw, "least": field.least})
    if field.most is not None and value > field.most:
        raise ValueFault(_("%(raw)s 大于 %(most)g。") % {"raw": raw, "most": field.most})
    return int(value) if value.is_integer() else value


def _parse_number(field: Field, raw: str) -> float:
    text = unicodedata.normalize("NFKC", raw).replace(",", "").replace(" ", "")
    if field.unit and text != field.unit:
        text = text.removesuffix(field.unit)
    if _NUMBER.fullmatch(text):
        return float(text)
    if match := _MYRIAD.fullmatch(text):
        plain = f"{float(match[1]) * MYRIADS[match[2]]:.2f}".rstrip("0").rstrip(".")
        raise ValueFault(_("“%(raw)s”带有万或亿，请写成 %(plain)s。") % {"raw": raw, "plain": plain})
    raise ValueFault(_("“%(raw)s”不是数。") % {"raw": raw[:40]})


def _read_day(_field: Field, raw: Any) -> str:
    if isinstance(raw, datetime):
        return raw.date().isoformat()
    if isinstance(raw, date):
        return raw.isoformat()
    match = _DAY.fullmatch(unicodedata.normalize("NFKC", str(raw)).strip())
    try:
        day = date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2100:
        raise ValueFault(_("“%(raw)s”不是日期，请写成 2020-06-30。") % {"raw": str(raw)[:40]})
    return day.isoformat()


def _read_choice(field: Field, raw: Any) -> str:
    text = unicodedata.normalize("NFKC", _drop_zero_decimals(raw)).strip()
    for choice in field.choices:
        if text in {choice.code, choice.name, choice.name_en} and not choice.retired:
            return choice.code
    names = "、".join(choice.label for choice in field.choices if not choice.retired)
    raise ValueFault(_("“%(raw)s”不在可选项中：%(names)s。") % {"raw": text[:40], "names": names})


def _read_bool(_field: Field, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    word = unicodedata.normalize("NFKC", _drop_zero_decimals(raw)).strip().lower()
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
