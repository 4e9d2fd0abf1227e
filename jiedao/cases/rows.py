"""The rows that the writer accepts, and the columns of a new case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from jiedao.cases.deadlines import Deadline
from jiedao.cases.flow import Stage, State
from jiedao.kernel import clock, crypto
from jiedao.kernel.policies import get_policy

# Every column of cases_case except id and number, with its value before anything happens to the case.
UNTOUCHED_CASE: dict[str, Any] = {
    "client_uuid": None,
    "source_key": None,
    "intake_digest": None,
    "channel": "",
    "subject": "",
    "detail": "",
    "place_text": "",
    "lon": None,
    "lat": None,
    "coord_system": "",
    "accuracy_m": None,
    "outside": False,
    "area_id": None,
    "area_path": "",
    "premise_id": None,
    "category_id": None,
    "suggestions": [],
    "state": "",
    "previous_state": "",
    "stage": "",
    "lead_unit_id": None,
    "handler_id": None,
    "reported_by_id": None,
    "reported_date": None,
    "reported_at": None,
    "accepted_at": None,
    "filed_at": None,
    "dispatched_at": None,
    "handled_at": None,
    "checked_at": None,
    "closed_at": None,
    "replied_at": None,
    "visited_at": None,
    "ended_at": None,
    "due_at": None,
    "due_provisional": False,
    "handle_due_at": None,
    "close_due_at": None,
    "handled_on_time": None,
    "closed_on_time": None,
    "review_date": None,
    "returns": 0,
    "reworks": 0,
    "reopens": 0,
    "extensions": 0,
    "reminders": 0,
    "supervised": False,
    "self_handled": False,
    "urgent": False,
    "has_reporter": False,
    "reporter_key": "",
    "votes_for": 0,
    "votes_against": 0,
    "solved": None,
    "satisfaction": None,
    "visit_outcome": "",
    "merged_into_id": None,
    "split_from_id": None,
    "relocated": False,
    "version": 1,
}

# The columns that differ between new cases; all others are constants, as in NEW_CASE.
OWN_COLUMNS = (
    "client_uuid",
    "source_key",
    "intake_digest",
    "channel",
    "subject",
    "detail",
    "place_text",
    "lon",
    "lat",
    "coord_system",
    "accuracy_m",
    "outside",
    "area_id",
    "area_path",
    "premise_id",
    "category_id",
    "suggestions",
    "reported_by_id",
    "reported_date",
    "reported_at",
    "due_at",
    "due_provisional",
    "urgent",
    "has_reporter",
    "reporter_key",
    "votes_for",
    "votes_against",
)
NEW_CASE: dict[str, Any] = {**UNTOUCHED_CASE, "state": State.REPORTED.value, "stage": Stage.ACCEPT.value}


@dataclass(frozen=True)
class ReporterRow:
    """A reporter, already encrypted."""

    name: str
    phone: str
    phone_check: str
    secret: bool
    erase_after: str


@dataclass(frozen=True)
class IntakeRow:
    """A new case with its first clock.

    `further_keys` are the digests of the reporter's second and later numbers; `point_fault` states why the point that
    was sent is not used, "" where it is. `answers` are values by key of the question; `dropped_answers` are the
    questions whose answer is not used.
    """

    columns: dict[str, Any]
    due: Deadline
    reporter: ReporterRow | None
    search_text: str
    further_keys: tuple[str, ...] = ()
    point_fault: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    dropped_answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class FiledCase:
    """A case that was filed.

    `created` is False when it existed before; `outside` is True when the point that was sent is not in the town.
    `taken_key` names the key, client_uuid or source_key, that belongs to another matter: then nothing was filed, and
    the action refuses the matter. `warnings` state what of the matter was not used, in the caller's language.
    """

    id: int
    number: str
    created: bool
    outside: bool = False
    taken_key: str = ""
    warnings: tuple[str, ...] = ()


def encrypt_reporter(
    name: str, phone: str, phone_check: str, secret: bool, at: datetime
) -> ReporterRow | None:
    """Return the encrypted reporter; None when there is neither name nor phone."""
    if not name and not phone:
        return None
    erase_after = at.astimezone(clock.TOWN_TZ).date() + timedelta(days=int(get_policy("retention_days")))
    return ReporterRow(
        name=crypto.encrypt(name) if name else "",
        phone=crypto.encrypt(phone) if phone else "",
        phone_check=phone_check,
        secret=secret,
        erase_after=erase_after.isoformat(),
    )


def format_number(at: datetime, pk: int) -> str:
    """Return the public number of a case: local year and running number, e.g. "2026-00012268"."""
    return f"{at.astimezone(clock.TOWN_TZ).year}-{pk:08d}"


def to_json(value: Any) -> str:
    """Return compact JSON that keeps Chinese characters readable."""
    return orjson.dumps(value).decode()
