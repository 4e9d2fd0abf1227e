"""What is wrong with a text that is no TOML, in words: the place where it is wrong and what to write.

`tomllib` reports where it gave up, which is often lines after the mistake: an array that lacks a comma or a bracket, a
text whose quote is not closed. This walk stops at the mistake itself. It is only made for a text that tomllib refused.
"""

import re
import tomllib

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

CHINESE_QUOTES = "“”‘’„‟「」『』＂＇″′`´"
FULL_WIDTH = {
    "＝": "=", "：": "=", "［": "[", "］": "]", "【": "[", "】": "]", "｛": "{", "｝": "}", "，": ",", "、": ",",
    "＃": "#", "．": ".",
}  # fmt: skip
NOUNS = {
    "=": gettext_lazy("等号"),
    ",": gettext_lazy("逗号"),
    "#": gettext_lazy("井号"),
    ".": gettext_lazy("点"),
    ":": gettext_lazy("冒号"),
}
_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_HEADER = re.compile(r"\[{1,2}[^\[\]\n#]*\]{1,2}")
_KEY = re.compile(
    r"""(?:[\w-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')(?:[ \t]*\.[ \t]*(?:[\w-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*'))*"""
)
_NEXT_KEY = re.compile(r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:\.[\w-]+)*[ \t]*=""")
_MULTILINE = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|\'{3}.*?\'{3,5}', re.DOTALL)
_TEXT = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'")
_WORD = re.compile(r"[^,\]}\n#，、［］【】｛｝＃]+")
_INVISIBLE = re.compile("[\u3000\u00a0\u200b\ufeff]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?")
_LOOSE_DAY = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?")
_TRUTHS = {"yes": "true", "是": "true", "on": "true", "no": "false", "否": "false", "off": "false"}


DIGITS_HINT = gettext_lazy("只写数字，如 1000。")


def build_sign_hint(sign: str) -> str:
    """Return the hint to write a sign."""
    return _("写 %(write)s") % {"write": sign}


def build_quotes_hint(quote: str) -> str:
    """Return the hint to write the same quote on both sides of a text."""
    return _("两边都写 %(quote)s") % {"quote": quote}


class TomlMistake(Exception):  # noqa: N818 (ends the walk, and never leaves this module)
    """A mistake: the index in the text, what is wrong, and what to write."""

    def __init__(self, at: int, message: str, hint: str | Promise) -> None:
        super().__init__(message)
        self.at, self.message, self.hint = at, message, str(hint)


def explain_toml(text: str, reason: str) -> tuple[int, int, str, str] | None:
    """Return line and column (from 1), what is wrong and what to write; None where only tomllib's reason is known.

    Args:
        reason: what tomllib stated of the text.
    """
    text = text.replace("\r\n", "\n")
    try:
        _Walk(text).read_document()
    except TomlMistake as mistake:
        start = text.rfind("\n", 0, mistake.at) + 1
        return text.count("\n", 0, mistake.at) + 1, mistake.at - start + 1, mistake.message, mistake.hint
    place = re.search(r"at line (\d+), column (\d+)", reason)
    if place and re.search(r"overwrite|twice|mutate", reason):
        # tomllib gives up after the value or header that comes a second time
        line_number = int(place[1])
        return line_number, 0, _("这一项或这个表写了两次"), _advise_on_second(text, line_number)
    return None


def _advise_on_second(text: str, line_number: int) -> str:
    """Return what to write where a key or table comes a second time, which tomllib notices on its line or the next."""
    lines = text.split("\n")[:line_number]
    header = next((line.strip() for line in reversed(lines[-2:]) if line.startswith("[")), "")
    name = header.strip("[]")
    if header and f"[[{name}]]" in text and f"\n[{name}]" in f"\n{text}":
        return _("每个 %(table)s 都是两层方括号：有一行只写了一层。") % {"table": f"[[{name}]]"}
    return _("只能写一次：删去其中一个。")


class _Walk:
    """A walk over the statements of a text up to the first mistake."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    @property
    def char(self) -> str:
        return self.text[self.position : self.position + 1]

    def pass_match(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.position)
        if match is None:
            return ""
        self.position = match.end()
        return match[0]

    def read_document(self) -> None:
        while True:
            self.pass_match(_BLANK)
            if not self.char:
                return
            if self.char == "[":
                self.read_header()
            else:
                self.read_pair(_("这一行"))
            self.need_end_of_line()

    def need_end_of_line(self) -> None:
        self.pass_match(_SPACE)
        if not self.char or self.char in "\n#":
            return
        self.refuse_foreign_sign()
        rest = self.text[self.position :].split("\n", 1)[0]
        before = self.text[self.position - 1]
        if before.isdigit() and re.match(r",\d{3}\b", rest):
            raise TomlMistake(self.position, _("数里不能有逗号"), DIGITS_HINT)
        if before in "\"'":
            other = "'" if before == '"' else '"'
            message = _("文字到这个 %(quote)s 就结束了，后面却还有：%(rest)s")
            hint = _('文字里面要有 %(quote)s 时，两边改用 %(other)s，或把它写成 \\"')
            words = {"quote": before, "other": other, "rest": rest[:30]}
            raise TomlMistake(self.position, message % words, hint % words)
        message = _("值已经写完，后面却还有：%(rest)s")
        raise TomlMistake(self.position, message % {"rest": rest[:30]}, _("删去后面的。"))

    def refuse_foreign_sign(self) -> None:
        """Raise the mistake of a sign of a Chinese keyboard."""
        char = self.char
        if char and char in CHINESE_QUOTES:
            message = _("%(char)s 是中文引号") % {"char": char}
            raise TomlMistake(self.position, message, build_quotes_hint('"'))
        if char in FULL_WIDTH:
            noun = NOUNS.get(":" if char == "：" else FULL_WIDTH[char], _("括号"))
            message = _("%(char)s 是全角%(noun)s")
            if char in "，、：":
                message = _("%(char)s 是中文%(noun)s")
            raise TomlMistake(
                self.position, message % {"char": char, "noun": noun}, build_sign_hint(FULL_WIDTH[char])
            )
        if char and _INVISIBLE.match(char):
            message = _("有看不见的字符 U+%(code)04X") % {"code": ord(char)}
            raise TomlMistake(self.position, message, _("删去它，重新输入空格。"))

    def read_header(self) -> None:
        start = self.position
        header = self.pass_match(_HEADER)
        line = self.text[start:].split("\n", 1)[0].rstrip()
        for offset, char in enumerate(header or line):
            if char in FULL_WIDTH or char in CHINESE_QUOTES:
                self.position = start + offset
                self.refuse_foreign_sign()
        opened = 2 if line.startswith("[[") else 1
        closed = len(header) - len(header.rstrip("]"))
        if not header or closed != opened:
            at = start + (len(header.rstrip("]")) + closed if header else len(line))
            brackets = "]" * opened
            message = _("表头 %(header)s 没有用 %(brackets)s 结束")
            raise TomlMistake(
                at, message % {"header": line[:30], "brackets": brackets}, build_sign_hint(brackets)
            )

    def read_pair(self, where: str) -> None:
        start = self.position
        self.refuse_foreign_sign()
        key = self.pass_match(_KEY)
        if not key:
            line = self.text[start:].split("\n", 1)[0]
            message = _("%(where)s以 %(start)s 开头，这不是名称")
            message %= {"where": where, "start": repr(line[:20])}
            raise TomlMistake(start, message, _('一行写名称、等号和值：name = "…"'))
        end = self.position
        self.pass_match(_SPACE)
        if self.char == "=":
            self.position += 1
            self.pass_match(_SPACE)
            self.read_value(key)
            return
        self.refuse_foreign_sign()
        if self.char == ":":
            message = _("%(key)s 后面是冒号") % {"key": key[:30]}
            raise TomlMistake(self.position, message, build_sign_hint("="))
        message = _("%(key)s 后面少了 =") % {"key": key[:30]}
        hint = _("写 %(key)s = 和它的值。") % {"key": key[:30]}
        raise TomlMistake(end, message, hint)

    def read_value(self, key: str) -> None:
        char = self.char
        if not char or char in "\n#":
            raise self.name_missing_value(key, self.position)
        if char in "\"'":
            self.read_text()
        elif char == "[":
            self.read_items(key)
        elif char == "{":
            self.read_inline_table(key)
        else:
            self.read_word(key)

    def read_text(self) -> None:
        start, quote = self.position, self.char
        if self.text.startswith(quote * 3, start):
            if not self.pass_match(_MULTILINE):
                message = _("以 %(quotes)s 开头的文字没有结束")
                hint = _("用 %(quotes)s 结束。")
                quotes = {"quotes": quote * 3}
                raise TomlMistake(start, message % quotes, hint % quotes)
            return
        if quoted := self.pass_match(_TEXT):
            try:
                tomllib.loads(f"x = {quoted}")
            except tomllib.TOMLDecodeError:
                at = start + max(quoted.find("\\"), 0)
                message = _("文字里的反斜杠没有意义")
                hint = _("反斜杠写两个，或把文字写在 '…' 里。")
                raise TomlMistake(at, message, hint) from None
            return
        line = self.text[start:].split("\n", 1)[0]
        for index, char in enumerate(line[1:], start=1):
            if char in CHINESE_QUOTES:
                message = _("引号没有结束：%(char)s 是中文引号")
                raise TomlMistake(start + index, message % {"char": char}, build_quotes_hint(quote))
        hint = _("在文字后面再写一个 %(quote)s") % {"quote": quote}
        raise TomlMistake(start, _("引号没有结束"), hint)

    def read_items(self, key: str) -> None:
        start = self.position
        self.position += 1
        self.pass_match(_BLANK)
        while self.char != "]":
            self.need_more("]", start)
            self.read_value(key)
            self.need_separator("]", start)
        self.position += 1

    def read_inline_table(self, key: str) -> None:
        start = self.position
        self.position += 1
        self.pass_match(_SPACE)
        while self.char != "}":
            if self.char == "\n":
                message = _("{ } 里的表只能写在一行里")
                raise TomlMistake(self.position, message, _("写在一行里。"))
            self.need_more("}", start)
            self.read_pair(_("%(key)s 的表") % {"key": key[:30]})
            self.need_separator("}", start)
        self.position += 1

    def need_more(self, closing: str, start: int) -> None:
        if not self.char:
            self.raise_unclosed(closing, start, len(self.text.rstrip()))

    def need_separator(self, closing: str, start: int) -> None:
        """Pass a comma, or stop before the closing bracket; raise the mistake at the place where it is missing."""
        end = self.position
        gap = _BLANK if closing == "]" else _SPACE
        self.pass_match(gap)
        is_key = _NEXT_KEY.match(self.text, self.position) is not None
        if self.char == ",":
            self.position += 1
            self.pass_match(gap)
            if self.char == closing == "}":
                message = _("右花括号前多了逗号")
                raise TomlMistake(self.position, message, _("删去逗号。"))
        elif self.char == closing:
            return
        elif closing == "}" and self.char == "\n":
            self.raise_unclosed(closing, start, end)
        elif self.char and (self.char in CHINESE_QUOTES or self.char in FULL_WIDTH):
            self.refuse_foreign_sign()
        elif closing == "}" and is_key:
            raise TomlMistake(end, _("这里少了逗号"), _("表里的各项之间写逗号。"))
        elif not self.char or self.char in "[}]" or is_key:
            self.raise_unclosed(closing, start, end)
        else:
            raise TomlMistake(end, _("这里少了逗号"), _("列表里的各项之间写逗号。"))

    def raise_unclosed(self, closing: str, start: int, at: int) -> None:
        line = self.text.count("\n", 0, start) + 1
        opening = "[" if closing == "]" else "{"
        message = _("这里少了 %(closing)s") % {"closing": closing}
        hint = _("它和第 %(line)d 行的 %(opening)s 是一对。")
        raise TomlMistake(at, message, hint % {"opening": opening, "line": line})

    def read_word(self, key: str) -> None:
        start = self.position
        self.refuse_foreign_sign()
        word = self.pass_match(_WORD).rstrip(" \t")
        if _is_value(word):
            return
        if invisible := _INVISIBLE.search(word):
            self.position = start + invisible.start()
            self.refuse_foreign_sign()
        if not word:
            raise self.name_missing_value(key, start)
        first = word.split(maxsplit=1)[0]
        if first == word or not _is_value(first):
            raise self.name_word(start, word, key)
        self.position = start + len(first)  # what follows the value is wrong

    def name_missing_value(self, key: str, at: int) -> TomlMistake:
        """Return the mistake of a key without a value."""
        message = _("%(key)s 没有值") % {"key": key[:30]}
        return TomlMistake(at, message, _('写一个值，如 "…" 或 3。'))

    def name_word(self, start: int, word: str, key: str) -> TomlMistake:  # noqa: PLR0911 (one for each kind)
        """Return the mistake of a value that is no number, date, true or false."""
        lower = word.lower()
        if lower in {"true", "false"} or lower in _TRUTHS:
            message = _("%(word)s 不是 true 或 false") % {"word": word}
            return TomlMistake(start, message, build_sign_hint(_TRUTHS.get(lower, lower)))
        if _DAY.fullmatch(word):
            message = _("没有 %(day)s 这一天") % {"day": word[:20]}
            return TomlMistake(start, message, _("写存在的日期，如 2027-01-31。"))
        if _LOOSE_DAY.fullmatch(word):
            message = _("%(word)s 不是日期的写法") % {"word": word}
            return TomlMistake(start, message, _("写成 2027-01-31，不加引号。"))
        if re.fullmatch(r"0\d+", word):
            message = _("%(word)s 以 0 开头，作为数会丢掉前面的 0")
            hint = _('编码是文字，要加引号："%(word)s"')
            return TomlMistake(start, message % {"word": word}, hint % {"word": word})
        if re.fullmatch(r"[\d,，_]+", word):
            message = _("%(word)s 不是数的写法") % {"word": word}
            return TomlMistake(start, message, DIGITS_HINT)
        if re.match(r"\d", word):
            message = _("%(word)s 既不是数，也不是加了引号的文字")
            hint = _('数不带单位；是文字就加引号："%(word)s"')
            return TomlMistake(start, message % {"word": repr(word[:30])}, hint % {"word": word[:30]})
        message = _("文字 %(word)s 没有加引号") % {"word": repr(word[:30])}
        hint = _('写 %(key)s = "%(word)s"') % {"key": key[:30], "word": word[:30]}
        return TomlMistake(start, message, hint)


def _is_value(word: str) -> bool:
    """Return whether a word is a TOML value."""
    try:
        tomllib.loads(f"x = {word}")
    except ValueError:
        return False
    return True
