"""The differences between two states of a record, and the history of a record as a timeline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from jiedao.orgs.units import unit_label
from jiedao.pages.choices import translate_person_label
from jiedao.places.models import Premise
from jiedao.places.selectors import area_text
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import RecordState
from jiedao.registers.values import format_value, mask_value

Change = tuple[str, str, str]  # label, before, after
Premises = dict[int, str]


@dataclass(frozen=True)
class TimelineEntry:
    """A state of a record, as the template tag `timeline` takes it."""

    at: datetime
    title: str
    who: str
    text: str
    note: str
    tone: str
    icon: str
    changes: list[Change] = dataclass_field(default_factory=list)


def read_premise_names(states: Iterable[RecordState]) -> Premises:
    """Return the names of the premises of the states, by id, in at most one query."""
    ids = {state.premise_id for state in states if state.premise_id is not None}
    return {row.pk: row.label for row in Premise.objects.filter(pk__in=ids)} if ids else {}


def list_changes(
    info: RegisterInfo, before: RecordState, after: RecordState, premises: Premises
) -> list[Change]:
    """Return every difference as (label of the field, before, after); personal values are not shown."""
    differences = [
        (label, old, new)
        for (label, old), (_label, new) in zip(
            _format_standard_fields(info, before, premises, after.changed_at),
            _format_standard_fields(info, after, premises, after.changed_at),
            strict=True,
        )
        if old != new
    ]
    for field in info.definition.fields:
        old, new = before.values.get(field.store), after.values.get(field.store)
        if old == new:
            continue
        if field.personal:
            differences.append(
                (field.label, mask_value() if old else "", _("已更改") if new else _("已清除"))
            )
        else:
            differences.append((field.label, format_value(field, old), format_value(field, new)))
    return differences


def _format_standard_fields(
    info: RegisterInfo, state: RecordState, premises: Premises, at: datetime
) -> list[tuple[str, str]]:
    grade = info.definition.grade(state.grade)
    return [
        (_("编码"), state.code),
        (_("名称"), state.name),
        (_("等级"), grade.label if grade is not None else state.grade),
        (_("小区、楼栋"), premises.get(state.premise_id or 0, "")),
        (_("所属网格"), area_text(state.area_path, at) if state.area_path else ""),
        (_("所属单位"), unit_label(state.unit_id, at)),
        (_("地点"), state.place_text),
        (_("坐标"), f"{state.lon:.5f}, {state.lat:.5f}" if state.lon is not None else ""),
    ]


def build_timeline(
    info: RegisterInfo, states: Sequence[RecordState], *, complete: bool
) -> list[TimelineEntry]:
    """Return the timeline of a record's states, newest first.

    Args:
        complete: True if the last of the states is the first state of the record. If False, the last state is only
            compared with its successor and has no entry.
    """
    premises = read_premise_names(states)
    entries = [
        _build_entry(info, state, before, premises)
        for state, before in zip(states, [*states[1:], None], strict=True)
    ]
    return entries if complete else entries[:-1]


def _build_entry(
    info: RegisterInfo, state: RecordState, before: RecordState | None, premises: Premises
) -> TimelineEntry:
    title, tone, icon = _describe_change(state, before)
    until: Any = getattr(state, "until_date", None)
    note = _("自 %(day)s 起") % {"day": state.since_date}
    if until == state.since_date:
        note = _("自 %(day)s 起，当天又有改动，不计入任何一天") % {"day": state.since_date}
    return TimelineEntry(
        at=state.changed_at,
        title=title,
        who=translate_person_label(state.changed_by),
        text=state.why,
        note=note,
        tone=tone,
        icon=icon,
        changes=list_changes(info, before, state, premises) if before is not None else [],
    )


def _describe_change(state: RecordState, before: RecordState | None) -> tuple[str, str, str]:
    if before is None:
        return _("登记入册"), "info", "plus"
    if before.active and not state.active:
        return _("移出台账"), "warn", "archive"
    if state.active and not before.active:
        return _("恢复在册"), "good", "refresh"
    return _("更改"), "neutral", "edit"
