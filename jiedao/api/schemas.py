"""What goes in and out of the JSON API."""

import uuid
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

# Plain pydantic models: ninja's own Schema looks every field up through a getter made for ORM objects.


class Problem(BaseModel):
    """What is wrong and what to do about it."""

    message: str
    hint: str = ""
    field: str = ""


class PointIn(BaseModel):
    """A point in one of the accepted coordinate systems; degrees, accuracy in metres."""

    model_config = ConfigDict(extra="forbid")

    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    system: Literal["WGS84", "CGCS2000", "GCJ02", "BD09"] = "WGS84"
    accuracy_m: float | None = Field(None, ge=0, le=1e6, allow_inf_nan=False)


class ReporterIn(BaseModel):
    """Who reported. Stored encrypted; `ref` is the key in the caller's system and kept only as a digest."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=60)
    phone: str = Field("", max_length=30)
    ref: str = Field("", max_length=120)
    secret: bool = False


class CaseIn(BaseModel):
    """A matter to file."""

    model_config = ConfigDict(extra="forbid")

    channel: Literal["PATROL", "HOTLINE", "APP", "WEB", "SUPERIOR", "MEDIA", "INSPECTION", "OTHER"]
    detail: str = Field(min_length=1, max_length=20_000)
    subject: str = Field("", max_length=200)
    place: str = Field("", max_length=200)
    point: PointIn | None = None
    category: str | None = Field(
        None, description="Kind and code, e.g. MATTER:01003", pattern=r"^(COMPONENT|MATTER):\d{5}$"
    )
    client_uuid: uuid.UUID | None = Field(
        None, description="Made by the caller; a second POST with it returns the first case"
    )
    source_key: str | None = Field(
        None, min_length=1, max_length=120, description="The caller's own number, unique"
    )
    reported_at: datetime | None = None
    urgent: bool = False
    reporter: ReporterIn | None = None


class ListIn(BaseModel):
    """What a list is filtered by; all given filters must hold. An unknown name is refused, never passed over."""

    q: str | None = Field(
        None, description="Words that all stand in subject, place or detail; or a case number"
    )
    state: list[str] = Field([], description="State codes, e.g. FILED; may repeat")
    group: str | None = Field(None, description="open, intake, unit, check, done or other")
    category: str | None = Field(
        None, description="Kind and code, e.g. MATTER:01003; a major one: all below it"
    )
    area: str | None = Field(None, description="Area code; all below it are meant too")
    unit: str | None = Field(None, description="Code of the lead unit; all below it are meant too")
    channel: str | None = Field(None, description="How it came in, e.g. HOTLINE")
    due: str | None = Field(None, description="overdue, or soon: within 24 hours")
    since: str | None = Field(None, alias="from", description="First local day of reporting, e.g. 2026-01-01")
    to: str | None = Field(None, description="Last local day of reporting")
    flag: list[str] = Field([], description="urgent, supervised, returned, ...; may repeat, all must hold")
    todo: str | None = Field(None, description="What waits for the caller: a key of the desk's to-do list")
    order: str | None = Field(None, description="newest, or urgency: by deadline")
    cursor: str | None = Field(
        None, pattern=r"^([np]\d{1,18}(~[0-9T:.Z+-]{10,40})?)?$", description="`next` or `previous` hold it"
    )


class FiledOut(BaseModel):
    """The case as it was filed; `created` is false when it was there already."""

    number: str
    created: bool
    url: str


class CaseRowOut(BaseModel):
    """A case in a list."""

    number: str
    subject: str
    state: str
    state_label: str
    channel: str
    category: str | None
    category_label: str
    area: str
    unit: str
    reported_at: datetime
    due_at: datetime | None
    overdue: bool
    url: str


class CaseListOut(BaseModel):
    """One page of cases; follow `next` until it is null."""

    cases: list[CaseRowOut]
    next: str | None
    previous: str | None
    total: int | None
    total_exact: bool


class MoveOut(BaseModel):
    """One line of the timeline."""

    move: str
    label: str
    at: datetime
    state: str
    by: str
    text: str


class CaseOut(BaseModel):
    """A whole case. Who reported it is never part of this."""

    number: str
    version: int
    subject: str
    detail: str
    state: str
    state_label: str
    channel: str
    category: str | None
    category_label: str
    suggestions: list[dict[str, Any]]
    place: str
    area: str
    area_code: str
    lon: float | None
    lat: float | None
    outside: bool
    unit: str
    reported_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    satisfaction: int | None
    moves: list[MoveOut]
    allowed: list[str]
