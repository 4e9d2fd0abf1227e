"""Requests and responses of the JSON API for moves, comments and files of cases."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Scalar = bool | int | Annotated[float, Field(allow_inf_nan=False)] | str
FieldValue = Scalar | list[int | str] | dict[str, Scalar | list[int | str] | None] | None


class MoveChoiceOut(BaseModel):
    """A value that a field accepts."""

    value: str
    label: str


class MoveFieldOut(BaseModel):
    """A field that a move asks for."""

    name: str
    kind: str = Field(
        description="text, reason, unit, units, category, area, premise, case, bool, choice, score (1 to 5), date, "
        "limit (4wh, 2wd or 24h), lines (a list of texts), photos (ids of uploads), request (of an extension), "
        "answers (an object by the keys of the questions of the category). "
        "Units, areas and premises are codes, a category is KIND:CODE, a case a number"
    )
    label: str
    need: Literal["required", "optional", "either", "depends"] = Field(
        description="either: this field or `instead`; depends: on what `help` states"
    )
    instead: str
    help: str
    choices: list[MoveChoiceOut] = Field(description="Of a reason, a choice or a request")
    photo_kind: str = Field(description="Of photos: the `kind` with which they are uploaded")


class MoveOptionOut(BaseModel):
    """A move that the caller may make now."""

    move: str
    label: str
    target: str | None = Field(description="The state after it; null leaves the state, or the fields decide")
    fields: list[MoveFieldOut]
    url: str


class MoveOptionsOut(BaseModel):
    """What the caller may do with a case; send `version` with the request."""

    number: str
    version: int
    state: str
    state_label: str
    moves: list[MoveOptionOut]


class MoveIn(BaseModel):
    """A move to make. `fields` are by name, as the list of moves describes them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "version": 3,
                "fields": {"unit": "CITY_MGMT", "helpers": ["WATER"], "limit": "2wd", "note": "请今日到场。"},
            }
        },
    )

    version: int = Field(
        ge=1, lt=2**31, description="The version that the caller read; 409 when it has changed"
    )
    fields: dict[str, FieldValue] = {}


class MovedOut(BaseModel):
    """The case after a move."""

    number: str
    version: int
    state: str
    state_label: str
    allowed: list[str] = Field(description="The moves that the caller may make next")
    url: str


class CommentIn(BaseModel):
    """A comment for the colleagues; the reporter and other systems never read it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"text": "已电话联系物业。"}})

    text: str = Field(min_length=1, max_length=5000)


class CommentOut(BaseModel):
    """A comment in the timeline of a case."""

    at: datetime
    by: str
    text: str


class CommentsOut(BaseModel):
    """The comments of a case, the oldest first."""

    comments: list[CommentOut]


class FileOut(BaseModel):
    """A file of a case."""

    id: int
    name: str
    kind: str = Field(description="PHOTO_BEFORE, PHOTO_AFTER, PHOTO_CHECK or DOCUMENT")
    kind_label: str
    content_type: str
    size: int
    width: int | None
    height: int | None
    at: datetime
    url: str


class FilesOut(BaseModel):
    """The files of a case, the oldest first."""

    files: list[FileOut]


class UploadOut(BaseModel):
    """A stored file, to be named in `photos` of a case, of a move or of a report."""

    id: int
    name: str
    content_type: str
    size: int
    width: int | None
    height: int | None
