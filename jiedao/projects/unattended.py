"""Responsibility items and tasks of projects, as work that would wait for nobody once a post or a holder ends."""

from django.utils.translation import gettext_lazy as _

from jiedao.orgs.unattended import Gap, WorkKind
from jiedao.projects.models import Task
from jiedao.projects.models.promises import WORKING, Pledge, PledgeState
from jiedao.projects.promise_access import CONFIRM, EDIT


def _count_pledges(gap: Gap) -> int:
    return Pledge.objects.filter(unit__in=[gap.unit_id], state__in=WORKING).count()


def _count_reported(gap: Gap) -> int:
    return Pledge.objects.filter(state=PledgeState.REPORTED).count() if gap.everywhere else 0


def _count_tasks(gap: Gap) -> int:
    rows = Task.objects.filter(unit__in=[gap.unit_id], active=True, project__active=True)
    return rows.filter(actual_finish__isnull=True).count()


KINDS = (
    WorkKind(
        "projects.pledges",
        _("办理中的责任事项"),
        EDIT,
        _count_pledges,
        by_unit=True,
    ),
    WorkKind(
        "projects.reported",
        _("待确认的责任事项"),
        CONFIRM,
        _count_reported,
    ),
    WorkKind(
        "projects.tasks",
        _("未完成的项目任务"),
        "projects.project:edit",
        _count_tasks,
        by_unit=True,
    ),
)
