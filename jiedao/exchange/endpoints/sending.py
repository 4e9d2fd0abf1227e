"""Sending events: each is leased, posted outside any transaction, and marked with the outcome.

An event whose answer was lost, or whose worker died, is posted again with the same number and the same body, so that
its receiver drops the second copy. The pauses between attempts grow to an hour. A subscription gives an event up after
five days; what an upper platform waits for is never given up.
"""

import secrets
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_noop as _

from jiedao.delivery.channels.base import DeliveryFault, PermanentFault, TemporaryFault
from jiedao.delivery.channels.posting import send_request
from jiedao.delivery.channels.webhook import check_url, choose_address
from jiedao.exchange.endpoints.payload import read_body
from jiedao.exchange.endpoints.signing import build_headers
from jiedao.exchange.models import UNSENT, Endpoint, EndpointKind, EventState, OutgoingEvent
from jiedao.kernel import clock
from jiedao.kernel.backoff import compute_backoff
from jiedao.kernel.crypto import UnreadableField, decrypt
from jiedao.kernel.outbound import Answer
from jiedao.kernel.storable import make_storable

TARGET, SECRET, TOKEN = "exchange.endpoint.target", "exchange.endpoint.secret", "exchange.endpoint.token"
LEASE = timedelta(minutes=2)  # longer than any attempt can take
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=5)
AWAY = timedelta(minutes=1)
SECONDS_OF_A_RUN = 20.0
FAULTS_OF_A_RUN = 3  # after so many faults in a row sending pauses until the next run
# Statuses with which a receiver refuses the content for good: sending it again cannot help.
FINAL_STATUSES = frozenset({400, 409, 410, 413, 415, 422})
LONGEST_ANSWER = 500


@dataclass(frozen=True)
class Outcome:
    """What an attempt resulted in: no reason where the endpoint has received the event."""

    status: int | None = None
    answer: str = ""
    reason: str = ""
    detail: str = ""
    is_final: bool = False

    @property
    def is_received(self) -> bool:
        """Whether the endpoint has the event."""
        return not self.reason


def build_due_filter(now: datetime) -> Q:
    """Return the filter of events that may be sent now: due, or leased by a worker that died.

    An event whose time is further ahead than any pause was planned by a wrong clock, and is due too.
    """
    waits = Q(state=EventState.WAITING) & (Q(next_at__lte=now) | Q(next_at__gt=now + LONGEST_PAUSE))
    is_abandoned = Q(state=EventState.SENDING) & (Q(lease_until__lt=now) | Q(lease_until__gt=now + 2 * LEASE))
    return waits | is_abandoned


def find_due_events(endpoint_id: int) -> QuerySet[OutgoingEvent]:
    """Return the events that may be sent now: only the first of each case."""
    earlier = OutgoingEvent.objects.filter(
        UNSENT, endpoint_id=endpoint_id, case_id=OuterRef("case_id"), pk__lt=OuterRef("pk")
    )
    rows = OutgoingEvent.objects.filter(build_due_filter(clock.real_now()), endpoint_id=endpoint_id)
    return rows.exclude(Exists(earlier)).order_by("next_at", "pk")


def send_due(endpoint: Endpoint, *, seconds: float = SECONDS_OF_A_RUN) -> int:
    """Send due events until none is left, the time is up or the endpoint fails; return how many were received."""
    ends, sent, faults = time.monotonic() + seconds, 0, 0
    while time.monotonic() < ends and faults < FAULTS_OF_A_RUN:
        event = claim(endpoint)
        if event is None:
            break
        outcome = post_event(endpoint, event)
        store_outcome(endpoint, event, outcome)
        sent += outcome.is_received
        faults = faults + 1 if outcome.reason and not outcome.is_final else 0
    return sent


def claim(endpoint: Endpoint) -> OutgoingEvent | None:
    """Lease the event that has been due longest; None if there is none."""
    now = clock.real_now()
    for pk in find_due_events(endpoint.pk).values_list("pk", flat=True)[:8]:
        token = secrets.token_hex(16)
        free = OutgoingEvent.objects.filter(build_due_filter(now), pk=pk)
        if free.update(state=EventState.SENDING, lease_token=token, lease_until=now + LEASE):
            return OutgoingEvent.objects.get(pk=pk)
    return None


def post_event(endpoint: Endpoint, event: OutgoingEvent) -> Outcome:
    """Post an event once; a fault is returned in the outcome."""
    try:
        body = read_body(event)
        headers = _build_headers(endpoint, event, body)
        target = decrypt(endpoint.target, context=TARGET)
    except UnreadableField:
        return Outcome(reason=_("内容或密钥无法解密：JIEDAO_FIELD_KEY 与写入时不同"))
    try:
        parts = check_url(target)
        answer = send_request("POST", parts, choose_address(parts), headers, body)
    except DeliveryFault as fault:
        return Outcome(reason=fault.reason, detail=fault.detail)
    return read_answer(hide_secrets(endpoint, answer))


def hide_secrets(endpoint: Endpoint, answer: Answer) -> Answer:
    """Return an answer without the token and the secret of the endpoint: some receivers repeat what they were sent."""
    content = answer.content
    for stored, context in ((endpoint.token, TOKEN), (endpoint.secret, SECRET)):
        if stored:
            content = content.replace(decrypt(stored, context=context).encode(), b"***")
    return replace(answer, content=content)


def _build_headers(endpoint: Endpoint, event: OutgoingEvent, body: bytes) -> dict[str, str]:
    timestamp = str(int(clock.real_now().timestamp()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "jiedao",
        "Idempotency-Key": str(event.uuid),
        **build_headers(decrypt(endpoint.secret, context=SECRET), str(event.uuid), timestamp, body),
    }
    if endpoint.token:
        headers["Authorization"] = f"Bearer {decrypt(endpoint.token, context=TOKEN)}"
    return headers


def read_answer(answer: Answer) -> Outcome:
    """Return the outcome of an answer; only 2xx means that the event was received."""
    text = make_storable(answer.body)[:LONGEST_ANSWER]
    status, detail = answer.status, str(answer.status)
    if 200 <= status < 300:
        return Outcome(status, text)
    if status in FINAL_STATUSES:
        return Outcome(status, text, _("对方拒绝了这一条"), detail, is_final=True)
    if 300 <= status < 400:
        return Outcome(status, text, _("网址转到了别处，请填现在的网址"), detail)
    if status in {401, 403}:
        return Outcome(status, text, _("对方不认令牌或签名"), detail)
    if status == 404:
        return Outcome(status, text, _("对方没有这个网址"), detail)
    return Outcome(status, text, _("对方服务器暂时不能用"), detail)


def store_outcome(endpoint: Endpoint, event: OutgoingEvent, outcome: Outcome) -> None:
    """Store the outcome of an attempt, unless another worker has leased the event since."""
    now = clock.real_now()
    own = OutgoingEvent.objects.filter(pk=event.pk, state=EventState.SENDING, lease_token=event.lease_token)
    values = {
        "lease_token": "",
        "lease_until": None,
        "attempts": F("attempts") + 1,
        "status": outcome.status,
        "answer": outcome.answer,
        "reason": outcome.reason,
        "detail": outcome.detail,
    }
    if outcome.is_received:
        own.update(state=EventState.SENT, ended_at=now, **values)
        if _was_away(endpoint, now):
            _hurry_waiting(endpoint, now)
        endpoint.last_answer_at = now
        Endpoint.objects.filter(pk=endpoint.pk).update(last_answer_at=now)
        return
    endpoint.last_fault_at = now
    Endpoint.objects.filter(pk=endpoint.pk).update(
        last_fault_at=now, last_reason=outcome.reason, last_detail=outcome.detail
    )
    gives_up = endpoint.kind == EndpointKind.WEBHOOK and now - event.created_at > GIVE_UP_AFTER
    if outcome.is_final or gives_up:
        own.update(state=EventState.FAILED, ended_at=now, **values)
        return
    pause = compute_backoff(event.attempts + 1, FIRST_PAUSE, LONGEST_PAUSE)
    own.update(state=EventState.WAITING, next_at=now + pause, **values)


def _was_away(endpoint: Endpoint, now: datetime) -> bool:
    """Return whether an endpoint that has just answered had not answered for at least a minute.

    An endpoint that fails for a single event but answers all others was not away.
    """
    if endpoint.last_fault_at is None:
        return False
    return endpoint.last_answer_at is None or now - endpoint.last_answer_at > AWAY


def _hurry_waiting(endpoint: Endpoint, now: datetime) -> None:
    """Make events due that wait for their pause, because the endpoint answers again."""
    waiting = OutgoingEvent.objects.filter(
        endpoint=endpoint, state=EventState.WAITING, attempts__gt=0, next_at__gt=now
    )
    waiting.update(next_at=now)


def fetch_document(endpoint: Endpoint, url: str) -> Answer:
    """Return the answer to a GET of an address of the endpoint; raise DeliveryFault where none comes."""
    parts = check_url(url)
    headers = {"Accept": "application/json", "User-Agent": "jiedao"}
    if endpoint.token:
        try:
            headers["Authorization"] = f"Bearer {decrypt(endpoint.token, context=TOKEN)}"
        except UnreadableField as fault:
            raise PermanentFault(_("令牌无法解密，请重新填写")) from fault
    answer = send_request("GET", parts, choose_address(parts), headers, None)
    if answer.status >= 500 or answer.status == 429:
        raise TemporaryFault(_("对方服务器暂时不能用"), answer.status)
    if not 200 <= answer.status < 300:
        raise PermanentFault(_("对方服务器拒绝"), answer.status)
    return answer


def get_host(url: str) -> str:
    """Return the host of an address, for pages: the rest may hold a key."""
    return urlsplit(url).hostname or "…"
