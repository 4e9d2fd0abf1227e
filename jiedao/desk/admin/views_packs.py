"""Packs: upload one, read its faults and its plan, apply it; the archive of those applied, and the way back."""

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jiedao.audit.actions import record_entry
from jiedao.desk.admin.frame import render_page
from jiedao.desk.admin.packs import describe_faults, group_items
from jiedao.desk.navigation import PACK
from jiedao.desk.task_kinds import APPLY_PACK
from jiedao.desk.undecided_lines import count_all_undecided
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.packs.archives import MAX_ARCHIVE_BYTES
from jiedao.packs.drafts import (
    draft_applied,
    draft_shipped,
    draft_upload,
    get_draft,
    list_changed_since,
    list_drafts,
    renew_plan,
    start_apply,
)
from jiedao.packs.history import compare_with_before, find_before, get_applied, list_applied, read_content
from jiedao.packs.models import PackDraft
from jiedao.packs.shipped import list_shipped_packs
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.tasks.selectors import find_task

PAGE = "desk:admin_packs"
MAX_SEARCH = 60


@require_staff(PACK)
@require_http_methods(["GET", "POST"])
@take_filters()
def list_packs(request: DeskRequest) -> HttpResponse:
    """Show the archive and the form; a POST checks and plans a pack and redirects to its plan."""
    fault: UserError | None = None
    if request.method == "POST":
        try:
            draft = _draft(request)
        except UserError as refused:
            fault = refused
        else:
            _record_check(request, draft)
            return redirect("desk:admin_pack_draft", draft.pk)
    rows = list_applied()
    context = {
        "fault": fault,
        "rows": rows,
        "current": rows[0] if rows else None,
        "drafts": list_drafts(request.actor),
        "shipped": list(list_shipped_packs()),
        "most_mb": MAX_ARCHIVE_BYTES // 1_000_000,
        "now": clock.now(),
    }
    return render_page(request, PAGE, "packs.html", context, fault.status if fault else 200)


def _draft(request: DeskRequest) -> PackDraft:
    if name := request.POST.get("shipped", ""):
        return draft_shipped(request.actor, name)
    upload = request.FILES.get("file")
    if upload is None:
        raise UserError(_("没有选择文件。"), hint=_("请选数据包的 .zip 文件。"), field="file")
    if (upload.size or 0) > MAX_ARCHIVE_BYTES:  # refused before it is read into memory
        raise UserError(
            _("压缩包超过 %(most)d MB。") % {"most": MAX_ARCHIVE_BYTES // 1_000_000},
            hint=_("数据包只放 TOML、CSV 和 GeoJSON 文件；图片、旧版本和其他资料请拿出来。"),
            field="file",
        )
    return draft_upload(request.actor, upload.read(), upload.name or "")


def _record_check(request: DeskRequest, draft: PackDraft) -> None:
    record_entry(
        actor=request.actor,
        action="packs.pack:check",
        obj_type="packs.pack",
        obj_id=None,
        after={"name": draft.name, "version": draft.version, "file": draft.label},
    )


@require_staff(PACK)
@require_safe
@take_filters({"q": None})
def show_draft(request: DeskRequest, draft_id: int) -> HttpResponse:
    """Show the faults of a pack, or its plan with the form that applies it."""
    return _render_draft(request, get_draft(request.actor, draft_id))


def _render_draft(request: DeskRequest, draft: PackDraft, fault: UserError | None = None) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:MAX_SEARCH]
    plan = draft.plan or {"items": [], "own": [], "following": [], "blocked": 0}
    task = find_task(request.actor, draft.task_id) if draft.task_id else None
    groups = group_items(request.actor, plan, text)
    context: dict[str, Any] = {
        "title": f"{draft.name} {draft.version}".strip() or draft.label,
        "draft": draft,
        "plan": plan if draft.plan is not None else None,
        "groups": groups,
        "found": sum(group.count for group in groups),
        "q": text,
        "errors": describe_faults(draft.faults.get("errors", ())),
        "error_count": len(draft.faults.get("errors", ())),
        "warnings": describe_faults(draft.faults.get("warnings", ())),
        "warning_count": len(draft.faults.get("warnings", ())),
        "changed_since": list_changed_since(draft) if draft.applied_id is None else [],
        "task": task if task is not None and not (task.is_finished and not task.fault) else None,
        "may_apply": draft.plan is not None and not plan["blocked"] and draft.applied_id is None,
        "fault": fault,
        "reason": request.POST.get("reason", ""),
        "now": clock.now(),
    }
    return render_page(request, PAGE, "pack_draft.html", context, fault.status if fault else 200)


@require_staff(PACK)
@require_POST
def plan_again(request: DeskRequest, draft_id: int) -> HttpResponse:
    """Plan a pack again: cases were closed, or another pack was applied since."""
    draft = get_draft(request.actor, draft_id)
    try:
        renew_plan(request.actor, draft)
    except UserError as fault:
        messages.error(request, f"{fault.message} {fault.hint}".strip())
    else:
        messages.success(request, _("已按现在的数据重新计划。"))
    return redirect("desk:admin_pack_draft", draft_id)


@require_staff(PACK)
@require_POST
def apply_draft(request: DeskRequest, draft_id: int) -> HttpResponse:
    """Start the apply and redirect to its progress; show the plan again with what refuses it."""
    draft = get_draft(request.actor, draft_id)
    try:
        task = start_apply(
            request.actor,
            draft,
            APPLY_PACK,
            reason=request.POST.get("reason", ""),
            other_town=request.POST.get("other_town") == "1",
        )
    except UserError as fault:
        return _render_draft(request, draft, fault)
    return redirect("desk:task", task.pk)


@require_staff(PACK)
@require_safe
def show_pack(request: DeskRequest, pack_id: int) -> HttpResponse:
    """Show a pack of the archive with what differs from the one before."""
    row = get_applied(pack_id)
    before = find_before(row)
    newest = list_applied()[0]
    context = {
        "title": f"{row.name} {row.version}",
        "row": row,
        "before": before,
        "files": compare_with_before(row),
        "is_current": newest.digest == row.digest,
        "undecided": count_all_undecided() if newest.digest == row.digest else 0,
        "now": clock.now(),
    }
    return render_page(request, PAGE, "pack.html", context)


@require_staff(PACK)
@require_safe
def send_pack(request: DeskRequest, pack_id: int) -> HttpResponse:
    """Send a pack of the archive as a .zip file."""
    row = get_applied(pack_id)
    content = read_content(row)
    record_entry(
        actor=request.actor,
        action="packs.pack:download",
        obj_type="packs.pack",
        obj_id=row.pk,
        after={"name": row.name, "version": row.version},
    )
    response = HttpResponse(content, content_type="application/zip")
    name = quote(f"{row.name}-{row.version}.zip")
    response["Content-Disposition"] = f"attachment; filename=pack-{row.pk}.zip; filename*=UTF-8''{name}"
    return response


@require_staff(PACK)
@require_POST
def plan_return(request: DeskRequest, pack_id: int) -> HttpResponse:
    """Plan the return to a pack of the archive: a plan like any other, which may be refused."""
    try:
        draft = draft_applied(request.actor, get_applied(pack_id))
    except UserError as fault:
        messages.error(request, f"{fault.message} {fault.hint}".strip())
        return redirect(reverse("desk:admin_pack", args=[pack_id]))
    _record_check(request, draft)
    return redirect("desk:admin_pack_draft", draft.pk)
