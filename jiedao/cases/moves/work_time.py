"""When the work that a move reports was done, where the move arrives later because its maker had no network.

The move itself counts at its receipt: the timeline keeps its order, clocks stop then, and the next stage has its full
limit. Only whether a unit or a helper handled in time is judged by the time of the work.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jiedao.cases.models import Case
from jiedao.kernel.calendar import get_town_calendar
from jiedao.kernel.worktime import Limit

LONGEST = "1wd"  # an older time is shown, but no deadline is judged by it
FACT = "made_at"  # in the data of the timeline entry


def bound_work_time(case: Case, made_at: datetime | None, now: datetime) -> datetime | None:
    """Return the time of the work within what is possible, None for none.

    It is not later than now, and not earlier than the entry before it: the case was not in this state before. For an
    entry whose own work was done earlier, that time counts.
    """
    if made_at is None:
        return None
    last = case.moves.order_by("-id").values_list("at", "data").first()
    entered_at = (read_work_time(last[1]) or last[0]) if last is not None else case.reported_at
    return min(max(made_at, entered_at), now)


def choose_judged_time(made_at: datetime | None, now: datetime) -> datetime:
    """Return the time by which deadlines are judged: that of the work where it is less than a working day old."""
    if made_at is None:
        return now
    oldest_end = get_town_calendar().add(made_at, Limit.parse(LONGEST)).at
    return made_at if now < oldest_end else now


def read_work_time(data: Mapping[str, Any]) -> datetime | None:
    """Return the time of the work that a timeline entry holds."""
    value = data.get(FACT)
    return datetime.fromisoformat(value) if isinstance(value, str) else None
