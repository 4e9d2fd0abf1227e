"""The periods of a form by its cycle, and the day by which it is due."""

from collections.abc import Callable
from datetime import date, timedelta

from jiedao.kernel import clock
from jiedao.kernel.periods import Period, day_of, half_of, month_of, quarter_of, week_of, year_of
from jiedao.reports.forms.models import Cycle, Form

PERIOD_OF: dict[str, Callable[[date], Period]] = {
    Cycle.WEEK: week_of,
    Cycle.MONTH: month_of,
    Cycle.QUARTER: quarter_of,
    Cycle.HALF: half_of,
    Cycle.YEAR: year_of,
    Cycle.ONCE: day_of,
}


def find_next_period(form: Form, last: Period | None) -> Period:
    """Return the period to fill next: the one after the last that was filled.

    A form that has not been filled yet begins with the last period that has ended, unless that one was due before the
    form was registered. A form that is demanded once has one period.
    """
    period_of = PERIOD_OF[form.cycle]
    if form.cycle == Cycle.ONCE:
        return last or month_of(clock.today())
    if last is not None:
        return period_of(last.last + timedelta(days=1))
    current = period_of(clock.today())
    ended = current.previous() or current
    due_date = find_due_date(form, ended)
    is_before = due_date is not None and due_date < form.created_at.astimezone(clock.TOWN_TZ).date()
    return current if is_before else ended


def find_opening_date(period: Period) -> date | None:
    """Return the day from which a period can be filled, None once it has begun."""
    return period.first if period.first > clock.today() else None


def find_due_date(form: Form, period: Period) -> date | None:
    """Return the day by which the form of a period must go out, None where the superior named none."""
    if form.cycle == Cycle.ONCE:
        return form.due_date
    return None if form.due_days is None else period.last + timedelta(days=form.due_days)
