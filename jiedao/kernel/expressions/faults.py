"""What is wrong with an expression, or with a row for which it is computed, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.phrasing import name_subject


class ExpressionFault(ValueError):  # noqa: N818 (a fault of the pack)
    """An expression that cannot be used.

    Args:
        message: what is wrong, translated when it is read; `hint` states what to write instead.
        at: the index of the character at which it is wrong.
        values: the values of the placeholders in both texts.
    """

    def __init__(self, message: Any, hint: Any = "", *, at: int = 0, **values: Any) -> None:
        super().__init__(message)
        self._message, self._hint, self._values = message, hint, values
        self.at = at

    @property
    def message(self) -> str:
        """What is wrong."""
        return str(self._message) % self._values

    @property
    def hint(self) -> str:
        """What to write instead."""
        return str(self._hint) % self._values

    def __str__(self) -> str:
        return self.message

    def locate(self, expression: str, key: str) -> "LocatedText":
        """Return the fault as text that knows its place, after the key that holds the expression."""
        return LocatedText(name_subject(key, self.message), expression, self.at, self.hint)

    def describe(self) -> str:
        """Return the fault with its position and hint in one line, for a page or a list without columns."""
        words = _("第 %(number)d 个字符：%(message)s。%(hint)s")
        return str(words) % {"number": self.at + 1, "message": self.message, "hint": self.hint}


class LocatedText(str):
    """A fault in words that knows its expression and the character in it, so that a check can find its line."""

    __slots__ = ("at", "expression", "hint")
    expression: str
    at: int
    hint: str

    def __new__(cls, words: str, expression: str, at: int, hint: str = "") -> "LocatedText":
        """Return the words with the expression, the index of the character, and what to do."""
        text = super().__new__(cls, words)
        text.expression, text.at, text.hint = expression, at, hint
        return text


class ComputingFault(UserError):  # noqa: N818 (a refusal in words)
    """A row for which an expression cannot be computed; `cause` is why, such as a division by zero."""

    def __init__(self, cause: Any, /, *, hint: Any = "", field: str = "", **values: Any) -> None:
        self._cause, self._values = cause, values
        super().__init__(self.cause, hint=hint, field=field)

    @property
    def cause(self) -> str:
        """Why it cannot be computed, in the reader's language."""
        return str(self._cause) % self._values


class DivisionByZero(ComputingFault):
    """A row in which a divisor is 0."""


def format_codes(codes: Mapping[str, str], most: int = 12) -> str:
    """Return codes with their names, such as HOME (居住), SHOP (商铺)."""
    words = [
        f"{code} ({name})" if name and name != code else code for code, name in list(codes.items())[:most]
    ]
    return ", ".join([*words, f"… {len(codes)}"] if len(codes) > most else words)
