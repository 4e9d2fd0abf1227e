"""Undoing an import: its cases are removed as if the file had never been imported, unless a user has worked on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.audit.models import group_into_ranges
from jiedao.cases.actions.removing import TouchedCase, find_touched_cases, lock_cases, remove_cases
from jiedao.delivery.withdrawing import withdraw_deliveries
from jiedao.exchange.batches import get_import, list_case_ids
from jiedao.exchange.message_importer import RIGHT
from jiedao.exchange.models import MessageImport
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale
from jiedao.notices.actions import delete_notices
from jiedao.notices.selectors import find_notices
from jiedao.orgs.actor import Actor

CASE = "cases.case"
MAX_NAMED = 10  # touched cases in the text of a refusal; `TouchedError.touched` has all


@dataclass(frozen=True)
class UndoPlan:
    """What undoing an import would do.

    Attributes:
        removable: the cases that would be removed.
        touched: those on which a person has worked since.
        answered: how many older cases the file has closed: these stay closed.
    """

    row: MessageImport
    removable: list[int] = field(default_factory=list)
    touched: list[TouchedCase] = field(default_factory=list)

    @property
    def answered(self) -> int:
        """How many cases that were there before the import the file has closed; they stay closed."""
        return self.row.answered

    def as_json(self) -> dict[str, Any]:
        """Return the plan as the command prints it."""
        return {
            "import": self.row.pk,
            "removable": len(self.removable),
            "touched": [vars(case) for case in self.touched],
            "answered": self.answered,
        }


@dataclass(frozen=True)
class UndoResult:
    """What was undone.

    Attributes:
        removed: cases.
        left: touched cases that stay.
        notices, read: notices inside that were deleted, and how many of them had been read.
        sent: messages outside that had been sent, which nobody can call back.
        answered: older cases that the file has closed and that stay closed.
    """

    removed: int
    left: int
    notices: int
    read: int
    sent: int
    answered: int


def describe_undo(result: UndoResult) -> str:
    """Return what was undone and what could not be, in words."""
    parts = [_("撤销了 %(removed)d 件，编号不再使用。") % vars(result)]
    if result.left:
        parts.append(_("已有人办过的 %(left)d 件留下。") % vars(result))
    if result.answered:
        parts.append(_("文件按答复办结的 %(answered)d 件原有案件仍是办结。") % vars(result))
    if result.notices:
        parts.append(_("删除了 %(notices)d 条通知，其中 %(read)d 条已读。") % vars(result))
    if result.sent:
        parts.append(_("已经发到系统外的 %(sent)d 条消息收不回来。") % vars(result))
    return "".join(parts)


class TouchedError(Stale):
    """Cases of the import have been worked on, so it is not undone; nothing was removed."""

    def __init__(self, touched: Sequence[TouchedCase]) -> None:
        named = "; ".join(str(case) for case in touched[:MAX_NAMED])
        more = " …" if len(touched) > MAX_NAMED else ""
        super().__init__(
            _("这次导入的 %(count)d 件已有人办过，没有撤销：%(named)s%(more)s。")
            % {"count": len(touched), "named": named, "more": more},
            hint=_("可以只撤销没有人办过的（命令加 --untouched）；办过的请在案件上作废。"),
        )
        self.touched = list(touched)


def may_undo(actor: Actor, row: MessageImport) -> bool:
    """Return whether the actor may undo an import: users their own, the command all."""
    return actor.can(RIGHT) and (actor.user_id is None or row.user_id == actor.user_id)


def plan_undo(actor: Actor, import_id: int) -> UndoPlan:
    """Return what undoing an import would do; raise NotFoundError, NotAllowed."""
    actor.require(RIGHT)
    return _plan(get_import(import_id))


def _plan(row: MessageImport) -> UndoPlan:
    ids = list_case_ids(row.pk)
    touched = find_touched_cases(ids)
    touched_ids = {case.id for case in touched}
    return UndoPlan(row, [pk for pk in ids if pk not in touched_ids], touched)


@transaction.atomic
def undo_import(*, actor: Actor, import_id: int, only_untouched: bool = False) -> UndoResult:
    """Remove the cases of an import, with everything that belongs to them, in one transaction.

    An import that still runs ends at its next batch. Numbers of removed cases are not given again. The audit log keeps
    its entries, and one more about the removal. Cases that were there before and that the file has closed stay closed.

    Args:
        only_untouched: remove those on which nobody has worked, and leave the others.

    Raises:
        NotFoundError, NotAllowed: there is no such import, or it is another user's.
        TouchedError: a person has worked on some of the cases; nothing was removed.
        Stale: none of its cases is there any more.
    """
    row = get_import(import_id)
    if not may_undo(actor, row):
        raise NotAllowed(
            _("只能撤销自己的导入。"), hint=_("请找导入的人，或请系统管理员用命令 jiedao import undo 撤销。")
        )
    MessageImport.objects.select_for_update().get(pk=import_id)  # an import that runs waits, and then ends
    lock_cases(list_case_ids(import_id))
    plan = _plan(row)
    if row.undone_at is not None and not plan.removable:
        raise Stale(_("这次导入已经撤销过了。"), hint=_("没有可以再撤销的案件。"))
    if plan.touched and not only_untouched:
        raise TouchedError(plan.touched)
    notice_ids = find_notices(CASE, plan.removable)
    sent = withdraw_deliveries(notice_ids, row.started_at)
    read = delete_notices(notice_ids)
    remove_cases(plan.removable)
    result = UndoResult(len(plan.removable), len(plan.touched), len(notice_ids), read, sent, plan.answered)
    _record(actor, plan, result)
    return result


def _record(actor: Actor, plan: UndoPlan, result: UndoResult) -> None:
    row = plan.row
    MessageImport.objects.filter(pk=row.pk).update(
        undone_at=clock.now(), undone_by=actor.label, removed=row.removed + result.removed
    )
    record_entry(
        actor=actor,
        action="exchange.messages:undo",
        obj_type="exchange.file",
        obj_id=row.pk,
        after={
            **vars(result),
            "file": row.file_name,
            "sha256": row.sha256,
            "removed_ids": [list(pair) for pair in group_into_ranges(plan.removable)],
        },
    )
