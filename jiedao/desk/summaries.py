"""What messages outside the system call the objects of notices, and the paths of their pages.

No text that people wrote is among it, because a message leaves the system: a case is its number and category.
"""

from collections.abc import Collection

from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.cases.catalogue import category_info
from jiedao.cases.models import Case
from jiedao.delivery.summaries import Summary
from jiedao.desk.links import get_case_url, get_inspections_url, get_score_url
from jiedao.evaluation.models import Appeal, Score
from jiedao.projects.models.promises import Pledge
from jiedao.registers.catalogue import register_by_id
from jiedao.registers.selectors.inspection_filters import InspectionFilters


def summarise_cases(ids: Collection[int]) -> dict[int, Summary]:
    """Return number and category of cases."""
    rows = Case.objects.filter(pk__in=ids).values_list("pk", "number", "category_id")
    summaries = {}
    for pk, number, category_id in rows:
        category = category_info(category_id)
        name = f"{number} {category.label}" if category is not None else str(number)
        summaries[pk] = Summary(name, get_case_url(number))
    return summaries


def summarise_pledges(ids: Collection[int]) -> dict[int, Summary]:
    """Return the codes of responsibility items and decisions."""
    rows = Pledge.objects.filter(pk__in=ids).values_list("pk", "code")
    return {
        pk: Summary(_("责任事项 %(code)s") % {"code": code}, reverse("desk:pledge", args=[pk]))
        for pk, code in rows
    }


def summarise_appeals(ids: Collection[int]) -> dict[int, Summary]:
    """Return the numbers of the cases that appeals contest."""
    appeals = Appeal.objects.filter(pk__in=ids).prefetch_related("cases__case")
    return {
        appeal.pk: Summary(
            _("对案件 %(number)s 的评分申诉") % {"number": "、".join(appeal.numbers)},
            reverse("desk:score_appeal", args=[appeal.pk]),
        )
        for appeal in appeals
    }


def summarise_scores(ids: Collection[int]) -> dict[int, Summary]:
    """Return the names of the sheets of scores, which the pack gives them, with the period."""
    scores = Score.objects.filter(pk__in=ids).select_related("sheet_version__sheet")
    summaries = {}
    for score in scores:
        sheet, period = score.sheet_version.sheet, score.period
        url = get_score_url(sheet, score.code, period)
        summaries[score.pk] = Summary(f"{sheet.label} {period.label}", url)
    return summaries


def summarise_registers(ids: Collection[int]) -> dict[int, Summary]:
    """Return the names of registers, which the pack gives them, with the list of missed inspections."""
    registers = [info for pk in ids if (info := register_by_id(pk)) is not None]
    return {
        info.id: Summary(
            _("台账“%(register)s”的检查") % {"register": info.label},
            get_inspections_url(InspectionFilters(show="missed", register=info.key)),
        )
        for info in registers
    }


def summarise_tasks(ids: Collection[int]) -> dict[int, Summary]:
    """Return the pages of tasks; their titles may hold what a user searched for."""
    return {pk: Summary(_("后台任务"), reverse("desk:task", args=[pk])) for pk in ids}


SUMMARIES = {
    "cases.case": summarise_cases,
    "evaluation.appeal": summarise_appeals,
    "evaluation.score": summarise_scores,
    "projects.pledge": summarise_pledges,
    "registers.register": summarise_registers,
    "tasks.task": summarise_tasks,
}
