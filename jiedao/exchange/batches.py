"""Imports as batches: each file that was imported, by whom and when, and what became of it."""

from dataclasses import asdict
from pathlib import Path

from django.utils.translation import gettext as _

from jiedao.cases.models import CaseSource
from jiedao.exchange.account import Account
from jiedao.exchange.mapping import Mapping
from jiedao.exchange.models import MessageImport
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.orgs.actor import Actor

MAX_STORED = 500  # notes and named cases of one import


class ImportUndoneError(UserError):
    """Another process has undone the import while it ran."""


def get_import(import_id: int) -> MessageImport:
    """Return an import; raise NotFoundError."""
    row = MessageImport.objects.filter(pk=import_id).first()
    if row is None:
        raise NotFoundError(_("没有这次导入。"), hint=_("请从导入的列表中选择（命令 jiedao import list）。"))
    return row


def list_imports(most: int | None = None) -> list[MessageImport]:
    """Return the imports, the newest first."""
    return list(MessageImport.objects.order_by("-id")[:most])


def count_cases(import_id: int) -> int:
    """Return how many cases are there that an import has filed."""
    return CaseSource.objects.filter(import_id=import_id).count()


def list_case_ids(import_id: int) -> list[int]:
    """Return the cases that an import has filed and that are still there."""
    rows = CaseSource.objects.filter(import_id=import_id).order_by("case_id")
    return list(rows.values_list("case_id", flat=True))


def start_batch(
    actor: Actor, path: Path, sha256: str, *, source: str, channel: str, sheet: str, mapping: Mapping | None
) -> MessageImport:
    """Record the start of an import by command; an import of the same file that was interrupted is continued."""
    same = MessageImport.objects.filter(finished_at=None, undone_at=None, token="", sha256=sha256)
    same = same.filter(user=None) if actor.user_id is None else same.filter(user_id=actor.user_id)
    interrupted = same.filter(source=source, channel=channel, sheet=sheet).order_by("id").first()
    return interrupted or MessageImport.objects.create(
        user_id=actor.user_id,
        actor_label=actor.label,
        file_name=path.name[:200],
        sha256=sha256,
        sheet=sheet[:100],
        channel=channel,
        source=source[:60],
        mapping_name=mapping.name[:60] if mapping is not None else "",
    )


def finish_batch(import_id: int, account: Account) -> None:
    """Store the account of an import that has ended."""
    MessageImport.objects.filter(pk=import_id).update(
        **account.counts(),
        answered=account.answered,
        notes=[asdict(note) for note in account.list_notes()[:MAX_STORED]],
        left_open=[vars(remark) for remark in account.left_open[:MAX_STORED]],
        stopped=account.stopped[:500],
        finished_at=clock.now(),
    )


def require_not_undone(import_id: int) -> None:
    """Lock an import until the caller's transaction ends; raise ImportUndoneError if it is undone or removed."""
    rows = MessageImport.objects.select_for_update(no_key=True).filter(pk=import_id, undone_at=None)
    if not rows.values_list("pk"):
        raise ImportUndoneError(
            _("这次导入已被撤销，没有再写入。"), hint=_("要导入这份文件，请重新开始一次导入。")
        )
