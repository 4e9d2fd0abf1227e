"""Fill an office's Word template with a report: every part that has tags is run as a text of a report."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _
from lxml import etree

from jiedao.kernel.errors import UserError
from jiedao.reports.document import Document, Heading, Level, Paragraph, Run
from jiedao.reports.forms.package import CONTENT_TYPES, Element, Package, parse_xml
from jiedao.reports.functions import ReportFunctions
from jiedao.reports.rendering import Rendering, render
from jiedao.reports.sandbox import MARK
from jiedao.reports.templating import Marks
from jiedao.reports.word_templates.source import PartSource, W, find_above, make_source, name_part

DOCUMENT = "word/document.xml"
PARTS = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")
BODY, TITLE, DATE = "body", "title", "date"
DRAFTER, SIGNER, DIGEST = "drafter", "signer", "digest"
LONGEST = 30_000_000  # characters of a filled part
MACROS = "macroEnabled"


def make_specimen() -> Document:
    """Return a short text with which a template is tried, so that a fault is that of the template."""
    blocks = (
        Heading(Level.TITLE, (Run("标题"),)),
        Heading(Level.FIRST, (Run("一、小标题"),)),
        Paragraph((Run("正文。"),)),
    )
    return Document(blocks)


@dataclass(frozen=True)
class Paper:
    """What a file has besides the text of its report.

    Attributes:
        date: of the signature, of a draft today.
        drafter, signer, digest: of a signed report; "" for a draft.
        header: the mark of a draft, at the top of each page.
        footer: who signed and the digest, at the foot of each page of a file that does not name the digest itself.
    """

    date: str = ""
    drafter: str = ""
    signer: str = ""
    digest: str = ""
    header: str = ""
    footer: str = ""


class Body:
    """The text of the report, which replaces the mark `{{ body }}`."""


def open_template(content: bytes, file_name: str = "") -> Package:
    """Return the parts of a template.

    Raises:
        UserError: no .docx file, or one with macros, too large, damaged or with a password.
    """
    if file_name.lower().endswith((".docm", ".dotm")):
        raise _make_macro_error()
    try:
        package = Package(content)
    except UserError as fault:
        raise UserError(fault.message, hint=fault.hint, field="file") from fault
    if DOCUMENT not in package:
        raise UserError(_("这不是 Word 文件。"), hint=_("请上传 .docx 文件。"), field="file")
    if MACROS in package.get_text(CONTENT_TYPES):
        raise _make_macro_error()
    return package


def fill_template(content: bytes, functions: ReportFunctions, document: Document, paper: Paper) -> bytes:
    """Return the .docx file of a report in a template.

    Args:
        functions: those of the report; figures that the template names are computed by them.
        document: the report that replaces `{{ body }}`.
        paper: what `{{ date }}` and its companions print, and the lines at the edges of the pages.

    Raises:
        UserError: the template cannot be filled; the message names the paragraph.
    """
    package = open_template(content)
    sources = {
        name: source
        for name in package.names
        if PARTS.fullmatch(name) and (source := _make_source(package, name)) is not None
    }
    if not sources:
        raise UserError(
            _("文件里没有标记，报告无处可放。"),
            hint=_("请在要放正文的地方单独写一段 {{ body }}，或写上 {{ figure(…) }}。"),
            field="file",
        )
    marks = functions.marks
    values = functions.list_functions() | {
        BODY: marks.add(Body()),
        TITLE: document.title,
        DATE: paper.date,
        DRAFTER: paper.drafter,
        SIGNER: paper.signer,
        DIGEST: paper.digest,
    }
    names: set[str] = set()
    for name, source in sources.items():
        rendered = render(source.text, values, _describe_rendering(source))
        names |= rendered.names
        package.set_text(name, _write_part(name, rendered.text, marks))
    filled = package.write()
    # Imported here, as they load python-docx.
    from jiedao.reports.word_templates.inserting import insert_blocks  # noqa: PLC0415
    from jiedao.reports.word_templates.stamping import stamp_pages  # noqa: PLC0415

    if _has_blocks(filled):
        blocks = document.blocks
        if TITLE in names:
            blocks = tuple(b for b in blocks if not (isinstance(b, Heading) and b.level is Level.TITLE))
        filled = insert_blocks(filled, marks, blocks)
    footer = "" if DIGEST in names else paper.footer
    return stamp_pages(filled, header=paper.header, footer=footer) if paper.header or footer else filled


def _make_source(package: Package, name: str) -> PartSource | None:
    return make_source(name, parse_xml(package.get_text(name).encode()))


def _describe_rendering(source: PartSource) -> Rendering:
    return Rendering(escapes=True, longest=LONGEST, name_line=source.name_line, field="file")


def _write_part(name: str, xml: str, marks: Marks) -> str:
    try:
        root = parse_xml(xml.encode())
    except UserError as fault:
        raise UserError(
            _("循环或条件没有成对地包住整段或整行。"),
            hint=_("{% for %} 和 {% endfor %} 要各占一段，或在表格里各占一行。"),
            field="file",
        ) from fault
    for paragraph in list(root.iter(f"{W}p")):
        _write_runs(paragraph, marks, name)
    declared: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return declared.decode()


def _write_runs(paragraph: Element, marks: Marks, name: str) -> None:
    """Write the words of figures in place of their marks; tables, pictures and the body stay for later."""
    texts = [text for text in paragraph.iter(f"{W}t") if find_above(text, "p") is paragraph]
    words = "".join(text.text or "" for text in texts)
    blocks = [match for match in MARK.finditer(words) if not isinstance(marks.get(match[1]), Run)]
    if blocks and (name != DOCUMENT or words.strip() != blocks[0][0]):
        around = MARK.sub("…", words).strip()
        raise UserError(
            _("%(where)s“%(words)s”：报告正文、表和图要单独占一段。")
            % {"where": name_part(name), "words": around[:40]},
            hint=_("请把 {{ body }}、table(…)、chart(…)、map(…) 移到正文中单独的一段，不放在页眉页脚里。"),
            field="file",
        )
    for text in texts:
        text.text = MARK.sub(lambda match: _write_mark(match, marks), text.text or "")


def _write_mark(match: re.Match[str], marks: Marks) -> str:
    item = marks.get(match[1])
    return item.text if isinstance(item, Run) else match[0]


def _has_blocks(content: bytes) -> bool:
    return "\ue000" in Package(content).get_text(DOCUMENT)


def _make_macro_error() -> UserError:
    return UserError(
        _("文件里有宏，不能使用。"),
        hint=_("请在 WPS 或 Office 里另存为不带宏的 .docx，再上传。"),
        field="file",
    )
