"""Responsibility items and decisions: registered, reported as done, confirmed by somebody else."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record
from jiedao.files.actions import attach, check_waiting
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.kernel.storable import storable
from jiedao.notices.actions import notify, settle
from jiedao.notices.kinds import NoticeKind
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit
from jiedao.orgs.people import holders_in_units, holders_of
from jiedao.projects import notices
from jiedao.projects.models.promises import Pledge, PledgeKind, PledgeMove
from jiedao.projects.pledge_flow import MOVES
from jiedao.projects.promise_access import CONFIRM, EDIT, get_pledge, need_hand_out, need_unit

MOST_TEXT = 4000


def add_pledge(
    *, actor: Actor, kind: str, code: str, text: str, source: str, unit: Unit, due_date: date,
    helpers: Sequence[Unit] = (),
) -> Pledge:  # fmt: skip
    """Register a responsibility item or a decision and return it.

    Raises NotAllowed without the right or for another's unit; UserError for a missing text or source, a day that has
    passed, an unknown kind, the owner among its helpers, or a code that stands already.
    """
    need_hand_out(actor, unit.pk)
    if kind not in PledgeKind.values:
        raise UserError(_("没有这个种类。"), hint=_("请选择责任事项或会议决定。"), field="kind")
    given = {"code": (code, 40), "text": (text, 400), "source": (source, 200)}
    clean = {name: _text(value, name, most) for name, (value, most) in given.items()}
    if due_date < clock.today():
        raise UserError(_("完成期限已过。"), hint=_("请填今天或以后的日期。"), field="due_date")
    if any(helper.pk == unit.pk for helper in helpers):
        raise UserError(_("责任单位不能同时是配合单位。"), hint=_("请去掉其中一个。"), field="helpers")
    with transaction.atomic():
        made = Pledge(kind=kind, unit=unit, due_date=due_date, **clean)
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError as fault:
            raise UserError(
                _("编号 %(code)s 已经有了。") % {"code": made.code}, hint=_("请换一个编号。"), field="code"
            ) from fault
        made.helpers.set(helpers)
        _note(actor, made, "ADD", before=made.state)
        _notify_owner(made, notices.ASSIGNED)
    return made


def report_done(*, actor: Actor, pledge_id: int, evidence: str, attachments: Sequence[int] = ()) -> Pledge:
    """Report that it is done, with what shows it; somebody else confirms."""
    clean = _text(evidence, "evidence", MOST_TEXT)
    with transaction.atomic():
        pledge = _begin(actor, pledge_id, "REPORT")
        check_waiting(actor, attachments)
        _move(
            actor, pledge, "REPORT", clean, {"attachments": list(attachments)},
            evidence=clean, reported_at=clock.now(), reported_by_id=actor.user_id,
        )  # fmt: skip
        attach(actor, "projects.pledge", pledge.pk, attachments)
        _notify(pledge, holders_of(CONFIRM), notices.REPORTED, actor)
    return pledge


def confirm(*, actor: Actor, pledge_id: int, note: str = "") -> Pledge:
    """Confirm that it is done; raise NotAllowed for who reported it."""
    with transaction.atomic():
        pledge = _begin(actor, pledge_id, "CONFIRM")
        _need_other(actor, pledge)
        _move(
            actor, pledge, "CONFIRM", storable(note).strip()[:MOST_TEXT], {},
            ended_at=clock.now(), confirmed_by_id=actor.user_id,
        )  # fmt: skip
        _notify_owner(pledge, notices.CONFIRMED)
    return pledge


def send_back(*, actor: Actor, pledge_id: int, why: str) -> Pledge:
    """Send a report back with the reason; it is to be done again, by the same deadline."""
    clean = _text(why, "why", MOST_TEXT)
    with transaction.atomic():
        pledge = _begin(actor, pledge_id, "BACK")
        _need_other(actor, pledge)
        _move(actor, pledge, "BACK", clean, {})
        _notify_owner(pledge, notices.SENT_BACK)
    return pledge


def withdraw(*, actor: Actor, pledge_id: int, why: str) -> Pledge:
    """Take a pledge back with the reason; it stays readable and counts no more."""
    clean = _text(why, "why", MOST_TEXT)
    with transaction.atomic():
        pledge = _begin(actor, pledge_id, "WITHDRAW")
        _move(actor, pledge, "WITHDRAW", clean, {}, ended_at=clock.now())
        _notify_owner(pledge, notices.WITHDRAWN)
    return pledge


def extend_due(*, actor: Actor, pledge_id: int, until: date, why: str) -> Pledge:
    """Give more time with the reason; warnings and the ladder begin anew. The first deadline stays on record."""
    clean = _text(why, "why", MOST_TEXT)
    with transaction.atomic():
        pledge = _begin(actor, pledge_id, "EXTEND")
        if until <= max(pledge.deadline, clock.today()):
            raise UserError(
                _("延期后的日期要晚于今天和原期限 %(day)s。") % {"day": pledge.deadline},
                hint=_("请填以后的日期。"),
                field="until",
            )
        data = {"from": pledge.deadline.isoformat(), "until": until.isoformat()}
        _move(
            actor, pledge, "EXTEND", clean, data,
            extended_date=until, escalated=0, next_rung_at=None,
        )  # fmt: skip
        _notify_owner(pledge, notices.EXTENDED)
    return pledge


def _text(value: str, field: str, most: int) -> str:
    clean = storable(value).strip()
    if not clean:
        raise UserError(_("这一项没有填写。"), hint=_("请写清楚后再提交。"), field=field)
    if len(clean) > most:
        words = _("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(clean), "most": most}
        raise UserError(words, hint=_("请写短一些。"), field=field)
    return clean


def _begin(actor: Actor, pledge_id: int, code: str) -> Pledge:
    """Return the pledge if the actor may make the move now."""
    pledge, move = get_pledge(actor, pledge_id), MOVES[code]
    if move.right == EDIT:
        need_unit(actor, pledge.unit_id)
    actor.need(move.right)
    if pledge.state not in move.sources:
        raise _stale(pledge)
    return pledge


def _need_other(actor: Actor, pledge: Pledge) -> None:
    if actor.user_id is not None and actor.user_id == pledge.reported_by_id:
        raise NotAllowed(_("完成情况由您报告，不能由您确认。"), hint=_("请由另一位同事确认。"))


def _move(actor: Actor, pledge: Pledge, code: str, note: str, data: dict[str, Any], **columns: Any) -> None:
    """Swap the state, where nobody was faster, settle what was asked before, and write history and audit."""
    before = pledge.state
    columns["state"] = MOVES[code].target or before
    standing = Pledge.objects.filter(
        pk=pledge.pk, state=before, extended_date=pledge.extended_date, reported_at=pledge.reported_at
    )
    if not standing.update(**columns):
        raise _stale(pledge)
    pledge.refresh_from_db()
    settle(
        object_type=notices.PLEDGE,
        object_id=pledge.pk,
        now=clock.now(),
        tasks=[notices.DEADLINE] if pledge.state == before else None,
    )
    _note(actor, pledge, code, before=before, note=note, data=data)


def _note(
    actor: Actor,
    pledge: Pledge,
    code: str,
    *,
    before: str,
    note: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    PledgeMove.objects.create(
        pledge=pledge, move=code, at=clock.now(), actor_label=actor.label[:120], from_state=before,
        to_state=pledge.state, note=note, data=data or {},
    )  # fmt: skip
    record(
        actor=actor, action=f"projects.pledge:{code.lower()}", obj_type="projects.pledge", obj_id=pledge.pk,
        before={"state": before}, after={"state": pledge.state, "code": pledge.code, "note": note, **(data or {})},
    )  # fmt: skip


def _stale(pledge: Pledge) -> Stale:
    return Stale(
        _("“%(name)s”已不在原来的状态。") % {"name": pledge.code}, hint=_("请刷新页面，看过最新情况再办。")
    )


def _notify_owner(pledge: Pledge, kind: NoticeKind) -> None:
    _notify(pledge, holders_in_units([pledge.unit_id], EDIT), kind)


def _notify(pledge: Pledge, user_ids: Sequence[int], kind: NoticeKind, actor: Actor | None = None) -> None:
    """Notify users of the move that was just written, but not the user who made it."""
    others = [user_id for user_id in user_ids if actor is None or user_id != actor.user_id]
    move_id = PledgeMove.objects.filter(pledge=pledge).values_list("pk", flat=True).first()
    notify(
        user_ids=others,
        kind=kind,
        object_id=pledge.pk,
        object_name=f"{pledge.code} {pledge.text}",
        key=f"pledge:{pledge.pk}:{move_id}",
    )
