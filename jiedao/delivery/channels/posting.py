"""Requests of the channels: `kernel.outbound` with the faults of a message."""

from collections.abc import Mapping
from urllib.parse import SplitResult

from django.utils.translation import gettext_noop as _

from jiedao.delivery.channels.base import PermanentFault, TemporaryFault, UncertainFault
from jiedao.kernel import outbound
from jiedao.kernel.outbound import Answer, Limits, Request

SECONDS = 10
LONGEST_ANSWER = 64 * 1024
BUSY = {408, 425, 429}


def list_addresses(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host; raise TemporaryFault if the name cannot be looked up."""
    try:
        return outbound.list_addresses(host, port)
    except outbound.UnknownHost as fault:
        raise TemporaryFault(_("查不到对方服务器的网络地址")) from fault


def send_request(
    method: str, parts: SplitResult, address: str, headers: Mapping[str, str], body: bytes | None
) -> Answer:
    """Send one request to the host of `parts` at an IP address of it; raise a fault if no answer comes."""
    try:
        return outbound.send_request(
            Request(method, parts, headers, body), address, Limits(SECONDS, 2 * SECONDS, LONGEST_ANSWER)
        )
    except outbound.UntrustedCertificate as fault:
        raise TemporaryFault(_("对方服务器的证书不可信")) from fault
    except outbound.NotConnected as fault:
        raise TemporaryFault(_("连不上对方服务器")) from fault
    except outbound.NoAnswer as fault:
        raise UncertainFault(_("等不到对方服务器的回答")) from fault


def check_status(answer: Answer) -> None:
    """Raise the fault of a status that is no success: 5xx and "try later" are temporary, everything else permanent."""
    if 200 <= answer.status < 300:
        return
    if answer.status >= 500 or answer.status in BUSY:
        raise TemporaryFault(_("对方服务器暂时不能用"), answer.status)
    raise PermanentFault(_("对方服务器拒绝"), answer.status)
