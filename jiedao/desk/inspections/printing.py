"""The sheet of an inspection: blank, to be filled by hand on the premises, or with the results."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from jiedao.desk.inspections.page import describe_outcome, list_facts
from jiedao.files.selectors import list_attachments
from jiedao.orgs.actor import Actor
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Item
from jiedao.registers.models import AnswerValue, Inspection, Record
from jiedao.reports.document import Block, Document, SignatureLines
from jiedao.reports.printing.parts import (
    join_texts,
    make_facts,
    make_masthead,
    make_photos,
    make_room,
    make_section,
    make_sheet,
    make_table,
)
from jiedao.reports.printing.pictures import Photo

BOX = "□"
NOTE_MM = 24
MARK_WIDTH = 8


def name_checklist(info: RegisterInfo, key: str) -> str:
    """Return the name of a checklist, its key where the pack no longer has it."""
    checklist = info.definition.checklist(key)
    return checklist.label if checklist is not None else key


def make_blank_sheet(
    actor: Actor,
    info: RegisterInfo,
    record: Record,
    *,
    checklist: str,
    items: Sequence[Item],
    url: str,
    inspection: Inspection | None = None,
) -> Document:
    """Return a checklist with boxes to tick.

    Args:
        items: the questions that this inspection asks; a recheck asks those of its finding.
        url: the page on which the answers are entered.
    """
    answers = [str(label) for _value, label in AnswerValue.choices]
    header = (_("序号"), _("检查项目"), *answers, _("情况说明"))
    rows = [
        (position, _describe_item(item), *([BOX] * len(answers)), "")
        for position, item in enumerate(items, start=1)
    ]
    centred = (0, *range(2, 2 + len(answers)))
    widths = (7, 33, *([MARK_WIDTH] * len(answers)), 26)
    blocks: list[Block] = [
        make_masthead(_("现场检查表"), (record.name, name_checklist(info, checklist)), url),
        *make_facts(_list_facts(info, record, inspection)),
        *make_section(_("检查内容"), make_table(header, rows, widths, centred)),
        make_room(_("其他情况"), NOTE_MM),
        SignatureLines((_("检查人"), _("被检查人"), _("日期"))),
    ]
    return make_sheet(actor, blocks)


def _list_facts(info: RegisterInfo, record: Record, inspection: Inspection | None) -> list[tuple[Any, Any]]:
    return [(fact["label"], fact["value"]) for fact in list_facts(info, record, inspection)]


def _describe_item(item: Item) -> str:
    return join_texts(item.label, _("（不合格必须拍照）") if item.photo else "")


def make_result_sheet(actor: Actor, info: RegisterInfo, inspection: Inspection, url: str) -> Document:
    """Return an inspection as it was carried out: answers, photos, and the cases of what was found."""
    record, outcome = inspection.record, describe_outcome(inspection)
    header = (_("序号"), _("检查项目"), _("结果"), _("情况说明"), _("整改"))
    rows = [
        (position, line["label"], line["value"], line["note"], _describe_follow_up(line))
        for position, line in enumerate(outcome["lines"], start=1)
    ]
    blocks: list[Block] = [
        make_masthead(_("现场检查表"), (record.name, name_checklist(info, inspection.checklist)), url),
        *make_facts(
            [(_("检查状态"), inspection.get_state_display()), *_list_facts(info, record, inspection)]
        ),
        *make_section(_("复查的问题"), _list_chain(outcome["before"])),
        *make_section(_("检查结果"), make_table(header, rows, (7, 29, 9, 26, 26), centred=(0, 2))),
        *_list_photos(actor, inspection),
        SignatureLines((_("检查人"), _("被检查人"), _("日期"))),
    ]
    return make_sheet(actor, blocks)


def _describe_follow_up(line: dict[str, Any]) -> str:
    if line["busy"]:
        return _("这个问题已在整改，没有重复立案。")
    return "\n".join(_describe_step(step) for step in line["chain"][1:])


def _describe_step(step: dict[str, Any]) -> str:
    return " ".join(str(text) for text in (step["label"], step["text"], step["state"]) if text)


def _list_chain(chain: list[dict[str, Any]]) -> list[Block]:
    rows = [(step["label"], step["text"], step["state"]) for step in chain]
    return make_table((_("环节"), _("内容"), _("状态")), rows, (1, 2, 1), centred=(0, 2))


def _list_photos(actor: Actor, inspection: Inspection) -> list[Block]:
    """Return the photos of the answers, each named by the number of its question."""
    files = {row.pk: row for row in list_attachments("registers.visit", inspection.pk)}
    photos = [
        Photo(files[pk], _("第 %(n)d 项") % {"n": position})
        for position, answer in enumerate(inspection.answers.values(), start=1)
        for pk in answer["photos"]
        if pk in files
    ]
    return make_section(_("照片"), make_photos(actor, photos))
