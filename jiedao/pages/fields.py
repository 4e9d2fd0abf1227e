"""Form fields that read what a person types with the readers that files use, so that 1.2万 means the same in both."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jiedao.kernel.readers.dates import read_day
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.readers.numbers import read_number
from jiedao.kernel.readers.points import Axis, read_degrees
from jiedao.kernel.worktime import Limit
from jiedao.pages.widgets import PeriodInput


def make_number_input() -> forms.TextInput:
    """Return the control of a number: one of type "number" would drop 1,024 and 1.2万 before they are sent."""
    return forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})


class DayField(forms.DateField):
    """A day: what a date control sends, or a date as people write it."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.DateInput({"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**options)

    def to_python(self, value: Any) -> date | None:
        """Return the day, None for an empty text."""
        if value in self.empty_values or isinstance(value, date):
            return super().to_python(value)
        try:
            return read_day(str(value), serials=False)
        except ValueFault as fault:
            raise ValidationError(fault.reason, code="invalid") from fault


class _WrittenNumber:
    """The part that fields of numbers share: the text goes through the reader of files, then through Django's own."""

    def read(self, text: str) -> Any:
        """Return what Django's field takes; raise ValueFault for a text that is none."""
        raise NotImplementedError

    def to_python(self, value: Any) -> Any:
        """Return the number, None for an empty text."""
        value = value.strip() if isinstance(value, str) else value
        if isinstance(value, str) and value:
            try:
                value = self.read(value)
            except ValueFault as fault:
                raise ValidationError(fault.reason, code="invalid") from fault
        return super().to_python(value)  # type: ignore[misc]


class AmountField(_WrittenNumber, forms.DecimalField):
    """An exact number in a unit, such as yuan."""

    def __init__(self, *, unit: str = "", **options: Any) -> None:
        self.unit = unit
        options.setdefault("widget", make_number_input())
        super().__init__(**options)

    def read(self, text: str) -> str:
        """Return the digits of the number."""
        return format(read_number(text, self.unit), "f")


class DegreesField(_WrittenNumber, forms.FloatField):
    """A longitude or a latitude."""

    def __init__(self, *, axis: Axis, **options: Any) -> None:
        self.axis = axis
        options.setdefault("widget", make_number_input())
        super().__init__(**options)

    def read(self, text: str) -> float:
        """Return the degrees."""
        return read_degrees(text, self.axis)


class PeriodField(forms.CharField):
    """A period, such as the limit of handling, chosen as a number and a unit; the value is the text of the limit."""

    def __init__(self, *, usual: str = "", **options: Any) -> None:
        options.setdefault("widget", PeriodInput(usual=usual))
        super().__init__(**options)

    def to_python(self, value: Any) -> str:
        """Return the limit as text, "" for an empty field."""
        text = str(super().to_python(value) or "").lower()
        if not text:
            return ""
        try:
            limit = Limit.parse(text)
        except ValueError:
            raise ValidationError(_("请写一个整数，如 3，再选单位。"), code="invalid") from None
        return str(limit)
