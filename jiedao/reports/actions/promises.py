"""Create the campaign, pledge or project that a sentence of a report's plan promises."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import override

from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit
from jiedao.projects.actions.adding import add_campaign, add_project
from jiedao.projects.actions.pledges import add_pledge
from jiedao.projects.models import Campaign, Pledge, Project, ProjectKind
from jiedao.projects.models.promises import PledgeKind
from jiedao.reports.building import LANGUAGE
from jiedao.reports.models import PlanKind, Report, ReportVersion

ATTEMPTS = 3  # to find a number for a pledge that no other plan uses
Promise = Project | Campaign | Pledge


@dataclass(frozen=True)
class PromiseInput:
    """What a user entered for a new promise. A campaign needs a target and a measure, a project a kind of project."""

    kind: str
    title: str
    unit: Unit
    due_date: date
    target: Decimal | None = None
    measure: str = ""
    project_kind: str = ""


def create_promised_object(actor: Actor, version: ReportVersion, promise: PromiseInput) -> Promise:
    """Create the object that a sentence of a version of a report promises.

    Raises:
        NotAllowed: the actor may not give such a task to the unit. UserError: the entries cannot be stored.
    """
    report = version.report
    with override(LANGUAGE):
        source = _("%(report)s（第 %(n)s 版）") % {"report": report.label, "n": version.number}
    if promise.kind == PlanKind.CAMPAIGN:
        if promise.target is None:
            raise UserError(_("专项行动要有目标数。"), hint=_("请填写，或改设责任事项。"), field="target")
        return add_campaign(
            actor=actor,
            name=promise.title,
            unit=promise.unit,
            measure=promise.measure,
            target=promise.target,
            due_date=promise.due_date,
            note=source,
        )
    if promise.kind == PlanKind.PROJECT:
        kind = ProjectKind.objects.filter(code=promise.project_kind, active=True).first()
        if kind is None:
            raise UserError(_("项目要有类型。"), hint=_("请选择项目类型。"), field="project_kind")
        return add_project(
            actor=actor,
            name=promise.title,
            kind=kind,
            unit=promise.unit,
            completion_date=promise.due_date,
            note=source,
        )
    if promise.kind == PlanKind.PLEDGE:
        return _add_report_pledge(actor, report, promise, source)
    raise UserError(_("没有这个种类。"), hint=_("请选择专项行动、责任事项或项目。"), field="kind")


def _add_report_pledge(actor: Actor, report: Report, promise: PromiseInput, source: str) -> Pledge:
    """Add a pledge under the next free number of the period."""
    for _attempt in range(ATTEMPTS):
        try:
            return add_pledge(
                actor=actor,
                kind=PledgeKind.REPORT.value,
                code=_find_free_code(report),
                text=promise.title,
                source=source[:200],
                unit=promise.unit,
                due_date=promise.due_date,
            )
        except UserError as fault:
            # The plan of another place's report may have taken the number since it was read.
            if fault.field != "code":
                raise
    raise UserError(
        _("同一时段另有人在设责任事项，没有取到编号。"), hint=_("您填写的内容没有保存，请再提交一次。")
    )


def _find_free_code(report: Report) -> str:
    stem = f"BG-{report.period.text}-"
    codes = set(Pledge.objects.filter(code__startswith=stem).values_list("code", flat=True))
    return next(code for number in range(1, len(codes) + 2) if (code := f"{stem}{number:02}") not in codes)
