"""Other systems that receive the events of cases: subscriptions, and upper platforms whose orders are reconciled."""

import tempfile
from pathlib import Path
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

from jiedao.cases.flow import State
from jiedao.desk.admin.frame import handle_form, render_page, render_secret
from jiedao.desk.navigation import ENDPOINTS
from jiedao.exchange.endpoints import actions, selectors
from jiedao.exchange.endpoints.orders import PlatformOrder, fetch_orders, read_orders
from jiedao.exchange.endpoints.reconciling import DifferenceKind, default_since, reconcile
from jiedao.exchange.models import (
    Endpoint,
    EndpointKind,
    EventKind,
    EventState,
    OutgoingEvent,
    Reconciliation,
)
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.tables.rows import MIB
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import one_of, take_filters
from jiedao.pages.reading import read_number

PAGE, DETAIL = "desk:admin_endpoints", "desk:admin_endpoint"
VIEW = "cases.case:view"
MOST_SHEET = 64 * MIB
SHOWN_RECONCILIATIONS = 10
TONES = {
    EventState.WAITING: "neutral",
    EventState.SENDING: "neutral",
    EventState.SENT: "good",
    EventState.FAILED: "bad",
}
EVENT_CHOICES = [(kind.value, kind.label) for kind in EventKind if kind is not EventKind.TEST]


class EndpointForm(forms.Form):
    """An endpoint; which of the fields count depends on its kind."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=60)
    target = forms.CharField(
        label=gettext_lazy("接收网址"),
        max_length=600,
        widget=forms.URLInput({"autocomplete": "off", "placeholder": "https://"}),
        help_text=gettext_lazy("事件发到这里；网站要先写进 JIEDAO_WEBHOOK_HOSTS。"),
    )
    token = forms.CharField(
        label=gettext_lazy("对方发的令牌"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text=gettext_lazy("对方要求时才填；加密保存，不再显示。留空则不变。"),
    )


class SubscriptionForm(EndpointForm):
    """A subscription to chosen events."""

    events = forms.MultipleChoiceField(
        label=gettext_lazy("发哪些事件"), choices=EVENT_CHOICES, widget=forms.CheckboxSelectMultiple
    )
    field_order = ["code", "name", "target", "events"]


class PlatformForm(EndpointForm):
    """An upper platform."""

    source = forms.CharField(
        label=gettext_lazy("来源编号的前缀"),
        max_length=60,
        help_text=gettext_lazy("对方的工单进来时，来源编号是前缀、冒号和工单号，例如 12345:SZ001。"),
    )
    list_url = forms.CharField(
        label=gettext_lazy("工单清单的网址"),
        required=False,
        max_length=600,
        widget=forms.URLInput({"autocomplete": "off", "placeholder": "https://"}),
        help_text=gettext_lazy("对账时从这里读对方的工单；没有时，上传对方导出的工单表。"),
    )
    field_order = ["code", "name", "source", "target", "list_url"]


CODE_FIELD = forms.CharField(
    label=gettext_lazy("代码"), max_length=40, help_text=gettext_lazy("例如 CITY-DESK；建好后不能改。")
)
ACTIVE_FIELD = forms.BooleanField(label=gettext_lazy("启用"), required=False)
FORMS: dict[str, type[EndpointForm]] = {
    EndpointKind.WEBHOOK.value: SubscriptionForm,
    EndpointKind.PLATFORM.value: PlatformForm,
}
NewSubscriptionForm = type("NewSubscriptionForm", (SubscriptionForm,), {"code": CODE_FIELD})
NewPlatformForm = type("NewPlatformForm", (PlatformForm,), {"code": CODE_FIELD})
NEW_FORMS = {EndpointKind.WEBHOOK.value: NewSubscriptionForm, EndpointKind.PLATFORM.value: NewPlatformForm}


@require_staff(ENDPOINTS)
@take_filters()
def list_endpoints(request: DeskRequest) -> HttpResponse:
    """List the endpoints with what waits for each."""
    webhook: dict[str, Any] = settings.JIEDAO_WEBHOOK
    context = {
        "lines": selectors.list_endpoints(),
        "hosts": ", ".join(webhook["hosts"]),
        "now": clock.real_now(),
    }
    return render_page(request, PAGE, "endpoints.html", context)


@require_staff(ENDPOINTS)
@take_filters()
def add_endpoint(request: DeskRequest, kind: str) -> HttpResponse:
    """Add an endpoint of a kind, and show its secret once."""
    if kind.upper() not in NEW_FORMS:
        raise NotFoundError(_("没有这种对接。"), hint=_("请回到列表再选。"))
    endpoint_kind = EndpointKind(kind.upper())

    def save(data: dict[str, Any]) -> HttpResponse:
        endpoint, secret = actions.add_endpoint(actor=request.actor, kind=endpoint_kind.value, **data)
        return _show_secret(request, endpoint, secret)

    is_platform = endpoint_kind == EndpointKind.PLATFORM
    return handle_form(
        request,
        PAGE,
        NEW_FORMS[endpoint_kind.value](request.POST or None),
        save,
        title=_("添加上级平台") if is_platform else _("添加订阅"),
        submit=_("添加"),
    )


def _show_secret(request: DeskRequest, endpoint: Endpoint, secret: str) -> HttpResponse:
    return render_secret(
        request,
        PAGE,
        title=_("签名密钥：%(name)s") % {"name": endpoint.name},
        secret=secret,
        text=_("对方用它核对每一条的签名（Standard Webhooks）。离开本页后就看不到了。"),
        next_url=reverse(DETAIL, args=[endpoint.code]),
        next_label=_("继续"),
    )


FILTERS = {"state": one_of({"UNSENT", *EventState.values})}


@require_staff(ENDPOINTS)
@take_filters(FILTERS, others=("after", "number"))
def show_endpoint(request: DeskRequest, code: str) -> HttpResponse:
    """Show an endpoint with its events and reconciliations; when the form is posted, change it."""
    endpoint = actions.get_endpoint(code)

    def save(data: dict[str, Any]) -> HttpResponse:
        actions.change_endpoint(actor=request.actor, code=endpoint.code, **data)
        messages.success(request, _("已保存。"))
        return redirect(DETAIL, endpoint.code)

    form_class = type("ChangeForm", (FORMS[endpoint.kind],), {"active": ACTIVE_FIELD})
    form = form_class(request.POST or None, initial=_read_values(endpoint))
    state, number = request.GET.get("state", ""), request.GET.get("number", "").strip()[:20]
    rows, after = selectors.list_events(
        endpoint, state=state, number=number, before=read_number(request.GET.get("after"))
    )
    line = next(line for line in selectors.list_endpoints() if line.endpoint.pk == endpoint.pk)
    query = urlencode({"state": state, "number": number, "after": after or ""})
    return handle_form(
        request,
        PAGE,
        form,
        save,
        title=endpoint.name,
        above="desk/admin/endpoint.html",
        form_title=_("设置"),
        form_note=_("换了接收网址，须填新的令牌。"),
        submit=_("保存"),
        line=line,
        endpoint=endpoint,
        is_platform=endpoint.kind == EndpointKind.PLATFORM,
        may_view=request.actor.can(VIEW),
        rows=[_build_event_line(row) for row in rows],
        states=[
            ("", _("全部")),
            ("UNSENT", _("等待发送")),
            ("FAILED", _("没有送到")),
            ("SENT", _("对方已收到")),
        ],
        state=state,
        number=number,
        reconciliations=Reconciliation.objects.filter(endpoint=endpoint).order_by("-pk")[
            :SHOWN_RECONCILIATIONS
        ],
        since=default_since(),
        now=clock.real_now(),
        pager={"previous": "", "next": query if after else "", "shown": len(rows), "total": None},
    )


def _read_values(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "name": endpoint.name,
        "target": selectors.read_url(endpoint.target),
        "list_url": selectors.read_url(endpoint.list_url),
        "events": endpoint.events,
        "source": endpoint.source,
        "active": endpoint.active,
    }


def _build_event_line(row: OutgoingEvent) -> dict[str, Any]:
    """Return an event for the table: what, when and the last answer, never its text."""
    return {
        "row": row,
        "case_state": State(row.case_state).label if row.case_state else "",
        "tone": TONES[EventState(row.state)],
        "reason": selectors.word_reason(row.reason, row.detail) if row.state != EventState.SENT else "",
        "again": bool(row.body) and row.state != EventState.SENDING,
    }


@require_staff(ENDPOINTS)
@require_POST
def send_again(request: DeskRequest, code: str) -> HttpResponse:
    """Send one event again, or all that failed or wait."""
    count = actions.send_again(actor=request.actor, code=code, event_id=read_number(request.POST.get("id")))
    if count:
        messages.success(request, _("%(n)d 条会马上再发，编号不变，对方收过的不会重复办理。") % {"n": count})
    else:
        messages.error(request, _("没有可以再发的，可能刚刚已经送到。"))
    return redirect(DETAIL, code)


@require_staff(ENDPOINTS)
@require_POST
def send_test(request: DeskRequest, code: str) -> HttpResponse:
    """Send a test event."""
    return _act(request, code, actions.test_endpoint, _("测试已交给后台发送，请稍后刷新，看对方的回答。"))


@require_staff(ENDPOINTS)
@require_POST
def drop_waiting(request: DeskRequest, code: str) -> HttpResponse:
    """Give up what waits for an endpoint that is not in use."""
    return _act(request, code, actions.drop_waiting, _("等待的已放弃，列在“没有送到”里。"))


@require_staff(ENDPOINTS)
@require_POST
def renew_secret(request: DeskRequest, code: str) -> HttpResponse:
    """Give an endpoint a new secret, and show it once."""
    endpoint, secret = actions.renew_secret(actor=request.actor, code=code)
    return _show_secret(request, endpoint, secret)


@require_staff(ENDPOINTS)
@require_POST
def remove_endpoint(request: DeskRequest, code: str) -> HttpResponse:
    """Delete an endpoint with the record of its events."""
    endpoint = actions.get_endpoint(code)
    try:
        actions.remove_endpoint(actor=request.actor, code=code)
    except UserError as fault:
        if fault.status in {403, 404}:
            raise
        messages.error(request, str(fault))
        return redirect(DETAIL, code)
    messages.success(request, _("已删除 %(name)s。") % {"name": endpoint.name})
    return redirect(PAGE)


def _act(request: DeskRequest, code: str, action: Any, success: str) -> HttpResponse:
    """Perform an action on an endpoint, and return to its page with the result."""
    try:
        action(actor=request.actor, code=code)
        messages.success(request, success)
    except UserError as fault:
        if fault.status in {403, 404}:
            raise
        messages.error(request, str(fault))
    return redirect(DETAIL, code)


@require_staff(ENDPOINTS)
@require_POST
def start_reconciliation(request: DeskRequest, code: str) -> HttpResponse:
    """Compare the orders of an upper platform with our cases: those it lists, or those of an uploaded table."""
    endpoint = actions.get_endpoint(code)
    since = default_since()
    upload = request.FILES.get("file")
    try:
        orders = _read_upload(upload) if upload is not None else fetch_orders(endpoint, since)
        origin = upload.name if upload is not None else ""
        result = reconcile(request.actor, endpoint.code, orders, since=since, origin=origin or "")
    except UserError as fault:
        if fault.status in {403, 404}:
            raise
        messages.error(request, str(fault))
        return redirect(DETAIL, endpoint.code)
    return redirect("desk:admin_reconciliation", endpoint.code, result.pk)


def _read_upload(upload: Any) -> list[PlatformOrder]:
    if (upload.size or 0) > MOST_SHEET:
        raise UserError(
            _("文件超过 %(most)d MB。") % {"most": MOST_SHEET // MIB},
            hint=_("请缩短导出的时段。"),
            field="file",
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders"
        with path.open("wb") as file:
            for chunk in upload.chunks():
                file.write(chunk)
        return read_orders(path, name=upload.name or "")


@require_staff(ENDPOINTS)
@take_filters({"kind": one_of(DifferenceKind.values)})
def show_reconciliation(request: DeskRequest, code: str, reconciliation_id: int) -> HttpResponse:
    """Show what differs between an upper platform and us."""
    endpoint = actions.get_endpoint(code)
    result = Reconciliation.objects.filter(endpoint=endpoint, pk=reconciliation_id).first()
    if result is None:
        raise NotFoundError(_("没有这次对账。"), hint=_("请回到上级平台的页面再选。"))
    kind = request.GET.get("kind", "")
    labels = dict(DifferenceKind.choices)
    context = {
        "title": _("对账：%(name)s") % {"name": endpoint.name},
        "endpoint": endpoint,
        "result": result,
        "may_view": request.actor.can(VIEW),
        "kind": kind,
        "counts": [(code, labels[code], result.counts[code]) for code in labels if code in result.counts],
        "rows": [
            row | {"label": labels.get(row["kind"], row["kind"])}
            for row in result.differences
            if not kind or row["kind"] == kind
        ],
        "listed": len(result.differences),
        "total": sum(result.counts.values()),
        "now": clock.real_now(),
    }
    return render_page(request, PAGE, "reconciliation.html", context)
