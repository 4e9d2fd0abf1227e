"""Turn the text of a report template into a document: run it in a sandbox, then cut it into blocks.

The text is plain: `#` begins the title (and its second line), `##`, `###` and `####` the headings, an empty line or a
line break ends a paragraph, `**` marks what is strong. Figures and their companions are written in double braces:

    累计结案{{ figure("cases.closed") }}，按期处置率{{ figure("cases.on_time_rate") }}。

Inside braces Jinja's expressions are available, without access to anything but the functions of a report.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from traceback import walk_tb
from types import FrameType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from jinja2 import TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError
from jinja2.meta import find_undeclared_variables

from jiedao.kernel.errors import UserError
from jiedao.reports.document import Block, Drawing, Heading, Level, Paragraph, PlanMark, Run, Table
from jiedao.reports.sandbox import MARK, Sandbox, WorkLimit

LONGEST = 400_000  # characters of a built report
_STRONG = re.compile(r"\*\*(.+?)\*\*")
_HEADING = re.compile(r"(#{1,4})\s+(.*)")
_UNDEFINED = re.compile(r"'(\w+)' is undefined")
# What Jinja states of faults that people make often -> the same in the reader's language.
_FAULTS = (
    (
        re.compile(r"expected token 'end of statement block'"),
        gettext_lazy("标记里多了或少了逗号、引号或括号。"),
    ),
    (
        re.compile(r"expected token 'end of print statement', got '(.{1,40})'"),
        gettext_lazy("“%(word)s”前面多了或少了逗号、引号或括号。"),
    ),
    (
        re.compile(
            r"(?:Expected an expression, got|unexpected) 'end of (?:print statement|statement block)'"
        ),
        gettext_lazy("标记没有写完，或是空的。"),
    ),
    (re.compile(r"expected token '.{1,20}', got 'end of"), gettext_lazy("标记没有写完，或是空的。")),
    (re.compile(r"Missing end of comment tag"), gettext_lazy("说明文字没有写完，末尾要有 #}。")),
    (re.compile(r"(?:[Cc]an't|cannot) assign"), gettext_lazy("set 和 for 后面要写一个自己起的名称。")),
    (re.compile(r"sequence was empty"), gettext_lazy("列表是空的，没有可取的值。")),
    (re.compile(r"division.* by zero"), gettext_lazy("除数是 0。")),
    (re.compile(r"object is not callable"), gettext_lazy("括号前面的不是函数。")),
    (re.compile(r"object is not iterable"), gettext_lazy("for 后面要是列表。")),
    (re.compile(r"duplicate argument|argument repeated"), gettext_lazy("同一个参数写了两次。")),
    (re.compile(r"unexpected '(.{1,3})'"), gettext_lazy("多了“%(word)s”，或标记没有写完。")),
    (re.compile(r"""unexpected char (?:'"'|"'")"""), gettext_lazy("引号没有成对。")),
    (
        re.compile(r"unexpected char '([“”‘’「」『』＂＇])'"),
        gettext_lazy("标记里的 %(word)s 是中文引号，请改用半角引号。"),
    ),
    (
        re.compile(r"unexpected char '([（）［］｛｝【】])'"),
        gettext_lazy("标记里的 %(word)s 是全角括号，请改用半角括号。"),
    ),
    (
        re.compile(r"unexpected char '([，、；：。！＝＜＞])'"),
        gettext_lazy("标记里的 %(word)s 是中文标点，请改用半角的。"),
    ),
    (
        re.compile(r"unexpected char '([&|!])'"),
        gettext_lazy("标记里不能用 %(word)s：并且写 and，或者写 or，否定写 not。"),
    ),
    (
        re.compile(r"""unexpected char ['"](.)"""),
        gettext_lazy("标记里有不认识的字符“%(word)s”；引号和括号要用半角。"),
    ),
    (
        re.compile(r"[Uu]nexpected end of template"),
        gettext_lazy("有标记没有写完：if 要有 endif，for 要有 endfor，左括号要有右括号。"),
    ),
    (
        re.compile(r"Encountered unknown tag '(end\w+|else|elif)'"),
        gettext_lazy("“%(word)s”前面没有和它成对的标记。"),
    ),
    (re.compile(r"Encountered unknown tag '(\w+)'"), gettext_lazy("没有“%(word)s”这种标记。")),
    (re.compile(r"No filter named '(\w+)'"), gettext_lazy("没有“%(word)s”这个过滤器。")),
    (re.compile(r"No test named '(\w+)'"), gettext_lazy("没有“%(word)s”这种判断。")),
    (re.compile(r"has no (?:attribute|element) '?(\w+)'?"), gettext_lazy("值里没有“%(word)s”。")),
    (re.compile(r"access to attribute '(\w+)'"), gettext_lazy("这里不能运行程序，也不能读取“%(word)s”。")),
    (re.compile(r"the operator (\S+) is not available"), gettext_lazy("这里不能用“%(word)s”运算这些值。")),
    (re.compile(r"recursive loops are not available"), gettext_lazy("循环不能带 recursive。")),
    (re.compile(r"other templates are not available"), gettext_lazy("不能引用别的模板。")),
    (re.compile(r"a character for marks"), gettext_lazy("文字中有不能使用的字符，请删去私用区字符。")),
    (re.compile(r"a number that is too large"), gettext_lazy("循环、文字或数太多太大。")),
    (re.compile(r"unexpected keyword argument '(\w+)'"), gettext_lazy("没有“%(word)s”这个参数。")),
)
# What Python raises of a text: wrong values, loops nested too deep for it, macros that call themselves.
_RAISED = (
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    NameError,
    AttributeError,
    RuntimeError,
    SyntaxError,
    MemoryError,
)
_CHINESE = re.compile("[\u4e00-\u9fff]")


class TextFault(ValueError):  # noqa: N818 (a fault of a pack)
    """A text that cannot be a report, in English, with its line; for the check of a pack."""

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
        raise TextFault(describe_fault(fault), getattr(fault, "lineno", 0) or 0) from fault
    except _RAISED as fault:
        raise TextFault(str(fault)) from fault
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
        alone = MARK.fullmatch(words)
        if alone and isinstance(item := marks.get(alone[1]), Table | Drawing):
            blocks.append(item)
        elif match := _HEADING.fullmatch(words):
            words, is_plan = _take_plan_mark(match[2], marks)
            _add_heading(blocks, Heading(Level(len(match[1]) - 1), _split_runs(words, marks), is_plan))
        else:
            blocks.append(Paragraph(_split_runs(words, marks)))
    return blocks


def _add_heading(blocks: list[Block], heading: Heading) -> None:
    """Add a heading; a title that follows a title is its second line."""
    last = blocks[-1] if blocks else None
    if heading.level is Level.TITLE and isinstance(last, Heading) and last.level is Level.TITLE:
        blocks[-1] = replace(last, runs=(*last.runs, Run("\n"), *heading.runs))
    else:
        blocks.append(heading)


def _name_line(line: int) -> str:
    return _("第 %(line)s 行") % {"line": line}


@dataclass(frozen=True)
class Rendering:
    """How a text is run.

    Attributes:
        escapes: the text is XML, and what is printed into it is escaped.
        longest: the most characters of the result.
        name_line: what a message calls a line, such as the paragraph of a document; "" for none.
        field: the field of the form to which a fault belongs.
    """

    escapes: bool = False
    longest: int = LONGEST
    name_line: Callable[[int], str] = _name_line
    field: str = "text"

    def refuse(self, fault: BaseException, why: object, hint: object) -> UserError:
        """Return the refusal of a text with the place of its fault."""
        line = find_line(fault)
        place = self.name_line(line) if line else ""
        words = _("%(place)s：%(why)s") % {"place": place, "why": why} if place else str(why)
        return UserError(words, hint=hint, field=self.field)


def _render(text: str, functions: dict[str, Any]) -> str:
    if "\ue000" in text or "\ue001" in text:
        raise UserError(_("文字中有不能使用的字符。"), hint=_("请删去私用区字符后再试。"), field="text")
    return render(text, functions, Rendering())


def render(text: str, functions: Mapping[str, Any], rendering: Rendering) -> str:
    """Return what a text prints; raise UserError for one that cannot be run, with the place of the fault."""
    pieces, length = [], 0
    with _explain_faults(rendering, _("请检查函数的参数。")):
        template = Sandbox(escapes=rendering.escapes).from_string(text)
        for piece in template.generate(functions):
            length += len(piece)
            if length > rendering.longest:
                raise UserError(_("生成的报告过长。"), hint=_("请检查循环。"), field=rendering.field)
            pieces.append(piece)
    return "".join(pieces)


def find_names(text: str, rendering: Rendering) -> set[str]:
    """Return the names that a text uses without running it; raise UserError for one that is not valid."""
    with _explain_faults(rendering, _("写法见帮助中的“报告”。")):
        return find_undeclared_variables(Sandbox(escapes=rendering.escapes).parse(text))


@contextmanager
def _explain_faults(rendering: Rendering, hint: str) -> Iterator[None]:
    """Turn the faults of a text into a UserError with their place; the hint is that of errors that Python raised."""
    try:
        yield
    except UserError as fault:
        raise rendering.refuse(fault, fault.message, fault.hint) from fault
    except TemplateError as fault:
        why = _("模板有错。%(why)s") % {"why": describe_fault(fault)}
        raise rendering.refuse(fault, why, _("写法见帮助中的“报告”。")) from fault
    except _RAISED as fault:
        why = _("模板有错。%(why)s") % {"why": _describe_raised(fault)}
        raise rendering.refuse(fault, why, hint) from fault


def find_line(fault: BaseException) -> int:
    """Return the line of a text in which a fault arose, 0 where it is not known."""
    if isinstance(fault, TemplateSyntaxError):
        return fault.lineno
    lines = [number for frame, number in walk_tb(fault.__traceback__) if _is_of_template(frame)]
    return lines[-1] if lines else 0


def _is_of_template(frame: FrameType) -> bool:
    return "__jinja_exception__" in frame.f_globals  # the frames by which Jinja names the lines of a text


def describe_fault(fault: TemplateError) -> str:
    """Return what is wrong with a text, in the reader's language."""
    words = str(fault.message or fault)
    if isinstance(fault, WorkLimit):
        return _("循环、文字或数太多太大。")
    if isinstance(fault, UndefinedError) and (match := _UNDEFINED.match(words)):
        return _("没有“%(name)s”这个函数或名称。") % {"name": match[1]}
    if meaning := _find_meaning(words):
        return meaning
    if isinstance(fault, SecurityError):
        return _("这里不能运行程序（%(words)s）。") % {"words": words}
    # Jinja states in English what is rare; the place, which precedes this sentence, is what helps.
    return _("标记的写法不对。")


def _find_meaning(words: str) -> str:
    for pattern, meaning in _FAULTS:
        if match := pattern.search(words):
            return str(meaning) % {"word": match[1] if match.groups() else ""}
    return ""


def _describe_raised(fault: BaseException) -> str:
    """Return what Python found wrong with a text, in the reader's language."""
    words = str(fault)
    if isinstance(fault, SyntaxError) and (meaning := _find_meaning(words)):
        return meaning
    if isinstance(fault, RecursionError | SyntaxError):
        return _("循环、括号或宏一层套一层，太深了。")
    if isinstance(fault, MemoryError | OverflowError):
        return _("循环、文字或数太多太大。")
    if _CHINESE.search(words):
        return words
    return _find_meaning(words) or _("有的数、文字或参数不合用。")


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
