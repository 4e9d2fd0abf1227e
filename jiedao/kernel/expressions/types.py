"""The types of an expression, and the names that it may use with the type of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Base(Enum):
    """What a value is. A date is compared as its ISO text."""

    NUMBER = "number"
    TEXT = "text"
    BOOL = "bool"
    DATE = "date"
    CHOICE = "choice"
    LIST = "list"
    OBJECT = "object"


BASE_NAMES = {
    Base.NUMBER: _("一个数"),
    Base.TEXT: _("一段文字"),
    Base.BOOL: _("是或非"),
    Base.DATE: _("一个日期"),
    Base.CHOICE: _("一个选项"),
    Base.LIST: _("一个列表"),
    Base.OBJECT: _("一组值"),
}


@dataclass(frozen=True)
class Type:
    """The type of a value.

    Attributes:
        codes: the codes of a choice with their names; of a text, the only texts that it can be.
        item: the type of the items of a list; None for an empty one.
        parts: the names and types of the parts of an object.
    """

    base: Base
    codes: Mapping[str, str] | None = None
    item: "Type | None" = None
    parts: Mapping[str, "Type"] | None = None

    @property
    def label(self) -> Any:
        """The name of the type, translated when it is read."""
        return BASE_NAMES[self.base]


NUMBER = Type(Base.NUMBER)
TEXT = Type(Base.TEXT)
BOOL = Type(Base.BOOL)
DATE = Type(Base.DATE)


def choice_of(codes: Mapping[str, str]) -> Type:
    """Return the type of a choice: code -> name."""
    return Type(Base.CHOICE, codes=codes)


def text_of(codes: Mapping[str, str]) -> Type:
    """Return the type of a text that is one of these codes, such as the code of a category."""
    return Type(Base.TEXT, codes=codes)


def list_of(item: Type | None) -> Type:
    """Return the type of a list of values of one type."""
    return Type(Base.LIST, item=item)


def object_of(parts: Mapping[str, Type]) -> Type:
    """Return the type of an object with named parts, each a value."""
    return Type(Base.OBJECT, parts=parts)


@dataclass(frozen=True)
class Environment:
    """The names that an expression may use.

    Attributes:
        names: the type of each name. Every value may be missing in a row.
        labels: what people call a name, such as 层数 for storeys, for hints.
        closed: names that exist but must not be used, with the reason.
        example: a correct expression, for hints.
    """

    names: Mapping[str, Type]
    labels: Mapping[str, str] = field(default_factory=dict)
    closed: Mapping[str, Any] = field(default_factory=dict)
    example: str = ""
