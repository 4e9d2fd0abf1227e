"""Webhooks: a signed JSON document to a chat robot or another program, on a host that the office has allowed."""

import hashlib
import hmac
from typing import Any
from urllib.parse import SplitResult, urlsplit

import orjson
from django.conf import settings
from django.utils.translation import gettext_noop as _

from jiedao.delivery.channels.base import Message, PermanentFault, TemporaryFault
from jiedao.delivery.channels.posting import check_status, list_addresses, send_request
from jiedao.kernel import clock
from jiedao.kernel.outbound import Answer, NotEncrypted, PrivateAddress, check_addresses, get_port

NO_SUCCESS = ("errcode", "code", "StatusCode")  # chat robots answer 200 with an error number


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a body: HMAC-SHA256 of "<timestamp>.<body>", hex digits."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def check_url(url: str) -> SplitResult:
    """Return the parts of an address to which messages may be sent; raise PermanentFault with the reason otherwise.

    The name is not looked up here: `send` does that each time.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as fault:
        raise PermanentFault(_("这不是网址")) from fault
    if parts.scheme not in {"https", "http"} or not parts.hostname or any(sign <= " " for sign in url):
        raise PermanentFault(_("网址要以 https:// 开头"))
    if parts.username is not None or parts.password is not None:
        raise PermanentFault(_("网址里不能写账号和密码"))
    webhook: dict[str, Any] = settings.JIEDAO_WEBHOOK
    hosts = {str(host).lower() for host in webhook["hosts"]}
    default_port = 443 if parts.scheme == "https" else 80
    names = {f"{parts.hostname}:{port or default_port}"}
    if port in {None, default_port}:
        names.add(parts.hostname)
    if names.isdisjoint(hosts):
        raise PermanentFault(_("管理员没有允许往这个网站发消息"))
    return parts


def choose_address(parts: SplitResult) -> str:
    """Return an IP address of the host to connect to; raise PermanentFault if one of its addresses is not allowed.

    An address of a private network is allowed if JIEDAO_WEBHOOK_NETWORKS contains it; only there may it be http.
    """
    webhook: dict[str, Any] = settings.JIEDAO_WEBHOOK
    secure = parts.scheme == "https"
    addresses = list_addresses(parts.hostname or "", get_port(parts))
    try:
        return check_addresses(addresses, webhook["networks"], secure=secure)
    except PrivateAddress as fault:
        raise PermanentFault(_("这个网址指向内部网络，管理员没有允许")) from fault
    except NotEncrypted as fault:
        raise PermanentFault(_("网址要以 https:// 开头")) from fault


class WebhookChannel:
    """Posts JSON. The number of the message is in a header, so a receiver can drop a second copy."""

    repeats_safely = True
    is_connected = True

    def send(self, message: Message) -> None:
        """Post the message; raise PermanentFault for an address that is not allowed, before connecting to it."""
        parts = check_url(message.target)
        address = choose_address(parts)
        body = build_body(message)
        timestamp = str(int(clock.real_now().timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "jiedao",
            "X-Jiedao-Delivery": message.key,
            "X-Jiedao-Timestamp": timestamp,
            "X-Jiedao-Signature": f"sha256={sign(message.secret, timestamp, body)}",
        }
        answer = send_request("POST", parts, address, headers, body)
        check_status(answer)
        check_robot(answer)


def build_body(message: Message) -> bytes:
    """Return the document: the forms in which common chat robots read a text, and the fields for programs."""
    return orjson.dumps(
        {
            "msgtype": "text",
            "text": {"content": message.short},
            "msg_type": "text",
            "content": {"text": message.short},
            "jiedao": {"id": message.key, "link": message.link, **message.data},
        }
    )


def check_robot(answer: Answer) -> None:
    """Raise TemporaryFault if the answer is that of a chat robot that refuses: an error number other than 0."""
    try:
        document = orjson.loads(answer.body)
    except ValueError:
        return
    if not isinstance(document, dict):
        return
    numbers = [document[name] for name in NO_SUCCESS if isinstance(document.get(name), int)]
    if any(numbers):
        raise TemporaryFault(_("群机器人没有接受这条消息"), next(filter(None, numbers)))
