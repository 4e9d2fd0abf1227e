"""How far a promise is: done, on the way with its figure, overdue, or withdrawn."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.projects.models import Campaign, Pledge, Project
from jiedao.projects.models.promises import PledgeState
from jiedao.projects.selectors.campaigns import Phase, read_campaign_status
from jiedao.projects.selectors.lights import Colour, Light, read_lights_of
from jiedao.projects.splitting import format_amount
from jiedao.reports.models import PlanDecision


class StateCode(TextChoices):
    """The state of a promise, the gravest first."""

    LATE = "LATE", gettext_lazy("已逾期")
    RUNNING = "RUNNING", gettext_lazy("推进中")
    DONE = "DONE", gettext_lazy("已完成")
    WITHDRAWN = "WITHDRAWN", gettext_lazy("已撤销")
    HIDDEN = "HIDDEN", gettext_lazy("不在您的查看范围")


@dataclass(frozen=True)
class PromiseState:
    """The state of a promise with the figure or the words that show it; `due_date` is None where it is hidden."""

    code: StateCode
    detail: str = ""
    due_date: date | None = None


def read_states(actor: Actor, decisions: Iterable[PlanDecision]) -> dict[int, PromiseState]:
    """Return the state of each decision's promise by the decision's id; what the actor may not see is HIDDEN."""
    decisions = list(decisions)
    projects = _map(Project.objects.visible_to(actor), [row.project_id for row in decisions])
    lights = read_lights_of([project for project in projects.values() if project.active])
    campaigns = _map(Campaign.objects.visible_to(actor), [row.campaign_id for row in decisions])
    pledges = _map(Pledge.objects.visible_to(actor), [row.pledge_id for row in decisions])
    states = {}
    for decision in decisions:
        if decision.project_id in projects:
            project = projects[decision.project_id]
            states[decision.pk] = _read_project(project, lights.get(project.pk))
        elif decision.campaign_id in campaigns:
            states[decision.pk] = _read_campaign(actor, campaigns[decision.campaign_id])
        elif decision.pledge_id in pledges:
            states[decision.pk] = _read_pledge(pledges[decision.pledge_id])
        else:
            states[decision.pk] = PromiseState(StateCode.HIDDEN)
    return states


def _map(rows: Any, ids: Iterable[int | None]) -> dict[int | None, Any]:
    wanted = [pk for pk in ids if pk is not None]
    return {row.pk: row for row in rows.filter(pk__in=wanted)} if wanted else {}


def _read_project(project: Project, light: Light | None) -> PromiseState:
    due = project.completion_date
    if light is None:
        return PromiseState(StateCode.WITHDRAWN, _("项目已停用"), due)
    detail = f"{light.colour.label}：{light.reasons[0]}" if light.reasons else str(light.colour.label)
    if light.schedule.done:
        return PromiseState(StateCode.DONE, light.reasons[0] if light.reasons else "", due)
    late = due < clock.today() and light.colour is Colour.RED
    return PromiseState(StateCode.LATE if late else StateCode.RUNNING, detail, due)


def _read_campaign(actor: Actor, campaign: Campaign) -> PromiseState:
    if not campaign.active:
        return PromiseState(StateCode.WITHDRAWN, _("专项行动已停用"), campaign.due_date)
    try:
        status = read_campaign_status(actor, campaign)
    except UserError as fault:
        return PromiseState(StateCode.RUNNING, str(fault.message), campaign.due_date)
    share = f"{100 * status.share:.1f}%"
    detail = _("%(done)s / %(target)s %(measure)s，%(share)s") % {
        "done": format_amount(round(status.done, campaign.digits)),
        "target": format_amount(status.target),
        "measure": campaign.measure_label,
        "share": share,
    }
    code = {Phase.REACHED: StateCode.DONE, Phase.MISSED: StateCode.LATE}.get(status.phase, StateCode.RUNNING)
    return PromiseState(code, detail, campaign.due_date)


def _read_pledge(pledge: Pledge) -> PromiseState:
    state, due = PledgeState(pledge.state), pledge.deadline
    if state is PledgeState.WITHDRAWN:
        return PromiseState(StateCode.WITHDRAWN, "", due)
    if state is PledgeState.CONFIRMED:
        return PromiseState(StateCode.DONE, pledge.evidence[:80], due)
    detail = str(state.label)
    if pledge.is_late:
        words = ngettext("%(state)s，逾期 %(n)s 天", "%(state)s，逾期 %(n)s 天", pledge.days_late)
        return PromiseState(StateCode.LATE, words % {"state": detail, "n": pledge.days_late}, due)
    return PromiseState(StateCode.RUNNING, detail, due)
