"""What is wrong with a text that is no TOML, in words: the place where it is wrong and what to write.

`tomllib` reports where it gave up, which is often lines after the mistake: an array that lacks a comma or a bracket, a
text whose quote is not closed. This walk stops at the mistake itself. It is only made for a text that tomllib refused.
"""

import re
import tomllib

CHINESE_QUOTES = "“”‘’„‟「」『』＂＇″′`´"
FULL_WIDTH = {
    "＝": "=", "：": "=", "［": "[", "］": "]", "【": "[", "】": "]", "｛": "{", "｝": "}", "，": ",", "、": ",",
    "＃": "#", "．": ".",
}  # fmt: skip
NOUNS = {"=": "equals sign", ",": "comma", "#": "number sign", ".": "dot"}
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


class TomlMistake(Exception):  # noqa: N818 (ends the walk, and never leaves this module)
    """A mistake: the index in the text, what is wrong, and what to write."""

    def __init__(self, at: int, message: str, hint: str) -> None:
        super().__init__(message)
        self.at, self.message, self.hint = at, message, hint


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
        return int(place[1]), 0, "the key or table is there twice", _advise_on_second(text, int(place[1]))
    return None


def _advise_on_second(text: str, line_number: int) -> str:
    """Return what to write where a key or table comes a second time, which tomllib notices on its line or the next."""
    lines = text.split("\n")[:line_number]
    header = next((line.strip() for line in reversed(lines[-2:]) if line.startswith("[")), "")
    name = header.strip("[]")
    if header and f"[[{name}]]" in text and f"\n[{name}]" in f"\n{text}":
        return f"Each [[{name}]] has two brackets: one line has only [{name}]."
    return "Each occurs once: remove one of them."


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
                self.read_pair("the line")
            self.need_end_of_line()

    def need_end_of_line(self) -> None:
        self.pass_match(_SPACE)
        if not self.char or self.char in "\n#":
            return
        self.refuse_foreign_sign()
        rest = self.text[self.position :].split("\n", 1)[0]
        before = self.text[self.position - 1]
        if before.isdigit() and re.match(r",\d{3}\b", rest):
            raise TomlMistake(self.position, "a number has no comma", "Write digits alone, such as 1000.")
        if before in "\"'":
            other = "'" if before == '"' else '"'
            message = f"the text ends at this {before}, but the line goes on: {rest[:30]}"
            hint = f'A {before} inside a text: put the text in {other}, or write \\" for it.'
            raise TomlMistake(self.position, message, hint)
        raise TomlMistake(
            self.position, f"the value has ended, but the line goes on: {rest[:30]}", "Remove it."
        )

    def refuse_foreign_sign(self) -> None:
        """Raise the mistake of a sign of a Chinese keyboard."""
        char = self.char
        if char and char in CHINESE_QUOTES:
            raise TomlMistake(self.position, f"{char} is a Chinese quotation mark", 'Write " on both sides.')
        if char in FULL_WIDTH:
            noun = NOUNS.get(FULL_WIDTH[char], "bracket") if char != "：" else "colon"
            kind = "Chinese" if char in "，、：" else "full-width"
            raise TomlMistake(self.position, f"{char} is a {kind} {noun}", f"Write {FULL_WIDTH[char]}")
        if char and _INVISIBLE.match(char):
            message = f"there is an invisible character U+{ord(char):04X}"
            raise TomlMistake(self.position, message, "Delete it and type the space anew.")

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
            raise TomlMistake(at, f"the header {line[:30]} does not end with {brackets}", f"Write {brackets}")

    def read_pair(self, where: str) -> None:
        start = self.position
        self.refuse_foreign_sign()
        key = self.pass_match(_KEY)
        if not key:
            line = self.text[start:].split("\n", 1)[0]
            message = f"{where} begins with {line[:20]!r}, which is no key"
            raise TomlMistake(start, message, 'A line is a key, = and a value: name = "…".')
        end = self.position
        self.pass_match(_SPACE)
        if self.char == "=":
            self.position += 1
            self.pass_match(_SPACE)
            self.read_value(key)
            return
        self.refuse_foreign_sign()
        if self.char == ":":
            raise TomlMistake(self.position, f"a colon follows {key}", "Write =")
        raise TomlMistake(end, f"there is no = after {key[:30]}", f"Write {key[:30]} = and its value.")

    def read_value(self, key: str) -> None:
        char = self.char
        if not char or char in "\n#":
            raise TomlMistake(
                self.position, f"the value of {key[:30]} is missing", 'Write one, such as "…" or 3.'
            )
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
                raise TomlMistake(
                    start, f"the text that begins with {quote * 3} does not end", f"End it with {quote * 3}"
                )
            return
        if quoted := self.pass_match(_TEXT):
            try:
                tomllib.loads(f"x = {quoted}")
            except tomllib.TOMLDecodeError:
                at = start + max(quoted.find("\\"), 0)
                hint = "Write a backslash twice, or put the text in '…'."
                raise TomlMistake(at, "a backslash with no meaning in a text", hint) from None
            return
        line = self.text[start:].split("\n", 1)[0]
        for index, char in enumerate(line[1:], start=1):
            if char in CHINESE_QUOTES:
                message = f"the quote is not closed: {char} is a Chinese quotation mark"
                raise TomlMistake(start + index, message, f"Write {quote} on both sides.")
        raise TomlMistake(start, "the quote is not closed", f"Write another {quote} after the text.")

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
                raise TomlMistake(self.position, "a table in { } ends in its line", "Write it in one line.")
            self.need_more("}", start)
            self.read_pair(f"the table of {key[:30]}")
            self.need_separator("}", start)
        self.position += 1

    def need_more(self, closing: str, start: int) -> None:
        if not self.char:
            self.raise_unclosed(closing, start, len(self.text.rstrip()))

    def need_separator(self, closing: str, start: int) -> None:
        """Pass a comma, or stop before the closing bracket; raise the mistake at the place where it is missing."""
        end = self.position
        self.pass_match(_BLANK if closing == "]" else _SPACE)
        if self.char == ",":
            self.position += 1
            self.pass_match(_BLANK if closing == "]" else _SPACE)
            if self.char == closing == "}":
                raise TomlMistake(self.position, "there is a comma before }", "Delete the comma.")
        elif self.char == closing:
            pass
        elif closing == "}" and self.char == "\n":
            self.raise_unclosed(closing, start, end)
        elif self.char and (self.char in CHINESE_QUOTES or self.char in FULL_WIDTH):
            self.refuse_foreign_sign()
        elif (
            not self.char
            or self.char == "["
            or self.char in "}]"
            or _NEXT_KEY.match(self.text, self.position)
        ):
            if closing == "}" and self.char and _NEXT_KEY.match(self.text, self.position):
                raise TomlMistake(end, "a comma is missing here", "Separate the keys of a table by commas.")
            self.raise_unclosed(closing, start, end)
        else:
            raise TomlMistake(end, "a comma is missing here", "Separate the items of a list by commas.")

    def raise_unclosed(self, closing: str, start: int, at: int) -> None:
        line = self.text.count("\n", 0, start) + 1
        opening = "[" if closing == "]" else "{"
        raise TomlMistake(at, f"a {closing} is missing here", f"It closes the {opening} of line {line}.")

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
            raise TomlMistake(start, f"the value of {key[:30]} is missing", 'Write one, such as "…" or 3.')
        first = word.split(maxsplit=1)[0]
        if first == word or not _is_value(first):
            raise self.name_word(start, word, key)
        self.position = start + len(first)  # what follows the value is wrong

    def name_word(self, start: int, word: str, key: str) -> TomlMistake:  # noqa: PLR0911 (one for each kind)
        """Return the mistake of a value that is no number, date, true or false."""
        lower = word.lower()
        if lower in {"true", "false"} or lower in _TRUTHS:
            return TomlMistake(start, f"{word} is not true or false", f"Write {_TRUTHS.get(lower, lower)}")
        if _DAY.fullmatch(word):
            return TomlMistake(
                start, f"there is no day {word[:20]}", "Write a day that exists, such as 2027-01-31."
            )
        if _LOOSE_DAY.fullmatch(word):
            return TomlMistake(
                start, f"{word} is not written as a date", "Write it so: 2027-01-31, without quotes."
            )
        if re.fullmatch(r"0\d+", word):
            return TomlMistake(
                start, f"{word} begins with 0, which a number loses", f'A code is a text: "{word}".'
            )
        if re.fullmatch(r"[\d,，_]+", word):
            return TomlMistake(
                start, f"{word} is not written as a number", "Write digits alone, such as 1000."
            )
        if re.match(r"\d", word):
            hint = f'Write a number without its unit, or the text in quotes: "{word[:30]}".'
            return TomlMistake(start, f"{word[:30]!r} is neither a number nor a text in quotes", hint)
        return TomlMistake(
            start, f"the text {word[:30]!r} has no quotes", f'Write {key[:30]} = "{word[:30]}".'
        )


def _is_value(word: str) -> bool:
    """Return whether a word is a TOML value."""
    try:
        tomllib.loads(f"x = {word}")
    except ValueError:
        return False
    return True
