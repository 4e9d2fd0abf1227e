"""Run a text of a report or Word template in a confined process, and word its faults.

The text never runs in a process that has the database. The child asks for what its functions return, one call at a
time, and prints marks in their place.
"""

import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel.errors import UserError
from jiedao.reports.confined import ChildEnded, Conversation, Limits, converse

log = logging.getLogger("jiedao.reports")
CHILD = Path(__file__).with_name("rendering_child.py")
LIMITS = Limits(  # a preview waits; the time of its functions is not counted
    seconds=10, wait=30, megabytes=512, niceness=0
)
MOST_AT_ONCE = 3  # texts of one process; each may take its memory and holds a thread of the server
PATIENCE = 15  # seconds until another text is refused
LONGEST = 400_000  # characters of a built report
MOST_CALLS = 60_000  # more than the sandbox lets a text make
_places = threading.BoundedSemaphore(MOST_AT_ONCE)
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
# What the functions of a report raise of wrong arguments.
_RAISED = (
    TypeError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RuntimeError,
    MemoryError,
)
_CHINESE = re.compile("[\u4e00-\u9fff]")


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

    def refuse(self, line: int, why: object, hint: object) -> UserError:
        """Return the refusal of a text with the line of its fault, 0 where it is not known."""
        place = self.name_line(line) if line else ""
        words = _("%(place)s：%(why)s") % {"place": place, "why": why} if place else str(why)
        return UserError(words, hint=hint, field=self.field)


@dataclass(frozen=True)
class Rendered:
    """What a text has printed, and the names that it uses."""

    text: str
    names: frozenset[str]


def render(text: str, values: Mapping[str, Any], rendering: Rendering) -> Rendered:
    """Run a text in a confined process.

    Args:
        values: the names that the text may use: functions, which run in this process, texts and numbers.

    Raises:
        UserError: the text cannot be run, or takes more than the limits; the message has the place of the fault.
    """
    order = {
        "text": text,
        "escapes": rendering.escapes,
        "longest": rendering.longest,
        "values": {name: value for name, value in values.items() if not callable(value)},
        "functions": [name for name, value in values.items() if callable(value)],
    }
    if not _places.acquire(timeout=PATIENCE):
        raise UserError(_("正在生成的报告太多。"), hint=_("请过一分钟再试。"), field=rendering.field)
    try:
        with converse(CHILD, LIMITS) as conversation:
            conversation.send(order)
            answer, raised = _answer_calls(conversation, values)
    except ChildEnded as fault:
        log.warning("a text of a report was stopped: %s", fault)
        raise rendering.refuse(0, _word_fault(_word_size()), _hint_writing()) from fault
    finally:
        _places.release()
    if "printed" in answer:
        return Rendered(answer["printed"], frozenset(answer["names"]))
    explained = _explain(answer, raised, rendering)
    if explained is raised:
        raise explained  # no fault of the text, such as a database that is away
    raise explained from raised


def _answer_calls(
    conversation: Conversation, values: Mapping[str, Any]
) -> tuple[dict[str, Any], Exception | None]:
    """Run the functions that the child asks for; return its last message and what a function has raised."""
    raised: Exception | None = None
    for _number in range(MOST_CALLS):
        message = conversation.receive()
        if "call" not in message:
            return message, raised
        function = values.get(message["call"])
        if raised is not None or not callable(function):
            break
        try:
            conversation.send({"result": function(*message["args"], **message["kwargs"])})
        except ChildEnded:
            raise
        except Exception as fault:
            raised = fault
            conversation.send({})
    raise ChildEnded("DAMAGED")


def _explain(answer: Mapping[str, Any], raised: Exception | None, rendering: Rendering) -> Exception:
    """Return the refusal of a text for the fault that the child has answered."""
    kind, line, words = answer["kind"], int(answer["line"]), str(answer.get("words", ""))
    if kind == "LONG":
        return UserError(_("生成的报告过长。"), hint=_("请检查循环。"), field=rendering.field)
    if kind == "REFUSED":
        why, hint = _explain_refused_value(words)
        return rendering.refuse(line, why, hint)
    if kind == "HOST":
        if isinstance(raised, UserError):
            return rendering.refuse(line, raised.message, raised.hint)
        if raised is not None and not isinstance(raised, _RAISED):
            return raised
        kind, words = "RAISED", str(raised)
        answer = {"raised": type(raised).__name__}
    if kind == "RAISED":
        why = _word_fault(_describe_raised(answer["raised"], words))
        return rendering.refuse(line, why, _("请检查函数的参数。"))
    return rendering.refuse(line, _word_fault(_describe_fault(kind, words)), _hint_writing())


def _word_fault(why: str) -> str:
    return _("模板有错。%(why)s") % {"why": why}


def _word_size() -> str:
    return _("循环、文字或数太多太大。")


def _hint_writing() -> str:
    return _("写法见帮助中的“报告”。")


def _explain_refused_value(code: str) -> tuple[str, str]:
    explained = {
        "FUNCTION": (_("函数不能直接写出来。"), _("请在函数名后写上括号和参数。")),
        "LIST": (_("列表不能直接写出来。"), _("请用 for 逐项写出。")),
    }
    return explained.get(code, (_("文字中有不能使用的字符。"), _("请删去私用区字符后再试。")))


def _describe_fault(kind: str, words: str) -> str:
    """Return what is wrong with a text, in the reader's language."""
    if kind == "LIMIT":
        return _word_size()
    if kind == "UNDEFINED" and (match := _UNDEFINED.match(words)):
        return _("没有“%(name)s”这个函数或名称。") % {"name": match[1]}
    if meaning := find_meaning(words):
        return meaning
    if kind == "SECURITY":
        return _("这里不能运行程序（%(words)s）。") % {"words": words}
    # Jinja states in English what is rare; the place, which precedes this sentence, is what helps.
    return _("标记的写法不对。")


def find_meaning(words: str) -> str:
    """Return what Jinja's words mean, in the reader's language; "" for words that are rare."""
    for pattern, meaning in _FAULTS:
        if match := pattern.search(words):
            return str(meaning) % {"word": match[1] if match.groups() else ""}
    return ""


def _describe_raised(name: str, words: str) -> str:
    """Return what Python found wrong with a text, in the reader's language."""
    if name in {"SyntaxError", "IndentationError"} and (meaning := find_meaning(words)):
        return meaning
    if name in {"RecursionError", "SyntaxError", "IndentationError"}:  # loops or macros nested too deep
        return _("循环、括号或宏一层套一层，太深了。")
    if name in {"MemoryError", "OverflowError"}:
        return _word_size()
    if _CHINESE.search(words):
        return words
    return find_meaning(words) or _("有的数、文字或参数不合用。")
