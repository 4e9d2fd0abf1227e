"""Turn the text of a report template into a document: run it in a sandbox, then cut it into blocks.

The text is plain: `#` begins the title (and its second line), `##`, `###` and `####` the headings, an empty line or a
line break ends a paragraph, `**` marks what is strong. Figures and their companions are written in double braces:

    累计结案{{ figure("cases.closed") }}，按期处置率{{ figure("cases.on_time_rate") }}。

Inside braces Jinja's expressions are available, without access to anything but the functions of a report.
"""

import re
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from jiedao.kernel.errors import UserError
from jiedao.reports.document import Block, Drawing, Heading, Level, Paragraph, Run, Table

LONGEST = 400_000  # characters of a built report
_MARK = re.compile("\ue000(\\d+)\ue001")
_STRONG = re.compile(r"\*\*(.+?)\*\*")
_HEADING = re.compile(r"(#{1,4})\s+(.*)")
_ALONE = re.compile("\ue000(\\d+)\ue001")


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without loops over huge ranges, without products of texts, and with every unknown name an error."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        self.globals.clear()

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuse operations that can fill the memory: powers, and products or formats of texts."""
        if operator == "**" or not all(isinstance(value, int | float) for value in (left, right)):
            raise SecurityError(f"the operator {operator} is not available")
        return super().call_binop(context, operator, left, right)


class TextFault(ValueError):  # noqa: N818 (a fault of a pack)
    """A text that cannot be a report, in English, with its line; for the check of a pack."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class Marks:
    """What the functions of a template return into the text: marks, each for a run, table, chart or map."""

    def __init__(self) -> None:
        self.items: list[Run | Table | Drawing] = []

    def add(self, item: Run | Table | Drawing) -> str:
        """Return the mark of an item."""
        self.items.append(item)
        return f"\ue000{len(self.items) - 1}\ue001"


def find_named_measures(text: str, known: frozenset[str]) -> list[tuple[str, int]]:
    """Return the keys of measures that a text names as constants, with their lines; nothing is run.

    Raise TextFault for a text that is not valid, or that calls what is not `known`.
    """
    try:
        tree = Sandbox().parse(text)
    except TemplateError as fault:
        raise TextFault(str(fault.message or fault), getattr(fault, "lineno", 0) or 0) from fault
    unknown = sorted(find_undeclared_variables(tree) - known)
    if unknown:
        raise TextFault(f"the text names {unknown[0]}; known: {', '.join(sorted(known))}")
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
    rendered = _render(text, functions)
    blocks: list[Block] = []
    for line in rendered.split("\n"):
        words = line.strip().replace("\u3000", "")
        if not words:
            continue
        alone = _ALONE.fullmatch(words)
        if alone and isinstance(item := _get_item(marks, alone[1]), Table | Drawing):
            blocks.append(item)
        elif match := _HEADING.fullmatch(words):
            _add_heading(blocks, Heading(Level(len(match[1]) - 1), _split_runs(match[2], marks)))
        else:
            blocks.append(Paragraph(_split_runs(words, marks)))
    return blocks


def _add_heading(blocks: list[Block], heading: Heading) -> None:
    """Add a heading; a title that follows a title is its second line."""
    last = blocks[-1] if blocks else None
    if heading.level is Level.TITLE and isinstance(last, Heading) and last.level is Level.TITLE:
        blocks[-1] = Heading(Level.TITLE, (*last.runs, Run("\n"), *heading.runs))
    else:
        blocks.append(heading)


def _render(text: str, functions: dict[str, Any]) -> str:
    if "\ue000" in text or "\ue001" in text:
        raise UserError(_("文字中有不能使用的字符。"), hint=_("请删去私用区字符后再试。"), field="text")
    pieces, length = [], 0
    try:
        template = Sandbox().from_string(text)
        for piece in template.generate(functions):
            length += len(piece)
            if length > LONGEST:
                raise UserError(_("生成的报告过长。"), hint=_("请检查循环。"), field="text")
            pieces.append(piece)
    except TemplateError as fault:
        line = getattr(fault, "lineno", None)
        place = _("第 %(line)s 行：") % {"line": line} if line else ""
        raise UserError(
            _("模板有错。%(place)s%(why)s") % {"place": place, "why": fault.message or fault},
            hint=_("写法见帮助“编写报告模板”。"),
            field="text",
        ) from fault
    except (TypeError, ValueError, ArithmeticError, RecursionError) as fault:
        raise UserError(
            _("模板有错。%(why)s") % {"why": fault}, hint=_("请检查函数的参数。"), field="text"
        ) from fault
    return "".join(pieces)


def _get_item(marks: Marks, number: str) -> Run | Table | Drawing:
    return marks.items[int(number)]


def _split_runs(words: str, marks: Marks) -> tuple[Run, ...]:
    runs: list[Run] = []
    for index, part in enumerate(_STRONG.split(words)):
        is_strong, position = index % 2 == 1, 0
        for match in _MARK.finditer(part):
            if match.start() > position:
                runs.append(Run(part[position : match.start()], is_strong=is_strong))
            item = _get_item(marks, match[1])
            if not isinstance(item, Run):
                raise UserError(_("表格和图须单独占一行。"), hint=_("请把它移到自己的一行。"), field="text")
            runs.append(replace(item, is_strong=is_strong))
            position = match.end()
        if position < len(part):
            runs.append(Run(part[position:], is_strong=is_strong))
    return tuple(runs)
