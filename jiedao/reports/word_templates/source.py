"""Turn a part of a .docx file into the source of a template, and know in which paragraph each tag is.

A tag is what is between braces, such as `{{ figure("cases.reported") }}`. Word cuts the text of a paragraph into runs
wherever it likes; a tag moves into the run in which it begins. A paragraph or a row of a table that holds nothing but
statements, such as `{% for ... %}`, is replaced by them, so that what is between two of them is repeated or left out.
"""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from lxml import etree

from jiedao.kernel.errors import UserError
from jiedao.reports.forms.package import Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")
BRACES = re.compile(r"\{[{%#]|[}%#]\}")
MOST_NAMED = 40  # characters of a paragraph that a message quotes
_TOKEN = re.compile("\ue002(\\d+)\ue003|\ue004(\\d+)\ue005")
_PRIVATE = re.compile("[\ue000-\ue005]")
_CURLY = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "\u00a0": " ", "\u3000": " "})
_WHERE = {
    "document": gettext_lazy("正文"),
    "header": gettext_lazy("页眉"),
    "footer": gettext_lazy("页脚"),
    "footnotes": gettext_lazy("脚注"),
    "endnotes": gettext_lazy("尾注"),
}


@dataclass(frozen=True)
class PartSource:
    """The source of a part: its text, and the paragraph of each of its lines."""

    text: str
    paragraphs: dict[int, str]

    def name_line(self, line: int) -> str:
        """Return where a line is, for a message: the paragraph with its first words."""
        return self.paragraphs.get(line, "")


def make_source(name: str, root: Element) -> PartSource | None:
    """Return the source of a part, None where it has no tags; the tree is changed.

    Raises:
        UserError: a tag is not closed in its paragraph; the message names the paragraph.
    """
    writer = _Writer(name)
    for number, paragraph in enumerate(root.iter(f"{W}p"), start=1):
        writer.read_paragraph(paragraph, number)
    if not writer.tags:
        return None
    writer.lift_statements()
    return writer.write(root)


def name_part(name: str) -> str:
    """Return what a message calls a part, such as 页眉 for word/header1.xml."""
    return str(_WHERE.get(name.rpartition("/")[2].partition(".")[0].rstrip("0123456789"), name))


class _Writer:
    """Collects the tags of a part, each with a token in its place."""

    def __init__(self, name: str) -> None:
        self.where = name_part(name)
        self.tags: list[str] = []
        self.names: list[str] = []  # of the paragraphs with tags
        self.statements: list[Element] = []  # paragraphs with nothing but statements

    def read_paragraph(self, paragraph: Element, number: int) -> None:
        texts = [text for text in paragraph.iter(f"{W}t") if find_above(text, "p") is paragraph]
        words = "".join(text.text or "" for text in texts)
        name = self._name(words, number)
        if _PRIVATE.search(words):
            raise UserError(
                _("%(where)s里有不能使用的字符。") % {"where": name},
                hint=_("请删去私用区字符。"),
                field="file",
            )
        if not BRACES.search(words):
            return
        tags = list(TAG.finditer(words))
        if BRACES.search(TAG.sub("", words)):
            raise UserError(
                _("%(where)s里有没写完的标记。") % {"where": name},
                hint=_("每个标记都要在同一段里写完，如 {{ figure(…) }} 或 {% if … %}。"),
                field="file",
            )
        if not tags:  # such as a single "}}" of other software
            return
        self._insert_mark(paragraph, len(self.names))
        self.names.append(name)
        self._replace_tags(texts, tags)
        if not TAG.sub("", words).strip() and not any(tag[0].startswith("{{") for tag in tags):
            self.statements.append(paragraph)

    def _name(self, words: str, number: int) -> str:
        short = words.strip()[:MOST_NAMED] + ("…" if len(words.strip()) > MOST_NAMED else "")
        return _("%(part)s第 %(n)s 段“%(words)s”") % {"part": self.where, "n": number, "words": short}

    @staticmethod
    def _insert_mark(paragraph: Element, number: int) -> None:
        """Put a token before a paragraph, which becomes the line break by which a fault finds it."""
        before, mark = paragraph.getprevious(), f"\ue004{number}\ue005"
        if before is not None:
            before.tail = (before.tail or "") + mark
        else:
            above = paragraph.getparent()
            above.text = (above.text or "") + mark

    def _replace_tags(self, texts: list[Element], tags: list[re.Match[str]]) -> None:
        """Put the token of each tag into the text in which it begins, and take its characters out of all texts."""
        starts = {tag.start(): self._add(tag[0]) for tag in tags}
        inside = {position for tag in tags for position in range(tag.start(), tag.end())}
        position = 0
        for text in texts:
            pieces = []
            for letter in text.text or "":
                if position in starts:
                    pieces.append(starts[position])
                if position not in inside:
                    pieces.append(letter)
                position += 1
            text.text = "".join(pieces)
            text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")

    def _add(self, tag: str) -> str:
        # Word writes curly quotes and wide blanks by itself. Where a tag has straight quotes, curly ones are text.
        self.tags.append(tag if '"' in tag or "'" in tag else tag.translate(_CURLY))
        return f"\ue002{len(self.tags) - 1}\ue003"

    def lift_statements(self) -> None:
        """Replace rows and paragraphs that hold nothing but statements by these."""
        rows: dict[Element, None] = {}
        for paragraph in self.statements:
            row = find_above(paragraph, "tr")
            if row is not None and all(self._is_lifted(other) for other in row.iter(f"{W}p")):
                rows[row] = None
        for row in rows:
            _replace(row, "".join(_read_tokens(row)))
        for paragraph in self.statements:
            cell = paragraph.getparent()
            is_attached = paragraph in cell and find_above(paragraph, "tr") not in rows
            # A cell needs a paragraph.
            is_only = cell.tag == f"{W}tc" and len(cell.findall(f"{W}p")) == 1
            has_section = paragraph.find(f"{W}pPr/{W}sectPr") is not None
            if is_attached and not is_only and not has_section:
                _replace(paragraph, "".join(_read_tokens(paragraph)))

    def _is_lifted(self, paragraph: Element) -> bool:
        words = "".join(text.text or "" for text in paragraph.iter(f"{W}t"))
        return paragraph in self.statements or not words.strip()

    def write(self, root: Element) -> PartSource:
        """Return the source: the XML with its tags, in which line breaks only begin paragraphs with tags."""
        pieces, paragraphs, line = list[str](), dict[int, str](), 1
        xml = etree.tostring(root, encoding="unicode").replace("\n", " ")
        position = 0
        for token in _TOKEN.finditer(xml):
            pieces.append(_protect(xml[position : token.start()]))
            if token[1] is not None:
                pieces.append(self.tags[int(token[1])].replace("\n", " "))
            else:
                line += 1
                paragraphs[line] = self.names[int(token[2])]
                pieces.append("\n")
            position = token.end()
        pieces.append(_protect(xml[position:]))
        return PartSource("".join(pieces), paragraphs)


def find_above(element: Element, tag: str) -> Element | None:
    """Return the nearest element of Word's above another, such as the paragraph of a text."""
    return next(element.iterancestors(f"{W}{tag}"), None)


def _read_tokens(element: Element) -> list[str]:
    """Return the tokens of the tags and lines in an element, in its order."""
    words = "".join(element.itertext())
    return [token[0] for token in _TOKEN.finditer(words)]


def _replace(element: Element, words: str) -> None:
    """Replace an element by text; the text after it stays."""
    above, before = element.getparent(), element.getprevious()
    words += element.tail or ""
    if before is not None:
        before.tail = (before.tail or "") + words
    else:
        above.text = (above.text or "") + words
    above.remove(element)


def _protect(xml: str) -> str:
    """Return XML in which braces of other software do not begin a tag."""
    return re.sub(r"\{(?=[{%#])", "{{ '{' }}", xml)
