"""Long lists of choices that pages share: 403 categories, 287 areas, 186 premises."""

from collections.abc import Collection, Iterable
from functools import cached_property
from html import escape
from typing import Any

from django.utils.choices import BaseChoiceIterator
from django.utils.safestring import SafeString

Choice = tuple[Any, Any]


class SharedChoices(list[Choice], BaseChoiceIterator):
    """Choices that nobody changes: pairs of (value, label), or of (label of a group, choices).

    Fields and widgets of Django take them as they are: they copy every other list, which takes 1 ms for 400 choices.
    The options are drawn once for all pages.
    """

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def _options(self) -> str:
        return _draw(self, ())

    @cached_property
    def _after_empty(self) -> dict[str, "SharedChoices"]:
        return {}

    def with_empty(self, label: str = "—") -> "SharedChoices":
        """Return the same choices after an empty one."""
        if label not in self._after_empty:
            self._after_empty[label] = SharedChoices([("", label), *self])
        return self._after_empty[label]

    def draw_options(self, selected: Collection[str]) -> SafeString:
        """Return the options as HTML, of which those with the selected values are selected."""
        options = self._options
        for value in selected:
            start = f'<option value="{escape(value)}"'
            options = options.replace(f"{start}>", f"{start} selected>")
        return SafeString(options)


def draw_options(choices: Iterable[Choice], selected: Collection[str]) -> SafeString:
    """Return choices as <option> and <optgroup>; labels and values are plain text and escaped."""
    if isinstance(choices, SharedChoices):
        return choices.draw_options(selected)
    return SafeString(_draw(choices, selected))


def _draw(choices: Iterable[Choice], selected: Collection[str]) -> str:
    # By f-strings: format_html for each option of 400 categories was a fifth of the page that accepts a case.
    return "".join(
        f'<optgroup label="{escape(str(value))}">{_draw(label, selected)}</optgroup>'
        if isinstance(label, list | tuple)
        else f'<option value="{escape(str(value))}"'
        f"{' selected' if str(value) in selected else ''}>{escape(str(label))}</option>"
        for value, label in choices
    )
