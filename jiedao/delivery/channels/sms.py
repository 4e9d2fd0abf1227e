"""Text messages through the HTTP gateway of any provider, which the settings describe by templates."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from django.conf import settings
from django.utils.translation import gettext_noop as _

from jiedao.delivery.channels.base import Message, TemporaryFault
from jiedao.delivery.channels.posting import check_status, list_addresses, send_request
from jiedao.kernel.outbound import get_port

PLACE = re.compile(r"\{(phone|text|key|secret)\}")


def fill_template(template: str, values: Mapping[str, str], form: str) -> str:
    """Replace {phone}, {text}, {key} and {secret}; values are escaped for `form`: "json", "form", "url" or "plain"."""

    def replace(match: re.Match[str]) -> str:
        value = values[match[1]]
        if form == "json":
            return json.dumps(value, ensure_ascii=False)[1:-1]
        if form == "form":
            return quote_plus(value)
        return quote(value, safe="") if form == "url" else value

    return PLACE.sub(replace, template)


def choose_form(headers: Mapping[str, str]) -> str:
    """Return how the values of the body are escaped, from the header Content-Type."""
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    if "json" in kind:
        return "json"
    return "form" if "form-urlencoded" in kind else "plain"


class SmsChannel:
    """Sends one request to the gateway for each message. The gateway may be in the office's own network."""

    repeats_safely = False
    is_connected = True

    def send(self, message: Message) -> None:
        """Send the text; it was sent if the status is 2xx and the answer matches JIEDAO_SMS_SUCCESS."""
        sms: dict[str, Any] = settings.JIEDAO_SMS
        values = {
            "phone": message.target,
            "text": message.short,
            "key": message.key,
            "secret": sms["secret"],
        }
        headers = {
            name: fill_template(value, values, "plain").replace("\r", " ").replace("\n", " ")
            for name, value in sms["headers"].items()
        }
        parts = urlsplit(fill_template(sms["url"], values, "url"))
        body = fill_template(sms["body"], values, choose_form(headers)).encode() if sms["body"] else None
        port = get_port(parts)
        address = list_addresses(parts.hostname or "", port)[0]
        answer = send_request(sms["method"], parts, address, headers, body)
        check_status(answer)
        if sms["success"] and not re.search(sms["success"], answer.body):
            raise TemporaryFault(_("短信网关没有接受这条短信，请管理员查看网关的记录"))
