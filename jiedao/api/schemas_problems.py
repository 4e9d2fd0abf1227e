"""Refusals of the JSON API, as RFC 9457 describes them."""

from pydantic import BaseModel, ConfigDict, Field


class FieldProblem(BaseModel):
    """One fault of a request."""

    field: str = Field(description="Such as point.lat; empty for the request as a whole")
    detail: str
    hint: str


class Problem(BaseModel):
    """A refusal: what is wrong and what to do about it. Sent as `application/problem+json` (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:jiedao:problem:invalid",
                "title": "内容不符合要求",
                "status": 422,
                "detail": "没有类别 MATTER:99999。",
                "instance": "/api/v1/cases",
                "hint": "请用 MATTER:01003 的写法，代码见类别表。",
                "field": "category",
                "errors": [
                    {
                        "field": "category",
                        "detail": "没有类别 MATTER:99999。",
                        "hint": "请用 MATTER:01003 的写法，代码见类别表。",
                    }
                ],
                "request_id": "5f2c9d0e8a7b4c61",
                "message": "没有类别 MATTER:99999。",
            }
        }
    )

    type: str = Field(description="urn:jiedao:problem: and the kind, which programs compare")
    title: str = Field(description="The kind in words")
    status: int
    detail: str = Field(description="What is wrong")
    instance: str = Field(description="The address that was requested")
    hint: str = Field(description="What to do")
    field: str = Field(
        description="The field or filter it concerns, e.g. point.lat; empty for the request as a whole"
    )
    errors: list[FieldProblem] = Field(description="Every fault of the fields")
    request_id: str = Field(description="The id of the request in the log and the audit")
    message: str = Field(description="Repeats `detail`; is removed in the next release", deprecated=True)


class FaultOut(BaseModel):
    """What is wrong with one field."""

    field: str
    reason: str


class RowProblem(Problem):
    """The refusal of a record or an inspection that cannot be stored: `errors` lists all that is wrong with it."""

    faults: list[FaultOut] = Field(
        [], description="Repeats `errors`; is removed in the next release", deprecated=True
    )


# The refusals that the endpoints describe, by their status: of a list, of an object, of what writes one, and of what
# writes a row of a register or an inspection.
READ_LIST = dict.fromkeys((400, 401, 403, 422, 429), Problem)
READ = dict.fromkeys((400, 401, 403, 404, 422, 429), Problem)
WRITE = dict.fromkeys((400, 401, 403, 404, 409, 411, 413, 422, 429), Problem)
WRITE_ROW = {**dict.fromkeys((400, 401, 403, 404, 409, 411, 413, 429), Problem), 422: RowProblem}
