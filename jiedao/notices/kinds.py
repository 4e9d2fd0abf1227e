"""Kinds of notices: each room declares of what it notifies users; the text is made when a user reads the notice.

ASSIGNED = NoticeKind("projects.pledge:assigned", _("新的任务"), asks=True)
register_notice_kinds(ASSIGNED, ...)  # in the room's AppConfig.ready
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jiedao.notices.models import Notice, Tone

Values = Mapping[str, Any]


class _TextValues(dict[str, Any]):
    """The values of a text; "" replaces a value that an older version of the system did not store."""

    def __missing__(self, name: str) -> str:
        return ""


@dataclass(frozen=True)
class NoticeKind:
    """One kind of notice.

    Attributes:
        code: "<type of the object>:<what happened>", such as "projects.pledge:assigned". Stored: never change it.
        text: what happened, lazily translated. It does not name the object: the heading of the group does.
        tone: how urgent it is, unless a call of `notify` overrides it.
        asks: whether it asks its reader to act. Only such notices can be settled.
        codes: the names of the stored texts that may leave the system in a message: codes, dates and numbers. Other
            texts, such as a note, were written by people and may name a resident.
        personal: whether it is for the user alone, and not for a deputy.
        make_values: makes the values of the text from the stored data in the reader's language, for instance the label
            of a stage from its code. Without it, the stored data are the values.
    """

    code: str
    text: Any
    tone: Tone = Tone.INFO
    asks: bool = False
    make_values: Callable[[Values], Values] | None = None
    codes: tuple[str, ...] = ()
    personal: bool = False

    @property
    def object_type(self) -> str:
        """The type of the objects that notices of this kind are about."""
        return self.code.partition(":")[0]

    def describe(self, data: Values) -> str:
        """Return the text of a notice with these data in the reader's language."""
        values = self.make_values(data) if self.make_values is not None else data
        return str(self.text % _TextValues(values))

    def describe_outside(self, data: Values) -> str:
        """Return the text for a message that leaves the system: without the texts that people wrote."""
        return self.describe(
            {
                name: "" if isinstance(value, str) and name not in self.codes else value
                for name, value in data.items()
            }
        )


_KINDS: dict[str, NoticeKind] = {}


def register_notice_kinds(*kinds: NoticeKind) -> None:
    """Let a room send notices of these kinds. Called from its AppConfig.ready."""
    for kind in kinds:
        if _KINDS.get(kind.code, kind) is not kind:
            raise ValueError(f"two kinds of notices have the code {kind.code!r}")
        _KINDS[kind.code] = kind


def list_notice_kinds() -> list[NoticeKind]:
    """Return every registered kind, by code."""
    return [_KINDS[code] for code in sorted(_KINDS)]


def find_notice_kind(code: str) -> NoticeKind | None:
    """Return the kind with this code, None for a code that no room has registered (any more)."""
    return _KINDS.get(code)


def describe_notice(notice: Notice) -> str:
    """Return the text of a notice in the reader's language.

    A notice that is older than the kinds has the text that was stored with it. A notice whose kind was removed has the
    text "", and the heading of its group still names the object.
    """
    kind = find_notice_kind(notice.kind)
    return kind.describe(notice.data) if kind is not None else str(notice.data.get("text", ""))
