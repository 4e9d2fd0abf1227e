"""Forms that superiors demand as lines of the home page: what the user fills or confirms, and the forms of a figure."""

from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.indicators.figure import Figure
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import is_same_person
from jiedao.reports.forms.definition import Aspect
from jiedao.reports.forms.models import CONFIRM, EDIT, FILL, VIEW, Form, FormFill
from jiedao.reports.forms.periods import find_due_date
from jiedao.reports.forms.selectors import DemandLine, find_drafts, find_due_lines, find_sent_figures

MOST_WAITING = 5


@dataclass(frozen=True)
class WaitingForm:
    """A form whose next step is the user's."""

    url: str
    name: str
    sender: str
    period: str
    due_date: date | None
    step: str
    tone: str


def list_waiting_forms(actor: Actor) -> dict[str, object]:
    """Return the first forms that the user fills or confirms next, for the home page, and how many there are."""
    lines = find_waiting_forms(actor)
    return {"rows": lines[:MOST_WAITING], "total": len(lines)}


def find_waiting_forms(actor: Actor) -> list[WaitingForm]:
    """Return the forms that the user fills or confirms next, those that are due first at the top."""
    lines: list[WaitingForm] = []
    drafts = find_drafts() if actor.can(VIEW) and (actor.can(FILL) or actor.can(CONFIRM)) else []
    if actor.can(CONFIRM):
        lines += [
            _build_draft_line(fill)
            for fill in drafts
            if not is_same_person(actor.own_ids, actor.ties, fill.filled_by_id, fill.filled_at)
        ]
    if actor.can(FILL):
        begun = {(fill.form_id, fill.first_date) for fill in drafts}
        lines += [
            _build_due_line(line)
            for line in find_due_lines()
            if _is_own(actor, line.form) and (line.form.pk, line.next_period.first) not in begun
        ]
    return sorted(lines, key=lambda line: line.due_date or date.max)


def _is_own(actor: Actor, form: Form) -> bool:
    return actor.unit_id == form.unit_id if form.unit_id is not None else actor.can(EDIT)


def _build_draft_line(fill: FormFill) -> WaitingForm:
    return WaitingForm(
        reverse("desk:form-fill", args=[fill.pk]),
        fill.form.name,
        fill.form.sender,
        fill.period.label,
        find_due_date(fill.form, fill.period),
        _("待确认"),
        "warn",
    )


def _build_due_line(line: DemandLine) -> WaitingForm:
    days = (line.due_date - clock.today()).days if line.due_date is not None else 0
    if days < 0:
        step, tone = _("逾期"), "bad"
    elif days == 0:
        step, tone = _("今天要报"), "bad"
    else:
        step, tone = ngettext("%(n)d 天后要报", "%(n)d 天后要报", days) % {"n": days}, "warn"
    url = reverse("desk:form", args=[line.form.key])
    return WaitingForm(
        url, line.form.name, line.form.sender, line.next_period.label, line.due_date, step, tone
    )


@dataclass(frozen=True)
class SentFigure:
    """A form in which a figure went out, with the value then; `is_other` where the figure has another value now."""

    url: str
    name: str
    sender: str
    what: str
    value: str
    sent_at: datetime | None
    is_other: bool


def list_sent_figures(actor: Actor, figure: Figure) -> list[SentFigure]:
    """Return the forms in which a figure went out, for users who may see forms, the latest first."""
    if not actor.can(VIEW):
        return []
    lines = []
    for row in find_sent_figures(figure.measure.key, figure.period, figure.place.key):
        aspect = Aspect(row.aspect)
        is_value = aspect is Aspect.VALUE and not row.as_unit
        what = str(aspect.label) if aspect is not Aspect.VALUE else ""
        lines.append(
            SentFigure(
                f"{reverse('desk:form-cell', args=[row.fill_id])}?{urlencode({'cell': row.cell})}",
                row.fill.form.name,
                row.fill.form.sender,
                what,
                "—" if row.value is None else f"{row.value.normalize():,f}{row.as_unit}",
                row.fill.confirmed_at,
                is_value and row.value != figure.rounded,
            )
        )
    return lines
