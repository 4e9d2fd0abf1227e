"""Messages outside the system: whether channels are connected, what could not be sent, and the chat robots."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from jiedao.delivery import actions, selectors
from jiedao.delivery.models import ChannelCode, Delivery, DeliveryState, Group, Purpose
from jiedao.desk.admin.forms import get_unit_choices
from jiedao.desk.admin.frame import handle_form, render_page, render_secret
from jiedao.desk.navigation import USERS
from jiedao.kernel import clock
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import one_of, take_filters
from jiedao.pages.reading import read_number

PAGE, ROBOTS = "desk:admin_deliveries", "desk:admin_robots"
TONES = {
    DeliveryState.WAITING: "neutral",
    DeliveryState.SENDING: "neutral",
    DeliveryState.SENT: "good",
    DeliveryState.FAILED: "bad",
    DeliveryState.UNSURE: "warn",
    DeliveryState.DROPPED: "neutral",
}


class RobotForm(forms.Form):
    """A chat robot of a unit or of the town."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=60)
    target = forms.CharField(
        label=gettext_lazy("网址"),
        max_length=600,
        widget=forms.URLInput({"autocomplete": "off", "placeholder": "https://"}),
        help_text=gettext_lazy("在群里添加机器人后得到的网址；网站要先写进 JIEDAO_WEBHOOK_HOSTS。"),
    )
    unit = forms.TypedChoiceField(
        label=gettext_lazy("哪个单位的"),
        coerce=int,
        required=False,
        empty_value=None,
        help_text=gettext_lazy("只发单位里有人收到的通知；不选则发全街道的。"),
    )
    groups = forms.MultipleChoiceField(
        label=gettext_lazy("发哪些通知"), choices=Group.choices, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [("", _("全街道")), *get_unit_choices()]  # type: ignore[attr-defined]


def _build_line(row: Delivery) -> dict[str, Any]:
    """Return a message for the table: who and when, never its text."""
    address = row.address
    owner = row.user.full_name if row.user is not None else address.name if address is not None else ""
    lost = row.state in {DeliveryState.FAILED, DeliveryState.UNSURE}
    return {
        "row": row,
        "owner": owner or "—",
        "target": selectors.mask_target(address),
        "tone": TONES[DeliveryState(row.state)],
        "reason": selectors.describe_reason(row),
        "again": lost and address is not None and row.purpose != Purpose.CODE,
    }


FILTERS = {
    "state": one_of({"LOST", "ALL", *DeliveryState.values}),
    "channel": one_of(ChannelCode.values),
}


@require_staff(USERS)
@take_filters(FILTERS, others=("after",))
def list_deliveries(request: DeskRequest) -> HttpResponse:
    """Show the channels and the messages, first those that were lost."""
    state, channel = request.GET.get("state", "LOST"), request.GET.get("channel", "")
    before = read_number(request.GET.get("after"))
    rows, after = selectors.list_deliveries(channel=channel, state=state, before=before)
    query = {"state": state, "channel": channel}
    context = {
        "channels": selectors.list_channels(),
        "site_url": settings.JIEDAO_SITE_URL,
        "rows": [_build_line(row) for row in rows],
        "states": [("LOST", _("没有送到，或不知道")), ("ALL", _("全部")), *DeliveryState.choices],
        "codes": ChannelCode.choices,
        "state": state,
        "channel": channel,
        "now": clock.real_now(),
        "pager": {
            "previous": "",
            "next": urlencode({**query, "after": after}) if after else "",
            "shown": len(rows),
            "total": None,
        },
    }
    return render_page(request, PAGE, "deliveries.html", context)


@require_staff(USERS)
@require_POST
def send_again(request: DeskRequest) -> HttpResponse:
    """Let one lost message be sent again, or all lost ones of a channel."""
    delivery_id, channel = read_number(request.POST.get("id")), request.POST.get("channel", "")
    count = actions.send_again(actor=request.actor, delivery_id=delivery_id, channel=channel)
    if count:
        messages.success(request, _("%(n)d 条会马上再发；已读或已了结的不再发。") % {"n": count})
    else:
        messages.error(request, _("没有可以再发的消息，可能刚刚已经发出。"))
    return redirect(PAGE)


@require_staff(USERS)
@take_filters()
def list_robots(request: DeskRequest) -> HttpResponse:
    """List the chat robots; when the form is posted, add one."""

    def save(data: dict[str, Any]) -> HttpResponse:
        robot, secret = actions.add_robot(
            actor=request.actor,
            name=data["name"],
            target=data["target"],
            unit_id=data["unit"],
            groups=data["groups"],
        )
        return render_secret(
            request,
            PAGE,
            title=_("群机器人：%(name)s") % {"name": robot.name},
            secret=secret,
            text=_("接收程序用它核对签名；普通的群机器人用不着。离开本页后就看不到了。"),
            next_url=reverse(ROBOTS),
            next_label=_("回到群机器人"),
        )

    robots = [
        {
            "row": robot,
            "target": selectors.mask_target(robot),
            "groups": "；".join(str(Group(group).label) for group in robot.groups),
        }
        for robot in selectors.list_robots()
    ]
    return handle_form(
        request,
        PAGE,
        RobotForm(request.POST or None),
        save,
        title=_("群机器人"),
        above="desk/admin/robots.html",
        form_title=_("添加群机器人"),
        submit=_("添加"),
        robots=robots,
    )


@require_staff(USERS)
@require_POST
def test_robot(request: DeskRequest, robot_id: int) -> HttpResponse:
    """Send a test message to a robot."""
    actions.test_robot(actor=request.actor, robot_id=robot_id)
    messages.success(request, _("测试消息已交给后台发送；没有收到时请看“消息发送”的原因。"))
    return redirect(ROBOTS)


@require_staff(USERS)
@require_POST
def remove_robot(request: DeskRequest, robot_id: int) -> HttpResponse:
    """Delete a robot."""
    actions.remove_robot(actor=request.actor, robot_id=robot_id)
    messages.success(request, _("群机器人已删除。"))
    return redirect(ROBOTS)
