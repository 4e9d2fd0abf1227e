"""Cut an expression into its signs and words. A sign of another keyboard or language is named with what to write."""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.expressions.faults import ExpressionFault

QUOTES = "'\""
_NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"[^\W\d]\w*")
_SIGN = re.compile(r"&&|\|\||==|!=|<=|>=|[-<>!+*/%?:.,()\[\]]")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?"}
MOST_NUMBER = 1e15  # beyond it a float no longer holds every whole number

# Signs of other languages and of Chinese keyboards -> what to write.
_WRONG_SIGNS = {
    "===": "==", "!==": "!=", "<>": "!=", "=>": ">=", "=<": "<=", "=": "==", "&": "&&", "|": "||", "~": "!",
    "≥": ">=", "≤": "<=", "≠": "!=", "＝＝": "==", "＝": "==", "！＝": "!=", "＞＝": ">=", "＜＝": "<=", "×": "*",
    "÷": "/", "－": "-", "—": "-", "–": "-", "−": "-", "∧": "&&", "∨": "||", "¬": "!", "∈": "in", "＆＆": "&&",
    "｜｜": "||", "＆": "&&", "｜": "||",
}  # fmt: skip
_WRONG_SIGN = re.compile("|".join(re.escape(sign) for sign in sorted(_WRONG_SIGNS, key=len, reverse=True)))
_BRACKETS = dict(zip("（）［］【】〔〕｛｝", "()[][][]{}", strict=True))
_COMMAS = {"，": ",", "、": ",", "﹐": ","}
_OPERATORS = dict(zip("＞＜！＋＊／％？：．。", "><!+*/%?:..", strict=True))
_CHINESE_QUOTES = "“”‘’„‟「」『』《》＂＇″′`´"


class Kind(Enum):
    """What a token is."""

    NUMBER = auto()
    TEXT = auto()
    WORD = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True)
class Token:
    """A sign or word of an expression; `value` is that of a number or text."""

    kind: Kind
    text: str
    start: int
    end: int
    value: Any = None

    def is_sign(self, *signs: str) -> bool:
        """Return whether it is one of these signs, or the word `in`."""
        return self.kind in {Kind.SIGN, Kind.WORD} and self.text in signs


def read_tokens(text: str) -> list[Token]:
    """Return the tokens of an expression, with an END at its end; raise ExpressionFault at the first wrong sign."""
    tokens, position = [], 0
    while position < len(text):
        if text[position] in " \t\r\n":
            position += 1
            continue
        token = _read_token(text, position)
        tokens.append(token)
        position = token.end
    return [*tokens, Token(Kind.END, "", len(text.rstrip()), len(text))]


def _read_token(text: str, start: int) -> Token:
    char = text[start]
    if char in QUOTES:
        return _read_text(text, start)
    if char.isascii() and (match := _NUMBER.match(text, start)):
        return _read_number(text, match)
    if match := _WORD.match(text, start):
        return _read_word(text, match)
    _refuse_wrong_sign(text, start)
    if match := _SIGN.match(text, start):
        return Token(Kind.SIGN, match[0], start, match.end())
    raise _name_character(text, start)


def _read_number(text: str, match: re.Match[str]) -> Token:
    start, written = match.start(), match[0]
    if word := _WORD.match(text, match.end()):
        hint = _("数直接写，不带单位和后缀：%(number)s。名称不能以数字开头。")
        raise ExpressionFault(
            _("“%(written)s”不是数"), hint, at=start, written=written + word[0], number=written
        )
    if re.search(r"\d,$", text[:start]) and re.match(r"\d{3}(?!\d)", written):
        words, hint = _("数里不能有逗号"), _("数直接写，不分节：1000。")
        raise ExpressionFault(words, hint, at=start - 1)
    if re.match(r"0\d", written):
        hint = _("编码是文字，要加引号：'%(written)s'。")
        raise ExpressionFault(
            _("%(written)s 以 0 开头，作为数会丢掉前面的 0"), hint, at=start, written=written
        )
    is_whole = written.isdigit()
    value = int(written) if is_whole and len(written) <= 400 else float(written)
    if abs(value) > MOST_NUMBER:
        raise ExpressionFault(_("数太大：%(written)s"), _("数最大 1e15。"), at=start, written=written[:40])
    return Token(Kind.NUMBER, written, start, match.end(), value)


def _read_word(text: str, match: re.Match[str]) -> Token:
    word, start, end = match[0], match.start(), match.end()
    if word.lower() in {"r", "b", "br", "rb", "f", "u"} and text[end : end + 1] in tuple(QUOTES):
        hint = _("引号前不写字母：'…'。")
        raise ExpressionFault(_("引号前多了“%(word)s”"), hint, at=start, word=word)
    narrow = unicodedata.normalize("NFKC", word)
    if narrow != word:
        hint = _("改用半角：%(narrow)s。")
        raise ExpressionFault(_("“%(word)s”里有全角字符"), hint, at=start, word=word, narrow=narrow)
    return Token(Kind.WORD, word, start, end)


def _read_text(text: str, start: int) -> Token:
    quote, position, value = text[start], start + 1, ""
    if text[start : start + 3] == quote * 3:
        raise ExpressionFault(_("三个引号连在一起"), _("文字两边各写一个引号：'…'。"), at=start)
    while position < len(text) and text[position] != "\n":
        char = text[position]
        if char == quote:
            return Token(Kind.TEXT, text[start : position + 1], start, position + 1, value)
        if char == "\\":
            escape = text[position + 1 : position + 2]
            if escape not in _ESCAPES:
                hint = _("反斜杠写成 \\\\。")
                raise ExpressionFault(_("反斜杠后面的“%(escape)s”没有意义"), hint, at=position, escape=escape)
            value += _ESCAPES[escape]
            position += 2
            continue
        value += char
        position += 1
    raise _name_unclosed_quote(text, start, position)


def _name_unclosed_quote(text: str, start: int, end: int) -> ExpressionFault:
    """Return the fault of a text that does not end, with the sign that was perhaps meant to end it."""
    quote, inner = text[start], text[start + 1 : end]
    for index, char in enumerate(inner):
        if char in _CHINESE_QUOTES:
            hint = _("%(char)s 是中文引号，不能用来结束；两边都写 %(quote)s。")
            return ExpressionFault(_("引号没有结束"), hint, at=start, char=char, quote=quote)
        if char in QUOTES:
            hint = _("开头是 %(quote)s，后面（第 %(number)d 个字符）却是 %(char)s；两边要用同一种。")
            number = start + index + 2
            return ExpressionFault(_("引号没有结束"), hint, at=start, quote=quote, number=number, char=char)
    if not inner.strip():
        hint = _("删去它，或在引号里写文字：'A'。")
        return ExpressionFault(_("引号没有结束"), hint, at=start)
    word = _WORD.match(inner)
    example = word[0] if word else inner[:12].strip()
    hint = _("在文字后面再写一个 %(quote)s：%(quote)s%(example)s%(quote)s。")
    return ExpressionFault(_("引号没有结束"), hint, at=start, quote=quote, example=example)


def _refuse_wrong_sign(text: str, start: int) -> None:
    """Raise the fault of a sign that other languages use, unless a correct sign begins here."""
    match = _WRONG_SIGN.match(text, start)
    if match is None:
        return
    correct = _SIGN.match(text, start)
    if correct is not None and len(correct[0]) >= len(match[0]):
        return
    sign, write = match[0], _WRONG_SIGNS[match[0]]
    words = _("%(sign)s 是全角运算符") if ord(sign[0]) > 0xFF00 else _("没有 %(sign)s 这个运算符")
    raise ExpressionFault(words, _("写 %(write)s。"), at=start, sign=sign, write=write)


def _name_character(text: str, start: int) -> ExpressionFault:  # noqa: PLR0911 (one for each kind)
    """Return the fault of a character that no expression has outside quotes."""
    char = text[start]
    if char in _CHINESE_QUOTES:
        words = _("%(char)s 是中文引号") if char not in "`´" else _("%(char)s 不是引号")
        return ExpressionFault(words, _("两边都写半角引号 '。"), at=start, char=char)
    for table, words in (
        (_BRACKETS, _("%(char)s 是全角括号")),
        (_COMMAS, _("%(char)s 是中文标点")),
        (_OPERATORS, _("%(char)s 是全角运算符")),
    ):
        if char in table:
            return ExpressionFault(words, _("写 %(write)s。"), at=start, char=char, write=table[char])
    if char == "\u3000":
        return ExpressionFault(_("这里有全角空格"), _("改用普通空格。"), at=start)
    category = unicodedata.category(char)
    if category in {"Zs", "Cc", "Cf", "Zl", "Zp"}:
        words = _("有看不见的字符 U+%(code)04X")
        return ExpressionFault(words, _("删去它，重新输入空格。"), at=start, code=ord(char))
    narrow = unicodedata.normalize("NFKC", char)
    if narrow != char:
        words = _("%(char)s 是全角字符")
        return ExpressionFault(words, _("写 %(write)s。"), at=start, char=char, write=narrow)
    if char in "{}":
        words, hint = _("表达式里不能用花括号"), _("列表写在方括号里：['A', 'B']。")
        return ExpressionFault(words, hint, at=start)
    if char == "#":
        return ExpressionFault(_("表达式里不能有注释"), _("注释写在表达式外面。"), at=start)
    words = _("表达式里没有 %(char)s 这个符号")
    hint = _("两个条件之间写 &&。") if char == ";" else _("文字要加引号：'…'。")
    return ExpressionFault(words, hint, at=start, char=char)
