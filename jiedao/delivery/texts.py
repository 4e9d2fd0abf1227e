"""The texts of messages, made when they are sent, in the language of the receiver.

They hold the number or the code name of an object, what happened, and a link: no subject, no note, no name of a
resident. Whoever wants to know more signs in.
"""

from collections import defaultdict
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from jiedao.delivery.channels.base import Message
from jiedao.delivery.models import Address, Delivery, Purpose
from jiedao.delivery.summaries import Summary, find_page, summarise_notices
from jiedao.kernel.crypto import decrypt
from jiedao.kernel.objects import ObjectRef
from jiedao.notices.kinds import find_notice_kind
from jiedao.notices.models import Notice

TARGET, SECRET, CODE = "delivery.address.target", "delivery.address.secret", "delivery.address.code"
MOST_IN_DIGEST = 50  # objects


class NothingToSend(Exception):  # noqa: N818 (a result, not a fault)
    """There is nothing to send any more; its text is the reason."""


def make_link(path: str) -> str:
    """Return the address of a page for a message, "" as long as the site's address is not set."""
    return f"{settings.JIEDAO_SITE_URL}{path}" if settings.JIEDAO_SITE_URL else ""


def make_message(delivery: Delivery) -> Message:
    """Return the message of a delivery; raise NothingToSend where the receiver need not get it any more."""
    address = delivery.address
    if address is None or (address.user is not None and not address.user.is_active):
        raise NothingToSend(gettext_noop("地址已经删除，或账号已停用"))
    if address.verified_at is None and delivery.purpose != Purpose.CODE:
        raise NothingToSend(gettext_noop("地址还没有验证"))
    make = {
        Purpose.NOTICE: _make_notice,
        Purpose.DIGEST: _make_digest,
        Purpose.CODE: _make_code,
        Purpose.TEST: _make_test,
    }[Purpose(delivery.purpose)]
    texts = make(delivery, address)
    return Message(
        key=f"jiedao-{delivery.pk}-{delivery.created_at:%Y%m%d%H%M%S}",
        target=decrypt(address.target, context=TARGET),
        secret=decrypt(address.secret, context=SECRET),
        **texts,
    )


def describe_outside(notice: Notice) -> str:
    """Return what happened, without the texts that people wrote; "" for a kind that no longer exists."""
    kind = find_notice_kind(notice.kind)
    return kind.describe_outside(notice.data).rstrip("：: ") if kind is not None else ""


def _find_summary(notice: Notice, summaries: dict[ObjectRef, Summary]) -> Summary:
    ref = ObjectRef(notice.object_type, notice.object_id or 0)
    return summaries.get(ref) or Summary("", find_page("notices"))


def _make_notice(delivery: Delivery, address: Address) -> dict[str, Any]:
    notice = delivery.notice
    if notice is None:
        raise NothingToSend(gettext_noop("通知已经删除"))
    if address.user_id is not None and (notice.read_at is not None or notice.settled_at is not None):
        raise NothingToSend(gettext_noop("通知已读或已了结"))
    summary = _find_summary(notice, summarise_notices([notice]))
    what, link = describe_outside(notice) or _("新的通知"), make_link(summary.path)
    head = _("%(what)s：%(object)s") % {"what": what, "object": summary.name} if summary.name else what
    return {
        "subject": head,
        "text": _join(head, "", link or _("请登录系统查看。"), *_build_footer()),
        "short": _join_line(head, link),
        "link": link,
        "data": {
            "kind": notice.kind,
            "tone": notice.tone,
            "text": what,
            "object": summary.name,
            "at": notice.at.isoformat(),
        },
    }


def _make_digest(delivery: Delivery, address: Address) -> dict[str, Any]:
    rows = Notice.objects.filter(
        pk__in=delivery.notice_ids, user_id=address.user_id or 0, read_at=None, settled_at=None
    )
    notices = list(rows.order_by("-id"))
    if not notices:
        raise NothingToSend(gettext_noop("通知已读或已了结"))
    summaries = summarise_notices(notices)
    groups: dict[tuple[str, int | None], list[Notice]] = defaultdict(list)
    for notice in notices:
        groups[notice.object_type, notice.object_id].append(notice)
    lines: list[str] = []
    for group in list(groups.values())[:MOST_IN_DIGEST]:
        summary = _find_summary(group[0], summaries)
        happened = list(dict.fromkeys(filter(None, map(describe_outside, group))))
        lines += [f"· {summary.name or _('其他通知')}", f"  {'；'.join(happened)}"]
        lines += [f"  {make_link(summary.path)}"] if settings.JIEDAO_SITE_URL else []
    left_out = len(groups) - MOST_IN_DIGEST
    if left_out > 0:
        lines.append(
            ngettext("还有 %(n)d 件，请登录查看。", "还有 %(n)d 件，请登录查看。", left_out) % {"n": left_out}
        )
    count = ngettext("%(n)d 件事有新的通知", "%(n)d 件事有新的通知", len(groups)) % {"n": len(groups)}
    link = make_link(find_page("notices"))
    subject = _("每日汇总：%(count)s") % {"count": count}
    return {
        "subject": subject,
        "text": _join(subject, "", *lines, "", link, *_build_footer()),
        "short": _join_line(subject, link),
        "link": link,
        "data": {"kind": "digest", "count": len(groups)},
    }


def _make_code(delivery: Delivery, address: Address) -> dict[str, Any]:
    code = decrypt(address.code, context=CODE)
    if not code or delivery.key != make_code_key(address):
        raise NothingToSend(gettext_noop("已经换了新的验证码"))
    text = _(
        "验证码 %(code)s，15 分钟内有效。您在街道工作系统登记了这个地址；不是您本人操作，请不要理会。"
    ) % {"code": code}
    return {"subject": _("街道工作系统的验证码"), "text": text, "short": text, "data": {"kind": "code"}}


def make_code_key(address: Address) -> str:
    """Return the key of the delivery that brings the present code of an address."""
    return f"code:{address.code_at:%Y%m%d%H%M%S%f}" if address.code_at is not None else "code"


def _make_test(delivery: Delivery, address: Address) -> dict[str, Any]:
    text = _("这是一条测试消息：%(name)s 可以收到通知了。") % {"name": address.name or _("这个地址")}
    return {
        "subject": text,
        "text": text,
        "short": text,
        "link": make_link(find_page("notices")),
        "data": {"kind": "test"},
    }


def _build_footer() -> list[str]:
    """Return the last lines of a mail: that nobody reads replies, and where to switch it off."""
    lines = [
        "",
        "--",
        _("系统自动发送，请勿回复。不想再收到，或要改时间和方式，请到“账号与岗位”的“消息接收”。"),
    ]
    link = make_link(find_page("wishes"))
    return [*lines, link] if link else lines


def _join(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def _join_line(text: str, link: str) -> str:
    return f"{text} {link}" if link else text
