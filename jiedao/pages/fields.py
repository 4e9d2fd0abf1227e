"""Form fields that read what a person types with the readers that files use, so that 1.2万 means the same in both."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiedao.kernel.readers.dates import read_day
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.readers.numbers import read_number
from jiedao.kernel.readers.points import Axis, read_degrees
from jiedao.kernel.worktime import Limit, LimitUnit


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


class AmountField(forms.DecimalField):
    """An exact number in a unit, such as yuan."""

    def __init__(self, *, unit: str = "", **options: Any) -> None:
        self.unit = unit
        options.setdefault("widget", make_number_input())
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        """Return the number, None for an empty text."""
        value = value.strip() if isinstance(value, str) else value
        if isinstance(value, str) and value:
            try:
                value = format(read_number(value, self.unit), "f")
            except ValueFault as fault:
                raise ValidationError(fault.reason, code="invalid") from fault
        return super().to_python(value)


class LimitWidget(forms.MultiWidget):
    """A number and its unit side by side."""

    def __init__(self) -> None:
        amount = forms.NumberInput(attrs={"min": 1, "max": 9999, "aria-label": _("时限")})
        unit = forms.Select(attrs={"aria-label": _("单位")}, choices=[("", "—"), *LimitUnit.choices])
        super().__init__([amount, unit])

    def decompress(self, value: Any) -> list[Any]:
        """Return amount and unit of a limit text."""
        if not value:
            return [None, ""]
        limit = Limit.parse(value)
        return [limit.amount, limit.unit]

    def id_for_label(self, id_: str) -> str:
        """Return the id of the number."""
        return f"{id_}_0" if id_ else id_

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Give the select box its own class."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["subwidgets"][1]["attrs"]["class"] = "form-select"
        return context

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return both controls in one row."""
        return format_html('<div class="j-limit">{}</div>', super().render(name, value, attrs, renderer))


class LimitField(forms.MultiValueField):
    """A limit, chosen as a number and its unit; its value is the stored text, such as "4wh"."""

    def __init__(self, **options: Any) -> None:
        fields = (
            forms.IntegerField(min_value=1, max_value=9999, required=False),
            forms.ChoiceField(choices=[("", "—"), *LimitUnit.choices], required=False),
        )
        options.setdefault("widget", LimitWidget())
        super().__init__(fields, require_all_fields=False, **options)

    def compress(self, data_list: Any) -> str | None:
        """Return the limit text, None without a number and a unit."""
        amount, unit = [*(data_list or []), None, None][:2]
        if amount and unit:
            return str(Limit(amount, LimitUnit(unit)))
        if amount or unit:
            raise ValidationError(gettext("请把数和单位都填上，或都留空。"), code="incomplete")
        return None


class DegreesField(forms.FloatField):
    """A longitude or a latitude."""

    def __init__(self, *, axis: Axis, **options: Any) -> None:
        self.axis = axis
        options.setdefault("widget", make_number_input())
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        """Return the degrees, None for an empty text."""
        value = value.strip() if isinstance(value, str) else value
        if isinstance(value, str) and value:
            try:
                return read_degrees(value, self.axis)
            except ValueFault as fault:
                raise ValidationError(fault.reason, code="invalid") from fault
        return super().to_python(value)
