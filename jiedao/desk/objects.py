"""The page and the heading of an object that a room below the desk names by type and id."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.accounts.models import User
from jiedao.cases.models import Case
from jiedao.desk.links import get_case_url, get_inspections_url, get_score_url
from jiedao.evaluation.access import OF_APPEAL, can_read_appeal, can_read_score
from jiedao.evaluation.models import Appeal, Score
from jiedao.kernel.objects import ObjectRef
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Deputation
from jiedao.projects.models import Obstacle, Project
from jiedao.projects.models.promises import Pledge
from jiedao.publishing.review.actions import REVIEW
from jiedao.registers.access import may_read, visible_inspections
from jiedao.registers.catalogue import register_by_id
from jiedao.registers.models import Finding
from jiedao.registers.selectors.inspection_filters import InspectionFilters
from jiedao.reports.forms.models import VIEW as VIEW_FORMS
from jiedao.reports.forms.models import Form
from jiedao.tasks.selectors import find_tasks


class ObjectLink(NamedTuple):
    """The heading of an object, in the reader's language, and the address of its page."""

    heading: str
    url: str


def _link_cases(actor: Actor, ids: Collection[int]) -> dict[int, ObjectLink]:
    rows = Case.objects.visible_to(actor).filter(pk__in=ids).values_list("pk", "number", "subject")
    return {pk: ObjectLink(f"{number} {subject}", get_case_url(number)) for pk, number, subject in rows}


def _link_pledges(actor: Actor, ids: Collection[int]) -> dict[int, ObjectLink]:
    pledges = Pledge.objects.visible_to(actor).filter(pk__in=ids)
    return {
        pledge.pk: ObjectLink(str(pledge), reverse("desk:pledge", args=[pledge.pk])) for pledge in pledges
    }


def _link_appeals(actor: Actor, ids: Collection[int]) -> dict[int, ObjectLink]:
    appeals = Appeal.objects.filter(pk__in=ids).select_related(*OF_APPEAL).prefetch_related("cases__case")
    return {
        appeal.pk: ObjectLink(
            _("%(place)s对案件 %(number)s 的评分申诉")
            % {"place": appeal.score.place_label, "number": "、".join(appeal.numbers)},
            reverse("desk:score_appeal", args=[appeal.pk]),
        )
        for appeal in appeals
        if can_read_appeal(actor, appeal)
    }


def _link_scores(actor: Actor, ids: Collection[int]) -> dict[int, ObjectLink]:
    """Link to the sheets of scores, each as it is now: an older version names the one that replaced it."""
    scores = Score.objects.filter(pk__in=ids).select_related(
        "sheet_version__sheet", "unit", "area", "post__unit"
    )
    links = {}
    for score in scores:
        if not can_read_score(actor, score):
            continue
        sheet, period = score.sheet_version.sheet, score.period
        heading = f"{score.place_label} {sheet.label} {period.label}"
        links[score.pk] = ObjectLink(heading, get_score_url(sheet, score.code, period))
    return links


def _link_obstacles(actor: Actor, ids: Collection[int]) -> dict[int, ObjectLink]:
    visible = Project.objects.visible_to(actor).values("pk")
    obstacles = Obstacle.objects.filter(pk__in=ids, project__in=visible).select_related("project")
    return {
        obstacle.pk: ObjectLink(
            _("项目“%(project)s”的障碍") % {"project": obstacle.project.label},
            reverse("desk:project", args=[obstacle.project.key]) + "#obstacles",
        )
        for obstacle in obstacles
    }


def _link_registers(actor: Actor, ids: Collection[int]) -> dict[int, ObjectLink]:
    """Link to the missed inspections of the registers, which is what the notices about a register report."""
    registers = [info for pk in ids if (info := register_by_id(pk)) is not None and may_read(actor, info)]
    return {
        info.id: ObjectLink(
            _("台账“%(register)s”的检查") % {"register": info.label},
            get_inspections_url(InspectionFilters(show="missed", register=info.key)),
        )
        for info in registers
    }


def _link_findings(actor: Actor, ids: Collection[int]) -> dict[int, ObjectLink]:
    """Link to the inspections of the findings."""
    findings = Finding.objects.filter(pk__in=ids)
    # Narrowed to their own inspections: SQLite lists every inspection that the subquery admits, 5 ms for 5,000 of them.
    visible = visible_inspections(actor).filter(pk__in=findings.values("inspection"))
    rows = findings.filter(inspection__in=visible.values("pk"))
    links = {}
    for pk, register_id, inspection_id, name in rows.values_list(
        "pk", "register_id", "inspection_id", "record__name"
    ):
        info = register_by_id(register_id)
        if info is not None:
            links[pk] = ObjectLink(
                _("台账“%(register)s”的检查：%(record)s") % {"register": info.label, "record": name},
                reverse("desk:inspection", args=[inspection_id]),
            )
    return links


def _link_tasks(actor: Actor, ids: Collection[int]) -> dict[int, ObjectLink]:
    return {
        task.pk: ObjectLink(task.title, reverse("desk:task", args=[task.pk]))
        for task in find_tasks(actor, ids)
    }


def _link_forms(actor: Actor, ids: Collection[int]) -> dict[int, ObjectLink]:
    forms = Form.objects.filter(pk__in=ids) if actor.can(VIEW_FORMS) else []
    return {form.pk: ObjectLink(form.name, reverse("desk:form", args=[form.key])) for form in forms}


def _link_users(actor: Actor, ids: Collection[int]) -> dict[int, ObjectLink]:
    """Link to what a user did, for the audit administrators, whom the notices about users go to."""
    if not actor.can("audit.entry:view"):
        return {}
    return {
        user.pk: ObjectLink(
            _("%(name)s 的操作记录") % {"name": user.full_name},
            reverse("desk:admin_audit") + "?" + urlencode({"who": user.full_name}),
        )
        for user in User.objects.filter(pk__in=ids)
    }


def _link_deputations(actor: Actor, ids: Collection[int]) -> dict[int, ObjectLink]:
    """Link to the page of deputies, for the two whom it concerns."""
    rows = Deputation.objects.filter(
        Q(person_id=actor.user_id) | Q(deputy_id=actor.user_id), pk__in=ids
    ).select_related("person", "deputy")
    return {
        row.pk: ObjectLink(
            _("%(deputy)s 代 %(person)s") % {"deputy": row.deputy.full_name, "person": row.person.full_name},
            reverse("desk:deputies"),
        )
        for row in rows
    }


def _link_review(actor: Actor, ids: Collection[int]) -> dict[int, ObjectLink]:
    """Link to the queue of the public review."""
    link = ObjectLink(_("公开审核"), reverse("desk:review"))
    return dict.fromkeys(ids, link) if actor.can(REVIEW) else {}


# type -> function of (actor, ids) that returns the links of the objects that the actor may see, in at most one query
LINKS: dict[str, Callable[[Actor, Collection[int]], dict[int, ObjectLink]]] = {
    "accounts.user": _link_users,
    "cases.case": _link_cases,
    "evaluation.appeal": _link_appeals,
    "evaluation.score": _link_scores,
    "orgs.deputation": _link_deputations,
    "projects.obstacle": _link_obstacles,
    "projects.pledge": _link_pledges,
    "publishing.queue": _link_review,
    "registers.finding": _link_findings,
    "registers.register": _link_registers,
    "reports.form": _link_forms,
    "tasks.task": _link_tasks,
}


def link_objects(actor: Actor, refs: Iterable[ObjectRef]) -> dict[ObjectRef, ObjectLink]:
    """Return the links of the objects that the actor may see, with one query for each type of object."""
    ids: dict[str, set[int]] = defaultdict(set)
    for ref in refs:
        ids[ref.object_type].add(ref.object_id)
    return {
        ObjectRef(object_type, object_id): link
        for object_type, object_ids in ids.items()
        if object_type in LINKS
        for object_id, link in LINKS[object_type](actor, object_ids).items()
    }
