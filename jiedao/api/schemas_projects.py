"""Requests and responses of the JSON API for projects, campaigns and pledges."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from jiedao.api.paging import CURSOR
from jiedao.api.schemas import FileId
from jiedao.api.schemas_figures import Number
from jiedao.kernel.periods import WrittenDay

Version = Annotated[int, Field(ge=1, lt=2**31, description="The version that was read; 409 when it changed")]
Amount = Annotated[Decimal, Field(max_digits=18, decimal_places=4, allow_inf_nan=False)]
Yuan = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2, allow_inf_nan=False)]
ClientUuid = Annotated[
    uuid.UUID | None,
    Field(None, description="Made by the caller; sent again with it, nothing happens twice"),
]


class ProjectsIn(BaseModel):
    """The filters of the list of projects, which are combined with AND; several values of one filter with OR."""

    q: str | None = Field(
        None, max_length=100, description="Words of the project or of one of its tasks; or its key"
    )
    kind: list[str] = Field([], description="Code of a kind; may repeat")
    unit: list[str] = Field([], description="Code of the responsible unit; may repeat")
    area: list[str] = Field([], description="Area code; includes all areas below it; may repeat")
    cursor: str | None = Field(None, pattern=CURSOR, description="Contained in `next` and `previous`")


class ProjectRowOut(BaseModel):
    """A project with its light."""

    key: str
    name: str
    kind: str
    kind_name: str
    unit: str
    unit_name: str
    area_code: str
    leader: str
    start_date: date
    completion_date: date = Field(description="The promised day")
    forecast_date: date | None
    margin: int = Field(description="Working days from the forecast to the promise; negative: too late")
    percent: int
    light: Literal["RED", "YELLOW", "GREEN"]
    reasons: list[str] = Field(description="Why the light has its colour, the gravest first")
    facts: dict[str, float] = Field(description="Numbers of the project by the code of their measure")
    url: str


class ProjectsOut(BaseModel):
    """One page of projects; follow `next` until it is null."""

    projects: list[ProjectRowOut]
    next: str | None
    previous: str | None


class TaskOut(BaseModel):
    """A stage, task or milestone with its dates; those of the schedule are counted in working days."""

    code: str
    name: str
    level: Literal["STAGE", "TASK", "MILESTONE"]
    parent: str
    unit: str
    duration: int
    percent: int
    actual_start: date | None
    actual_finish: date | None
    latest_start: date
    latest_finish: date
    forecast_start: date
    forecast_finish: date
    slack_days: int
    late_by_days: int
    critical: bool
    version: int


class PermitOut(BaseModel):
    """A permit that the project needs."""

    code: str
    name: str
    authority: str
    due_date: date
    submitted_date: date | None
    granted_date: date | None
    document: str
    version: int


class MoneyOut(BaseModel):
    """The money of a month, in yuan."""

    month: str
    kind: str
    budget: Number
    paid: Number
    version: int


class ObstacleOut(BaseModel):
    """An obstacle, which is open as long as its case is open."""

    text: str
    task: str
    case: str
    case_url: str
    raised_at: datetime
    open: bool


class ProjectOut(ProjectRowOut):
    """A project with its plan, permits, money and obstacles."""

    note: str
    tasks: list[TaskOut]
    permits: list[PermitOut]
    money: list[MoneyOut]
    obstacles: list[ObstacleOut]


class ProgressIn(BaseModel):
    """The progress of a task."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"percent": 40, "started": "2020-06-01", "version": 2}}
    )

    percent: int = Field(ge=0, le=100)
    started: WrittenDay | None = None
    finished: WrittenDay | None = None
    note: str = Field("", max_length=1000)
    version: Version | None = None
    client_uuid: ClientUuid = None


class PermitIn(BaseModel):
    """When a permit was applied for and granted."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"submitted": "2020-06-01", "version": 1}}
    )

    submitted: WrittenDay | None = None
    granted: WrittenDay | None = None
    document: str = Field("", max_length=120)
    version: Version | None = None


class MoneyIn(BaseModel):
    """The money of a month, in yuan; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"month": "2020-06", "paid": "1200000.00"}}
    )

    month: str = Field(pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$")
    kind: Literal["WORKS", "LAND", "DESIGN", "OTHER"] = "WORKS"
    budget: Yuan | None = None
    paid: Yuan | None = None
    version: Version | None = None


class ObstacleIn(BaseModel):
    """What prevents progress; a case is filed to clear it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"text": "管线迁改未完成，无法开挖。", "task": "T2"}}
    )

    text: str = Field(min_length=4, max_length=1000)
    task: str = Field(
        "", max_length=40, description="Code of the task that is blocked; empty for the project"
    )
    category: str | None = Field(None, pattern=r"^(COMPONENT|MATTER):[0-9]{5,11}$")
    client_uuid: ClientUuid = None


class CampaignsIn(BaseModel):
    """The filters of the list of campaigns."""

    q: str | None = Field(None, max_length=100)
    cursor: str | None = Field(None, pattern=CURSOR, description="Contained in `next` and `previous`")


class CampaignRowOut(BaseModel):
    """A campaign: an amount to be reached by a day."""

    key: str
    name: str
    unit: str
    unit_name: str
    measure: str
    target: Number
    from_date: date
    due_date: date
    entered: bool = Field(
        description="Whether amounts are entered; others are counted from a register or cases"
    )
    url: str


class CampaignsOut(BaseModel):
    """One page of campaigns; follow `next` until it is null."""

    campaigns: list[CampaignRowOut]
    next: str | None
    previous: str | None


class CampaignAreaOut(BaseModel):
    """What one community has done; without a code what is in no community."""

    area_code: str
    area: str
    quota: Number
    done: Number


class CampaignMonthOut(BaseModel):
    """What was planned and done in a month."""

    month: str
    planned: Number
    done: Number


class CampaignOut(CampaignRowOut):
    """A campaign and how far it is."""

    day: date
    done: Number
    planned: Number = Field(description="What should be done by the day")
    share: float = Field(description="Done of the target; 1 for all of it")
    pace_needed: Number
    pace_made: Number
    forecast: date | None
    light: Literal["RED", "YELLOW", "GREEN"] | None = Field(
        description="null while there is nothing to judge"
    )
    reason: str
    areas: list[CampaignAreaOut]
    months: list[CampaignMonthOut]


class EntryIn(BaseModel):
    """An amount with the document that proves it; a correction is negative."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "date": "2020-06-29",
                "amount": "120",
                "document": "布吉办〔2020〕35 号",
                "area": "440307002001",
            }
        },
    )

    day: WrittenDay = Field(alias="date")
    amount: Amount
    document: str = Field(min_length=1, max_length=200)
    area: str | None = Field(None, max_length=20, description="Code of a community")
    files: list[FileId] = Field([], max_length=20, description="Ids returned by POST /api/v1/uploads")
    client_uuid: ClientUuid = None


class EntryOut(BaseModel):
    """An entered amount."""

    id: int
    day: date = Field(alias="date")
    amount: Number
    document: str
    area_code: str
    entered_by: str
    at: datetime


class EntriesIn(BaseModel):
    """The parameters of the list of entered amounts."""

    cursor: str | None = Field(None, pattern=CURSOR, description="Contained in `next` and `previous`")


class EntriesOut(BaseModel):
    """One page of the entered amounts of a campaign by day; follow `next` until it is null."""

    entries: list[EntryOut]
    next: str | None
    previous: str | None


PledgeStateCode = Literal["OPEN", "REPORTED", "BACK", "CONFIRMED", "WITHDRAWN"]


class PledgesIn(BaseModel):
    """The filters of the list of pledges, which are combined with AND; several values of one filter with OR."""

    q: str | None = Field(None, max_length=100, description="Words of the code, the text or the source")
    kind: list[Literal["ITEM", "DECISION", "REPORT"]] = Field([], description="May repeat")
    state: list[PledgeStateCode] = Field([], description="May repeat")
    unit: list[str] = Field([], description="Code of the responsible unit; may repeat")
    late: bool = Field(False, description="Only those that are not done although their deadline has passed")
    waiting: bool = Field(False, description="Only those whose next step is the caller's")
    since: WrittenDay | None = Field(None, alias="from", description="First deadline")
    to: WrittenDay | None = Field(None, description="Last deadline")
    cursor: str | None = Field(None, pattern=CURSOR, description="Contained in `next` and `previous`")


class PledgeRowOut(BaseModel):
    """A responsibility item or a decision."""

    id: int
    kind: str
    code: str
    text: str
    source: str
    unit: str
    unit_name: str
    helpers: list[str]
    due_date: date
    deadline: date = Field(description="The due date, or the day to which it was extended")
    state: PledgeStateCode
    state_label: str
    late: bool
    url: str


class PledgesOut(BaseModel):
    """One page of pledges by deadline; follow `next` until it is null."""

    pledges: list[PledgeRowOut]
    next: str | None
    previous: str | None


class PledgeStepOut(BaseModel):
    """A step in the history of a pledge."""

    move: str
    label: str
    at: datetime
    by: str
    state: str
    note: str


class PledgeOut(PledgeRowOut):
    """A pledge with its history, the newest first, and the moves that the caller may make."""

    evidence: str
    steps: list[PledgeStepOut]
    allowed: list[str]


class PledgeIn(BaseModel):
    """A responsibility item or a decision to register."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "kind": "DECISION",
                "code": "2020-17",
                "text": "六月底前完成大芬片区消防整改。",
                "source": "第 12 次党工委会议纪要",
                "unit": "CITY_MGMT",
                "due_date": "2020-07-31",
            }
        },
    )

    kind: Literal["ITEM", "DECISION", "REPORT"]
    code: str = Field(min_length=1, max_length=40)
    text: str = Field(min_length=1, max_length=400)
    source: str = Field(min_length=1, max_length=200)
    unit: str = Field(min_length=1, max_length=120)
    due_date: WrittenDay
    helpers: list[Annotated[str, Field(min_length=1, max_length=120)]] = Field([], max_length=20)


class PledgeMoveIn(BaseModel):
    """A move of a pledge: which members it uses is described at the move."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"note": "已完成，见附件。"}})

    note: str = Field(
        "",
        max_length=4000,
        description="REPORT: the evidence; BACK, EXTEND, WITHDRAW: why; SUPERVISE: the demand; ANSWER: the answer",
    )
    day: WrittenDay | None = Field(
        None,
        alias="date",
        description="EXTEND: until when; SUPERVISE: by when an answer is due; ANSWER: the promised day",
    )
    files: list[FileId] = Field([], max_length=20, description="REPORT: ids returned by POST /api/v1/uploads")
