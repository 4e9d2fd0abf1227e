"""Reads of forms: the register of demands, the fillings of a form, what waits for confirmation."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q, Sum

from jiedao.kernel import clock
from jiedao.kernel.periods import Period
from jiedao.kernel.policies import get_policy
from jiedao.reports.forms.comparing import Overlap, find_overlaps, list_items
from jiedao.reports.forms.definition import Aspect, read_spec
from jiedao.reports.forms.models import (
    BindingKind,
    Cycle,
    FillState,
    Form,
    FormBinding,
    FormBlank,
    FormFigure,
    FormFill,
)
from jiedao.reports.forms.periods import find_due_date, find_next_period
from jiedao.reports.forms.suggesting import KnownWords

MOST_FORMS = 1000
DATED = Q(due_days__isnull=False) | Q(due_date__isnull=False)
MOST_FILLS = 60
MOST_KNOWN = 20_000


@dataclass(frozen=True)
class DemandLine:
    """A line of the register of demands.

    Attributes:
        last: the last filling that went out for the complete town, or for any place if there is none.
        draft: a filling that waits for confirmation.
        next_period, due_date: the period to fill next, and the last day for it.
        sent: how often the form went out; `minutes`: what people spent on it, as they stated it.
        share: cells that filled themselves, in per cent of all cells of the last filling; None before the first.
        overlap: the earlier form that shares the most items with this one.
    """

    form: Form
    bound: int
    last: FormFill | None
    draft: FormFill | None
    next_period: Period
    due_date: date | None
    sent: int
    minutes: int
    share: int | None
    overlap: Overlap | None

    @property
    def is_done(self) -> bool:
        """Whether it is a form that is demanded once and has gone out."""
        return is_done(self.form, self.last)

    @property
    def is_due(self) -> bool:
        """Whether the form of the next period is late, or due within the days of the policy `form_warn_days`."""
        warn_days = timedelta(days=int(get_policy("form_warn_days")))
        return self.form.active and self.due_date is not None and self.due_date - warn_days <= clock.today()

    @property
    def is_late(self) -> bool:
        """Whether the form of the next period should have gone out."""
        return self.form.active and self.due_date is not None and self.due_date < clock.today()


def read_demands(*, active: bool | None = True) -> list[DemandLine]:
    """Return the register of demands: late ones first, then by the day on which they are due. Five statements."""
    rows = Form.objects.all() if active is None else Form.objects.filter(active=active)
    forms = list(rows[:MOST_FORMS])
    bindings: dict[int, list[FormBinding]] = defaultdict(list)
    for binding in FormBinding.objects.all():
        bindings[binding.form_id].append(binding)
    items = {form_id: list_items(rows) for form_id, rows in bindings.items()}
    every = list(Form.objects.all()[:MOST_FORMS])
    last: dict[int, FormFill] = {}
    drafts: dict[int, FormFill] = {}
    counts: dict[int, int] = defaultdict(int)
    minutes: dict[int, int] = defaultdict(int)
    fills = FormFill.objects.exclude(state=FillState.DROPPED).defer("cells")
    for fill in fills.order_by("last_date", "pk"):
        if fill.state == FillState.DRAFT:
            drafts[fill.form_id] = fill
            continue
        counts[fill.form_id] += 1
        minutes[fill.form_id] += fill.minutes or 0
        if fill.place_key == "" or fill.form_id not in last or last[fill.form_id].place_key:
            last[fill.form_id] = fill
    lines = []
    for form in forms:
        latest = last.get(form.pk)
        period = find_next_period(form, latest.period if latest is not None else None)
        overlaps = find_overlaps(form, items, every)
        lines.append(
            DemandLine(
                form=form,
                bound=len(bindings.get(form.pk, ())),
                last=latest,
                draft=drafts.get(form.pk),
                next_period=period,
                due_date=None if is_done(form, latest) else find_due_date(form, period),
                sent=counts[form.pk],
                minutes=minutes[form.pk],
                share=latest.filled * 100 // latest.total if latest is not None and latest.total else None,
                overlap=overlaps[0] if overlaps else None,
            )
        )
    lines.sort(
        key=lambda line: (not line.is_late, line.due_date or date.max, line.form.sender, line.form.name)
    )
    return lines


def is_done(form: Form, last: FormFill | None) -> bool:
    """Return whether a form that is demanded once has gone out."""
    return form.cycle == Cycle.ONCE and last is not None


def find_due_lines() -> list[DemandLine]:
    """Return the forms that are late or due soon, late ones first."""
    if not Form.objects.filter(DATED, active=True).exists():
        return []
    return [line for line in read_demands() if line.is_due]


def find_drafts() -> list[FormFill]:
    """Return the fillings that wait for confirmation, without their cells, the oldest first."""
    rows = FormFill.objects.filter(state=FillState.DRAFT, form__active=True).defer("cells")
    return list(rows.select_related("form", "area", "unit", "filled_by").order_by("filled_at")[:MOST_FILLS])


def read_overlaps(form: Form) -> list[Overlap]:
    """Return the earlier forms that ask for something that a form asks for."""
    bindings: dict[int, list[FormBinding]] = defaultdict(list)
    for binding in FormBinding.objects.all():
        bindings[binding.form_id].append(binding)
    items = {form_id: list_items(rows) for form_id, rows in bindings.items()}
    return find_overlaps(form, items, list(Form.objects.all()[:MOST_FORMS]))


def find_sent_figures(measure_key: str, period: Period, place_key: str) -> list[FormFigure]:
    """Return where a figure of a period and place went out, the latest first; one row for each form and value."""
    rows = FormFigure.objects.filter(
        measure_key=measure_key,
        first_date=period.first,
        last_date=period.last,
        place_key=place_key,
        fill__state=FillState.SENT,
    ).select_related("fill__form")
    sent: dict[tuple[object, ...], FormFigure] = {}
    for row in rows.order_by("-fill__confirmed_at", "cell")[:MOST_FILLS]:
        sent.setdefault((row.fill_id, row.aspect, row.as_unit, row.value), row)
    return list(sent.values())


def read_known_words() -> list[KnownWords]:
    """Return the words of headers that people have bound to figures, for the suggestions of other cells."""
    rows = FormBinding.objects.filter(kind=BindingKind.FIGURE).order_by("pk")
    known = []
    for label, spec in rows.values_list("label", "spec")[:MOST_KNOWN]:
        readable = read_spec(BindingKind.FIGURE, spec)
        is_part = readable.aspect in {Aspect.NUMERATOR, Aspect.DENOMINATOR}
        known.append(KnownWords(label, readable.measure, readable.aspect if is_part else Aspect.VALUE))
    return known


def get_blank(form: Form) -> FormBlank:
    """Return the newest version of a form's blank."""
    return form.blanks.select_related("blob").order_by("-version")[0]


def read_fills(form: Form) -> list[FormFill]:
    """Return the latest fillings of a form, the newest period first, without their cells."""
    rows = form.fills.select_related("area", "unit", "filled_by", "confirmed_by", "blank").defer("cells")
    return list(rows.order_by("-last_date", "-pk")[:MOST_FILLS])


def find_previous(
    form: Form, place_key: str, first: date, *, before: FormFill | None = None
) -> FormFill | None:
    """Return the last filling of a form and place that went out, for an earlier period or an earlier time."""
    rows = FormFill.objects.filter(
        form=form, place_key=place_key, state=FillState.SENT, first_date__lte=first
    )
    if before is not None:
        rows = rows.exclude(pk=before.pk)
    return rows.order_by("-first_date", "-last_date", "-confirmed_at").first()


def count_year(year: int) -> tuple[int, int, int, int]:
    """Return how often forms went out in a year, the minutes spent, and the cells (filled by themselves, all)."""
    rows = FormFill.objects.filter(state=FillState.SENT, confirmed_at__year=year)
    sums = rows.aggregate(m=Sum("minutes"), f=Sum("filled"), h=Sum("by_hand"), e=Sum("empty"))
    filled = sums["f"] or 0
    return rows.count(), sums["m"] or 0, filled, filled + (sums["h"] or 0) + (sums["e"] or 0)
