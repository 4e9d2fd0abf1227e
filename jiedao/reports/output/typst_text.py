"""Texts, fonts and runs in the language of typst."""

import re
from functools import cache

import typst
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.reports.document import Run
from jiedao.reports.output.layout import BODY_FACE, SHORT_CELL, Face

# A word of this length has no place to break and would run over the margin: a web address, a row of exclamation marks.
LONG_WORD = re.compile(r"[^\s\u3400-\u9fff]{24,}")
LONG_WORD_OF_LABEL = re.compile(r"[^\s\u3400-\u9fff]{9,}")
ZERO_WIDTH_SPACE = "\u200b"
# Between these and the character before them nothing may be inserted: joiners, variants, skin tones, accents.
JOINED = re.compile(r"[\u200d\ufe00-\ufe0f\u0300-\u036f\u20e3\U0001f3fb-\U0001f3ff\U0001f1e6-\U0001f1ff]")


@cache
def list_fonts() -> frozenset[str]:
    """Return the names of the fonts that typst finds on this machine."""
    fonts = typst.Fonts()
    return frozenset(str(family) for family in fonts.families())


def require_font() -> None:
    """Raise UserError where the machine has no font for Chinese."""
    if not set(BODY_FACE.pdf) & list_fonts():
        raise UserError(
            _("本机没有中文字体，不能生成 PDF。"),
            hint=_("请安装字体，例如 Debian 的 fonts-noto-cjk，再重试。"),
        )


def write_fonts(face: Face) -> str:
    """Return the fonts of a face that the machine has, the preferred one first."""
    known = [name for name in face.pdf if name in list_fonts()]
    return "(" + "".join(f'"{name}", ' for name in known or face.pdf[-1:]) + ")"


def quote(text: str) -> str:
    """Return a text as a string of typst."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def write_text(text: str, long_word: re.Pattern[str] = LONG_WORD) -> str:
    """Return a text as content: as strings, in which nothing is markup. Words too long for a line can be broken."""
    lines = long_word.sub(_open_word, text).split("\n")
    return "#linebreak();".join(f"#{quote(line)};" if line else "" for line in lines)


def _open_word(match: re.Match[str]) -> str:
    characters: list[str] = []
    for character in match[0]:
        is_joined = bool(characters) and (JOINED.match(character) or characters[-1] == "\u200d")
        characters.append(character if is_joined or not characters else ZERO_WIDTH_SPACE + character)
    return "".join(characters)


def write_runs(runs: tuple[Run, ...]) -> str:
    """Return runs as content."""
    return "".join(
        f"#strong[{write_text(run.text)}]" if run.is_strong else write_text(run.text) for run in runs
    )


def write_cell(content: str, length: int) -> str:
    """Return the content of a cell of a sheet; a short one is not broken at the end of a page."""
    return f"#block(breakable: false, width: 100%)[{content}]" if length <= SHORT_CELL else content


def write_heading_text(text: str, face: Face, size_pt: float) -> str:
    """Return a text in the font and size of a heading, a label or a caption."""
    return f"#text(font: {write_fonts(face)}, size: {size_pt}pt)[{write_text(text)}]"
