"""Writes to endpoints. Each checks the right and leaves an audit entry without secrets and tokens."""

import re
import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from jiedao.audit.actions import record_entry
from jiedao.delivery.channels.base import PermanentFault
from jiedao.delivery.channels.webhook import check_url
from jiedao.exchange.endpoints.active import forget_endpoints
from jiedao.exchange.endpoints.listening import enqueue_endpoint
from jiedao.exchange.endpoints.payload import store_body
from jiedao.exchange.endpoints.selectors import read_url
from jiedao.exchange.endpoints.sending import SECRET, TARGET, TOKEN
from jiedao.exchange.endpoints.signing import make_secret
from jiedao.exchange.models import UNSENT, Endpoint, EndpointKind, EventKind, EventState, OutgoingEvent
from jiedao.kernel import clock
from jiedao.kernel.crypto import encrypt
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.folding import fold_key
from jiedao.orgs.actor import Actor
from jiedao.orgs.posting import clean_name

MANAGE = "exchange.endpoint:manage"
OBJECT = "exchange.endpoint"
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)
RESERVED = frozenset({"new"})  # the address of the page that adds one
MAX_URL = 600
MAX_ENDPOINTS = 50
CHOSEN_EVENTS = tuple(kind.value for kind in EventKind if kind is not EventKind.TEST)
DROPPED = gettext_noop("由管理员放弃发送")
AUDITED = ("code", "name", "kind", "events", "source", "active")


def get_endpoint(code: str, *, for_removal: bool = False) -> Endpoint:
    """Return the endpoint with this code, its row locked where it is to be removed; raise NotFoundError."""
    rows = Endpoint.objects.filter(code=code[:40])
    endpoint: Endpoint | None = (rows.select_for_update() if for_removal else rows).first()
    if endpoint is None:
        raise NotFoundError(
            _("没有代码为 %(code)s 的接收地址。") % {"code": code[:40]},
            hint=_("jiedao exchange list 列出全部；也可以在管理 → 对接里看。"),
            field="code",
        )
    return endpoint


@transaction.atomic
def add_endpoint(*, actor: Actor, code: str, kind: str, **values: Any) -> tuple[Endpoint, str]:
    """Add an endpoint; return it with the secret of its signatures, which is shown this once.

    Args:
        kind: an `EndpointKind`.
        values: name, target, events, source, token and list_url, as of `change_endpoint`.
    """
    actor.require(MANAGE)
    if not CODE.fullmatch(code) or code in RESERVED:
        raise UserError(
            _("代码“%(code)s”不合规则。") % {"code": code[:40]},
            hint=_("用 1 到 40 个字母、数字、点、下划线或短横，例如 CITY-DESK。"),
            field="code",
        )
    if Endpoint.objects.filter(code=code).exists():
        raise UserError(
            _("已经有代码为 %(code)s 的接收地址。") % {"code": code},
            hint=_("请换一个代码，或更改已有的那一个。"),
            field="code",
        )
    if Endpoint.objects.count() >= MAX_ENDPOINTS:
        raise UserError(
            _("接收地址已有 %(n)d 个，不能再加。") % {"n": MAX_ENDPOINTS},
            hint=_("请删除不再使用的。"),
        )
    if kind not in EndpointKind.values:
        raise UserError(
            _("没有用途 %(kind)s。") % {"kind": kind[:20]}, hint="WEBHOOK, PLATFORM", field="kind"
        )
    secret = make_secret()
    endpoint = Endpoint(code=code, kind=kind, secret=encrypt(secret, context=SECRET))
    _fill(endpoint, {"target": "", "source": "", "events": [], "name": "", **values})
    endpoint.save()
    record_entry(actor=actor, action=MANAGE, obj_type=OBJECT, obj_id=endpoint.pk, after=_describe(endpoint))
    forget_endpoints()
    return endpoint, secret


@transaction.atomic
def change_endpoint(*, actor: Actor, code: str, **values: Any) -> Endpoint:
    """Change the named values of an endpoint.

    Args:
        values: name; target and list_url, addresses on hosts that the server's administrator has allowed; events, of
            `EventKind`, for a subscription; source, the prefix of source keys, for an upper platform; token, "" for no
            change; active.
    """
    actor.require(MANAGE)
    endpoint = get_endpoint(code)
    before, old_target = _describe(endpoint), endpoint.target
    _fill(endpoint, values)
    if endpoint.target != old_target and not values.get("token"):
        endpoint.token = ""  # it belongs to the system that issued it
    endpoint.save()
    record_entry(
        actor=actor,
        action=MANAGE,
        obj_type=OBJECT,
        obj_id=endpoint.pk,
        before=before,
        after=_describe(endpoint)
        | {"new_target": endpoint.target != old_target, "new_token": bool(values.get("token"))},
    )
    forget_endpoints()
    if endpoint.active:
        enqueue_endpoint(endpoint.pk)
    return endpoint


@transaction.atomic
def renew_secret(*, actor: Actor, code: str) -> tuple[Endpoint, str]:
    """Give an endpoint a new secret, which signs from the next attempt on; return both."""
    actor.require(MANAGE)
    endpoint, secret = get_endpoint(code), make_secret()
    endpoint.secret = encrypt(secret, context=SECRET)
    endpoint.save(update_fields=["secret"])
    record_entry(actor=actor, action=MANAGE, obj_type=OBJECT, obj_id=endpoint.pk, after={"new_secret": True})
    return endpoint, secret


@transaction.atomic
def remove_endpoint(*, actor: Actor, code: str) -> None:
    """Delete an endpoint with the record of its events; raise UserError while some wait."""
    actor.require(MANAGE)
    # The row is locked, so that no move writes an event for it between the count and the removal.
    endpoint = get_endpoint(code, for_removal=True)
    waiting = OutgoingEvent.objects.filter(UNSENT, endpoint=endpoint).count()
    if waiting:
        raise UserError(
            _("还有 %(n)d 条没有送到 %(name)s，不能删除。") % {"n": waiting, "name": endpoint.name},
            hint=_("请等它们送到；不想再送的，先停用，再放弃等待的，然后删除。"),
        )
    pk, before = endpoint.pk, _describe(endpoint)
    endpoint.delete()
    record_entry(actor=actor, action=MANAGE, obj_type=OBJECT, obj_id=pk, before=before)
    forget_endpoints()


@transaction.atomic
def drop_waiting(*, actor: Actor, code: str) -> int:
    """Give up what waits for an endpoint that is not in use; return how many events. They stay listed as failed."""
    actor.require(MANAGE)
    endpoint = get_endpoint(code)
    if endpoint.active:
        raise UserError(
            _("%(name)s 还在使用，等待的会继续发送。") % {"name": endpoint.name}, hint=_("请先停用。")
        )
    count = OutgoingEvent.objects.filter(UNSENT, endpoint=endpoint).update(
        state=EventState.FAILED, ended_at=clock.real_now(), lease_token="", reason=DROPPED
    )
    _record_sending(actor, endpoint, "drop", count)
    return count


@transaction.atomic
def send_again(*, actor: Actor, code: str, event_id: int | None = None) -> int:
    """Send one event, or all that failed or wait, at once with the old number; return how many.

    A single event may be sent again even if it was received: the receiver recognises it by its number.
    """
    actor.require(MANAGE)
    endpoint = get_endpoint(code)
    rows = OutgoingEvent.objects.filter(endpoint=endpoint).exclude(body="")
    if event_id is not None:
        rows = rows.filter(pk=event_id).exclude(state=EventState.SENDING)
    else:
        rows = rows.filter(state__in=[EventState.FAILED, EventState.WAITING])
    now = clock.real_now()
    count = rows.update(state=EventState.WAITING, next_at=now, created_at=now, attempts=0, ended_at=None)
    if count:
        _record_sending(actor, endpoint, "again", count)
        enqueue_endpoint(endpoint.pk)
    return count


def _record_sending(actor: Actor, endpoint: Endpoint, verb: str, count: int) -> None:
    record_entry(
        actor=actor,
        action=f"exchange.event:{verb}",
        obj_type=OBJECT,
        obj_id=endpoint.pk,
        after={"count": count},
    )


@transaction.atomic
def test_endpoint(*, actor: Actor, code: str) -> OutgoingEvent:
    """Send an event that is about no case; return it."""
    actor.require(MANAGE)
    endpoint = get_endpoint(code)
    if not endpoint.active:
        raise UserError(_("%(name)s 已停用。") % {"name": endpoint.name}, hint=_("请先启用。"))
    event = OutgoingEvent(uuid=uuid.uuid4(), endpoint=endpoint, kind=EventKind.TEST)
    moment = clock.now().astimezone(clock.TOWN_TZ).isoformat(timespec="seconds")
    with translation.override(settings.LANGUAGE_CODE):
        text = _("这是一条测试。")
    store_body(event, {"type": EventKind.TEST.value, "timestamp": moment, "data": {"text": text}})
    event.save(force_insert=True)
    enqueue_endpoint(endpoint.pk)
    _record_sending(actor, endpoint, "test", 1)
    return event


def _describe(endpoint: Endpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in AUDITED}


def _fill(endpoint: Endpoint, values: dict[str, Any]) -> None:
    """Write checked values to an endpoint; raise UserError for the first that cannot be stored."""
    if "name" in values:
        endpoint.name = clean_name(values["name"], 60)
    if "target" in values:
        endpoint.target = _read_target(endpoint.target, values["target"], "target")
    if values.get("list_url") is not None:
        empty = not values["list_url"].strip()
        endpoint.list_url = "" if empty else _read_target(endpoint.list_url, values["list_url"], "list_url")
    if "events" in values and endpoint.kind == EndpointKind.WEBHOOK:
        endpoint.events = _read_events(values["events"])
    if "source" in values and endpoint.kind == EndpointKind.PLATFORM:
        endpoint.source = _read_source(values["source"], endpoint)
    if "active" in values:
        endpoint.active = bool(values["active"])
    if values.get("token"):
        endpoint.token = encrypt(_read_token(values["token"]), context=TOKEN)


def _read_target(stored: str, url: str, field: str) -> str:
    """Return the encrypted address; the stored value where it has not changed."""
    url = url.strip()
    try:
        if len(url) > MAX_URL or not url.isascii():
            raise PermanentFault(gettext_noop("这不是网址"))
        check_url(url)
    except PermanentFault as fault:
        raise UserError(
            _(fault.reason),
            hint=_("例如 https://desk.example.gov.cn/jiedao；网站要先写进 JIEDAO_WEBHOOK_HOSTS。"),
            field=field,
        ) from fault
    # An address that cannot be decrypted is replaced by the one that was entered.
    return stored if stored and read_url(stored) == url else encrypt(url, context=TARGET)


def _read_events(events: Iterable[str]) -> list[str]:
    wanted = set(events)
    unknown = sorted(wanted - set(CHOSEN_EVENTS))
    if unknown or not wanted:
        raise UserError(
            _("没有事件“%(name)s”。") % {"name": unknown[0][:40]} if unknown else _("没有选择事件。"),
            hint=_("可用的事件：%(names)s。") % {"names": "、".join(CHOSEN_EVENTS)},
            field="events",
        )
    return [kind for kind in CHOSEN_EVENTS if kind in wanted]


def _read_source(text: str, endpoint: Endpoint) -> str:
    source = fold_key(text.strip())
    if not source or ":" in source or len(source) > 60:
        raise UserError(
            _("请填写来源编号的前缀。"),
            hint=_("上级平台的工单以前缀、冒号和工单号为来源编号，例如前缀是 12345。"),
            field="source",
        )
    other = Endpoint.objects.filter(source=source).exclude(pk=endpoint.pk).first()
    if other is not None:
        raise UserError(
            _("前缀 %(source)s 已经给了 %(name)s。") % {"source": source, "name": other.name},
            hint=_("一个来源只对应一个上级平台。"),
            field="source",
        )
    return source


def _read_token(text: str) -> str:
    token = text.strip()
    if not token.isascii() or not token.isprintable() or " " in token or len(token) > 500:
        raise UserError(_("这不是令牌。"), hint=_("令牌由对方系统发放，不含空格。"), field="token")
    return token
