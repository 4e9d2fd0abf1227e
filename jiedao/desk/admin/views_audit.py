"""The audit log: who did what, with filters, a file, and the check of its integrity."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jiedao.audit.lists import EntryFilter, count_entries, find_newest_id, read_page
from jiedao.audit.selectors import verify
from jiedao.desk.admin import audit_export
from jiedao.desk.admin.audit_filters import GROUP_PREFIX, read_filter_or_fault
from jiedao.desk.admin.audit_rows import describe_entries
from jiedao.desk.admin.audit_words import ACTIONS, GROUPS, TYPES
from jiedao.desk.admin.frame import render_page
from jiedao.desk.navigation import AUDIT
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.listfile import FORMATS
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.pages.reading import read_number

AUDIT_PAGE = "desk:admin_audit"
MAX_ENTRIES_TO_VERIFY = 200_000  # verifying more takes too long for a request: use `jiedao audit verify`
FILTERS = dict.fromkeys(("who", "action", "type", "id", "number", "from", "to", "period"))
QUICK_GROUPS = ("failed", "reveal", "people", "files")


@require_staff(AUDIT)
@take_filters(FILTERS, others=("after", "cursor"))
def list_entries(request: DeskRequest) -> HttpResponse:
    """List the audit entries that match the filters, newest first."""
    entry_filter, fault = read_filter_or_fault(request.GET)
    if fault is not None:
        messages.error(request, f"{fault.message} {fault.hint}")
    after = read_number(request.GET.get("after"))
    page = read_page(entry_filter, f"n{after}" if after else request.GET.get("cursor", ""))
    query = audit_export.clean_query(request.GET)
    context = {
        "rows": describe_entries(request.actor, page.entries),
        "get": request.GET,
        "query": query,
        "now": clock.now(),
        "types": [(code, label, code == entry_filter.object_type) for code, label in TYPES.items()],
        "actions": _list_actions(request.GET.get("action", "")),
        "quick": [
            (
                GROUPS[group],
                urlencode({"action": GROUP_PREFIX + group}),
                request.GET.get("action") == GROUP_PREFIX + group,
            )
            for group in QUICK_GROUPS
        ],
        "formats": list(FORMATS),
        "pager": {
            "previous": _build_query(query, page.previous),
            "next": _build_query(query, page.next),
            "shown": len(page.entries),
            "total": None,
        },
    }
    return render_page(request, AUDIT_PAGE, "audit.html", context)


def _build_query(query: str, cursor: str) -> str:
    return "&".join(filter(None, (query, f"cursor={cursor}"))) if cursor else ""


def _list_actions(chosen: str) -> list[dict[str, Any]]:
    """Return the groups of actions with their actions, those with the same words once."""
    groups = []
    for group, label in GROUPS.items():
        value = GROUP_PREFIX + group
        options = [
            (code, words.change, code == chosen) for code, words in ACTIONS.items() if words.group == group
        ]
        groups.append({"label": label, "value": value, "chosen": value == chosen, "options": options})
    return groups


@require_staff(AUDIT)
@take_filters(FILTERS, others=("after", "cursor", "format"), strict=True)
def export_entries(request: DeskRequest) -> HttpResponseBase:
    """Send the filtered log as a file, or start the task that makes a long one."""
    try:
        return audit_export.export_entries(request.actor, request.GET, request.GET.get("format", ""))
    except UserError as fault:
        messages.error(request, f"{fault.message} {fault.hint}")
        return redirect(f"{reverse(AUDIT_PAGE)}?{audit_export.clean_query(request.GET)}")


@require_staff(AUDIT)
@require_POST
def verify_entries(request: DeskRequest) -> HttpResponse:
    """Verify the complete audit log and show the result."""
    count = count_entries(EntryFilter(), find_newest_id())
    if count > MAX_ENTRIES_TO_VERIFY:
        messages.warning(
            request,
            _("日志有 %(n)d 条，请在服务器上运行 jiedao audit verify 校验。") % {"n": count},
        )
        return redirect(AUDIT_PAGE)
    result = verify()
    if result["intact"]:
        messages.success(
            request,
            _("完好：共 %(n)d 条，已封存 %(sealed)d 条，没有发现改动、缺失或插入。")
            % {"n": result["entries"], "sealed": result["sealed"]},
        )
    else:
        first_faults = "；".join(fault["message"] for fault in result["faults"][:5])
        messages.error(
            request, _("发现 %(n)d 处问题：%(some)s") % {"n": len(result["faults"]), "some": first_faults}
        )
    return redirect(AUDIT_PAGE)
