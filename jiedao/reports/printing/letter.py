"""A supervision letter 督办单: to one unit, about one matter or several, with a slip for the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import dateformat, timezone
from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.reports.document import (
    Block,
    Closing,
    Document,
    Heading,
    Layout,
    Level,
    PageBreak,
    Paragraph,
    Run,
    SignatureLines,
)
from jiedao.reports.forms.filling import find_office_name
from jiedao.reports.printing.parts import (
    format_time,
    join_texts,
    make_facts,
    make_masthead,
    make_paragraphs,
    make_room,
    make_table,
)

ROOM_MM = 60  # for the answer by hand; of several matters, each has less
SMALL_ROOM_MM = 30


@dataclass(frozen=True)
class LetterMatter:
    """One matter of a letter, with what is demanded and, once there is one, the answer."""

    number: str
    subject: str
    place: str
    due: str
    text: str
    demand: str
    answer_date: date
    asked_at: datetime
    asked_by: str
    answer: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    late: str = ""  # how late the matter was when the answer was demanded; "" where it was in time


@dataclass(frozen=True)
class Letter:
    """A letter to a unit.

    Attributes:
        url: the page on which the unit answers.
        own_number: the number of the letter itself; without it, that of its first matter is printed.
        background: the hot matter that the matters belong to, in a sentence; "" for none.
    """

    receiver: str
    matters: tuple[LetterMatter, ...]
    url: str
    background: str = ""
    own_number: str = ""

    @property
    def number(self) -> str:
        """The number of the letter, else of its first matter, with a sign that there are more."""
        if self.own_number:
            return self.own_number
        first, count = self.matters[0].number, len(self.matters)
        return first if count == 1 else _("%(number)s 等 %(n)d 件") % {"number": first, "n": count}


def make_letters(actor: Actor, letters: Sequence[Letter]) -> Document:
    """Return letters laid out to GB/T 9704, each on pages of its own."""
    blocks: list[Block] = []
    for letter in letters:
        blocks += [PageBreak()] if blocks else []
        blocks += _make_letter(letter)
    return Document(tuple(blocks), layout=Layout.OFFICIAL)


def format_day(day: date) -> str:
    """Return a day as official documents write it: 2020年7月7日."""
    return dateformat.format(day, _("Y年n月j日"))


def _make_line(text: str) -> Paragraph:
    return Paragraph((Run(text),), is_flush=True)


def _head(text: str) -> Heading:
    return Heading(Level.FIRST, (Run(text),))


def _make_letter(letter: Letter) -> list[Block]:
    office = find_office_name()
    asked_at = max(matter.asked_at for matter in letter.matters)
    last_day = min(matter.answer_date for matter in letter.matters)
    answer_words = _("请于%(day)s前书面答复办理情况；到期不能办结的，请写明原因和预计办结日期。")
    return [
        Heading(Level.TITLE, (Run(f"{office}\n" + _("督办单")),)),
        _make_line(_("编号：%(number)s") % {"number": letter.number}),
        _make_line(_("%(unit)s：") % {"unit": make_storable(letter.receiver)}),
        _head(_("一、督办事项")),
        *make_paragraphs(letter.background),
        *_list_matters(letter),
        _head(_("二、督办要求")),
        *_list_demands(letter),
        _head(_("三、答复期限")),
        Paragraph((Run(answer_words % {"day": format_day(last_day)}),)),
        Closing((office, format_day(timezone.localtime(asked_at).date()))),
        PageBreak(),
        *_make_slip(letter, last_day),
    ]


def _list_matters(letter: Letter) -> list[Block]:
    if len(letter.matters) > 1:
        rows = [(row.number, row.subject, row.place, row.due) for row in letter.matters]
        header = (_("编号"), _("事项"), _("地点"), _("办理期限"))
        return make_table(header, rows, (14, 24, 14, 11), centred=(0, 3))
    matter = letter.matters[0]
    words = [_("%(subject)s（%(number)s）。") % {"subject": matter.subject, "number": matter.number}]
    if matter.place:
        words.append(_("地点：%(place)s。") % {"place": matter.place})
    if matter.due:
        words.append(_("办理期限：%(due)s。") % {"due": matter.due})
    if matter.late:
        words.append(_("%(late)s。") % {"late": matter.late})
    return [*make_paragraphs("".join(words)), *make_paragraphs(matter.text)]


def _list_demands(letter: Letter) -> list[Block]:
    """Return what is demanded, each text once, with the numbers of its matters where there are several."""
    numbers: dict[str, list[str]] = {}
    for matter in letter.matters:
        numbers.setdefault(" ".join(matter.demand.split()), []).append(matter.number)
    if len(numbers) == 1:
        return make_paragraphs(letter.matters[0].demand.strip())
    lines = [
        _("%(number)s：%(text)s") % {"number": _("、").join(own), "text": text}
        for text, own in numbers.items()
    ]
    return make_paragraphs("\n".join(lines))


def _make_slip(letter: Letter, last_day: date) -> list[Block]:
    facts = make_facts(
        (
            (_("督办编号"), letter.number),
            (_("承办单位"), letter.receiver),
            (_("答复期限"), format_day(last_day)),
            (_("督办人"), letter.matters[0].asked_by),
        )
    )
    answers: list[Block] = []
    for position, matter in enumerate(letter.matters, start=1):
        answers += _make_answer(matter, position if len(letter.matters) > 1 else 0)
    lines = (
        _("在系统里答复：扫码打开本件，填写“答复”。"),
        _("打印于 %(at)s") % {"at": format_time(clock.now())},
    )
    return [
        make_masthead(_("督办回执"), lines, letter.url),
        *facts,
        *answers,
        SignatureLines((_("承办人"), _("负责人"), _("日期"))),
    ]


def _make_answer(matter: LetterMatter, position: int) -> list[Block]:
    """Return the answer to a matter, or room for it; `position` is 0 for the only matter of a letter."""
    label = _("第 %(n)d 件") % {"n": position} if position else _("办理情况")
    words = (
        _("%(number)s %(subject)s") % {"number": matter.number, "subject": matter.subject} if position else ""
    )
    if not matter.answer:
        return [make_room(label, SMALL_ROOM_MM if position else ROOM_MM, words)]
    signed = f"{matter.answered_by} {format_time(matter.answered_at)}".strip()
    return make_facts(((label, join_texts(words, matter.answer, signed)),))
