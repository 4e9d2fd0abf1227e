"""Requests and responses of the JSON API for cases."""

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from jiedao.api.categories import AnswerOut
from jiedao.cases.actions.following_up import FollowUp

FileId = Annotated[int, Field(ge=1, lt=10**18)]

# Plain pydantic models: ninja's own Schema reads every field through a slow getter for ORM objects.


class PointIn(BaseModel):
    """A point in one of the accepted coordinate systems; degrees, accuracy in metres.

    What is no point in China, such as 0, 0 of a receiver without a fix, does not refuse the matter: it is filed without
    the point, and `warnings` of the answer states why.
    """

    model_config = ConfigDict(extra="forbid")

    lon: float = Field(allow_inf_nan=False)
    lat: float = Field(allow_inf_nan=False)
    system: Literal["WGS84", "CGCS2000", "GCJ02", "BD09"] = "WGS84"
    accuracy_m: float | None = Field(None, ge=0, le=1e6, allow_inf_nan=False)


class ReporterIn(BaseModel):
    """The reporter, stored encrypted; `ref` is the key in the caller's system and is stored only as a digest."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=60)
    phone: str = Field(
        "",
        max_length=60,
        description="A mobile number, a fixed line with area code, a service number or +country; several are joined "
        "with 、. A text that cannot be a number is refused.",
    )
    ref: str = Field("", max_length=120)
    secret: bool = False


class CaseIn(BaseModel):
    """A matter to file."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "channel": "APP",
                "detail": "大芬油画村东门对面的井盖破损，夜里看不清。",
                "place": "大芬油画村东门",
                "point": {"lon": 114.1372, "lat": 22.6103, "system": "GCJ02", "accuracy_m": 12},
                "client_uuid": "6f9a1c52-6f0e-4a55-9d54-0c8e5b2f7a10",
                "reporter": {"name": "张三", "phone": "13800138000", "secret": True},
            }
        },
    )

    channel: Literal["PATROL", "HOTLINE", "APP", "WEB", "SUPERIOR", "MEDIA", "INSPECTION", "OTHER"]
    detail: str = Field(min_length=1, max_length=20_000)
    subject: str = Field("", max_length=200)
    place: str = Field("", max_length=200)
    point: PointIn | None = None
    premise: str | None = Field(
        None,
        max_length=32,
        description="Code of an estate or building; it gives the case its grid and its point",
    )
    category: str | None = Field(
        None, description="Kind and code, e.g. MATTER:01003", pattern=r"^(COMPONENT|MATTER):[0-9]{5,11}$"
    )
    client_uuid: uuid.UUID | None = Field(
        None, description="Made by the caller; the same content sent again with it returns the first case"
    )
    source_key: str | None = Field(
        None,
        min_length=1,
        max_length=120,
        description="The caller's own number, unique; the same content sent again returns the first case",
    )
    reported_at: datetime | None = None
    urgent: bool = False
    wanted_by: datetime | None = Field(
        None,
        description="Until when the caller's own superior or system wants a reply; shown beside our deadlines",
    )
    reporter: ReporterIn | None = None
    photos: list[FileId] = Field([], max_length=20, description="Ids returned by POST /api/v1/uploads")
    answers: dict[str, Any] | None = Field(
        None,
        max_length=100,
        description="Answers to the questions of the category by key, see `GET /categories`; required questions must "
        "be answered. Leave it out where nobody was asked",
    )


class FollowUpIn(BaseModel):
    """What the caller asks about a case: to hurry, to answer for it, or to void it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "move": "REMIND",
                "note": "请于今日反馈进展。",
                "answer_date": "2026-05-08",
                "client_uuid": "0a8f7f5e-93d4-4d44-8a43-2f4d3f0a6f11",
            }
        },
    )

    move: FollowUp
    note: str = Field("", max_length=5000)
    answer_date: date | None = Field(
        None, description="Until which day an answer is wanted; not for ASK_WITHDRAWAL"
    )
    client_uuid: uuid.UUID = Field(
        description="Made by the caller; sent again with it, nothing happens twice"
    )


class FollowedOut(BaseModel):
    """The case after the request; `created` is false when the request had been made before."""

    number: str
    version: int
    state: str
    created: bool


class ListIn(BaseModel):
    """The filters of a list, which are combined with AND; several values of one filter with OR.

    An unknown name is refused, not ignored, and so is a filter of one value that is given several.
    """

    q: str | None = Field(
        None, description="Words that subject, place or detail must contain; or a case number"
    )
    state: list[str] = Field([], description="State codes, e.g. FILED; may repeat")
    group: str | None = Field(None, description="open, intake, unit, check, done or other")
    category: list[str] = Field(
        [], description="Kind and code, e.g. MATTER:01003; a major category includes all below it; may repeat"
    )
    area: list[str] = Field([], description="Area code; includes all areas below it; may repeat")
    unit: list[str] = Field([], description="Code of the lead unit; includes all units below it; may repeat")
    channel: list[str] = Field([], description="Code of the channel, e.g. HOTLINE; may repeat")
    due: str | None = Field(None, description="overdue, or soon for due within one working day")
    since: str | None = Field(None, alias="from", description="First local day of reporting, e.g. 2026-01-01")
    to: str | None = Field(None, description="Last local day of reporting")
    flag: list[str] = Field(
        [], description="urgent, supervised, returned, ...; may repeat, combined with AND"
    )
    answer: list[str] = Field(
        [],
        description="Key of a question and code of the answer, e.g. noise_source:SHOP; may repeat, several of one "
        "question are combined with OR",
    )
    todo: str | None = Field(None, description="A key of the desk's to-do list: what waits for the caller")
    mine: str | None = Field(None, description="moved: the cases that the caller made a move on")
    import_id: int | None = Field(
        None, alias="import", description="Id of the import that brought the cases in"
    )
    updated_after: str | None = Field(
        None,
        description="ISO 8601: the cases whose timeline has a later entry; send the `as_of` of the last answer",
    )
    order: str | None = Field(
        None,
        description="newest, oldest, urgency (nearest deadline first), -due, or state, category, area, unit, "
        "reported, each also with a leading minus",
    )
    cursor: str | None = Field(
        None,
        pattern=r"^([np][0-9]{1,18}(~[0-9A-Za-z:.+-]{0,64})?)?$",
        description="Contained in `next` and `previous`",
    )


class FiledOut(BaseModel):
    """The filed case; `created` is false when it existed already."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "number": "2026-00012268",
                "created": True,
                "url": "/api/v1/cases/2026-00012268",
                "outside": False,
                "warnings": [],
            }
        }
    )

    number: str
    created: bool
    url: str
    outside: bool = Field(
        description="Whether the point is outside the town, over 200 m from every grid, so that the case has no grid"
    )
    warnings: list[str] = Field(
        [],
        description="What of the matter was not used, and why, such as a point that is none; also in its history",
    )


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
    version: int = Field(description="Rises with every move")
    url: str


class CaseListOut(BaseModel):
    """One page of cases; follow `next` until it is null."""

    cases: list[CaseRowOut]
    next: str | None
    previous: str | None
    total: int | None
    total_exact: bool
    as_of: datetime = Field(
        description="A minute before the answer: as `updated_after` of the next request it misses no change"
    )


class MoveOut(BaseModel):
    """One line of the timeline; `by` is a person in a post, for a caller of scope OWN a unit."""

    move: str
    label: str
    at: datetime
    state: str
    by: str
    text: str


class CaseOut(BaseModel):
    """A case with its timeline. It never contains the reporter.

    A caller whose post has the scope OWN, such as a superior's system, reads the steps without the people who made
    them and without internal notes.
    """

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
    wanted_by: datetime | None = Field(description="Until when the sender wants a reply, see `CaseIn`")
    closed_at: datetime | None
    outcome: Literal["CLOSED", "REFUSED", "VOIDED"] | None = Field(
        description="How it ended, for a merged case how the case it was merged into did; null while it is open"
    )
    reply: str = Field(
        description="The reply to the reporter, without one the result; empty while it is open"
    )
    satisfaction: int | None
    answers: list[AnswerOut]
    moves: list[MoveOut]
    allowed: list[str]
