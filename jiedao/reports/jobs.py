"""The periodic job for forms: reminders before the day on which a form is due, and alarms after it."""

from datetime import datetime, timedelta

from django.db import transaction

from jiedao.kernel import clock
from jiedao.kernel.jobs import periodic
from jiedao.notices.actions import notify, settle
from jiedao.orgs.people import find_holders, find_holders_in_units
from jiedao.reports.forms import notices
from jiedao.reports.forms.models import EDIT, FILL, Form
from jiedao.reports.forms.selectors import DemandLine, find_due_lines


@periodic("reports.remind_forms", every=timedelta(minutes=30), atomic=False)
def remind_of_forms() -> int:
    """Notify the unit that fills a form before its day, and again when it is late; return how many forms are due.

    The keys of the notices contain the day, so that running this twice notifies nobody twice.
    """
    lines = find_due_lines()
    for line in lines:
        with transaction.atomic():
            _notify_people(line, clock.now())
    return len(lines)


def _find_people(form: Form) -> list[int]:
    people = find_holders_in_units([form.unit_id], FILL) if form.unit_id is not None else []
    return people or find_holders(EDIT)


def _notify_people(line: DemandLine, now: datetime) -> None:
    form, people = line.form, _find_people(line.form)
    day = line.due_date.isoformat() if line.due_date is not None else ""
    if line.is_late:  # the alarm replaces the reminder
        settle(object_type=notices.FORM, object_id=form.pk, now=now, tasks=[notices.REMINDER])
    notify(
        user_ids=people,
        kind=notices.LATE if line.is_late else notices.WARNED,
        object_id=form.pk,
        object_name=form.name,
        key=f"form:{form.pk}:{'late' if line.is_late else 'warned'}:{day}",
        data={"period": line.next_period.text, "due": day},
        task=notices.ALARM if line.is_late else notices.REMINDER,
    )
