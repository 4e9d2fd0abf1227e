"""Kinds of notices: each room declares what it tells its users, and the words are made when somebody reads them.

ASSIGNED = NoticeKind("projects.pledge:assigned", _("新的任务"), asks=True)
register_notice_kinds(ASSIGNED, ...)  # in the room's AppConfig.ready
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jiedao.notices.models import Notice, Tone

Values = Mapping[str, Any]


class _TextValues(dict[str, Any]):
    """Values of a text; a value that an older version of the system did not store is left out."""

    def __missing__(self, name: str) -> str:
        return ""


@dataclass(frozen=True)
class NoticeKind:
    """One kind of notice.

    Attributes:
        code: "<type of the object>:<what happened>", such as "projects.pledge:assigned". Stored: never change it.
        text: what happened, lazily translated. It does not name the object, which stands in the heading of its group.
        tone: how urgent it is, unless the call of `notify` gives another tone.
        asks: whether it asks its reader to act. Only such notices are settled; others stay unread until they are read.
        make_values: makes the values of the text from the stored data in the reader's language, for instance the label
            of a stage from its code. Without it the stored data are the values.
    """

    code: str
    text: Any
    tone: Tone = Tone.INFO
    asks: bool = False
    make_values: Callable[[Values], Values] | None = None

    @property
    def object_type(self) -> str:
        """The type of the objects that notices of this kind are about."""
        return self.code.partition(":")[0]

    def describe(self, data: Values) -> str:
        """Return the text of a notice with these data in the reader's language."""
        values = self.make_values(data) if self.make_values is not None else data
        return str(self.text % _TextValues(values))


_KINDS: dict[str, NoticeKind] = {}


def register_notice_kinds(*kinds: NoticeKind) -> None:
    """Let a room send notices of these kinds. Called from its AppConfig.ready."""
    for kind in kinds:
        if _KINDS.get(kind.code, kind) is not kind:
            raise ValueError(f"two kinds of notices have the code {kind.code!r}")
        _KINDS[kind.code] = kind


def notice_kinds() -> list[NoticeKind]:
    """Return every registered kind, by code."""
    return [_KINDS[code] for code in sorted(_KINDS)]


def find_notice_kind(code: str) -> NoticeKind | None:
    """Return the kind of this code, None for one that no room sends (any more)."""
    return _KINDS.get(code)


def describe_notice(notice: Notice) -> str:
    """Return what a notice says, in the reader's language.

    A notice from before there were kinds is shown as it was written, and so is one whose kind has been removed: it has
    no words left, and its heading still names the object.
    """
    kind = find_notice_kind(notice.kind)
    return kind.describe(notice.data) if kind is not None else str(notice.data.get("text", ""))
