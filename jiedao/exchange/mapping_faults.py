"""What is wrong in a mapping file, with its line."""

from dataclasses import dataclass
from difflib import get_close_matches

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.tables.rows import listing

FEW = 20  # known words that are still worth listing


@dataclass(frozen=True)
class Fault:
    """One error of a mapping file."""

    line: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = _("第 %(line)d 行：") % {"line": self.line}
        gap = "" if self.message.endswith("。") else " "
        return f"{place}{self.message}{gap}{self.hint}".rstrip()


class MappingError(UserError):
    """A mapping file with errors; `faults` has them all."""

    def __init__(self, name: str, faults: list[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.line)
        lines = "\n".join(str(fault) for fault in self.faults)
        super().__init__(
            _("对照文件“%(name)s”有 %(count)d 处错误：\n%(lines)s\n")
            % {"name": name, "count": len(faults), "lines": lines},
            hint=_("写法见文档《导入另一个城市的文件》。"),
        )


def did_you_mean(word: str, known: tuple[str, ...] | list[str]) -> str:
    """Return a sentence with the nearest known words, or with all of them when they are few; else nothing."""
    near = get_close_matches(word, known, n=2, cutoff=0.6)
    if near:
        return _("是不是 %(words)s？") % {"words": " / ".join(near)}
    return _("可以写：%(words)s。") % {"words": listing(known)} if len(known) <= FEW else ""
