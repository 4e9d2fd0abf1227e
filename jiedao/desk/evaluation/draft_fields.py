"""The fields of a draft in which bands, tables and named numbers are typed as text."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.evaluation.rules.bands import Band, sort_bands
from jiedao.evaluation.rules.rule import format_decimal
from jiedao.kernel.readers.exact import MOST_DECIMALS, MOST_DIGITS, read_exact

BANDS_HINT = gettext_lazy("一行一段，如 [90, 95) 8；方括号含端点，圆括号不含；无端点写 −∞、+∞。")
TABLE_HINT = gettext_lazy("从第一名起，用逗号分开。")
ALSO_HINT = gettext_lazy("一行一项，如 old = 2。")
MOST_LINES, MOST_CHARACTERS = 100, 200  # of a field with several lines, and of each of them
UNBOUNDED = {"", "−∞", "-∞", "+∞", "∞"}
COMMA = re.compile("[,，]")
OPEN = {"(", "（"}
CLOSED = {"]", "】"}
LEFT, RIGHT = OPEN | {"[", "【"}, CLOSED | {")", "）"}


class BandsField(forms.Field):
    """Bands, one a line: "[90, 95) 8"."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        """Return the bands as a spec holds them."""
        return [self._read(line) for line in _split_lines(value)]

    def prepare_value(self, value: Any) -> Any:
        """Return the bands as they are written, the highest first."""
        return value if isinstance(value, str) else write_bands(value or ())

    def _read(self, line: str) -> dict[str, Any]:
        parts = _split_band(line)
        if parts is None:
            raise forms.ValidationError(_("“%(line)s”不是分段，请写成 [90, 95) 8。") % {"line": line[:40]})
        left, low, high, right, points = parts
        band: dict[str, Any] = {"points": _read_decimal(points, line)}
        if low not in UNBOUNDED:
            band |= {"low": _read_decimal(low, line)} | ({"low_open": True} if left in OPEN else {})
        if high not in UNBOUNDED:
            band |= {"high": _read_decimal(high, line)} | ({"high_closed": True} if right in CLOSED else {})
        return band


def _split_lines(value: Any) -> list[str]:
    """Return the lines that are not empty; raise ValidationError for more, or longer ones, than anyone types."""
    lines = [line.strip() for line in str(value or "").splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise forms.ValidationError(
            _("最多写 %(n)d 行，现在有 %(lines)d 行。") % {"n": MOST_LINES, "lines": len(lines)}
        )
    for line in lines:
        _refuse_long(line)
    return lines


def _refuse_long(line: str) -> None:
    if len(line) > MOST_CHARACTERS:
        raise forms.ValidationError(
            _("“%(line)s…”这一行超过 %(n)d 个字，请删短。") % {"line": line[:20], "n": MOST_CHARACTERS}
        )


def _split_band(line: str) -> tuple[str, str, str, str, str] | None:
    """Return the brackets, the limits and the points of "[90, 95) 8", None for a line that is no band.

    Each step looks for one sign, so the time does not grow faster than the line.
    """
    end = max(map(line.rfind, RIGHT))
    if line[:1] not in LEFT or end < 0:
        return None
    limits = COMMA.split(line[1:end])
    points = line[end + 1 :].strip().removeprefix(":").removeprefix("：").removeprefix("=").strip()
    if len(limits) != 2 or not points or len(points.split()) != 1:
        return None
    return line[0], limits[0].strip(), limits[1].strip(), line[end], points


def _read_decimal(text: str, line: str) -> str:
    number = read_exact(text)
    if number is None:
        raise forms.ValidationError(
            _(
                "“%(line)s”里的“%(text)s”不是数，或位数太多：小数点前最多 %(digits)d 位，后最多 %(decimals)d 位。"
            )
            % {"line": line[:40], "text": text[:20], "digits": MOST_DIGITS, "decimals": MOST_DECIMALS}
        )
    return format_decimal(number)


def write_bands(bands: Any) -> str:
    """Return bands as lines, the highest first."""
    read = [
        Band(
            points=Decimal(str(band["points"])),
            low=Decimal(str(band["low"])) if "low" in band else None,
            high=Decimal(str(band["high"])) if "high" in band else None,
            low_open=bool(band.get("low_open")),
            high_closed=bool(band.get("high_closed")),
        )
        for band in bands
    ]
    return "\n".join(f"{band.text} {format_decimal(band.points)}" for band in reversed(sort_bands(read)))


class NumbersListField(forms.Field):
    """Numbers with commas between."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> list[str]:
        """Return the numbers as texts."""
        _refuse_long(str(value or "").strip())
        parts = re.split(r"[,，、\s]+", str(value or "").strip())
        return [_read_decimal(part, str(value)) for part in parts if part]

    def prepare_value(self, value: Any) -> Any:
        """Return the numbers as they are written."""
        return value if isinstance(value, str) else ", ".join(map(str, value or ()))


class TermsField(forms.Field):
    """Names with numbers, one a line: "old = 2"."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> dict[str, str]:
        """Return the numbers by name."""
        terms = {}
        for line in _split_lines(value):
            name, sign, number = line.partition("=")
            if not sign:
                raise forms.ValidationError(_("“%(line)s”请写成 名称 = 数。") % {"line": line[:40]})
            terms[name.strip()] = _read_decimal(number.strip(), line)
        return terms

    def prepare_value(self, value: Any) -> Any:
        """Return the numbers as they are written."""
        return (
            value if isinstance(value, str) else "\n".join(f"{key} = {part}" for key, part in value.items())
        )
