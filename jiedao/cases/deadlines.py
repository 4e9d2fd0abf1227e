"""Deadlines of cases: from a limit and a moment to a due time, a warning time and back."""

from dataclasses import dataclass
from datetime import date, datetime, time

from jiedao.cases import catalogue
from jiedao.kernel import clock
from jiedao.kernel.calendar import calendar_of_town
from jiedao.kernel.policies import get_policy
from jiedao.kernel.worktime import Limit


@dataclass(frozen=True)
class Deadline:
    """When a stage is due. `provisional` when the calendar of that year is not yet known."""

    stage: str
    limit: str
    started_at: datetime
    due_at: datetime
    warn_at: datetime
    provisional: bool


def deadline(stage: str, limit: str, start: datetime) -> Deadline:
    """Compute the deadline of a stage that starts now.

    Args:
        stage: a `Stage` code.
        limit: limit text such as "4wh", "2wd", "24h".
        start: aware start.
    The warning comes when the share `warn_share` of the limit has been used up, in the limit's own kind of time.
    """
    calendar, parsed = calendar_of_town(), Limit.parse(limit)
    due = calendar.add(start, parsed)
    warn_at = calendar.part(start, due.at, float(get_policy("warn_share")), parsed.unit)
    return Deadline(stage, limit, start, due.at, warn_at, due.provisional)


def stage_deadline(stage: str, category_id: int | None, area_path: str, start: datetime) -> Deadline:
    """Compute a stage's deadline by the duty list."""
    return deadline(stage, catalogue.limit_for(stage, category_id, area_path), start)


def next_rung(done: int, start: datetime) -> datetime | None:
    """Return when somebody one post higher is told, `done` of them having been; None at the top of the ladder."""
    if done >= int(get_policy("escalate_rungs")):
        return None
    return calendar_of_town().add(start, Limit.parse(str(get_policy("escalate_every")))).at


def end_of_day(day: date | None) -> datetime | None:
    """Return 18:00 local time of a review day, when a suspended case is looked at again."""
    return datetime.combine(day, time(18), tzinfo=clock.TOWN_TZ) if day is not None else None
