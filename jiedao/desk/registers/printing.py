"""The sheet of a record: its content, place, photos, inspections and history."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from jiedao.desk.inspection_lines import list_past_inspections
from jiedao.desk.registers.differences import TimelineEntry, build_timeline
from jiedao.desk.registers.record_page import PHOTOS, build_record_map, explain_grade, list_facts, list_places
from jiedao.files.selectors import list_attachments
from jiedao.orgs.actor import Actor
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Record
from jiedao.registers.selectors.history import read_state_on, read_states
from jiedao.reports.document import Block, Document
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
    make_section,
    make_sheet,
    make_table,
)
from jiedao.reports.printing.pictures import Photo

MOST_STATES = 200  # of the history; an older one is read on the page


def make_record_sheet(
    actor: Actor,
    info: RegisterInfo,
    record: Record,
    url: str,
    *,
    day: date | None = None,
    revealed: dict[str, str] | None = None,
) -> Document:
    """Return a record as it is now or was on a past day, with its complete history.

    Args:
        revealed: personal values by key of the field in clear; without them they are masked as on the page.
    """
    past_state = read_state_on(record, day) if day is not None else None
    state = past_state or record
    lines = (state.name, _("%(register)s · %(code)s") % {"register": info.label, "code": state.code})
    facts: list[tuple[Any, Any]] = [
        (fact["label"], fact["value"]) for fact in list_facts(info, state, revealed or {})
    ]
    places = [(place["label"], place["value"]) for place in list_places(actor, info, state, record, day)]
    status = [
        (_("状态"), _("在册") if state.active else _("已移出台账")),
        (_("情况截至"), _describe_day(day, is_absent=past_state is None) if day is not None else ""),
        (_("自何日起"), state.since_date.isoformat()),
    ]
    blocks: list[Block] = [
        make_masthead(_("台账记录"), lines, url),
        *make_facts([*status, *_list_grade_facts(info, state)]),
        *make_section(_("内容"), make_facts(facts)),
        *make_section(_("所在位置"), [*make_facts(places), *make_map(build_record_map(info, state))]),
        *make_section(_("检查"), _list_inspections(info, record)),
        *make_section(_("照片"), _list_photos(actor, record)),
        *make_section(_("历史"), _list_history(info, record)),
    ]
    return make_sheet(actor, blocks)


def _describe_day(day: date, *, is_absent: bool) -> str:
    if is_absent:
        return _("%(day)s 当天它还不在台账里，下面是现在的情况") % {"day": day}
    return day.isoformat()


def _list_grade_facts(info: RegisterInfo, state: Any) -> list[tuple[Any, Any]]:
    if info.definition.grade(state.grade) is None:
        return []
    reason = explain_grade(info, state)
    rules = _("按规则：%(grade)s") % {"grade": reason["rules"]} if reason["by_hand"] else ""
    return [(_("等级"), join_texts(reason["line"], reason["by_hand"], rules))]


def _list_inspections(info: RegisterInfo, record: Record) -> list[Block]:
    if not info.definition.checklists:
        return []
    rows = []
    for line in list_past_inspections(record, None):
        inspection = line.inspection
        findings = [
            f"{row['finding'].text} {row['finding'].case.number} {row['state']}" for row in line.findings
        ]
        day = inspection.done_date or inspection.due_date
        rows.append((day.isoformat(), line.checklist, line.state, line.inspector, "\n".join(findings)))
    header = (_("日期"), _("检查表"), _("结果"), _("检查人"), _("发现的问题"))
    return make_table(header, rows, (13, 16, 10, 16, 32), centred=(0, 2))


def _list_photos(actor: Actor, record: Record) -> list[Block]:
    files = [row for row in list_attachments("registers.record", record.pk) if row.kind in PHOTOS]
    return make_photos(actor, [Photo(file, format_time(file.at)) for file in files])


def _list_history(info: RegisterInfo, record: Record) -> list[Block]:
    """Return the history, oldest first."""
    states = read_states(record, MOST_STATES + 1)
    entries = build_timeline(info, states, complete=len(states) <= MOST_STATES)
    blocks = make_history(
        Entry(row.at, row.title, row.who, join_texts(row.text, row.note, *_list_changes(row)))
        for row in entries[::-1]
    )
    if len(states) > MOST_STATES:
        words = _("只印最近 %(most)d 次改动，更早的请在系统里看。") % {"most": MOST_STATES}
        return [*make_paragraphs(words), *blocks]
    return blocks


def _list_changes(entry: TimelineEntry) -> list[str]:
    words = _("%(label)s：%(before)s → %(after)s")
    return [
        words % {"label": label, "before": before or "—", "after": after or "—"}
        for label, before, after in entry.changes
    ]
