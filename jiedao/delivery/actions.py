"""Writes to addresses, choices, robots and deliveries, each with an audit entry that holds no address."""

import re
import secrets
from collections.abc import Sequence
from datetime import time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.delivery.channels.base import PermanentFault
from jiedao.delivery.channels.choosing import get_channel
from jiedao.delivery.channels.webhook import check_url
from jiedao.delivery.models import (
    LOST,
    OPEN,
    Address,
    ChannelCode,
    Delivery,
    DeliveryState,
    Group,
    Purpose,
    Receiver,
)
from jiedao.delivery.texts import CODE, SECRET, TARGET, make_code_key
from jiedao.delivery.wishes import OPTIONS, REACHABLE, Choices
from jiedao.kernel import clock
from jiedao.kernel.crypto import decrypt, encrypt
from jiedao.kernel.errors import NotAllowed, NotFoundError, UserError
from jiedao.kernel.jobs import enqueue
from jiedao.kernel.one_time_codes import PAUSE, count_try, draw_digits, is_current, is_match
from jiedao.kernel.phones import read_phone
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit

MANAGE = "orgs.user:manage"
ADDRESS, RECEIVER, DELIVERY = "delivery.address", "delivery.receiver", "delivery.delivery"
MOST_CODES = 6  # in an hour
MOBILE = re.compile(r"1[3-9]\d{9}|\+[1-9]\d{6,14}", re.ASCII)
MAX_ROBOTS = 50


# -- a user's own addresses ------------------------------------------------------------------------------------------


@transaction.atomic
def save_address(*, actor: Actor, channel: str, target: str) -> Address:
    """Store an address of the actor and send the code that proves it; the address is not used before."""
    user_id = _require_user(actor)
    plain = read_target(channel, target)
    _limit_codes(user_id, channel)
    Receiver.objects.get_or_create(user_id=user_id, defaults={"language": get_language() or "zh-hans"})
    address, _created = Address.objects.update_or_create(
        user_id=user_id,
        channel=channel,
        defaults={
            "target": encrypt(plain, context=TARGET),
            "secret": encrypt(secrets.token_urlsafe(32), context=SECRET)
            if channel == ChannelCode.WEBHOOK
            else "",
            "verified_at": None,
        },
    )
    _drop_open(address)
    _send_code(address)
    transaction.on_commit(REACHABLE.forget)
    _record(actor, "save", ADDRESS, address.pk, {"channel": channel})
    return address


@transaction.atomic
def send_code_again(*, actor: Actor, channel: str) -> None:
    """Send a new code to an address of the actor; the earlier code is no longer valid."""
    address = _get_own(actor, channel)
    if address.verified_at is not None:
        raise UserError(_("这个地址已经验证过了。"), hint=_("要换地址，请先删除再填写。"))
    _limit_codes(_require_user(actor), channel)
    _send_code(address)


def verify_address(*, actor: Actor, channel: str, code: str) -> None:
    """Take an address of the actor into use if the code is right; after five wrong ones a new code is needed."""
    address = _get_own(actor, channel)
    if address.verified_at is not None:
        return
    expected = decrypt(address.code, context=CODE)
    if not expected:
        raise _make_dead_code_error()
    if not is_current(address.code_at, clock.real_now()):
        raise UserError(_("验证码已经过期。"), hint=_("请重新发送验证码。"), field="code")
    mine = Address.objects.filter(pk=address.pk, code=address.code, verified_at__isnull=True)
    if not count_try(mine, "code_failures"):
        raise _make_dead_code_error()
    if not is_match(expected, code):
        raise UserError(_("验证码不对。"), hint=_("请看最近收到的一条，6 位数字。"), field="code")
    with transaction.atomic():
        if not mine.update(verified_at=clock.real_now(), code=""):
            raise _make_dead_code_error()
        _record(actor, "verify", ADDRESS, address.pk, {"channel": channel})
    REACHABLE.forget()


def _make_dead_code_error() -> UserError:
    return UserError(_("这个验证码已经不能用了。"), hint=_("请重新发送验证码。"), field="code")


@transaction.atomic
def remove_address(*, actor: Actor, channel: str) -> None:
    """Delete an address of the actor; what waits for it is not sent."""
    _delete_address(actor, _get_own(actor, channel), {"channel": channel})


@transaction.atomic
def save_wishes(
    *,
    actor: Actor,
    choices: Choices | None,
    quiet_from: time | None,
    quiet_to: time | None,
    digest_hour: int | None,
    language: str,
) -> None:
    """Store what the actor wants and when; None follows the pack.

    Raise UserError where only one end of the quiet hours is set.
    """
    if (quiet_from is None) != (quiet_to is None):
        raise UserError(
            _("免打扰时间只填了一头。"),
            hint=_("两头都填，或都不填。"),
            field="quiet_from" if quiet_from is None else "quiet_to",
        )
    if choices is not None:
        choices = {
            group: [option for option in OPTIONS if option in choices.get(group, [])]
            for group in Group.values
        }
    values: dict[str, Any] = {
        "choices": choices,
        "quiet_from": quiet_from,
        "quiet_to": quiet_to,
        "digest_hour": digest_hour,
        "language": language,
    }
    receiver, _created = Receiver.objects.update_or_create(user_id=_require_user(actor), defaults=values)
    _record(actor, "save", RECEIVER, receiver.pk, {"choices": choices, "digest_hour": digest_hour})


def read_target(channel: str, target: str) -> str:
    """Return the address in the form in which it is stored; raise UserError if messages cannot go there."""
    readers = {
        ChannelCode.MAIL.value: _read_mail_address,
        ChannelCode.SMS.value: _read_mobile_number,
        ChannelCode.WEBHOOK.value: _read_webhook,
    }
    if channel not in readers:
        raise NotFoundError(_("没有这种接收方式。"), hint=_("请刷新页面后再试。"))
    return readers[channel](target.strip())


def _read_mail_address(target: str) -> str:
    try:
        validate_email(target)
    except ValidationError:
        raise UserError(_("这不是邮件地址。"), hint=_("例如 wang@example.gov.cn。"), field="target") from None
    if len(target) > 200 or not target.isascii():
        raise UserError(_("这个邮件地址不能用。"), hint=_("请换一个 200 字以内的地址。"), field="target")
    return target


def _read_mobile_number(target: str) -> str:
    number = read_phone(target)
    if not MOBILE.fullmatch(number):
        raise UserError(_("短信只能发到手机。"), hint=_("请填 11 位手机号码。"), field="target")
    return number


def _read_webhook(target: str) -> str:
    """Return the address of a webhook; without allowed hosts, when messages are files, any https address will do."""
    hint = _("请在群里添加机器人，复制它的 https 网址；网站要由管理员先允许。")
    if len(target) > 600:
        raise UserError(_("网址太长。"), hint=_("最多 600 个字符。"), field="target")
    if not get_channel(ChannelCode.WEBHOOK).is_connected:
        if not re.fullmatch(r"https?://[^\s/]+\S*", target):
            raise UserError(_("网址要以 https:// 开头"), hint=hint, field="target")
        return target
    try:
        check_url(target)
    except PermanentFault as fault:
        raise UserError(_(fault.reason), hint=hint, field="target") from fault
    return target


def _limit_codes(user_id: int, channel: str) -> None:
    now = clock.real_now()
    sent = Delivery.objects.filter(user_id=user_id, purpose=Purpose.CODE, created_at__lte=now)
    if sent.filter(channel=channel, created_at__gt=now - PAUSE).exists():
        raise UserError(_("刚刚发过验证码。"), hint=_("请等一分钟再发。"), field="target")
    if sent.filter(created_at__gt=now - timedelta(hours=1)).count() >= MOST_CODES:
        raise UserError(_("这一小时发的验证码太多了。"), hint=_("请过一小时再试。"), field="target")


def _send_code(address: Address) -> None:
    address.code = encrypt(draw_digits(), context=CODE)
    address.code_at, address.code_failures = clock.real_now(), 0
    address.save(update_fields=["code", "code_at", "code_failures"])
    _write(address, Purpose.CODE, make_code_key(address))


def _write(address: Address, purpose: str, key: str) -> None:
    Delivery.objects.create(
        purpose=purpose, channel=address.channel, address=address, user_id=address.user_id, key=key
    )
    enqueue("delivery.send_now", unique_key="delivery.send_now")


def _drop_open(address: Address) -> None:
    waiting = address.deliveries.filter(OPEN, state=DeliveryState.WAITING)
    waiting.update(state=DeliveryState.DROPPED, ended_at=clock.real_now())


def _delete_address(actor: Actor, address: Address, words: dict[str, Any]) -> None:
    """Delete an address with what waits for it; `words` names it in the audit."""
    pk = address.pk
    _drop_open(address)
    address.delete()
    transaction.on_commit(REACHABLE.forget)
    _record(actor, "remove", ADDRESS, pk, words)


def _get_own(actor: Actor, channel: str) -> Address:
    address = Address.objects.filter(user_id=_require_user(actor), channel=channel).first()
    if address is None:
        raise NotFoundError(_("您没有填写这种地址。"), hint=_("请先填写。"))
    return address


def _require_user(actor: Actor) -> int:
    if actor.user_id is None:
        raise NotAllowed(_("只有本人可以改接收方式。"))
    return actor.user_id


# -- the administrator -----------------------------------------------------------------------------------------------


@transaction.atomic
def add_robot(
    *, actor: Actor, name: str, target: str, unit_id: int | None, groups: Sequence[str]
) -> tuple[Address, str]:
    """Add the chat robot of a unit or of the town; return it and the secret that signs its messages."""
    actor.require(MANAGE)
    plain = read_target(ChannelCode.WEBHOOK, target)
    if unit_id is not None and not Unit.objects.filter(pk=unit_id, active=True).exists():
        raise UserError(_("没有这个单位。"), field="unit")
    chosen = [group for group in Group.values if group in groups]
    if not chosen:
        raise UserError(_("请至少选一类通知。"), field="groups")
    if Address.objects.filter(user__isnull=True).count() >= MAX_ROBOTS:
        raise UserError(_("群机器人太多了。"), hint=_("请先删除不用的。"))
    secret = secrets.token_urlsafe(32)
    robot = Address.objects.create(
        channel=ChannelCode.WEBHOOK,
        name=name,
        unit_id=unit_id,
        groups=chosen,
        target=encrypt(plain, context=TARGET),
        secret=encrypt(secret, context=SECRET),
        verified_at=clock.real_now(),
    )
    transaction.on_commit(REACHABLE.forget)
    _record(actor, "add", ADDRESS, robot.pk, {"name": name, "unit_id": unit_id, "groups": chosen})
    return robot, secret


@transaction.atomic
def remove_robot(*, actor: Actor, robot_id: int) -> None:
    """Delete a chat robot; what waits for it is not sent."""
    robot = _get_robot(actor, robot_id)
    _delete_address(actor, robot, {"name": robot.name})


@transaction.atomic
def test_robot(*, actor: Actor, robot_id: int) -> None:
    """Send a test message to a chat robot."""
    robot = _get_robot(actor, robot_id)
    _write(robot, Purpose.TEST, f"test:{clock.real_now():%Y%m%d%H%M%S%f}")
    _record(actor, "test", ADDRESS, robot_id, {"name": robot.name})


def _get_robot(actor: Actor, robot_id: int) -> Address:
    actor.require(MANAGE)
    robot = Address.objects.filter(pk=robot_id, user__isnull=True).first()
    if robot is None:
        raise NotFoundError(_("没有这个群机器人。"), hint=_("请刷新页面后再试。"))
    return robot


@transaction.atomic
def send_again(*, actor: Actor, delivery_id: int | None = None, channel: str = "") -> int:
    """Let a message that was lost be sent again, or all lost ones of a channel; return how many.

    A notice that was read or settled since is not sent.
    """
    actor.require(MANAGE)
    lost = Delivery.objects.filter(LOST, address__isnull=False).exclude(purpose=Purpose.CODE)
    lost = lost.filter(pk=delivery_id) if delivery_id is not None else lost.filter(channel=channel)
    ids = list(lost.order_by("id").values_list("pk", flat=True)[:1000])
    now = clock.real_now()
    count = lost.filter(pk__in=ids).update(
        state=DeliveryState.WAITING,
        attempts=0,
        tried_at=None,
        ended_at=None,
        due_at=now,
        created_at=now,
        reason="",
        detail="",
    )
    if count:
        enqueue("delivery.send_now", unique_key="delivery.send_now")
        _record(actor, "again", DELIVERY, delivery_id, {"channel": channel, "count": count})
    return count


def _record(actor: Actor, verb: str, object_type: str, object_id: int | None, after: dict[str, Any]) -> None:
    record_entry(
        actor=actor, action=f"{object_type}:{verb}", obj_type=object_type, obj_id=object_id, after=after
    )
