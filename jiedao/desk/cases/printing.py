"""The work order of a case."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases.actions.reporter import RevealedReporter
from jiedao.cases.flow import FINISHED, get_state_label
from jiedao.cases.models import PUBLIC_CHANNELS, Case
from jiedao.cases.selectors.detail import CaseDetail, read_case_detail
from jiedao.desk.cases.calls import list_calls
from jiedao.desk.cases.facts import group_photo_files, link_origin, list_facts, list_source_facts
from jiedao.desk.cases.handling import describe_assignment, describe_demand, list_clocks, read_judged_times
from jiedao.desk.cases.timeline import TimelineEntry, build_timeline
from jiedao.files.selectors import list_attachments
from jiedao.orgs.actor import Actor
from jiedao.pages.maps import build_case_map
from jiedao.reports.document import Block, Document, PageBreak, SignatureLines
from jiedao.reports.printing.parts import (
    Entry,
    format_time,
    join_texts,
    make_facts,
    make_history,
    make_map,
    make_masthead,
    make_paragraphs,
    make_photos,
    make_room,
    make_section,
    make_sheet,
    make_table,
)
from jiedao.reports.printing.pictures import MOST_PHOTOS, Photo

MOST_ORDERS = 30  # work orders in one file: about as many as are taken along on a day
ROOM_MM = 30  # for notes by hand
MOST_PHOTOS_OF_SEVERAL = 6  # of each case, where several work orders are printed in one file


@dataclass(frozen=True)
class CaseToPrint:
    """A case with the address of its page, and its reporter in clear where that was revealed."""

    case: Case
    url: str
    revealed: RevealedReporter | None = None


def make_work_orders(actor: Actor, cases: Sequence[CaseToPrint]) -> Document:
    """Return the work orders of cases, each on pages of its own."""
    blocks: list[Block] = []
    most_photos = MOST_PHOTOS if len(cases) == 1 else MOST_PHOTOS_OF_SEVERAL
    for row in cases:
        blocks += [PageBreak()] if blocks else []
        blocks += _make_work_order(actor, row, most_photos)
    return make_sheet(actor, blocks)


def _make_work_order(actor: Actor, row: CaseToPrint, most_photos: int) -> list[Block]:
    case, detail = row.case, read_case_detail(actor, row.case)
    state = get_state_label(case.state, case.visit_outcome)
    lines = (case.subject, _("%(number)s · %(state)s") % {"number": case.number, "state": state})
    return [
        make_masthead(_("案件工作单"), lines, row.url),
        *make_facts(_list_facts(actor, detail, row.revealed)),
        *make_section(_("反映内容"), make_paragraphs(case.detail)),
        *make_section(_("具体情况"), make_facts(_list_answers(detail, row.revealed))),
        *_list_merged(actor, detail, most_photos),
        *make_section(_("位置"), make_map(build_case_map(case))),
        *_list_photos(actor, case, most_photos),
        *make_section(_("时限"), _list_clocks(detail)),
        *make_section(_("承办"), _list_assignments(detail)),
        *make_section(_("督办、催办与答复"), _list_demands(detail)),
        *make_section(_("回访"), _list_calls(detail)),
        *make_section(_("办理经过"), make_history(_list_entries(detail))),
        *_make_handwriting(case),
    ]


def _list_facts(actor: Actor, detail: CaseDetail, revealed: RevealedReporter | None) -> list[tuple[Any, Any]]:
    case = detail.case
    origin = link_origin(actor, case) if case.channel not in PUBLIC_CHANNELS else None
    rows = list_facts(case, origin) + list_source_facts(case, detail.source)
    flags = [label for is_set, label in ((case.urgent, _("紧急")), (case.supervised, _("督办"))) if is_set]
    facts = [
        (_("上报时间"), format_time(case.reported_at)),
        (_("当前时限"), format_time(case.due_at)),
        (_("标记"), "、".join(flags)),
    ]
    facts += [(row["label"], row["value"]) for row in rows]
    return facts + _list_reporter_facts(detail, revealed)


def _list_reporter_facts(detail: CaseDetail, revealed: RevealedReporter | None) -> list[tuple[Any, Any]]:
    """Return the reporter as the page shows it: masked, unless it was revealed for a reason."""
    if revealed is not None:
        return [(_("反映人"), revealed.name), (_("电话"), "、".join(revealed.phones))]
    reporter = detail.reporter
    if reporter is None:
        return []
    if reporter.erased:
        return [(_("反映人"), _("已按保存期限清除。"))]
    if reporter.secret:
        return [(_("反映人"), _("要求保密"))]
    return [(_("反映人"), reporter.name), (_("电话"), reporter.phone)]


def _list_answers(detail: CaseDetail, revealed: RevealedReporter | None) -> list[tuple[Any, Any]]:
    """Return the answers as the page shows them: personal ones as stars, unless they were revealed for a reason."""
    shown = dict(revealed.answers) if revealed is not None else {}
    erased = _("已按保存期限清除。")
    return [
        (answer.label, erased if answer.erased else shown.get(answer.label, answer.text))
        for answer in detail.answers
    ]


def _list_merged(actor: Actor, detail: CaseDetail, most: int) -> list[Block]:
    blocks: list[Block] = []
    for report in detail.merged:
        title = _("并入的来件 %(number)s（%(channel)s，%(at)s）") % {
            "number": report.number,
            "channel": report.channel,
            "at": format_time(report.reported_at),
        }
        photos = make_photos(actor, [Photo(file, format_time(file.at)) for file in report.photos], most)
        blocks += make_section(title, [*make_paragraphs(report.words), *photos])
    return blocks


def _list_photos(actor: Actor, case: Case, most: int) -> list[Block]:
    photos = [
        Photo(file, f"{label} {format_time(file.at)}")
        for label, files in group_photo_files(list_attachments("cases.case", case.pk))
        for file in files
    ]
    return make_section(_("照片"), make_photos(actor, photos, most))


def _list_clocks(detail: CaseDetail) -> list[Block]:
    rows = []
    for row in list_clocks(detail):
        paused = _("暂停") if row["paused"] else ""
        done = row["given_up"] or format_time(row["done_at"]) or paused
        rows.append((row["label"], format_time(row["due_at"]), done))
    return make_table((_("阶段"), _("期限"), _("完成")), rows, (1, 1, 1), centred=(1, 2))


def _list_assignments(detail: CaseDetail) -> list[Block]:
    rows, judged = [], read_judged_times(detail.moves)
    for assignment in detail.assignments:
        line = describe_assignment(assignment, judged)
        unit = join_texts(line["unit"], line["phone"] if line["open"] else "")
        outcome = join_texts(line["outcome"], line["result"])
        rows.append((unit, line["role"], format_time(line["due_at"]), outcome))
    header = (_("单位"), _("角色"), _("期限"), _("办理结果"))
    return make_table(header, rows, (20, 10, 16, 30), centred=(1, 2))


def _list_demands(detail: CaseDetail) -> list[Block]:
    rows = []
    for demand in detail.demands:
        line = describe_demand(demand)
        question = join_texts(line["title"], line["asked_by"], line["text"])
        answer = f"{line['answered_by']} {format_time(line['answered_at'])}" if line["answer"] else ""
        rows.append((question, line["day"].isoformat(), join_texts(line["state"], line["answer"], answer)))
    return make_table((_("督办或催办"), _("答复期限"), _("答复")), rows, (30, 13, 30), centred=(1,))


def _list_calls(detail: CaseDetail) -> list[Block]:
    return make_history(
        Entry(call.at, call.outcome, call.who, join_texts(call.answers, call.note))
        for call in list_calls(detail.visits)[::-1]
    )


def _list_entries(detail: CaseDetail) -> list[Entry]:
    """Return the history, oldest first: on paper the reader begins at the top."""
    return [
        Entry(
            row.at,
            row.title,
            join_texts(row.who, row.post),
            join_texts(row.text, row.note, *_list_changes(row)),
        )
        for row in build_timeline(detail.moves)[::-1]
    ]


def _list_changes(entry: TimelineEntry) -> list[str]:
    return [
        _("%(label)s：%(before)s → %(after)s") % {"label": label, "before": before, "after": after}
        for label, before, after in entry.changes
    ]


def _make_handwriting(case: Case) -> list[Block]:
    """Return room for what is noted on site, for a case that is not finished."""
    if case.state in FINISHED:
        return []
    return make_section(
        _("现场填写"),
        [make_room(_("处置情况"), ROOM_MM), SignatureLines((_("处置人"), _("核查人"), _("日期")))],
    )
