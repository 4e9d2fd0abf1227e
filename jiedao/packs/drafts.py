"""Packs on the page: uploaded, shipped or taken from the archive; checked, planned, and applied in the background.

The files of a draft are in `JIEDAO_DATA/packs/<id>.zip`, readable to the server alone, for a week.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.packs.pack import Pack
from jiedao.orgs.actor import Actor
from jiedao.packs.actions import MAX_REASON, RIGHT, apply_pack
from jiedao.packs.archives import open_pack_archive, read_pack_files, write_archive
from jiedao.packs.basis import make_basis
from jiedao.packs.check import check_pack
from jiedao.packs.describing import describe_plan
from jiedao.packs.history import read_content
from jiedao.packs.models import AppliedPack, PackDraft
from jiedao.packs.planning import make_plan
from jiedao.packs.shipped import list_shipped_packs
from jiedao.packs.towns import find_other_town
from jiedao.tasks.actions import start_task
from jiedao.tasks.kinds import TaskKind, TaskRun
from jiedao.tasks.models import Task

LIFETIME = timedelta(days=7)
MOST_DRAFTS = 20  # of a user: the oldest gives way
STEPS = 3  # of an apply: read and check, write, done


# -- making drafts -----------------------------------------------------------------------------------------------------


def draft_upload(actor: Actor, content: bytes, name: str) -> PackDraft:
    """Check and plan a .zip file that the actor sent; raise UserError if it is no archive of a pack."""
    actor.require(RIGHT)
    with open_pack_archive(content) as folder:
        return _make_draft(actor, folder, name or _("上传的数据包"))


def draft_shipped(actor: Actor, name: str) -> PackDraft:
    """Check and plan a pack that is shipped with the program."""
    actor.require(RIGHT)
    folder = list_shipped_packs().get(name)
    if folder is None:
        raise UserError(_("没有随系统带的数据包“%(name)s”。") % {"name": name[:40]}, hint=_("请从列表里选。"))
    return _make_draft(actor, folder, _("随系统带的 %(name)s") % {"name": name})


def draft_applied(actor: Actor, row: AppliedPack) -> PackDraft:
    """Check and plan a pack of the archive: the way back to it is a plan like any other."""
    actor.require(RIGHT)
    with open_pack_archive(read_content(row)) as folder:
        return _make_draft(
            actor, folder, _("应用过的版本 %(version)s（#%(n)d）") % {"version": row.version, "n": row.pk}
        )


def _make_draft(actor: Actor, folder: Path, label: str) -> PackDraft:
    erase_old_drafts(actor)
    draft = PackDraft(user_id=actor.user_id, actor_label=actor.label, label=label[:200])
    files = read_pack_files(folder)
    pack = _check(draft, folder)
    if pack is not None:
        _plan(draft, pack)
    draft.save()
    path = _get_path(draft)
    path.touch(mode=0o600)
    path.write_bytes(write_archive(files))
    return draft


def _check(draft: PackDraft, folder: Path) -> Pack | None:
    """Store the faults of the pack; return it if it has no errors."""
    pack, report = check_pack(folder)
    draft.language = translation.get_language() or ""
    draft.faults = report.as_json()
    about = pack.about
    draft.name, draft.version = str(about.get("name", ""))[:80], str(about.get("version", ""))[:20]
    return pack if report.passed else None


def _plan(draft: PackDraft, pack: Pack) -> None:
    plan = make_plan(pack)
    draft.plan = json.loads(json.dumps(describe_plan(plan), default=str))
    draft.basis = make_basis(plan)
    draft.planned_at = clock.now()
    draft.other_town = find_other_town(pack)[:200]


# -- reading drafts ----------------------------------------------------------------------------------------------------


def get_draft(actor: Actor, pk: int) -> PackDraft:
    """Return a draft in the language of the page; raise NotFoundError for one that is erased."""
    actor.require(RIGHT)
    draft = PackDraft.objects.select_related("applied").filter(pk=pk).first()
    if draft is None:
        raise NotFoundError(_("这份数据包已经不在了。"), hint=_("请重新上传。"))
    is_other_language = draft.language != translation.get_language()
    if is_other_language and draft.applied_id is None and _get_path(draft).is_file():
        renew_plan(actor, draft)
    return draft


def renew_plan(actor: Actor, draft: PackDraft) -> None:
    """Check and plan a draft again: the data of the office has changed, or the reader's language."""
    actor.require(RIGHT)
    with _open_draft(draft) as folder:
        pack = _check(draft, folder)
        draft.plan = draft.basis = None
        if pack is not None:
            _plan(draft, pack)
    draft.save()


def list_drafts(actor: Actor) -> list[PackDraft]:
    """Return the actor's drafts that were not applied, the last one first."""
    rows = PackDraft.objects.filter(user_id=actor.user_id or 0, applied=None)
    return list(rows.defer("plan", "basis", "faults").order_by("-pk")[:MOST_DRAFTS])


@contextmanager
def _open_draft(draft: PackDraft) -> Iterator[Path]:
    path = _get_path(draft)
    if not path.is_file():
        raise UserError(_("这份数据包的文件已经删除。"), hint=_("文件只保留一周，请重新上传。"))
    with open_pack_archive(path) as folder:
        yield folder


def _get_path(draft: PackDraft) -> Path:
    folder = Path(settings.JIEDAO_DATA) / "packs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{draft.pk}.zip"


def erase_old_drafts(actor: Actor) -> None:
    """Delete drafts of over a week ago, and the actor's oldest ones where there are too many."""
    old = list(PackDraft.objects.filter(created_at__lt=clock.now() - LIFETIME).only("pk"))
    own = PackDraft.objects.filter(user_id=actor.user_id or 0).order_by("-pk").only("pk")
    for draft in {*old, *own[MOST_DRAFTS - 1 :]}:
        _get_path(draft).unlink(missing_ok=True)
        PackDraft.objects.filter(pk=draft.pk).delete()


# -- applying ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def start_apply(actor: Actor, draft: PackDraft, kind: TaskKind, *, reason: str, other_town: bool) -> Task:
    """Start the apply of a draft in the background; a second click returns the task that is running.

    Args:
        kind: the task, whose function calls `run_apply`.

    Raises:
        NotAllowed: without the right. UserError: the pack has errors, its plan is refused, it is of another town and
            this was not confirmed, or the reason is missing.
    """
    actor.require(RIGHT)
    reason = " ".join(reason.split())
    if not reason:
        raise UserError(_("请写明为什么更新数据包。"), hint=_("如：2026 年社区调整。"), field="reason")
    if len(reason) > MAX_REASON:
        raise UserError(_("理由太长：最多 %(most)d 个字。") % {"most": MAX_REASON}, field="reason")
    if draft.applied_id is not None:
        raise UserError(_("这份数据包已经应用过。"), hint=_("要再用它，请从应用过的数据包里选。"))
    if draft.plan is None:
        raise UserError(_("数据包有错误，不能应用。"), hint=_("请按清单改好文件，再上传。"))
    if draft.plan["blocked"]:
        raise UserError(
            _("有些改动现在不能做，没有做任何改动。"), hint=_("请先处理标有 ✗ 的各项，再重新计划。")
        )
    if draft.other_town and not other_town:
        raise UserError(
            _("这是另一个街道的数据包，没有做任何改动。"),
            hint=_("确实要换成它，请勾选确认。"),
            field="other_town",
        )
    arguments = {"draft_id": draft.pk, "reason": reason, "other_town": other_town}
    title = _("应用数据包：%(name)s %(version)s") % {"name": draft.name, "version": draft.version}
    task = start_task(actor, kind, title=title, arguments=arguments, total=STEPS)
    PackDraft.objects.filter(pk=draft.pk).update(task_id=task.pk)
    return task


def run_apply(run: TaskRun) -> AppliedPack:
    """Apply a draft and return it as it is in the archive: all in one transaction, or nothing.

    A second run after the worker was killed does no harm.
    """
    draft = PackDraft.objects.select_related("applied").filter(pk=run.arguments["draft_id"]).first()
    if draft is None:
        raise UserError(_("这份数据包已经不在了。"), hint=_("请重新上传。"))
    if draft.applied is not None:
        return draft.applied
    with _open_draft(draft) as folder:
        pack, report = check_pack(folder)
        if not report.passed:  # a newer version of the program checks more
            raise UserError(_("数据包有错误，不能应用。"), hint=_("请打开它，重新计划。"))
        run.advance()
        applied = _apply(run, draft, pack)
    run.advance()
    return applied


@transaction.atomic
def _apply(run: TaskRun, draft: PackDraft, pack: Pack) -> AppliedPack:
    apply_pack(
        pack=pack,
        actor=run.actor,
        expected=draft.basis,
        reason=run.arguments["reason"],
        other_town=run.arguments["other_town"],
    )
    # This pack, even if it was the last one already and nothing changed.
    applied = AppliedPack.objects.latest("pk")
    draft.applied = applied
    draft.save(update_fields=["applied"])
    return applied


def list_changed_since(draft: PackDraft) -> list[dict[str, Any]]:
    """Return the packs that were applied after a draft was planned."""
    rows = AppliedPack.objects.filter(applied_at__gt=draft.planned_at) if draft.planned_at else []
    return [{"version": row.version, "by": row.actor_label, "at": row.applied_at} for row in rows]
