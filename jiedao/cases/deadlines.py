"""Deadlines of cases: from a limit and a start to a due time and a warning time."""

from dataclasses import dataclass
from datetime import date, datetime, time

from jiedao.cases import catalogue
from jiedao.kernel import clock
from jiedao.kernel.calendar import get_town_calendar
from jiedao.kernel.policies import get_policy
from jiedao.kernel.worktime import Limit


@dataclass(frozen=True)
class Deadline:
    """When a stage is due; `provisional` while the calendar of that year is not known."""

    stage: str
    limit: str
    started_at: datetime
    due_at: datetime
    warn_at: datetime
    provisional: bool


def compute_deadline(stage: str, limit: str, start: datetime) -> Deadline:
    """Compute the deadline of a stage.

    The warning comes when the share `warn_share` of the limit is used up, in the limit's own kind of time.

    Args:
        stage: a `Stage` code.
        limit: limit text such as "4wh", "2wd", "24h".
        start: aware start of the stage.
    """
    calendar, parsed = get_town_calendar(), Limit.parse(limit)
    due = calendar.add(start, parsed)
    warn_at = calendar.part(start, due.at, float(get_policy("warn_share")), parsed.unit)
    return Deadline(stage, limit, start, due.at, warn_at, due.provisional)


def compute_stage_deadline(stage: str, category_id: int | None, area_path: str, start: datetime) -> Deadline:
    """Compute the deadline of a stage with the limit of the duty list."""
    return compute_deadline(stage, catalogue.find_limit(stage, category_id, area_path), start)


def compute_next_rung(rungs_done: int, start: datetime) -> datetime | None:
    """Return when the next higher post is notified, after `rungs_done` of them were; None at the top of the ladder."""
    if rungs_done >= int(get_policy("escalate_rungs")):
        return None
    return get_town_calendar().add(start, Limit.parse(str(get_policy("escalate_every")))).at


def compute_review_time(day: date | None) -> datetime | None:
    """Return 18:00 local time of the day on which a suspended case is reviewed."""
    return datetime.combine(day, time(18), tzinfo=clock.TOWN_TZ) if day is not None else None
