"""Requests to the jiedao of an office: JSON over its API, with the state of the office recorded at each request.

Call it outside of a transaction: an office may take its time to answer, and a rollback would lose the recorded state.
"""

from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit

import orjson
from django.conf import settings

from jiedao.district import wordings
from jiedao.district.models import TOKEN, Office
from jiedao.kernel import clock, outbound
from jiedao.kernel.crypto import UnreadableField, decrypt
from jiedao.kernel.outbound import Answer, Limits, Request
from jiedao.kernel.storable import make_all_storable
from jiedao.kernel.wordings import Wording, store_wording

MEGABYTE = 1024 * 1024
LIMITS = Limits(pause=10, total=20, size=2 * MEGABYTE)
LONGEST_MESSAGE = 300
_CODES: dict[type[outbound.OutboundFault], str] = {
    outbound.UnknownHost: wordings.UNKNOWN_HOST,
    outbound.PrivateAddress: wordings.PRIVATE_ADDRESS,
    outbound.NotEncrypted: wordings.NOT_ENCRYPTED,
    outbound.UntrustedCertificate: wordings.UNTRUSTED_CERTIFICATE,
    outbound.NotConnected: wordings.NOT_CONNECTED,
    outbound.NoAnswer: wordings.NO_ANSWER,
}


class OfficeFault(Exception):  # noqa: N818 (it names the state of the office)
    """An office gave no usable answer.

    Attributes:
        wording: what is wrong, in the reader's language.
        status: the status of the answer, 0 where none came.
        document: what the office answered with a refusal: {"message", "hint", "field"}; else empty.
        may_have_arrived: whether the office may have carried out the request all the same.
    """

    def __init__(
        self,
        wording: Wording,
        *,
        status: int = 0,
        document: dict[str, Any] | None = None,
        may_have_arrived: bool = False,
    ) -> None:
        super().__init__(wording)
        self.wording = wording
        self.status = status
        self.document = document or {}
        self.may_have_arrived = may_have_arrived

    def __str__(self) -> str:
        return str(self.wording)

    @property
    def is_refusal(self) -> bool:
        """Whether the office works and refused this request alone, so that the next one may succeed."""
        return self.wording.code == wordings.REFUSED


def _fail(code: str, params: Mapping[str, Any] | None = None, **more: Any) -> NoReturn:
    raise OfficeFault(Wording(code, params or {}), **more)


class OfficeClient:
    """Sends requests to one office.

    `get` and `post` return the JSON object that the office answered. They raise OfficeFault where it does not answer,
    refuses the token or the request, or answers something else.
    """

    def __init__(self, office: Office, limits: Limits | None = None) -> None:
        self.office = office
        self.limits = limits or LIMITS

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer to a GET of a path such as "/api/v1/cases/20200001"."""
        return self._request("GET", path + (f"?{urlencode(params, doseq=True)}" if params else ""), None)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a POST of a JSON object."""
        return self._request("POST", path, orjson.dumps(dict(body)))

    def _request(self, method: str, path: str, body: bytes | None) -> dict[str, Any]:
        try:
            answer = self._send(method, path, body)
            document = _read_answer(answer)
        except OfficeFault as fault:
            if fault.is_refusal:
                record_answer(self.office)
            else:
                record_fault(self.office, fault.wording)
            raise
        record_answer(self.office)
        return document

    def _send(self, method: str, path: str, body: bytes | None) -> Answer:
        parts = urlsplit(self.office.address + path)
        secure = parts.scheme == "https"
        request = Request(method, parts, self._build_headers(body), body)
        try:
            addresses = outbound.list_addresses(parts.hostname or "", outbound.get_port(parts))
            address = outbound.check_addresses(addresses, settings.JIEDAO_OFFICE_NETWORKS, secure=secure)
            answer = outbound.send_request(request, address, self.limits)
        except outbound.OutboundFault as fault:
            was_sent = isinstance(fault, outbound.NoAnswer)
            params = {"seconds": int(self.limits.total)} if was_sent else {}
            raise OfficeFault(Wording(_CODES[type(fault)], params), may_have_arrived=was_sent) from fault
        if answer.is_cut:
            _fail(
                wordings.TOO_LARGE,
                {"mb": self.limits.size // MEGABYTE},
                status=answer.status,
                may_have_arrived=True,
            )
        return answer

    def _build_headers(self, body: bytes | None) -> dict[str, str]:
        try:
            token = decrypt(self.office.token, context=TOKEN)
        except UnreadableField:
            token = ""
        if not token:
            _fail(wordings.NO_TOKEN)
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "Accept-Language": "zh-hans",
            "User-Agent": "jiedao",
        }
        return headers if body is None else headers | {"Content-Type": "application/json"}


def _read_answer(answer: Answer) -> dict[str, Any]:
    """Return the JSON object of an answer; raise OfficeFault for a refusal and for what is no JSON object."""
    status = answer.status
    if 300 <= status < 400:
        _fail(wordings.REDIRECTED, {"status": status}, status=status)
    if status == 429:
        _fail(wordings.BUSY, status=status)
    if status >= 500:
        _fail(wordings.UNAVAILABLE, {"status": status}, status=status, may_have_arrived=True)
    try:
        document = make_all_storable(orjson.loads(answer.content))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        _fail(wordings.NONSENSE, {"status": status}, status=status, may_have_arrived=status < 300)
    if status < 300:
        return document
    message = str(document.get("message", ""))[:LONGEST_MESSAGE]
    if status == 401:
        _fail(wordings.TOKEN_REFUSED, status=status, document=document)
    if status == 403:
        _fail(wordings.NOT_ALLOWED, {"message": message}, status=status, document=document)
    _fail(wordings.REFUSED, {"status": status, "message": message}, status=status, document=document)


def record_answer(office: Office) -> None:
    """Store that the office answered."""
    office.last_answer_at = clock.real_now()
    Office.objects.filter(pk=office.pk).update(last_answer_at=office.last_answer_at)


def record_fault(office: Office, wording: Wording) -> None:
    """Store what is wrong with the office."""
    office.last_fault_at, office.last_fault = clock.real_now(), store_wording(wording)
    Office.objects.filter(pk=office.pk).update(
        last_fault_at=office.last_fault_at, last_fault=office.last_fault
    )
