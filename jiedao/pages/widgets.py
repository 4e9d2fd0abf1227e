"""Form controls that Django lacks or renders too slowly."""

from html import escape as escape_text
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from jiedao.kernel.choices import draw_options
from jiedao.kernel.folding import fold_width
from jiedao.kernel.worktime import SUFFIXES, UNIT_SUFFIX

PERIOD_UNITS = ("wh", "wd", "h")  # in the order in which the unit is offered


class QuickSelect(forms.Select):
    """A fast select box: Django renders one template per option, which takes 40 ms for 400 categories."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the select element; choices may be grouped."""
        selected = {
            str(item) for item in (value if isinstance(value, (list, tuple)) else [value]) if item is not None
        }
        attributes = {**self.attrs, **(attrs or {}), "name": name}
        options = draw_options(self.choices, selected)
        return format_html("<select{}>{}</select>", _render_attributes(attributes), options)


class AddOneSelect(forms.CheckboxSelectMultiple):
    """Checkboxes of a long list: a script lets the user search them and add one by one; without it all are shown."""

    add_one = True


class PeriodInput(forms.Widget):
    """A period as a number and a unit; its value is the text of a limit such as "4wh".

    The number is sent under the name of the field and the unit beside it; the text of a limit under that name is
    accepted as well, as the API and earlier pages send it.
    """

    def __init__(self, *, usual: str = "", attrs: Any = None) -> None:
        super().__init__(attrs)
        self.usual = usual  # the limit that applies when the number is left empty

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the two controls; the number has the id of the field."""
        amount, unit = split_period(str(value or ""))
        shared = {**self.attrs, **(attrs or {})}
        usual_amount, usual_unit = split_period(self.usual)
        number = {
            **shared,
            "type": "text",
            "inputmode": "numeric",
            "maxlength": 8,
            "name": name,
            "value": amount,
            "placeholder": usual_amount,
            "autocomplete": "off",
        }
        select = {"class": "form-select", "name": f"{name}_unit", "aria-label": _("单位")}
        chosen = unit if unit in UNIT_SUFFIX.values() else usual_unit or PERIOD_UNITS[0]
        options = draw_options([(suffix, SUFFIXES[suffix].label) for suffix in PERIOD_UNITS], {chosen})
        return format_html(
            '<span class="j-period"><input{}><select{}>{}</select></span>',
            _render_attributes(number),
            _render_attributes(select),
            options,
        )

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        """Return the text of the limit, "" for an empty number; other words as they were typed."""
        text = "".join(fold_width(str(data.get(name) or "")).split())
        unit = data.get(f"{name}_unit")
        return f"{text}{unit}" if text.isdigit() and unit else text

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Return whether the form had no such field."""
        return name not in data


def split_period(text: str) -> tuple[str, str]:
    """Return number and unit of a limit: ("4", "wh") for "4wh"; the unit of a text without one is ""."""
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if text.endswith(suffix):
            return text.removesuffix(suffix), suffix
    return text, ""


class MultipleFileInput(forms.FileInput):
    """A file input that accepts several files."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the list of uploads."""
        return files.getlist(name) if hasattr(files, "getlist") else []


class MultipleFileField(forms.FileField):
    """A field for several uploads. The files room decides which files it accepts."""

    widget = MultipleFileInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the uploads unchanged."""
        return data or []


def escape(value: Any) -> str:
    """Return a value as text of HTML; safe text is escaped too, because choices are plain text."""
    return escape_text(str(value))


def _render_attributes(attributes: dict[str, Any]) -> SafeString:
    return format_html_join(
        "",
        "{}",
        (
            (format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value),)
            for name, value in attributes.items()
            if value not in (None, False)
        ),
    )
