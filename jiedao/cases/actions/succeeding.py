"""Give open cases and parts of helpers to the unit that took the place of another one. Nothing starts anew.

It is no dispatch: clocks run on with their deadlines, and the new part is excluded from the figures of dispatching. The
part of the old unit ends with the outcome SUCCEEDED, so that what it did stays its own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from jiedao.audit.actions import record_entries
from jiedao.cases import notices
from jiedao.cases.flow import FINISHED, WITH_UNIT, Stage, State
from jiedao.cases.models import Assignment, Case, CaseMove, Clock, ExtensionRequest, Role
from jiedao.cases.moves.assignments import HANDLE_RIGHT
from jiedao.cases.pack.followers import relocate_cases
from jiedao.cases.relocating import Columns, SuccessionEvent, make_timeline_entry
from jiedao.cases.stored_counts.marking import mark_changes
from jiedao.kernel import clock
from jiedao.kernel.packs.section import BATCH
from jiedao.notices.actions import notify, settle
from jiedao.notices.models import UNREAD, Notice
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Holding
from jiedao.orgs.people import find_holders_in_units

ENDED_BY_SUCCESSOR = "SUCCEEDED"
# A case that was merged into another one continues with its unit once this is undone.
CONTINUING = Q(state=State.MERGED) | ~Q(state__in=FINISHED)
SUCCEEDED = SuccessionEvent("SUCCEEDED", gettext_lazy("按机构调整"), "cases.case:succeed")
Wanted = Mapping[int, tuple[int, int]]  # primary key -> ids of the old and of the new unit


def succeed_leads(wanted: Wanted, actor: Actor) -> int:
    """Give open cases to the units that took the place of their lead units; return how many.

    A case that was given to another unit or closed meanwhile is left as it is. A unit that would then help itself ends
    its help.
    """
    members = _read_members({new_id for _old_id, new_id in wanted.values()})

    def find_changes(case: Case) -> Columns:
        old_id, new_id = wanted[case.pk]
        if case.lead_unit_id != old_id:
            return {}
        stays = case.handler_id is None or case.handler_id in members.get(new_id, ())
        return {"lead_unit_id": new_id} if stays else {"lead_unit_id": new_id, "handler_id": None}

    def pass_parts(changes: Mapping[Case, Columns]) -> None:
        leads = Assignment.objects.filter(case__in=list(changes), role=Role.LEAD, ended_at__isnull=True)
        parts = [part for part in leads.order_by("pk") if part.unit_id == wanted[part.case_id][0]]
        _pass_on({part: wanted[part.case_id][1] for part in parts})
        for case in changes:
            helping = Assignment.objects.filter(case=case, role=Role.HELPER, ended_at__isnull=True)
            _end_parts(list(helping.filter(unit_id=wanted[case.pk][1])))
        _notify_new_people(list(changes), wanted)

    cases = Case.objects.filter(CONTINUING)
    return relocate_cases(sorted(wanted), find_changes, actor, cases=cases, event=SUCCEEDED, then=pass_parts)


def succeed_helpers(wanted: Wanted, actor: Actor) -> int:
    """Give open parts of helpers to the units that took their place; return how many.

    Where the new unit leads the case or helps in it already, the old part ends.

    Args:
        wanted: by the primary key of the part.
    """
    moved = 0
    for start in range(0, len(wanted), BATCH):
        pks = sorted(wanted)[start : start + BATCH]
        case_ids = sorted(set(Assignment.objects.filter(pk__in=pks).values_list("case_id", flat=True)))
        cases = {
            case.pk: case
            for case in Case.objects.filter(CONTINUING, pk__in=case_ids)
            .order_by("pk")
            .select_for_update(no_key=True)
        }
        rows = Assignment.objects.filter(pk__in=pks, ended_at__isnull=True, case__in=cases)
        parts = [part for part in rows.order_by("pk") if part.unit_id == wanted[part.pk][0]]
        with mark_changes(sorted(cases)):
            _pass_help(parts, cases, wanted, actor)
        moved += len(parts)
    return moved


def _pass_help(parts: Sequence[Assignment], cases: Mapping[int, Case], wanted: Wanted, actor: Actor) -> None:
    helping = set(
        Assignment.objects.filter(case__in=cases, role=Role.HELPER, ended_at__isnull=True).values_list(
            "case_id", "unit_id"
        )
    )
    passed, ended, entries, moves = {}, [], [], []
    for part in parts:
        case, new_id = cases[part.case_id], wanted[part.pk][1]
        if new_id == case.lead_unit_id or (case.pk, new_id) in helping:
            ended.append(part)
        else:
            passed[part] = new_id
            helping.add((case.pk, new_id))
        columns: Columns = {"helper_unit_id": new_id}
        before: Columns = {"helper_unit_id": part.unit_id}
        moves.append(make_timeline_entry(case, before, columns, actor, SUCCEEDED, at=clock.now()))
        entries.append(
            {
                "actor": actor,
                "action": SUCCEEDED.action,
                "obj_type": "cases.case",
                "obj_id": case.pk,
                "before": before,
                "after": columns,
            }
        )
    _end_parts(ended)
    _pass_on(passed)
    for part, new_id in passed.items():
        _rename_tasks(part, new_id)
    changed = {part.case_id for part in parts}
    # A form that is open states the old unit: it must not be sent as if nothing had changed.
    Case.objects.filter(pk__in=changed).update(version=F("version") + 1)
    CaseMove.objects.bulk_create(moves)
    record_entries(entries)  # type: ignore[arg-type]


def _pass_on(parts: Mapping[Assignment, int]) -> None:
    """End parts and begin those of the new units, with the same dates, clocks and requests."""
    now = clock.now()
    new_parts = [
        Assignment(
            case_id=part.case_id,
            unit_id=new_id,
            role=part.role,
            round=part.round,
            dispatched_at=part.dispatched_at,
            taken_at=part.taken_at,
            due_at=part.due_at,
            succeeds=True,
        )
        for part, new_id in parts.items()
    ]
    for part in parts:
        part.ended_at, part.outcome = now, ENDED_BY_SUCCESSOR
    Assignment.objects.bulk_update(parts, ["ended_at", "outcome"])
    Assignment.objects.bulk_create(new_parts)
    successor = {part.pk: new_part for part, new_part in zip(parts, new_parts, strict=True)}
    for model in (Clock, ExtensionRequest):
        rows: list[Any] = list(model.objects.filter(assignment_id__in=list(successor)))
        for row in rows:
            row.assignment = successor[row.assignment_id]
        model.objects.bulk_update(rows, ["assignment"])


def _end_parts(parts: Sequence[Assignment]) -> None:
    """End parts that have become pointless: the unit leads the case or helps in it already."""
    now = clock.now()
    for part in parts:
        part.ended_at, part.outcome = now, ENDED_BY_SUCCESSOR
        tasks = {notices.help_task(part.unit_id), notices.help_alarm_task(part.unit_id)}
        settle(object_type=notices.CASE, object_id=part.case_id, now=now, tasks=tasks)
    Assignment.objects.bulk_update(parts, ["ended_at", "outcome"])
    clocks = Clock.objects.filter(assignment__in=list(parts), stopped_at__isnull=True)
    clocks.update(stopped_at=now, next_look_at=None)


def _rename_tasks(part: Assignment, new_id: int) -> None:
    """Let the requests to a helping unit, and its alarms, be answered by the unit that took its place."""
    for name in (notices.help_task, notices.help_alarm_task):
        rows = Notice.objects.filter(
            UNREAD, asks=True, object_type=notices.CASE, object_id=part.case_id, task=name(part.unit_id)
        )
        rows.update(task=name(new_id))


def _read_members(unit_ids: set[int]) -> dict[int, set[int]]:
    """Return the users who hold a post in each unit today."""
    members: dict[int, set[int]] = {}
    holdings = Holding.objects.on(clock.today()).filter(post__unit__in=unit_ids)
    for unit_id, user_id in holdings.values_list("post__unit_id", "user_id"):
        members.setdefault(unit_id, set()).add(user_id)
    return members


def _notify_new_people(cases: Sequence[Case], wanted: Wanted) -> None:
    """Notify the handlers who did not work in the old unit, and withdraw the requests to those who no longer do."""
    now = clock.now()
    handlers = {
        unit_id: set(find_holders_in_units([unit_id], HANDLE_RIGHT))
        for unit_id in {wanted[case.pk][1] for case in cases}
    }
    asked: dict[int, set[int]] = {}
    open_notices = Notice.objects.filter(
        UNREAD,
        object_type=notices.CASE,
        object_id__in=[case.pk for case in cases],
        asks=True,
        task=notices.NEXT_STEP,
    )
    for case_id, user_id in open_notices.values_list("object_id", "user_id"):
        asked.setdefault(int(case_id or 0), set()).add(user_id)
    for case in cases:
        if case.state not in WITH_UNIT:
            continue
        people, before = handlers[wanted[case.pk][1]], asked.get(case.pk, set())
        if gone := before - people:
            settle(
                object_type=notices.CASE,
                object_id=case.pk,
                now=now,
                tasks=[notices.NEXT_STEP, notices.stage_alarm_task(Stage.HANDLE)],
                user_ids=gone,
            )
        key = f"case:{case.pk}:{case.version}:succeeded"
        notify(
            user_ids=people - before,
            kind=notices.SUCCEEDED,
            object_id=case.pk,
            object_name=notices.name_case(case),
            key=key,
        )
