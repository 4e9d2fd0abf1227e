"""Requests and responses of the JSON API for subscriptions to events of cases."""

import uuid
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

EventName = Literal["case.filed", "case.moved", "case.changed", "case.ended", "case.reopened"]
CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"


class WebhookIn(BaseModel):
    """A subscription to add."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "code": "SCREEN",
                "name": "大屏",
                "target": "https://screen.example.gov.cn/events",
                "events": ["case.filed", "case.ended"],
            }
        },
    )

    code: str = Field(pattern=CODE)
    name: str = Field(min_length=1, max_length=60)
    target: str = Field(
        min_length=1,
        max_length=600,
        description="The address to which events are posted, on a host that the server's administrator has allowed",
    )
    events: list[EventName] = Field(min_length=1, max_length=5)


class WebhookChangeIn(BaseModel):
    """What is to change of a subscription; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"active": False}})

    name: str | None = Field(None, min_length=1, max_length=60)
    target: str | None = Field(None, min_length=1, max_length=600)
    events: list[EventName] | None = Field(None, min_length=1, max_length=5)
    active: bool | None = None


class WebhookOut(BaseModel):
    """A subscription. Of its address only the host is shown, because the rest may hold a key."""

    code: str
    name: str
    host: str
    events: list[str]
    active: bool
    waiting: int = Field(description="Events that wait or are being sent")
    failed: int
    sent: int = Field(description="Events received in the last 90 days, counted up to 10,000")
    last_answer_at: datetime | None
    fault: str = Field(description='Why the last attempt failed, "" where it did not')


class NewWebhookOut(WebhookOut):
    """A new subscription with the secret of its signatures, which is shown this once."""

    secret: str


class WebhookListOut(BaseModel):
    """All subscriptions."""

    webhooks: list[WebhookOut]


class EventOut(BaseModel):
    """An event on its way to a subscription."""

    id: uuid.UUID = Field(description="The header `webhook-id` of every attempt")
    type: str
    number: str = Field(description='The number of the case, "" of a test')
    state: Literal["WAITING", "SENDING", "SENT", "FAILED"]
    attempts: int
    created_at: datetime
    ended_at: datetime | None
    status: int | None = Field(description="The HTTP status of the last answer")
    answer: str = Field(description="The beginning of the last answer")
    reason: str = Field(description='Why it was not received, "" where it was')


class EventListOut(BaseModel):
    """A page of events, the newest first; follow `next` until it is null."""

    events: list[EventOut]
    next: str | None


class AgainOut(BaseModel):
    """How many events are sent again."""

    count: int
