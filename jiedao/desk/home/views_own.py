"""The user's notices and account."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jiedao.accounts import second_factor
from jiedao.accounts.selectors import list_account_events
from jiedao.desk.home.notices import find_link, list_panels, parse_group
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.notices.actions import mark_all_read, mark_group_read
from jiedao.orgs.actor import list_current_holdings, make_actor
from jiedao.orgs.models import Holding
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.middleware import SESSION_POST_KEY, SESSION_REPRESENTS_KEY
from jiedao.pages.parameters import one_of, take_filters
from jiedao.pages.reading import read_number
from jiedao.pages.right_names import get_right_name, list_rights


@require_staff()
@take_filters({"all": one_of({"1"})}, others=("after",))
def list_notices(request: DeskRequest) -> HttpResponse:
    """List the user's notices, grouped by the object that they are about."""
    unread = request.GET.get("all") != "1"
    before = read_number(request.GET.get("after"))
    panels, after = list_panels(request.actor, unread_only=unread, before=before)
    query = {} if unread else {"all": "1"}
    context = {
        "panels": panels,
        "unread": unread,
        "now": clock.now(),
        "tabs": [
            {"label": _("未读"), "url": reverse("desk:notices"), "active": unread},
            {"label": _("全部"), "url": f"{reverse('desk:notices')}?all=1", "active": not unread},
        ],
        "pager": {
            "previous": "",
            "next": urlencode({**query, "after": after}) if after else "",
            "shown": len(panels),
            "total": None,
        },
    }
    return render(request, "desk/home/notices.html", context)


@require_staff()
@require_POST
def mark_notices_read(request: DeskRequest) -> HttpResponse:
    """Mark the notices about an object as read and, if asked to, open the object; without a group, mark all notices."""
    user_id = request.actor.user_id or 0
    if "group" not in request.POST:
        count = mark_all_read(user_id=user_id)
        messages.success(request, _("已读 %(n)d 条。") % {"n": count})
        return redirect("desk:notices")
    group, up_to = parse_group(request.POST["group"]), read_number(request.POST.get("up_to"))
    if group is None or up_to is None:
        raise UserError(_("没有这组通知。"), hint=_("请刷新页面后再试。"))
    mark_group_read(user_id=user_id, group=group, up_to=up_to)
    link = find_link(request.actor, group) if "open" in request.POST else None
    return redirect(link.url if link is not None else "desk:notices")


@require_staff()
def show_account(request: DeskRequest) -> HttpResponse:
    """Show the user's posts, the rights of the present one, and recent sign-ins and security changes."""
    rows = list_current_holdings(request.user)  # type: ignore[arg-type]
    context = {
        "rows": [(row, _get_seat(row)) for row in rows],
        "guarded": second_factor.is_on(request.user),  # type: ignore[arg-type]
        "door": list_account_events(request.actor.user_id or 0),
        "now": clock.now(),
        "rights": [get_right_name(right) for right in list_rights() if request.actor.can(right)],
        "current": (request.actor.post_id, request.actor.represents_id),
    }
    return render(request, "desk/home/account.html", context)


@require_staff()
@require_POST
def switch_post(request: DeskRequest) -> HttpResponse:
    """Switch to another post that the user holds, or in which the user is a deputy."""
    wanted = (read_number(request.POST.get("post")), read_number(request.POST.get("represents")))
    held = {_get_seat(row): row for row in list_current_holdings(request.user)}  # type: ignore[arg-type]
    if wanted not in held:
        raise NotAllowed(_("您没有担任这个岗位。"), hint=_("请从自己的岗位中选择。"))
    request.session[SESSION_POST_KEY], request.session[SESSION_REPRESENTS_KEY] = wanted
    messages.success(
        request, _("现在以“%(post)s”的身份办事。") % {"post": make_actor(held[wanted]).post_title}
    )
    return redirect("desk:home")


def _get_seat(row: Holding) -> tuple[int, int | None]:
    """Return the post and the represented user, None for a post that the user holds."""
    return row.post_id, row.represents.user_id if row.represents is not None else None
