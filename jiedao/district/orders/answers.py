"""The answers of an office about orders: only what has the expected form is used, and only as much as is stored."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from jiedao.cases.flow import State
from jiedao.district import wordings
from jiedao.district.client import OfficeFault
from jiedao.district.values import Moment
from jiedao.kernel.wordings import Wording

MAX_STEPS = 100  # the newest are stored
MAX_REPLY = 5000  # characters, as of every text of a move
MAX_STEP_TEXT = 1000
Number = Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,20}$")]
T = TypeVar("T", bound=BaseModel)


class FiledAnswer(BaseModel):
    """The answer to a filed case."""

    number: Number
    created: bool


class StepAnswer(BaseModel):
    """One step of the office."""

    move: str = Field(max_length=40)
    at: Moment
    by: str
    text: str


class CaseAnswer(BaseModel):
    """A case as the office shows it to the district."""

    number: Number
    version: int = Field(ge=0, le=2**31 - 1)
    state: State
    outcome: Literal["CLOSED", "REFUSED", "VOIDED"] | None
    reply: str
    moves: list[StepAnswer]

    def list_steps(self) -> list[dict[str, str]]:
        """Return the newest steps as they are stored."""
        return [
            {
                "move": step.move,
                "at": step.at.isoformat(),
                "by": step.by[:120],
                "text": step.text[:MAX_STEP_TEXT],
            }
            for step in self.moves[-MAX_STEPS:]
        ]


class RowAnswer(BaseModel):
    """A case in the list of the office's open cases."""

    number: Number
    version: int
    reported_at: datetime


class ListAnswer(BaseModel):
    """A page of that list."""

    cases: list[RowAnswer]
    next: str | None


def read_answer(model: type[T], document: dict[str, Any]) -> T:
    """Return the answer; raise OfficeFault where the document has another form."""
    try:
        return model.model_validate(document)
    except ValidationError as fault:
        raise OfficeFault(Wording(wordings.NONSENSE, {"status": 200}), status=200) from fault
