"""Requests and responses of the JSON API for registers."""

import uuid
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from jiedao.kernel.periods import WrittenDay

Scalar = bool | int | float | str | None
CODE = r"^[^\x00-\x1f]*$"


class RegisterRowOut(BaseModel):
    """A register that the caller may open."""

    key: str
    name: str
    name_en: str
    group: str
    note: str
    writable: bool = Field(description="Whether the caller may add records and change those in scope")
    url: str


class RegisterListOut(BaseModel):
    """The registers that the caller may open, in the order of the pack."""

    registers: list[RegisterRowOut]


class ChoiceOut(BaseModel):
    """One value of a choice."""

    code: str
    name: str
    name_en: str


class FieldOut(BaseModel):
    """A field; the `values` of a record contain it under `key`."""

    key: str
    name: str
    name_en: str
    kind: str = Field(description="text, number, money, date, choice, bool, place or person")
    unit: str
    help: str
    required: bool
    unique: bool
    filter: bool = Field(description="Whether a list can be filtered by `values.KEY`")
    personal: bool = Field(description="Whether it is stored encrypted and shown as ***")
    whole: bool
    least: float | None
    most: float | None
    choices: list[ChoiceOut]


class GradeOut(BaseModel):
    """A grade; the list begins with the most serious one."""

    code: str
    name: str
    name_en: str
    every_days: int


class ChecklistItemOut(BaseModel):
    """A question of a checklist."""

    key: str
    name: str
    name_en: str
    urgent: bool
    photo: bool


class ChecklistOut(BaseModel):
    """A checklist, by which a record is inspected."""

    key: str
    name: str
    name_en: str
    items: list[ChecklistItemOut]


class RegisterOut(RegisterRowOut):
    """A register as declared by its pack."""

    on: str = Field(description="What a record belongs to: premise, grid, unit, register or town")
    parent: str
    code_name: str
    fields: list[FieldOut]
    grades: list[GradeOut]
    checklists: list[ChecklistOut]


class RecordsIn(BaseModel):
    """The filters of a list of records; also `values.KEY=VALUE` or `values.KEY=LOW..HIGH`."""

    q: str | None = Field(None, description="Words that code, name or place must contain")
    grade: list[str] = Field([], max_length=50, description="Code of a grade; may repeat")
    area: list[str] = Field(
        [], max_length=50, description="Area code; includes all areas below it; may repeat"
    )
    unit: list[str] = Field([], max_length=50, description="Code of the unit; may repeat")
    active: str | None = Field(
        None, description="true (default), false for ended records, or all", pattern="^(true|false|all)$"
    )
    as_of: WrittenDay | None = Field(None, description="A past day: the records as they were at its end")
    updated_after: datetime | None = Field(
        None, description="ISO 8601: the records that were added or changed later"
    )
    cursor: str | None = Field(
        None, pattern=r"^([np][0-9]{1,18})?$", description="Contained in `next` and `previous`"
    )


class RecordIn(BaseModel):
    """A record to add. References are codes; `values` are by the key of the field, as text or typed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "code": "H00017",
                "name": "龙珠花园 3 栋",
                "area": "440307002001003",
                "place": "龙珠路 8 号",
                "values": {"storeys": 8, "second_exit": False},
                "client_uuid": "6f9a1c52-6f0e-4a55-9d54-0c8e5b2f7a10",
            }
        },
    )

    code: str = Field("", max_length=60, pattern=CODE, description="Empty: the next number of the register")
    name: str = Field(min_length=1, max_length=120)
    premise: str = Field("", max_length=60)
    area: str = Field("", max_length=60)
    unit: str = Field("", max_length=120)
    parent: str = Field("", max_length=60)
    place: str = Field("", max_length=200)
    lon: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False)
    lat: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False)
    values: dict[str, Scalar] = Field({}, description="The value by the key of the field")
    on: WrittenDay | None = Field(None, description="The first day on which it applies; today when absent")
    why: str = Field("", max_length=300)
    client_uuid: uuid.UUID | None = Field(None, description="Made by the caller; a second POST adds nothing")


class RecordPatch(BaseModel):
    """The fields to change; others stay. `version` is the version that the caller read."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"version": 3, "why": "加建了第二出口", "values": {"second_exit": True}}
        },
    )

    version: int = Field(ge=1)
    why: str = Field(min_length=1, max_length=300)
    name: str | None = Field(None, max_length=120)
    premise: str | None = Field(None, max_length=60)
    area: str | None = Field(None, max_length=60)
    unit: str | None = Field(None, max_length=120)
    parent: str | None = Field(None, max_length=60)
    place: str | None = Field(None, max_length=200)
    lon: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False)
    lat: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False)
    active: bool | None = Field(None, description="false when the object has ended")
    values: dict[str, Scalar] = Field({}, description="The value by the key of the field, null for none")
    on: WrittenDay | None = Field(None, description="The first day on which it applies; today when absent")


class StateOut(BaseModel):
    """A state of a record, which applies from `since` on."""

    code: str
    name: str
    area: str
    area_code: str
    unit: str
    place: str
    values: dict[str, Any]
    grade: str
    why_grade: list[str]
    active: bool
    since: date


class RecordRowOut(StateOut):
    """A record in a list."""

    url: str


class RecordsOut(BaseModel):
    """One page of records; follow `next` until it is null."""

    records: list[RecordRowOut]
    next: str | None
    previous: str | None


class RecordOut(StateOut):
    """A record in the requested state, with its version."""

    version: int
    lon: float | None
    lat: float | None
    why: str
    changed_at: datetime
    changed_by: str
    url: str


class HistoryOut(BaseModel):
    """All states of a record, the newest first."""

    states: list[RecordOut]
