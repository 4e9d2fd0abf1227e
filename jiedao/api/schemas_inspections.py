"""Requests and responses of the JSON API for inspections."""

import uuid
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from jiedao.api.schemas import FileId
from jiedao.api.schemas_registers import CODE
from jiedao.kernel.periods import WrittenDay


class InspectionsIn(BaseModel):
    """The filters of a list of inspections, which are combined with AND."""

    # "register" is a method of every model
    register_key: list[str] = Field(
        [], alias="register", max_length=50, description="Key of a register; may repeat"
    )
    record: str | None = Field(None, description="Code of a record", max_length=60, pattern=CODE)
    state: list[Literal["DUE", "DONE", "MISSED", "DROPPED"]] = Field(
        [], max_length=4, description="DUE (to be made), DONE, MISSED or DROPPED; may repeat"
    )
    mine: bool = Field(False, description="true: inspections that the caller may make today or has made")
    area: list[str] = Field(
        [], max_length=50, description="Area code; includes all areas below it; may repeat"
    )
    unit: list[str] = Field([], max_length=50, description="Code of the unit; may repeat")
    since: WrittenDay | None = Field(
        None,
        alias="from",
        description="First day, compared with the day it was made or else with its last day",
    )
    to: WrittenDay | None = Field(None, description="Last day, compared in the same way")
    cursor: str | None = Field(
        None,
        pattern=r"^([np]([0-9]{1,18}~[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9]{1,18}))?$",
        description="Contained in `next` and `previous`",
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
    kind: str = Field(description="ROUND, RECHECK (of a finding that was resolved), or EXTRA")
    kind_label: str
    state: str
    state_label: str
    passed: bool | None = Field(description="null until the inspection is made")
    late: bool = Field(description="Whether it is not made yet although its last day is over")
    record: RecordRefOut
    area: str
    area_code: str
    unit: str
    planned_date: date = Field(description="The first day on which it may be made")
    due_date: date = Field(description="The last day on which it may be made")
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
    urgent: bool = Field(description="Whether FAIL opens an urgent case")
    photo: bool = Field(description="Whether FAIL requires a photo")


class AnswerOut(BaseModel):
    """A stored answer, with the question as it was asked."""

    item: str
    asked: str
    asked_en: str
    value: str
    note: str
    photos: list[int]


class RecheckOut(BaseModel):
    """An inspection that rechecks a finding."""

    state: str
    planned_date: date
    due_date: date
    url: str


class FindingOut(BaseModel):
    """A failed item, the case that it opened, and its rechecks."""

    item: str
    text: str
    state: str = Field(description="OPEN, RIGHT (resolved and checked), REFUSED or WAIVED")
    state_label: str
    found_date: date
    right_date: date | None
    case: str
    case_state: str
    case_url: str
    rechecks: list[RecheckOut]


class InspectionOut(InspectionRowOut):
    """An inspection with its questions, answers and findings."""

    version: int
    answerable: bool = Field(description="Whether the caller may answer it now")
    note: str
    done_at: datetime | None
    items: list[ItemOut] = Field(description="The questions; a recheck has only the item of its finding")
    answers: list[AnswerOut]
    findings: list[FindingOut]
    looks_at: FindingOut | None = Field(description="The finding that a recheck checks again")


class AnswerIn(BaseModel):
    """The answer to one item."""

    model_config = ConfigDict(extra="forbid")

    value: Literal["OK", "FAIL", "NA"]
    note: str = Field("", max_length=300)
    photos: list[FileId] = Field([], max_length=20, description="Ids returned by the address for photos")


class AnswersIn(BaseModel):
    """The answers of an inspection, one for every item."""

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

    answers: dict[str, AnswerIn] = Field(description="The answer by the key of the item, one for every item")
    note: str = Field("", max_length=300)
    photos: list[FileId] = Field([], max_length=20, description="Photos of the inspection as a whole")
    on: WrittenDay | None = Field(None, description="The day on which it was made; today when absent")
    version: int | None = Field(
        None, ge=1, description="The version that the caller read; 409 when it has changed"
    )
    client_uuid: uuid.UUID | None = Field(
        None, description="Made by the caller; a second POST with it returns the same inspection"
    )


class UnplannedIn(BaseModel):
    """The answers of an unplanned inspection; if a round of the record is due, they answer that round."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "checklist": "fire",
                "answers": {"exit": {"value": "OK"}},
                "client_uuid": "6f9a1c52-6f0e-4a55-9d54-0c8e5b2f7a10",
            }
        },
    )

    checklist: str = Field(max_length=60, description="Key of a checklist of the register")
    answers: dict[str, AnswerIn] = Field(description="The answer by the key of the item, one for every item")
    note: str = Field("", max_length=300)
    photos: list[FileId] = Field([], max_length=20, description="Photos of the inspection as a whole")
    on: WrittenDay | None = Field(None, description="The day on which it was made; today when absent")
    client_uuid: uuid.UUID | None = Field(
        None, description="Made by the caller; a second POST with it returns the same inspection"
    )


class PlanIn(BaseModel):
    """An extra inspection to plan, independent of the rounds."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"checklist": "fire", "due": "2026-05-08", "why": "举报"}},
    )

    checklist: str = Field(max_length=60)
    due: WrittenDay = Field(description="The last day")
    first: WrittenDay | None = Field(None, description="The first day; today when absent")
    why: str = Field("", max_length=300)


class DropIn(BaseModel):
    """Why a planned inspection is not made."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"why": "已停业"}})

    why: str = Field(min_length=1, max_length=300)
    version: int | None = Field(None, ge=1, lt=2**31, description="The version that was read")


class PhotoOut(BaseModel):
    """A stored photo, to be named in an answer."""

    id: int
