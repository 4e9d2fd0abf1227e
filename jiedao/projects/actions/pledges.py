"""Register responsibility items and decisions, report them as done, and confirm the report of another user.

`supervising` holds the demand of a leader and the answer of the unit.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.files.actions import attach_files, check_uploads
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.kernel.storable import make_storable
from jiedao.notices.actions import notify, settle
from jiedao.notices.kinds import NoticeKind
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import is_same_person
from jiedao.orgs.models import Unit
from jiedao.orgs.people import find_holders, find_holders_in_units
from jiedao.projects import notices
from jiedao.projects.models.promises import Outcome, Pledge, PledgeKind, PledgeMove, Supervision
from jiedao.projects.pledge_flow import MOVES
from jiedao.projects.promise_access import CONFIRM, EDIT, get_pledge, require_hand_out, require_work_for_unit

MOST_TEXT = 4000


def add_pledge(
    *,
    actor: Actor,
    kind: str,
    code: str,
    text: str,
    source: str,
    unit: Unit,
    due_date: date,
    helpers: Sequence[Unit] = (),
) -> Pledge:
    """Register a responsibility item or a decision and return it.

    Raises:
        NotAllowed: without the right, or the actor may not give tasks to the unit. UserError: no text or source, a
            date in the past, an unknown kind, the owning unit among the helpers, or a code that is taken.
    """
    require_hand_out(actor, unit.pk)
    if kind not in PledgeKind.values:
        raise UserError(_("没有这个种类。"), hint=_("请选择责任事项或会议决定。"), field="kind")
    texts = {"code": (code, 40), "text": (text, 400), "source": (source, 200)}
    clean_texts = {name: clean_text(value, name, most) for name, (value, most) in texts.items()}
    if due_date < clock.today():
        raise UserError(_("完成期限已过。"), hint=_("请填今天或以后的日期。"), field="due_date")
    if any(helper.pk == unit.pk for helper in helpers):
        raise UserError(_("责任单位不能同时是配合单位。"), hint=_("请去掉其中一个。"), field="helpers")
    with transaction.atomic():
        pledge = Pledge(kind=kind, unit=unit, due_date=due_date, **clean_texts)
        try:
            with transaction.atomic():
                pledge.save(force_insert=True)
        except IntegrityError as fault:
            raise UserError(
                _("编号 %(code)s 已经有了。") % {"code": pledge.code}, hint=_("请换一个编号。"), field="code"
            ) from fault
        pledge.helpers.set(helpers)
        _record_move(actor, pledge, "ADD", before=pledge.state)
        notify_owner(pledge, notices.ASSIGNED)
    return pledge


def report_pledge_done(
    *, actor: Actor, pledge_id: int, evidence: str, attachments: Sequence[int] = ()
) -> Pledge:
    """Report a pledge as done, with the evidence. Another user must confirm it."""
    clean = clean_text(evidence, "evidence", MOST_TEXT)
    with transaction.atomic():
        pledge = start_move(actor, pledge_id, "REPORT")
        check_uploads(actor, attachments)
        make_move(
            actor,
            pledge,
            "REPORT",
            clean,
            {"attachments": list(attachments)},
            evidence=clean,
            reported_at=clock.now(),
            reported_by_id=actor.user_id,
        )
        attach_files(actor, "projects.pledge", pledge.pk, attachments)
        end_supervision(pledge, Outcome.REPORTED, actor, answer=clean)
        notify_users(pledge, find_holders(CONFIRM), notices.REPORTED, actor)
    return pledge


def confirm_pledge(*, actor: Actor, pledge_id: int, note: str = "") -> Pledge:
    """Confirm that a pledge is done; raise NotAllowed for the user who reported it."""
    with transaction.atomic():
        pledge = start_move(actor, pledge_id, "CONFIRM")
        _check_not_reporter(actor, pledge)
        make_move(
            actor,
            pledge,
            "CONFIRM",
            make_storable(note).strip()[:MOST_TEXT],
            {},
            ended_at=clock.now(),
            confirmed_by_id=actor.user_id,
        )
        notify_owner(pledge, notices.CONFIRMED)
    return pledge


def send_pledge_back(*, actor: Actor, pledge_id: int, why: str) -> Pledge:
    """Return a report with a reason; the unit must do the pledge again by the same deadline."""
    clean = clean_text(why, "why", MOST_TEXT)
    with transaction.atomic():
        pledge = start_move(actor, pledge_id, "BACK")
        _check_not_reporter(actor, pledge)
        make_move(actor, pledge, "BACK", clean, {})
        notify_owner(pledge, notices.SENT_BACK)
    return pledge


def withdraw_pledge(*, actor: Actor, pledge_id: int, why: str) -> Pledge:
    """Withdraw a pledge with a reason. It stays readable but is no longer counted."""
    clean = clean_text(why, "why", MOST_TEXT)
    with transaction.atomic():
        pledge = start_move(actor, pledge_id, "WITHDRAW")
        make_move(actor, pledge, "WITHDRAW", clean, {}, ended_at=clock.now())
        end_supervision(pledge, Outcome.WITHDRAWN, actor)
        notify_owner(pledge, notices.WITHDRAWN)
    return pledge


def extend_pledge(*, actor: Actor, pledge_id: int, until: date, why: str) -> Pledge:
    """Extend the deadline with a reason. Warnings and escalations start again; the first deadline stays stored."""
    clean = clean_text(why, "why", MOST_TEXT)
    with transaction.atomic():
        pledge = start_move(actor, pledge_id, "EXTEND")
        if until <= max(pledge.deadline, clock.today()):
            raise UserError(
                _("延期后的日期要晚于今天和原期限 %(day)s。") % {"day": pledge.deadline},
                hint=_("请填以后的日期。"),
                field="until",
            )
        data = {"from": pledge.deadline.isoformat(), "until": until.isoformat()}
        make_move(
            actor,
            pledge,
            "EXTEND",
            clean,
            data,
            extended_date=until,
            escalated=0,
            next_rung_at=None,
        )
        notify_owner(pledge, notices.EXTENDED)
    return pledge


def clean_text(value: str, field: str, most: int = MOST_TEXT) -> str:
    """Return the text as it can be stored; raise UserError for an empty one and one that is too long."""
    clean = make_storable(value).strip()
    if not clean:
        raise UserError(_("这一项没有填写。"), hint=_("请写清楚后再提交。"), field=field)
    if len(clean) > most:
        message = _("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(clean), "most": most}
        raise UserError(message, hint=_("请写短一些。"), field=field)
    return clean


def start_move(actor: Actor, pledge_id: int, code: str) -> Pledge:
    """Return the pledge; raise an error if the actor may not make this move now."""
    pledge, move = get_pledge(actor, pledge_id), MOVES[code]
    if move.right == EDIT:
        require_work_for_unit(actor, pledge.unit_id)
    actor.require(move.right)
    if pledge.state not in move.sources:
        raise _make_stale_error(pledge)
    return pledge


def _check_not_reporter(actor: Actor, pledge: Pledge) -> None:
    if is_same_person(actor.own_ids, actor.ties, pledge.reported_by_id, pledge.reported_at):
        raise NotAllowed(_("完成情况由您报告，不能由您确认。"), hint=_("请由另一位同事确认。"))


def end_supervision(
    pledge: Pledge, outcome: Outcome, actor: Actor, *, answer: str = "", promised_date: date | None = None
) -> Supervision | None:
    """End the open supervision of a pledge and return it; None where no answer is owed."""
    demand = Supervision.objects.select_for_update(no_key=True).filter(pledge=pledge, outcome="").first()
    if demand is None:
        return None
    demand.outcome, demand.ended_at = outcome.value, clock.now()
    demand.answer, demand.promised_date = answer, promised_date
    demand.answerer_label = actor.label[:120] if answer else ""
    demand.save()
    settle(object_type=notices.PLEDGE, object_id=pledge.pk, now=clock.now(), tasks=[notices.ANSWER])
    return demand


def make_move(
    actor: Actor, pledge: Pledge, code: str, note: str, data: dict[str, Any], **columns: Any
) -> None:
    """Write the new state, the history and the audit entry, and settle the notices that the move answers.

    Raise Stale if the pledge was changed after it was read.
    """
    before = pledge.state
    columns["state"] = MOVES[code].target or before
    unchanged = Pledge.objects.filter(
        pk=pledge.pk, state=before, extended_date=pledge.extended_date, reported_at=pledge.reported_at
    )
    if not unchanged.update(**columns):
        raise _make_stale_error(pledge)
    pledge.refresh_from_db()
    settle(
        object_type=notices.PLEDGE,
        object_id=pledge.pk,
        now=clock.now(),
        tasks=[notices.DEADLINE] if pledge.state == before else None,
    )
    _record_move(actor, pledge, code, before=before, note=note, data=data)


def _record_move(
    actor: Actor,
    pledge: Pledge,
    code: str,
    *,
    before: str,
    note: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    PledgeMove.objects.create(
        pledge=pledge,
        move=code,
        at=clock.now(),
        actor_label=actor.label[:120],
        from_state=before,
        to_state=pledge.state,
        note=note,
        data=data or {},
    )
    record_entry(
        actor=actor,
        action=f"projects.pledge:{code.lower()}",
        obj_type="projects.pledge",
        obj_id=pledge.pk,
        before={"state": before},
        after={"state": pledge.state, "code": pledge.code, "note": note, **(data or {})},
    )


def _make_stale_error(pledge: Pledge) -> Stale:
    return Stale(
        _("“%(name)s”已不在原来的状态。") % {"name": pledge.code}, hint=_("请刷新页面，看过最新情况再办。")
    )


def notify_owner(
    pledge: Pledge, kind: NoticeKind, *, task: str = "", data: dict[str, Any] | None = None
) -> None:
    """Notify the users who work on the pledge of its last move."""
    notify_users(pledge, find_holders_in_units([pledge.unit_id], EDIT), kind, task=task, data=data)


def notify_users(
    pledge: Pledge,
    user_ids: Sequence[int],
    kind: NoticeKind,
    actor: Actor | None = None,
    *,
    task: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    """Notify users of the last move, except the actor. The key of a notice contains the move, so each is sent once."""
    last_move_id = PledgeMove.objects.filter(pledge=pledge).values_list("pk", flat=True).first()
    notify(
        user_ids=user_ids,
        author_id=actor.user_id if actor is not None else None,
        kind=kind,
        object_id=pledge.pk,
        object_name=f"{pledge.code} {pledge.text}",
        key=f"pledge:{pledge.pk}:{last_move_id}",
        task=task,
        data=data,
    )
