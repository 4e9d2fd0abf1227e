"""Reading a value as a person or a sheet writes it, and saying it again. No database."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from jiedao.kernel import crypto
from jiedao.kernel.storable import storable
from jiedao.registers.definition import NUMERIC, SLOT_TEXT, Definition, Field, FieldKind

MOST_TEXT = 2000
MOST_NUMBER = 1e12
TRUE = frozenset({"是", "有", "对", "√", "yes", "y", "true", "1"})
FALSE = frozenset({"否", "无", "没有", "×", "no", "n", "false", "0"})
MYRIADS = {"万": 10_000, "亿": 100_000_000}
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_MYRIAD = re.compile(r"([+-]?\d+(?:\.\d+)?)(万|亿)")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00)?)?")


class ValueFault(ValueError):  # noqa: N818 (a fault of what was given)
    """A value that cannot be kept: what is wrong and what to write instead, in the reader's language."""


def read_value(one: Field, raw: Any) -> Any:
    """Return the value as it is kept, None for an empty one; raise ValueFault.

    Args:
        raw: what a form sends (text), a sheet holds (text, number, bool, date, datetime) or an API sends.
    """
    return reader_of(one)(raw)


def reader_of(one: Field) -> Callable[[Any], Any]:
    """Return `read_value` of one field, for very many values."""
    reader = READERS[one.kind]

    def read(raw: Any) -> Any:
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        return reader(one, raw)

    return read


def _text(one: Field, raw: Any) -> str:
    text = raw.isoformat() if isinstance(raw, date) else _whole(raw)
    text = " ".join(storable(text).split()) if one.slot else storable(text).strip()
    most = SLOT_TEXT if one.slot else MOST_TEXT
    if len(text) > most:
        raise ValueFault(_("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(text), "most": most})
    return text


def _whole(raw: Any) -> str:
    """Return a number without ".0": a sheet keeps 101 as 101.0."""
    return str(int(raw)) if isinstance(raw, float) and raw.is_integer() else str(raw)


def _number(one: Field, raw: Any) -> int | float:
    if isinstance(raw, bool | date):
        raise ValueFault(_("“%(raw)s”不是数。") % {"raw": raw})
    value = float(raw) if isinstance(raw, int | float) else _number_of(one, str(raw))
    if not abs(value) < MOST_NUMBER:
        raise ValueFault(_("“%(raw)s”不是合理的数。") % {"raw": raw})
    if one.kind is FieldKind.MONEY and abs(value * 100 - round(value * 100)) > 1e-6:
        raise ValueFault(_("金额最多到分：%(raw)s。") % {"raw": raw})
    if one.whole and not value.is_integer():
        raise ValueFault(_("应是整数：%(raw)s。") % {"raw": raw})
    if one.least is not None and value < one.least:
        raise ValueFault(_("%(raw)s 小于 %(least)g。") % {"raw": raw, "least": one.least})
    if one.most is not None and value > one.most:
        raise ValueFault(_("%(raw)s 大于 %(most)g。") % {"raw": raw, "most": one.most})
    return int(value) if value.is_integer() else value


def _number_of(one: Field, raw: str) -> float:
    text = unicodedata.normalize("NFKC", raw).replace(",", "").replace(" ", "")
    if one.unit and text != one.unit:
        text = text.removesuffix(one.unit)
    if _NUMBER.fullmatch(text):
        return float(text)
    if found := _MYRIAD.fullmatch(text):
        plain = f"{float(found[1]) * MYRIADS[found[2]]:.2f}".rstrip("0").rstrip(".")
        raise ValueFault(_("“%(raw)s”带有万或亿，请写成 %(plain)s。") % {"raw": raw, "plain": plain})
    raise ValueFault(_("“%(raw)s”不是数。") % {"raw": raw[:40]})


def _day(_one: Field, raw: Any) -> str:
    if isinstance(raw, datetime):
        return raw.date().isoformat()
    if isinstance(raw, date):
        return raw.isoformat()
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", str(raw)).strip())
    try:
        day = date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2100:
        raise ValueFault(_("“%(raw)s”不是日期，请写成 2020-06-30。") % {"raw": str(raw)[:40]})
    return day.isoformat()


def _choice(one: Field, raw: Any) -> str:
    text = unicodedata.normalize("NFKC", _whole(raw)).strip()
    for choice in one.choices:
        if text in {choice.code, choice.name, choice.name_en} and not choice.retired:
            return choice.code
    names = "、".join(choice.label for choice in one.choices if not choice.retired)
    raise ValueFault(_("“%(raw)s”不在可选项中：%(names)s。") % {"raw": text[:40], "names": names})


def _bool(_one: Field, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    word = unicodedata.normalize("NFKC", _whole(raw)).strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ValueFault(_("“%(raw)s”既不是“是”也不是“否”。") % {"raw": str(raw)[:40]})


READERS = {
    FieldKind.TEXT: _text,
    FieldKind.PLACE: _text,
    FieldKind.PERSON: _text,
    FieldKind.NUMBER: _number,
    FieldKind.MONEY: _number,
    FieldKind.DATE: _day,
    FieldKind.CHOICE: _choice,
    FieldKind.BOOL: _bool,
}


def kept(one: Field, value: Any) -> Any:
    """Return the value as it lies in the database: personal ones encrypted."""
    return crypto.encrypt(str(value)) if one.personal and value is not None else value


def revealed(one: Field, value: Any) -> Any:
    """Return the value behind the encryption; the caller has checked the right and written the entry."""
    return crypto.decrypt(value) if one.personal and value else value


def masked() -> str:
    """Return what stands for a personal value."""
    return "＊＊＊"


def say(one: Field, value: Any) -> str:
    """Return the value in words, "" for none, stars for a personal one."""
    if value is None or value == "":
        return ""
    if one.personal:
        return masked()
    if one.kind is FieldKind.CHOICE:
        choice = one.choice(value)
        return choice.label if choice else str(value)
    if one.kind is FieldKind.BOOL:
        return _("是") if value else _("否")
    if one.kind in NUMERIC:
        number = f"{value:,.2f}".rstrip("0").rstrip(".")
        unit = one.unit_label or (_("元") if one.kind is FieldKind.MONEY else "")
        return f"{number} {unit}".strip()
    return str(value)


def slots_of(definition: Definition, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return slot -> typed value (text, float, date or None) for every slot in use."""
    found: dict[str, Any] = {}
    for slot, store, turn in definition.slots:
        value = values.get(store)
        found[slot] = value if value is None else turn(value)
    return found
