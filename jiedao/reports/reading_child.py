"""Read the text of one document in a separate process, and write it to standard output as JSON.

Run by `confined_child.py`; the arguments are the file and JSON. It imports nothing of jiedao: a hostile document gets
a process with little memory, little time and no database. The answer is `{"text": text}` or `{"fault": CODE}`.
"""

import json
import re
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

BLOCKS = {
    "p",
    "div",
    "br",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "tr",
    "section",
    "article",
    "ul",
    "ol",
    "table",
}
UNREAD = {"script", "style", "noscript", "template"}
MOST_UNPACKED = 200 * 1024 * 1024
LEAST_CHARACTERS_A_PAGE = 8  # a page with fewer is a picture
FULL = 0.85  # a line of this part of the usual width goes on in the next one
LAST_NARROW = 0x2E7F  # the characters behind it are as wide as high
ITEM = re.compile(r"\s*(?:[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[）)])")
GAP = re.compile(
    r"(?<=[\u4e00-\u9fff，。；：、（）“”]) (?=[\d.])|(?<=[\d%]) (?=[\u4e00-\u9fff，。；：、（）“”])"
)
SENTENCE_SIGN = re.compile("[，。；]")


class Fault(Exception):  # noqa: N818 (its code is the answer)
    """Why a document cannot be read."""


class PageText(HTMLParser):
    """The text of an HTML page: blocks end lines, cells are separated by `|`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.unread = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.unread += tag in UNREAD
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.unread = max(0, self.unread - (tag in UNREAD))
        if tag in {"td", "th"}:
            self.parts.append(" | ")
        elif tag in BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.unread:
            self.parts.append(re.sub(r"\s+", " ", data))


def main() -> None:
    path, settings = Path(sys.argv[1]), json.loads(sys.argv[2])
    try:
        text = read(path, settings)
        if not text.strip():
            raise Fault("EMPTY")
        if len(text) > settings["longest"]:
            raise Fault("LONG")
        answer = {"text": text}
    except Fault as fault:
        answer = {"fault": str(fault)}
    except MemoryError:
        answer = {"fault": "MEMORY"}
    except Exception:  # a library met a damaged document; which one it met does not help the reader
        answer = {"fault": "DAMAGED"}
    sys.stdout.write(json.dumps(answer))


def read(path: Path, settings: dict[str, Any]) -> str:
    head = path.read_bytes()[:8]
    if head.startswith(b"%PDF"):
        return read_pdf(path, settings)
    if head.startswith(b"PK"):
        return read_docx(path)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Fault("ENCRYPTED" if settings["suffix"] == ".docx" else "OLD_WORD")
    content = path.read_bytes()
    if b"\x00" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Fault("KIND")
    text = decode(content)
    if settings["suffix"] in {".html", ".htm"} or re.search(
        r"<(?:!doctype html|html|body)\b", text[:2000], re.IGNORECASE
    ):
        page = PageText()
        page.feed(text)
        return re.sub(r"\n\s*\n+", "\n", "".join(page.parts)).strip()
    return text


def decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Fault("KIND")


def read_docx(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if sum(item.file_size for item in archive.infolist()) > MOST_UNPACKED:
            raise Fault("LARGE")
    if "OFD.xml" in names:
        raise Fault("OFD")
    if any(name.endswith("vbaProject.bin") for name in names):
        raise Fault("MACRO")
    if "word/document.xml" not in names:
        raise Fault("KIND")
    from docx import Document  # noqa: PLC0415 (slow; only this kind of document needs it)
    from docx.table import Table  # noqa: PLC0415

    lines = []
    for item in Document(str(path)).iter_inner_content():
        if isinstance(item, Table):
            for row in item.rows:
                cells, seen = [], set()
                for cell in row.cells:  # a merged cell is listed once for each column that it spans
                    if id(cell._tc) not in seen:
                        seen.add(id(cell._tc))
                        cells.append(" ".join(cell.text.split()))
                lines.append(" | ".join(cells) + " |")
        else:
            lines.append(item.text)
    return "\n".join(lines)


def read_pdf(path: Path, settings: dict[str, Any]) -> str:
    from pypdf import PdfReader  # noqa: PLC0415 (slow; only this kind of document needs it)

    reader = PdfReader(str(path))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Fault("ENCRYPTED")
    if len(reader.pages) > settings["pages"]:
        raise Fault("LONG")
    pages = [page.extract_text() or "" for page in reader.pages]
    if sum(len(page.strip()) for page in pages) < LEAST_CHARACTERS_A_PAGE * len(pages):
        raise Fault("SCAN")
    return join_lines(pages)


def join_lines(pages: list[str]) -> str:
    """Join the lines into which pages break their paragraphs: a line that is full ends no sentence."""
    joined: list[str] = []
    is_full = False  # the line before
    for page in pages:
        lines = [line.rstrip() for line in page.split("\n")]
        full_width = find_full_width(lines)
        for line in lines:
            if not line.strip() or re.fullmatch(r"\s*[-—]?\s*\d+\s*[-—]?\s*", line):  # a page number
                continue
            if is_full and not joined[-1].endswith(("。", "：", "；", "！")) and not ITEM.match(line):
                joined[-1] += line.strip()
            else:
                joined.append(line)
            is_full = measure_width(line) >= full_width * FULL
    return "\n".join(map(remove_gaps, joined))


def find_full_width(lines: list[str]) -> int:
    """Return the width of a full line of a page. A few lines may be wider, such as a digest in small print."""
    widths = sorted(measure_width(line) for line in lines if line.strip())
    return widths[len(widths) * 3 // 4] if widths else 0


def measure_width(line: str) -> int:
    """Return the width of a line in halves of a Chinese character."""
    return sum(2 if ord(sign) > LAST_NARROW else 1 for sign in line)


def remove_gaps(paragraph: str) -> str:
    """Return a sentence without the gaps that a page shows between words and numbers: 上半年受理 120 件."""
    return GAP.sub("", paragraph) if SENTENCE_SIGN.search(paragraph) else paragraph


if __name__ == "__main__":
    main()
