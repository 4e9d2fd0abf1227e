"""The errors of a mapping file, with their lines."""

from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.rows import join_words

MAX_LISTED = 20  # a longer list of known words is not shown


@dataclass(frozen=True)
class Fault:
    """An error of a mapping file."""

    line: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        prefix = _("第 %(line)d 行：") % {"line": self.line}
        gap = "" if self.message.endswith("。") else " "
        return f"{prefix}{self.message}{gap}{self.hint}".rstrip()


class MappingError(UserError):
    """A mapping file with errors; `faults` lists all of them."""

    def __init__(self, name: str, faults: list[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.line)
        lines = "\n".join(str(fault) for fault in self.faults)
        super().__init__(
            _("对照文件“%(name)s”有 %(count)d 处错误：\n%(lines)s\n")
            % {"name": name, "count": len(faults), "lines": lines},
            hint=_("写法见文档《导入另一个城市的文件》。"),
        )


def suggest_words(word: str, known: tuple[str, ...] | list[str]) -> str:
    """Return a sentence with the most similar known words, or with all if they are few; else an empty text."""
    similar = get_close_matches(word, known, n=2, cutoff=0.6)
    if similar:
        return _("是不是 %(words)s？") % {"words": " / ".join(similar)}
    return _("可以写：%(words)s。") % {"words": join_words(known)} if len(known) <= MAX_LISTED else ""
