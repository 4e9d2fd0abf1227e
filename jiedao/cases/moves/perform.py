"""Performing a move: rights, party, fields, effect, swap, clocks, timeline, audit and notices in one transaction.

The case's row is locked first, and the write compares and swaps state and version. Of two users who press at once one
wins, and the other learns what happened meanwhile (`Stale`), on SQLite and PostgreSQL alike. The lock keeps the second
away from clocks and assignments that the first is writing, whose constraints would refuse it with a message that no
user understands.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.access import get_case
from jiedao.cases.flow import FINISHED, OPEN, State
from jiedao.cases.models import Case, CaseMove
from jiedao.cases.moves.allowed import explain_not_party
from jiedao.cases.moves.cleaning import clean_fields
from jiedao.cases.moves.clocks import settle_clocks
from jiedao.cases.moves.columns import follow_successors
from jiedao.cases.moves.fields import FieldKind
from jiedao.cases.moves.listeners import MoveEvent, notify_listeners
from jiedao.cases.moves.step import Move, Step
from jiedao.cases.moves.table import FLOW
from jiedao.cases.moves.work_time import FACT, bound_work_time, choose_judged_time
from jiedao.cases.notices import name_case, settle_case
from jiedao.cases.origins import CaseTransition, notify_origins
from jiedao.cases.stored_counts.marking import mark_changes
from jiedao.files.actions import attach_files
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.notices.actions import notify
from jiedao.orgs.actor import Actor


def perform(
    actor: Actor,
    case_id: int,
    code: str,
    *,
    version: int | None = None,
    data: Mapping[str, Any] | None = None,
    needs_photos: bool = True,
    facts: Mapping[str, Any] | None = None,
    made_at: datetime | None = None,
) -> Case:
    """Make one move on a case and return the case as it is afterwards.

    Args:
        actor: who acts; never None.
        code: a move of `table.FLOW`.
        version: the version the form was opened with; None skips that check but not the swap.
        data: the fields of the move, by name (see `Move.fields`).
        needs_photos: whether missing photos are refused; False for what another system reports.
        facts: further data of the timeline entry that come from the caller, not from a form.
        made_at: when the work was done, where the move arrives later; bounded by `work_time`.

    Raises:
        NotFoundError: out of scope. NotAllowed: without the right, or not the party. Stale: another user was faster, or
        the state does not allow the move. UserError: a field is missing or wrong.
    """
    move = FLOW.moves.get(code)
    if move is None or move.effect is None:
        raise UserError(_("没有这一步：%(code)s。") % {"code": code[:20]}, hint=_("请刷新页面后再试。"))
    with transaction.atomic():
        _lock_in_order(move, case_id, data or {})
        case = get_case(actor, case_id, for_change=True)
        _refuse_unless_allowed(actor, case, move, version)
        fields = clean_fields(move, data or {}, case, needs_photos=needs_photos)
        step = Step.begin(case, actor, move, fields, clock.now())
        step.facts.update(facts or {})
        _set_work_time(step, made_at)
        move.effect(step)
        if case.state in FINISHED and step.to_state in OPEN:
            follow_successors(step)
        with mark_changes([case_id]):
            _write(step)
    case.refresh_from_db()
    return case


def _set_work_time(step: Step, made_at: datetime | None) -> None:
    """Store when the work was done, and by which time its deadline is judged."""
    work_at = bound_work_time(step.case, made_at, step.now)
    if work_at is not None:
        step.facts[FACT] = work_at.isoformat()
        step.judged_at = choose_judged_time(work_at, step.now)


def _refuse_unless_allowed(actor: Actor, case: Case, move: Move, version: int | None) -> None:
    actor.require(move.permission)
    if version is not None and version != case.version:
        last = case.moves.order_by("-id").first()
        raise Stale(
            _("这件案件刚刚被改动：%(who)s，%(state)s。")
            % {"who": last.actor_label if last else "", "state": State(case.state).label},
            hint=_("您填写的内容还在；请看过最新情况后再提交。"),
        )
    if case.state not in move.sources:
        raise Stale(
            _("案件现在是“%(state)s”，不能“%(move)s”。")
            % {"state": State(case.state).label, "move": move.label},
            hint=_("请刷新页面，看现在可以做什么。"),
        )
    if why := explain_not_party(actor, case, move):
        raise NotAllowed(why, hint=_("请换一位同事，或换一个岗位后再试。"))


def _lock_in_order(move: Move, case_id: int, data: Mapping[str, Any]) -> None:
    """Lock the case together with those that the fields name, lowest id first.

    Without this order, two users who merge a pair crosswise would each hold one case and wait for the other.
    """
    named = [str(data.get(field.name)) for field in move.fields if field.kind is FieldKind.CASE]
    numbers = [number.strip() for number in named if "\x00" not in number]
    if numbers:
        rows = Case.objects.filter(Q(pk=case_id) | Q(number__in=numbers))
        list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def _write(step: Step) -> None:
    """Write the step, in the order that `Step` describes."""
    case, before_state = step.case, str(step.case.state)
    write_clocks = settle_clocks(step)
    before = {name: getattr(case, name) for name in step.changes}
    _swap(step, before_state)
    _write_entry(step, before_state)
    write_clocks()
    for write in step.after:
        write()
    notify_origins(
        CaseTransition(
            case=case,
            before_state=before_state,
            after_state=step.to_state,
            merged_into_id=step.changes.get("merged_into_id"),
            actor=step.actor,
            at=step.now,
            text=step.text,
        )
    )
    notify_listeners(
        MoveEvent(
            case_id=case.pk,
            move=step.move.code,
            before_state=before_state,
            after_state=step.to_state,
            unit_id=step.changes.get("lead_unit_id", case.lead_unit_id),
            actor=step.actor,
            at=step.now,
            text=step.text,
            facts=step.facts,
        )
    )
    photo_fields = [field for field in step.move.fields if field.kind is FieldKind.PHOTOS]
    photo_ids = [pk for field in photo_fields for pk in step.data.get(field.name) or []]
    attach_files(step.actor, "cases.case", case.pk, photo_ids)
    record_entry(
        actor=step.actor,
        action=f"{step.move.permission.split(':')[0]}:{step.move.code.lower()}",
        obj_type="cases.case",
        obj_id=case.pk,
        before={**_make_plain(before), "state": before_state},
        after={**step.audit, **_make_plain(step.changes), "state": step.to_state},
    )
    _send_notices(step)


def _swap(step: Step, before_state: str) -> None:
    """Write the columns of the case, unless the case is no longer in the version that the step was made from."""
    case = step.case
    swapped = Case.objects.filter(pk=case.pk, version=case.version, state=before_state).update(
        **step.changes, state=step.to_state, version=case.version + 1
    )
    if swapped != 1:
        raise Stale(_("另一位同事刚刚处理了这件案件。"), hint=_("您填写的内容还在；请刷新后再看。"))


def _write_entry(step: Step, before_state: str) -> None:
    CaseMove.objects.create(
        case=step.case,
        move=step.move.code,
        at=step.now,
        from_state=before_state,
        to_state=step.to_state,
        actor_label=step.actor.label,
        user_id=step.actor.user_id,
        unit_id=step.actor.unit_id,
        text=step.text,
        data=step.facts,
        public=step.public,
    )


def _send_notices(step: Step) -> None:
    """Withdraw the notices that the step answers, then send its own; the actor needs none."""
    columns = ("stage", "lead_unit_id")
    settle_case(
        step.case,
        after={
            "state": step.to_state,
            **{name: step.changes[name] for name in columns if name in step.changes},
        },
        clocks={*step.stops, step.starts} - {""},
        tasks=step.settles,
        now=step.now,
    )
    for serial, notice in enumerate(step.notices):
        notify(
            user_ids=notice.user_ids,
            author_id=step.actor.user_id,
            kind=notice.kind,
            object_id=notice.case.pk,
            object_name=name_case(notice.case),
            key=f"case:{step.case.pk}:{step.case.version}:{step.move.code}:{serial}",
            data=notice.data,
            task=notice.task,
            tone=notice.tone,
        )


def _make_plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, (str, int, float, bool, list, dict)) or value is None else str(value)
        for name, value in values.items()
    }
