"""Supervised cases as matters of a supervision letter, for the pages from which a letter can be printed."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from jiedao.cases.flow import get_finish
from jiedao.cases.models import Case, Demand
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.units import unit_label
from jiedao.pages.choices import translate_person_label
from jiedao.places.selectors import area_text
from jiedao.reports.printing.letter import LetterMatter
from jiedao.reports.printing.parts import format_time

SUPERVISE = "SUPERVISE"


def find_letter_demand(case: Case, demand_id: int | None) -> Demand:
    """Return the demand of a supervision: the one of this id, or the last; raise NotFoundError where there is none."""
    demands = Demand.objects.filter(case=case, move=SUPERVISE)
    demand = (demands.filter(pk=demand_id) if demand_id is not None else demands.order_by("-id")).first()
    if demand is None:
        raise NotFoundError(_("这件案件没有督办。"), hint=_("督办以后才有督办单。"))
    return demand


def find_last_demands(case_ids: Iterable[int]) -> dict[int, Demand]:
    """Return the last demand of a supervision of each case that has one, by the id of the case; one query."""
    demands = Demand.objects.filter(case_id__in=list(case_ids), move=SUPERVISE).order_by("id")
    return {demand.case_id: demand for demand in demands}


def make_letter_matter(case: Case, demand: Demand) -> LetterMatter:
    """Return a case as a matter of a letter."""
    return LetterMatter(
        number=case.number,
        subject=case.subject,
        place=" ".join(
            text for text in (area_text(case.area_path or "", _find_finish(case)), case.place_text) if text
        ),
        due=format_time(case.due_at),
        text=case.detail,
        demand=demand.text,
        answer_date=demand.answer_date,
        asked_at=demand.asked_at,
        asked_by=translate_person_label(demand.asked_label),
        answer=demand.answer,
        answered_by=translate_person_label(demand.answered_label),
        answered_at=demand.answered_at,
    )


def _find_finish(case: Case) -> datetime | None:
    return get_finish(case.state, case.closed_at, case.ended_at)


def name_receiver(case: Case) -> str:
    """Return the unit that a letter about a case is addressed to."""
    return unit_label(case.lead_unit_id, _find_finish(case)) or _("有关单位")
