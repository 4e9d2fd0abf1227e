"""The parts of a printout: its top, facts, texts, history, photos and map, each as blocks of a document."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.reports.document import (
    Block,
    Document,
    Fact,
    Facts,
    Heading,
    Layout,
    Level,
    Masthead,
    Paragraph,
    Pictures,
    Run,
    Table,
)
from jiedao.reports.printing.pictures import MOST_PHOTOS, Photo, draw_code, draw_place, read_photos

WIDE_TEXT = 14  # Chinese characters that fit into half a line beside a label
MAP_HEIGHT_MM = 62
LAST_NARROW = 0x2E7F  # the character codes of Chinese and of full width come after it
HISTORY_WIDTHS = (14, 13, 18, 40)


@dataclass(frozen=True)
class Entry:
    """One line of a history."""

    at: datetime
    title: str
    who: str
    text: str


def format_time(at: datetime | None) -> str:
    """Return day and time with the year: paper is read in another year than it is printed in; "" for None."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at is not None else ""


def make_masthead(title: str, lines: Iterable[str], url: str) -> Masthead:
    """Return the top of a sheet, with a code that opens the page of the object."""
    code = draw_code(url, _("扫码打开")) if url else None
    return Masthead(title, tuple(make_storable(line) for line in lines if line), code)


def make_facts(pairs: Iterable[tuple[Any, Any]]) -> list[Block]:
    """Return facts as a table, those without a value left out; a long value has a line of its own."""
    facts = [
        Fact(str(label), text, is_wide=_measure(text) > WIDE_TEXT or "\n" in text)
        for label, value in pairs
        if (text := make_storable(str(value or "")).strip())
    ]
    return [Facts(tuple(facts))] if facts else []


def _measure(text: str) -> float:
    """Return about how many Chinese characters a text is wide."""
    return sum(1 if ord(character) > LAST_NARROW else 0.55 for character in text)


def make_room(label: str, height_mm: int, words: str = "") -> Facts:
    """Return a box for handwriting, with words at its top."""
    return Facts((Fact(label, words, is_wide=True, height_mm=height_mm),))


def make_paragraphs(text: str) -> list[Block]:
    """Return a text as paragraphs, one for each of its lines."""
    lines = (line.strip() for line in make_storable(text).splitlines())
    return [Paragraph((Run(line),)) for line in lines if line]


def make_section(title: str, blocks: Sequence[Block]) -> list[Block]:
    """Return blocks under a heading, [] without blocks."""
    return [Heading(Level.FIRST, (Run(title),)), *blocks] if blocks else []


def make_table(
    header: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[int], centred: Iterable[int] = ()
) -> list[Block]:
    """Return a table of texts, [] without rows.

    Args:
        centred: the columns whose cells are centred; the others are aligned to the left.
    """
    cells = tuple(tuple((Run(make_storable(_write_cell(value))),) for value in row) for row in rows)
    left = frozenset(range(len(header))) - set(centred)
    return [Table(tuple(header), cells, widths=tuple(widths), left=left)] if cells else []


def _write_cell(value: Any) -> str:
    return "" if value is None else str(value).strip("\n ")  # not an indent of full width


def make_history(entries: Iterable[Entry]) -> list[Block]:
    """Return a history as a table, in the order of the entries."""
    rows = [(format_time(entry.at), entry.title, entry.who, entry.text) for entry in entries]
    return make_table((_("时间"), _("事项"), _("经办"), _("内容")), rows, HISTORY_WIDTHS)


def make_map(features: Mapping[str, Any] | None) -> list[Block]:
    """Return the map of a place, [] where the place is not known."""
    if features is None:
        return []
    return [Pictures((draw_place(features),), columns=1, height_mm=MAP_HEIGHT_MM)]


def make_photos(actor: Actor, photos: Iterable[Photo], most: int = MOST_PHOTOS) -> list[Block]:
    """Return photos with their captions, and a sentence for each one that could not be printed."""
    printed = read_photos(actor, photos, most)
    blocks: list[Block] = [Pictures(printed.pictures)] if printed.pictures else []
    return blocks + [Paragraph((Run(fault),)) for fault in printed.faults]


def join_texts(*texts: Any) -> str:
    """Return the texts that are not empty, one a line."""
    return "\n".join(str(text) for text in texts if text)


def make_sheet(actor: Actor, blocks: Sequence[Block]) -> Document:
    """Return a sheet whose pages name who printed it and when: a sheet that is left on a table has an owner."""
    words = _("%(at)s 由 %(who)s 打印") % {"at": format_time(clock.now()), "who": _name_printer(actor)}
    return Document(tuple(blocks), layout=Layout.SHEET, footer=words)


def _name_printer(actor: Actor) -> str:
    """Return the user and the post: in Chinese as the audit has it, else with the label of the post."""
    if (get_language() or "").startswith("zh") or not actor.user_name:
        return actor.label
    return f"{actor.user_name} · {actor.post_title}"
