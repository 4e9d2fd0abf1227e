"""Read the text of a foreign document: .txt, .html, .docx and .pdf with text, in a confined process."""

import json
from pathlib import Path

from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.reports.confined import Limits, run_confined

CHILD = Path(__file__).with_name("reading_child.py")
LARGEST = 30 * 1024 * 1024  # bytes of a file
LONGEST = 1_000_000  # characters of its text, about 600 pages
MOST_PAGES = 600
LIMITS = Limits(seconds=60, wait=70)
SUFFIXES = (".txt", ".md", ".html", ".htm", ".docx", ".pdf")


def read_document(path: Path, name: str = "") -> str:
    """Return the text of a document; tables have one row a line, with `|` between cells.

    Args:
        name: the name that messages use, that of the path by default.

    Raises:
        UserError: no such file, a kind that cannot be read, a damaged, encrypted or too large document, or a scan
            without text; the hint states what to do.
    """
    name = name or path.name
    if not path.is_file():
        raise UserError(_("没有文件“%(name)s”。") % {"name": name}, hint=_("请检查路径。"), field="file")
    if path.stat().st_size > LARGEST:
        raise refuse_document("LARGE", name)
    settings = {"suffix": Path(name).suffix.lower(), "longest": LONGEST, "pages": MOST_PAGES}
    answer = run_confined(CHILD, [str(path.resolve()), json.dumps(settings)], LIMITS)
    if "fault" in answer:
        raise refuse_document(answer["fault"], name)
    return str(answer["text"])


def refuse_document(code: str, name: str) -> UserError:
    """Return the error of a document that cannot be read; `code` is one of the answers of the child."""
    words = {
        "LARGE": (_("“%(name)s”太大。"), _("请只取其中的正文，另存为 .docx 或 .txt 再试。")),
        "LONG": (_("“%(name)s”超过 600 页，没有检查。"), _("请按章节拆成几个文件。")),
        "TIME": (_("读“%(name)s”用时太长，已停止。"), _("请另存为 .txt 再试。")),
        "MEMORY": (_("读“%(name)s”需要的内存超过限度。"), _("请另存为 .txt 再试。")),
        "SCAN": (_("“%(name)s”是扫描件，没有文字。"), _("请先做文字识别（OCR），或粘贴文字。")),
        "EMPTY": (_("“%(name)s”没有文字。"), _("请换一个文件，或粘贴文字。")),
        "ENCRYPTED": (_("“%(name)s”有打开密码。"), _("请去掉密码后再试。")),
        "MACRO": (_("“%(name)s”带有宏。"), _("请另存为不带宏的 .docx，或把文字粘贴过来。")),
        "OLD_WORD": (_("“%(name)s”是旧版 Word 文档。"), _("请用 WPS 或 Word 另存为 .docx。")),
        "OFD": (_("“%(name)s”是 OFD 版式文件。"), _("请向发文单位要 .docx 或 .pdf，或粘贴文字。")),
        "KIND": (_("读不了“%(name)s”这种文件。"), _("可用：.txt、.html、.docx、.pdf。")),
    }  # fmt: skip
    damaged = (_("“%(name)s”已损坏，读不出来。"), _("请重新导出，或粘贴文字。"))
    message, hint = words.get(code, damaged)
    return UserError(message % {"name": name}, hint=hint, field="file")
