"""Views of open data: the declared data sets, a preview of what the public gets, and the release."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.desk.publishing.views_publications import RIGHTS, build_tabs
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.publishing.actions.releasing import close_data_set, release_data_set
from jiedao.publishing.models import PUBLISH
from jiedao.publishing.open_data.definition import OpenSet, list_sets
from jiedao.publishing.open_data.preview import build_table
from jiedao.publishing.open_data.rows import count_rows

PREVIEW_ROWS = 20


@require_staff(*RIGHTS)
@require_safe
@take_filters()
def list_all(request: DeskRequest) -> HttpResponse:
    """List the data sets of the pack and whether each is public."""
    rows = [{"set": data_set, **describe_release(data_set)} for data_set in list_sets()]
    context = {"tabs": build_tabs("desk:open-data"), "rows": rows}
    return render(request, "desk/publishing/open_data.html", context)


def describe_release(data_set: OpenSet) -> dict[str, str]:
    """Return whether a data set is public, in words and as a tone."""
    if data_set.is_open:
        return {"state": _("已开放"), "tone": "good"}
    if not data_set.is_possible:
        return {"state": _("没有可开放的内容"), "tone": "bad"}
    if data_set.row.released_digest:
        return {"state": _("定义变了，待重新开放"), "tone": "warn"}
    return {"state": _("未开放"), "tone": "neutral"}


def _get_set(key: str) -> OpenSet:
    data_set = next((data_set for data_set in list_sets() if data_set.row.key == key), None)
    if data_set is None:
        raise NotFoundError(_("没有这个数据集。"), hint=_("请从列表中选择。"))
    return data_set


@require_staff(*RIGHTS)
@require_safe
@take_filters()
def show_data_set(request: DeskRequest, key: str) -> HttpResponse:
    """Show the first rows of a data set exactly as the public would get them."""
    data_set = _get_set(key)
    context: dict[str, Any] = {
        "set": data_set,
        **describe_release(data_set),
        "may_release": request.actor.can(PUBLISH),
        "most": PREVIEW_ROWS,
    }
    if data_set.is_possible:
        context |= {"table": build_table(data_set, most=PREVIEW_ROWS), "count": count_rows(data_set)}
    return render(request, "desk/publishing/data_set.html", context)


@require_staff(PUBLISH)
@require_POST
def release(request: DeskRequest, key: str) -> HttpResponse:
    """Make the data set public, with the definition that the page showed."""
    try:
        release_data_set(actor=request.actor, key=key, digest=request.POST.get("digest", ""))
    except UserError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("已开放，公众现在可以下载。"))
    return redirect("desk:open-data-set", key)


@require_staff(PUBLISH)
@require_POST
def close(request: DeskRequest, key: str) -> HttpResponse:
    """Take the data set off the public site."""
    try:
        close_data_set(actor=request.actor, key=key)
    except UserError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("已停止开放。"))
    return redirect("desk:open-data-set", key)
