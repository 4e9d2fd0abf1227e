"""Texts that are stored as a code with parameters, and worded in the language of each reader.

A room declares its codes once, with lazily translated templates; a template may name parameters. Text that a person
wrote has the code `TEXT` and is displayed as it is. A parameter may be a wording itself, or a name in two languages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

TEXT = "text"
_TEMPLATES: dict[str, str | Promise] = {TEXT: "%(text)s"}


@dataclass(frozen=True)
class BothNames:
    """A name in Chinese and, where there is one, in English."""

    zh: str
    en: str = ""

    def __str__(self) -> str:
        """Return the name in the reader's language."""
        return self.en if self.en and (get_language() or "").startswith("en") else self.zh


@dataclass(frozen=True)
class Wording:
    """A code with its parameters: numbers, texts, names, wordings, and lists of them."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the text in the reader's language; the code where no room declares it any more."""
        template = _TEMPLATES.get(self.code)
        if template is None:
            return self.code
        return str(template) % {name: _write(value) for name, value in self.params.items()}


def declare_wordings(templates: Mapping[str, str | Promise]) -> None:
    """Declare codes, such as "evaluation.no_target", with their lazily translated templates."""
    _TEMPLATES.update(templates)


def make_text(text: str) -> Wording | None:
    """Return the wording of a text that a person wrote, None for an empty one."""
    return Wording(TEXT, {"text": text}) if text else None


def store_wording(wording: Wording | None) -> dict[str, Any]:
    """Return a wording as JSON, {} for none."""
    if wording is None:
        return {}
    return {"code": wording.code} | {name: _store(value) for name, value in wording.params.items()}


def read_wording(data: Mapping[str, Any]) -> Wording | None:
    """Return the wording of `store_wording`."""
    if not data:
        return None
    params = {name: _read(value) for name, value in data.items() if name != "code"}
    return Wording(str(data["code"]), params)


def _write(value: Any) -> Any:
    if isinstance(value, Wording | BothNames):
        return str(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _("、").join(str(_write(item)) for item in value)
    return value


def _store(value: Any) -> Any:
    if isinstance(value, Wording):
        return store_wording(value)
    if isinstance(value, BothNames):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_store(item) for item in value]
    return value


def _read(value: Any) -> Any:
    if isinstance(value, Mapping):
        return read_wording(value) if "code" in value else BothNames(value["zh"], value["en"])
    return [_read(item) for item in value] if isinstance(value, list) else value
