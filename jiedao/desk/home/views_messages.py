"""Where and when the user gets notices outside the system: addresses, choices, quiet hours, and what was lost."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from jiedao.delivery import actions, selectors
from jiedao.delivery.models import ChannelCode, Group, Receiver
from jiedao.delivery.summaries import summarise_notices
from jiedao.delivery.texts import describe_outside
from jiedao.delivery.wishes import DIGEST, find_digest_hour, find_quiet_hours
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.objects import ObjectRef
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters

PAGE = "desk:messages"
CONTROLS = {
    ChannelCode.MAIL: {"type": "email", "autocomplete": "email", "placeholder": "wang@example.gov.cn"},
    ChannelCode.SMS: {"type": "tel", "autocomplete": "tel", "placeholder": "13800138000"},
    ChannelCode.WEBHOOK: {"type": "url", "autocomplete": "off", "placeholder": "https://"},
}


class HoursForm(forms.Form):
    """When and in which language the user wants messages."""

    quiet_from = forms.TimeField(
        label=gettext_lazy("免打扰从"),
        required=False,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
    )
    quiet_to = forms.TimeField(
        label=gettext_lazy("免打扰到"),
        required=False,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("这段时间的消息等结束后再发，督办等急件照发；起止相同就是不设免打扰。"),
    )
    digest_hour = forms.TypedChoiceField(
        label=gettext_lazy("每日汇总几点发"),
        coerce=int,
        choices=[(hour, f"{hour:02d}:00") for hour in range(24)],
    )
    language = forms.ChoiceField(label=gettext_lazy("消息用的语言"), choices=settings.LANGUAGES)


def _build_choice_rows(chosen: dict[str, list[str]]) -> list[dict[str, Any]]:
    options = [*((code, label) for code, label in ChannelCode.choices), (DIGEST, _("每日汇总"))]
    return [
        {
            "label": label,
            "options": [
                {"value": f"{group}:{code}", "label": name, "on": code in chosen.get(group, [])}
                for code, name in options
            ],
        }
        for group, label in Group.choices
    ]


def _list_lost(user_id: int) -> list[dict[str, Any]]:
    rows = selectors.list_own_lost(user_id)
    notices = [row.notice for row in rows if row.notice is not None]
    summaries = summarise_notices(notices)
    lines = []
    for row in rows:
        notice = row.notice
        summary = (
            summaries.get(ObjectRef(notice.object_type, notice.object_id or 0))
            if notice is not None
            else None
        )
        lines.append(
            {
                "at": row.created_at,
                "channel": row.get_channel_display(),
                "what": describe_outside(notice) if notice is not None else row.get_purpose_display(),
                "object": summary.name if summary is not None else "",
                "url": summary.path if summary is not None else "",
                "state": row.get_state_display(),
                "reason": selectors.describe_reason(row),
            }
        )
    return lines


def _render(request: DeskRequest, *, status: int = 200, form: HoursForm | None = None) -> HttpResponse:
    user_id = request.actor.user_id or 0
    receiver = selectors.get_receiver(user_id)
    hours = find_quiet_hours(receiver)
    initial = {
        "quiet_from": hours.start,
        "quiet_to": hours.end,
        "digest_hour": find_digest_hour(receiver),
        "language": receiver.language if receiver.pk else request.LANGUAGE_CODE,
    }
    addresses = selectors.list_own_addresses(user_id)
    typed = request.POST.get("target", "") if status != 200 else ""
    context = {
        "addresses": [
            {
                "line": line,
                "control": CONTROLS[ChannelCode(line.channel)],
                "typed": typed if request.POST.get("channel") == line.channel else "",
            }
            for line in addresses
        ],
        "verified": any(line.verified_at for line in addresses),
        "rows": _build_choice_rows(selectors.read_choices(user_id)),
        "own": receiver.choices is not None,
        "form": form or HoursForm(initial=initial),
        "lost": _list_lost(user_id),
        "now": clock.now(),
        "real_now": clock.real_now(),
    }
    return render(request, "desk/home/messages.html", context, status=status)


def _run(request: DeskRequest, action: Callable[[], object], done: str) -> HttpResponse:
    """Run an action and go back to the page; a refusal is shown on the page, which keeps what was typed."""
    try:
        action()
    except UserError as fault:
        messages.error(request, str(fault))
        return _render(request, status=fault.status)
    messages.success(request, done)
    return redirect(PAGE)


@require_staff()
@take_filters()
def show_messages(request: DeskRequest) -> HttpResponse:
    """Show how the user gets messages; when the form is posted, store what they want."""
    if request.method != "POST":
        return _render(request)
    form = HoursForm(request.POST)
    if not form.is_valid():
        return _render(request, status=422, form=form)
    picked = [text.partition(":") for text in request.POST.getlist("choice")]
    choices = {
        group: [option for chosen, _colon, option in picked if chosen == group] for group in Group.values
    }
    follow_posts = "reset" in request.POST
    data = {**form.cleaned_data, "choices": None if follow_posts else choices}
    town_hours = find_quiet_hours(None)
    # Hours that the user left as they were follow a later change of the pack.
    if follow_posts or (data["quiet_from"], data["quiet_to"]) == (town_hours.start, town_hours.end):
        data |= {"quiet_from": None, "quiet_to": None}
    if follow_posts or data["digest_hour"] == find_digest_hour(Receiver()):
        data |= {"digest_hour": None}
    done = _("已改回岗位的默认设置。") if follow_posts else _("已保存。")
    return _run(request, lambda: actions.save_wishes(actor=request.actor, **data), done)


@require_staff()
@require_POST
def save_address(request: DeskRequest) -> HttpResponse:
    """Store an address and send its code, or send a new code to the stored one."""
    channel = request.POST.get("channel", "")
    done = _("验证码已发出，请在下面填写。")
    if "again" in request.POST:
        return _run(request, lambda: actions.send_code_again(actor=request.actor, channel=channel), done)
    target = request.POST.get("target", "")
    return _run(
        request, lambda: actions.save_address(actor=request.actor, channel=channel, target=target), done
    )


@require_staff()
@require_POST
def verify_address(request: DeskRequest) -> HttpResponse:
    """Take an address into use with its code."""
    channel, code = request.POST.get("channel", ""), request.POST.get("code", "")[:20]
    return _run(
        request,
        lambda: actions.verify_address(actor=request.actor, channel=channel, code=code),
        _("验证通过，以后的通知会发到这里。"),
    )


@require_staff()
@require_POST
def remove_address(request: DeskRequest) -> HttpResponse:
    """Delete an address."""
    channel = request.POST.get("channel", "")
    return _run(
        request,
        lambda: actions.remove_address(actor=request.actor, channel=channel),
        _("地址已删除，不再往那里发消息。"),
    )
