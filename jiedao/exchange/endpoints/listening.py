"""Events of moves and new cases: one row for each endpoint that is sent them, in the transaction of the change."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils import translation

from jiedao.cases.flow import FINISHED
from jiedao.cases.models import Case
from jiedao.cases.moves.filings import FilingListener
from jiedao.cases.moves.listeners import MoveEvent
from jiedao.cases.selectors.for_sender import STEPS
from jiedao.exchange.endpoints.active import ACTIVE, has_endpoints, hold_endpoints
from jiedao.exchange.endpoints.payload import build_body, store_body
from jiedao.exchange.models import Endpoint, EndpointKind, EventKind, OutgoingEvent
from jiedao.kernel.jobs import enqueue

SERVE = "exchange:serve_endpoint"


def follow_move(event: MoveEvent) -> None:
    """Write the events of a move, also for the cases that end or reopen together with it."""
    if not has_endpoints():
        return
    kind = classify(event.before_state, event.after_state)
    # Between two end states only the return visit moves a case, which concerns only the office and the reporter.
    is_visit = event.before_state in FINISHED and event.after_state in FINISHED
    is_step = event.move in STEPS or (event.before_state != event.after_state and not is_visit)
    case = Case.objects.get(pk=event.case_id)
    _write_events(case, kind, event.move, event.at, is_step=is_step)
    if kind in {EventKind.ENDED, EventKind.REOPENED}:
        for merged in Case.objects.filter(merged_into=case).order_by("pk"):
            _write_events(merged, kind, event.move, event.at, is_step=True)


def classify(before_state: str, after_state: str) -> EventKind:
    """Return the kind of event for a move between two states."""
    if before_state == after_state:
        return EventKind.CHANGED
    was_finished, is_finished = before_state in FINISHED, after_state in FINISHED
    if is_finished and not was_finished:
        return EventKind.ENDED
    return EventKind.REOPENED if was_finished and not is_finished else EventKind.MOVED


def follow_filings(case_ids: Sequence[int]) -> None:
    """Write the events of new cases."""
    for case in Case.objects.filter(pk__in=case_ids).order_by("pk"):
        _write_events(case, EventKind.FILED, "REPORT", case.reported_at, is_step=True)


FILINGS = FilingListener(wants_filings=has_endpoints, follow=follow_filings)


def wants_event(endpoint: Endpoint, case: Case, kind: EventKind, *, is_step: bool) -> bool:
    """Return whether an endpoint is sent an event of this kind; `is_step` is False for internal moves."""
    if endpoint.kind == EndpointKind.PLATFORM:
        return is_step and (case.source_key or "").startswith(f"{endpoint.source}:")
    return kind.value in endpoint.events


def _write_events(case: Case, kind: EventKind, move: str, at: datetime, *, is_step: bool) -> None:
    wanted = [row for row in ACTIVE.get() if wants_event(row, case, kind, is_step=is_step)]
    endpoints = hold_endpoints(wanted) if wanted else []
    if not endpoints:
        return
    # Texts are in the language of the office, not of the user who made the move.
    with translation.override(settings.LANGUAGE_CODE):
        for endpoint in endpoints:
            write_event(endpoint, case, kind, move, at)


def write_event(endpoint: Endpoint, case: Case, kind: EventKind, move: str, at: datetime) -> OutgoingEvent:
    """Store an event with its document, and the job that sends it."""
    event = OutgoingEvent(
        uuid=uuid.uuid4(),
        endpoint_id=endpoint.pk,
        kind=kind,
        case=case,
        number=case.number,
        case_state=case.state,
    )
    store_body(event, build_body(endpoint, kind.value, case, move, at))
    event.save(force_insert=True)
    enqueue_endpoint(endpoint.pk)
    return event


def enqueue_endpoint(endpoint_id: int) -> None:
    """Enqueue the job that sends what is due to an endpoint, unless one waits already."""
    enqueue(SERVE, unique_key=f"exchange:endpoint:{endpoint_id}", endpoint_id=endpoint_id)
