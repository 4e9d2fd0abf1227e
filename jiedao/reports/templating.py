"""Turn the text of a report template into a document: run it in a confined process, then cut it into blocks.

The text is plain: `#` begins the title (and its second line), `##`, `###` and `####` the headings, an empty line or a
line break ends a paragraph, `**` marks what is strong. Figures and their companions are written in double braces:

    累计结案{{ figure("cases.closed") }}，按期处置率{{ figure("cases.on_time_rate") }}。

Inside braces Jinja's expressions are available, without access to anything but the functions of a report.
"""

import re
from dataclasses import replace
from itertools import chain, groupby
from typing import Any

from django.utils.translation import gettext as _
from jinja2 import TemplateError, nodes
from jinja2.meta import find_undeclared_variables

from jiedao.kernel.errors import UserError
from jiedao.kernel.phrasing import list_names
from jiedao.reports.document import Block, Drawing, Heading, Level, Paragraph, PlanMark, Run, Table
from jiedao.reports.rendering import Rendering, find_meaning, render
from jiedao.reports.sandbox import MARK, Sandbox

_STRONG = re.compile(r"\*\*(.+?)\*\*")
_HEADING = re.compile(r"(#{1,4})\s+(.*)")


class TextFault(ValueError):  # noqa: N818 (a fault of a pack)
    """A text that cannot be a report, in words, with its line; for the check of a pack."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class Marks:
    """What the functions of a template return into the text: marks, each for a run, table, chart or map."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    def add(self, item: Any) -> str:
        """Return the mark of an item."""
        self.items.append(item)
        return f"\ue000{len(self.items) - 1}\ue001"

    def get(self, number: str) -> Any:
        """Return the item of a mark; raise UserError for a mark that no function returned."""
        if len(number) > 9 or int(number) >= len(self.items):
            raise UserError(_("文字中有不能使用的字符。"), hint=_("请删去私用区字符后再试。"), field="text")
        return self.items[int(number)]


def find_named_measures(text: str, known: frozenset[str]) -> list[tuple[str, int]]:
    """Return the keys of measures that a text names as constants, with their lines; nothing is run.

    Raise TextFault for a text that is not valid, or that calls what is not `known`.
    """
    try:
        tree = Sandbox().parse(text)
    except TemplateError as fault:
        words = str(fault.message or fault)
        meaning = find_meaning(words) or _("标记的写法不对（%(why)s）。") % {"why": words}
        raise TextFault(meaning, getattr(fault, "lineno", 0) or 0) from fault
    except (ValueError, RecursionError, MemoryError, OverflowError) as fault:
        words = _("标记的写法不对（%(why)s）。") % {"why": fault}
        raise TextFault(words) from fault
    unknown = sorted(find_undeclared_variables(tree) - known)
    if unknown:
        words = _("没有 %(name)s 这个函数或名称；可以写：%(known)s")
        raise TextFault(words % {"name": unknown[0], "known": list_names(sorted(known))})
    named = []
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name not in {"name", "range"}:
            named += [
                (argument.value, call.lineno)
                for argument in call.args
                if isinstance(argument, nodes.Const) and isinstance(argument.value, str)
            ]
    return named


def build_blocks(text: str, functions: dict[str, Any], marks: Marks) -> list[Block]:
    """Return the blocks of a template's text.

    Raises:
        UserError: the text is not valid, names what does not exist, or runs what is not allowed; the message has the
            line.
    """
    if "\ue000" in text or "\ue001" in text:
        raise UserError(_("文字中有不能使用的字符。"), hint=_("请删去私用区字符后再试。"), field="text")
    rendered = render(text, functions, Rendering()).text
    blocks: list[Block] = []
    for line in rendered.split("\n"):
        words = line.strip().replace("\u3000", "")
        if not words:
            continue
        alone = MARK.fullmatch(words)
        if alone and isinstance(item := marks.get(alone[1]), Table | Drawing):
            blocks.append(item)
        elif match := _HEADING.fullmatch(words):
            words, is_plan = _take_plan_mark(match[2], marks)
            blocks.append(Heading(Level(len(match[1]) - 1), _split_runs(words, marks), is_plan))
        else:
            blocks.append(Paragraph(_split_runs(words, marks)))
    return _join_titles(blocks)


def _join_titles(blocks: list[Block]) -> list[Block]:
    """Return the blocks with titles that follow one another joined to one title of several lines."""
    joined: list[Block] = []
    for is_title, group in groupby(blocks, _is_title):
        members = list(group)
        if is_title:
            lines = [(Run("\n"), *title.runs) for title in members if isinstance(title, Heading)]
            is_plan = any(title.is_plan for title in members if isinstance(title, Heading))
            joined.append(Heading(Level.TITLE, tuple(chain.from_iterable(lines))[1:], is_plan))
        else:
            joined += members
    return joined


def _is_title(block: Block) -> bool:
    return isinstance(block, Heading) and block.level is Level.TITLE


def _take_plan_mark(words: str, marks: Marks) -> tuple[str, bool]:
    """Return the words of a heading without the mark of the plan, and whether it was there."""
    rest = MARK.sub(lambda match: "" if isinstance(marks.get(match[1]), PlanMark) else match[0], words)
    return rest.strip(), rest != words


def _split_runs(words: str, marks: Marks) -> tuple[Run, ...]:
    runs: list[Run] = []
    for index, part in enumerate(_STRONG.split(words)):
        is_strong, position = index % 2 == 1, 0
        for match in MARK.finditer(part):
            if match.start() > position:
                runs.append(Run(part[position : match.start()], is_strong=is_strong))
            item = marks.get(match[1])
            if isinstance(item, PlanMark):
                raise UserError(
                    _("plan() 只能写在小标题里。"),
                    hint=_("例如：## 三、下一步计划 {{ plan() }}"),
                    field="text",
                )
            if not isinstance(item, Run):
                raise UserError(_("表格和图须单独占一行。"), hint=_("请把它移到自己的一行。"), field="text")
            runs.append(replace(item, is_strong=is_strong))
            position = match.end()
        if position < len(part):
            runs.append(Run(part[position:], is_strong=is_strong))
    return tuple(runs)
