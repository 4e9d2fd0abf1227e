"""What goes in and out of the JSON API of inspections."""

import uuid
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from jiedao.api.schemas_registers import CODE

PhotoId = Annotated[int, Field(ge=1, lt=10**18)]


class InspectionsIn(BaseModel):
    """What a list of inspections is filtered by; all given filters must hold."""

    # "register" is a method of every model
    register_key: str | None = Field(None, alias="register", description="Key of a register")
    record: str | None = Field(None, description="Code of a record", max_length=60, pattern=CODE)
    state: str | None = Field(
        None,
        description="DUE: waits to be made, DONE, MISSED, or DROPPED",
        pattern="^(DUE|DONE|MISSED|DROPPED)$",
    )
    mine: bool = Field(False, description="true: what the caller may make today, and what the caller made")
    area: str | None = Field(None, description="Area code; all below it are meant too")
    unit: str | None = Field(None, description="Code of the unit")
    since: date | None = Field(
        None, alias="from", description="First day: of making it, else the last day to make it"
    )
    to: date | None = Field(None, description="Last day of the same")
    cursor: str | None = Field(
        None,
        pattern=r"^([np][0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9]{1,18})?$",
        description="`next` or `previous` hold it",
    )


class RecordRefOut(BaseModel):
    """The record that is inspected."""

    code: str
    name: str
    place: str
    url: str


class InspectionRowOut(BaseModel):
    """An inspection in a list."""

    id: int
    register_key: str = Field(alias="register")
    checklist: str
    checklist_label: str
    kind: str = Field(description="ROUND, RECHECK: of what was set right, or EXTRA")
    kind_label: str
    state: str
    state_label: str
    passed: bool | None = Field(description="null while it is not made")
    late: bool = Field(description="It waits, and its last day is over")
    record: RecordRefOut
    area: str
    area_code: str
    unit: str
    planned_date: date = Field(description="The first day on which it may be made")
    due_date: date = Field(description="The last day")
    done_date: date | None
    done_by: str
    url: str


class InspectionsOut(BaseModel):
    """One page of inspections; follow `next` until it is null."""

    inspections: list[InspectionRowOut]
    next: str | None
    previous: str | None
    total: int


class ItemOut(BaseModel):
    """A question to answer, by its `key`."""

    key: str
    name: str
    name_en: str
    urgent: bool = Field(description="FAIL opens an urgent case")
    photo: bool = Field(description="FAIL needs a photo")


class AnswerOut(BaseModel):
    """An answer as it was kept, with the question as it was asked."""

    item: str
    asked: str
    asked_en: str
    value: str
    note: str
    photos: list[int]


class RecheckOut(BaseModel):
    """An inspection that looks at a finding again."""

    state: str
    planned_date: date
    due_date: date
    url: str


class FindingOut(BaseModel):
    """An item found wrong, the case that it opened, and who looked again."""

    item: str
    text: str
    state: str = Field(description="OPEN, RIGHT: set right and checked, REFUSED or WAIVED")
    state_label: str
    found_date: date
    right_date: date | None
    case: str
    case_state: str
    case_url: str
    rechecks: list[RecheckOut]


class InspectionOut(InspectionRowOut):
    """A whole inspection: what is asked, what was answered, and what came of it."""

    version: int
    answerable: bool = Field(description="The caller may answer it now")
    note: str
    done_at: datetime | None
    items: list[ItemOut] = Field(description="What it asks; of a recheck the one item that was found wrong")
    answers: list[AnswerOut]
    findings: list[FindingOut]
    looks_at: FindingOut | None = Field(description="Of a recheck: the finding that it looks at again")


class AnswerIn(BaseModel):
    """The answer to one item."""

    model_config = ConfigDict(extra="forbid")

    value: Literal["OK", "FAIL", "NA"]
    note: str = Field("", max_length=300)
    photos: list[PhotoId] = Field([], max_length=20, description="Ids that the address of photos answered")


class AnswersIn(BaseModel):
    """An inspection that was made: an answer to every item."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "answers": {
                    "exit": {"value": "FAIL", "note": "堆放电动车", "photos": [1207]},
                    "wiring": {"value": "OK"},
                    "alarm": {"value": "NA"},
                },
                "note": "业主在场",
                "client_uuid": "6f9a1c52-6f0e-4a55-9d54-0c8e5b2f7a10",
            }
        },
    )

    answers: dict[str, AnswerIn] = Field(description="Key of the item -> answer, one for every item")
    note: str = Field("", max_length=300)
    photos: list[PhotoId] = Field([], max_length=20, description="Photos of the whole")
    on: date | None = Field(None, description="The day it was made, when it is sent later; today when absent")
    version: int | None = Field(None, ge=1, description="The one that the caller read; 409 when it changed")
    client_uuid: uuid.UUID | None = Field(
        None, description="Made by the caller; a second POST with it answers the same inspection"
    )


class PhotoOut(BaseModel):
    """A photo that waits to be named in an answer."""

    id: int
