"""Key projects: their tasks and links, money, permits and obstacles."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.cases.flow import FINISHED, State
from jiedao.cases.models import Case
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Scope, Unit
from jiedao.places.models import Area, Named, Premise, in_language
from jiedao.projects.network import LinkKind


class _Named(Named, models.Model):
    """A row of the plan with its name."""

    name = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(_("英文名称"), max_length=160, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.label


class ProjectKind(_Named):
    """A kind of project, such as roads or parking; declared by the pack."""

    code = models.CharField(_("代码"), max_length=40, unique=True)
    position = models.PositiveIntegerField(default=0)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        ordering = ["position", "id"]


class ProjectMeasure(_Named):
    """A number that projects have and that is summed over them, such as parking spaces; declared by the pack."""

    code = models.CharField(_("代码"), max_length=40, unique=True)
    unit = models.CharField(_("单位"), max_length=20)
    unit_en = models.CharField(max_length=40, blank=True)
    position = models.PositiveIntegerField(default=0)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        ordering = ["position", "id"]

    @property
    def unit_label(self) -> str:
        """The unit in the reader's language."""
        return in_language(self.unit, self.unit_en)


class ProjectQuerySet(models.QuerySet["Project"]):
    """Projects, with the rule of who may see which of them."""

    def visible_to(self, actor: Actor) -> "ProjectQuerySet":
        """Return the projects in the actor's areas or of the actor's units, and those in which a unit has a task."""
        if not actor.can("projects.project:view") or actor.scope == Scope.OWN:
            return self.none()
        if actor.sees_town:
            return self
        condition = Q()
        if actor.scope == Scope.AREA:
            condition = Q(area_path="")
            for path in actor.area_paths:
                condition |= Q(area_path__startswith=path)
        tasks = Task.objects.filter(unit_id__in=actor.unit_ids, active=True).values("project_id")
        return self.filter(condition | Q(unit_id__in=actor.unit_ids) | Q(pk__in=tasks))


class Project(_Named):
    """A key project with a fixed completion date. The pack owns these values; users cannot change them.

    A user may add a project that no pack has; it becomes one of the pack as soon as a pack contains its key.
    """

    key = models.CharField(_("代码"), max_length=40, unique=True)
    kind = models.ForeignKey(ProjectKind, on_delete=models.PROTECT, related_name="projects")
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=64, blank=True)
    premise = models.ForeignKey(Premise, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    leader = models.CharField(_("负责人"), max_length=120, blank=True)
    start_date = models.DateField(_("开始日期"))
    completion_date = models.DateField(_("承诺完成日期"))
    facts: Any = models.JSONField(default=dict)  # code of a ProjectMeasure -> number, in the measure's unit
    note = models.CharField(_("说明"), max_length=1000, blank=True)
    position = models.PositiveIntegerField(default=0)
    active = models.BooleanField(_("启用"), default=True)
    added_at = models.DateTimeField(null=True, blank=True)  # when a user added it; null for one of a pack

    objects: ClassVar[Any] = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(completion_date__gte=F("start_date")), name="project_dates_forward"
            ),
        ]
        indexes = [
            # selectors.projects: the projects of an area
            models.Index(fields=["area_path", "position"], name="project_area"),
        ]


class TaskLevel(models.TextChoices):
    """The level of a row in the tree of the plan."""

    STAGE = "STAGE", _("阶段")
    TASK = "TASK", _("任务")
    MILESTONE = "MILESTONE", _("里程碑")


class Task(_Named):
    """A stage, task or milestone of a project. Users report `actual_start`, `actual_finish` and `percent`."""

    project = models.ForeignKey(Project, db_index=False, on_delete=models.PROTECT, related_name="tasks")
    code = models.CharField(_("编码"), max_length=40)
    level = models.CharField(_("级别"), max_length=9, choices=TaskLevel)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    position = models.PositiveIntegerField(default=0)
    duration = models.PositiveIntegerField(_("工期（工作日）"), default=0)
    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    start_date = models.DateField(_("不早于"), null=True, blank=True)
    due_date = models.DateField(_("不晚于"), null=True, blank=True)
    actual_start = models.DateField(_("实际开始"), null=True, blank=True)
    actual_finish = models.DateField(_("实际完成"), null=True, blank=True)
    percent = models.PositiveSmallIntegerField(_("完成比例"), default=0)
    active = models.BooleanField(_("启用"), default=True)  # False: the pack no longer contains it
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "code"], name="task_project_code"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="task_percent_range"),
            models.CheckConstraint(
                condition=Q(level=TaskLevel.TASK, duration__gte=1)
                | (~Q(level=TaskLevel.TASK) & Q(duration=0)),
                name="task_duration_level",
            ),
            models.CheckConstraint(
                condition=Q(actual_finish__isnull=True)
                | Q(actual_start__isnull=False, actual_finish__gte=F("actual_start"), percent=100),
                name="task_finish_after_start",
            ),
            models.CheckConstraint(
                condition=Q(percent=0) | Q(actual_start__isnull=False), name="task_percent_started"
            ),
            models.CheckConstraint(
                condition=~Q(level=TaskLevel.STAGE) | Q(actual_start__isnull=True),
                name="task_stage_rolled_up",
            ),
        ]


class Link(models.Model):
    """`after` waits for `before`; `lag` is in working days and may be negative. Stages have no links."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="links")
    before = models.ForeignKey(Task, db_index=False, on_delete=models.CASCADE, related_name="leads")
    after = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="waits")
    kind = models.CharField(_("关系"), max_length=2, choices=LinkKind, default=LinkKind.FINISH_START)
    lag = models.IntegerField(_("间隔（工作日）"), default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["before", "after", "kind"], name="link_once"),
            models.CheckConstraint(condition=~Q(before=F("after")), name="link_two_tasks"),
        ]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"


class Progress(models.Model):
    """One report of the progress of a task. Never changed."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="reports")
    at = models.DateTimeField(default=clock.now)
    actor_label = models.CharField(max_length=120)
    user = models.ForeignKey(User, null=True, db_index=False, on_delete=models.PROTECT, related_name="+")
    percent = models.PositiveSmallIntegerField(_("完成比例"))
    actual_start = models.DateField(_("实际开始"), null=True, blank=True)
    actual_finish = models.DateField(_("实际完成"), null=True, blank=True)
    note = models.CharField(_("说明"), max_length=1000, blank=True)
    client_uuid = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.task} {self.percent}%"


class MoneyKind(models.TextChoices):
    """The purpose of money."""

    WORKS = "WORKS", _("工程")
    LAND = "LAND", _("征地拆迁")
    DESIGN = "DESIGN", _("前期与设计")
    OTHER = "OTHER", _("其他")


class ProjectMoney(models.Model):
    """The money of a project in a month, in yuan.

    Users report what was paid. The budget comes from the pack if `declared`, else from users.
    """

    project = models.ForeignKey(Project, db_index=False, on_delete=models.PROTECT, related_name="money")
    month = models.DateField(_("月份"))  # the first day of the month
    kind = models.CharField(_("用途"), max_length=8, choices=MoneyKind, default=MoneyKind.WORKS)
    budget = models.DecimalField(_("计划（元）"), max_digits=14, decimal_places=2, default=0)
    paid = models.DecimalField(_("已付（元）"), max_digits=14, decimal_places=2, default=0)
    declared = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["month", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["project", "month", "kind"], name="money_project_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="money_first_of_month"),
            models.CheckConstraint(condition=Q(budget__gte=0, paid__gte=0), name="money_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.month:%Y-%m}"


class Permit(_Named):
    """Land or a permit that a project needs. Users report when it was applied for and when it was granted."""

    project = models.ForeignKey(Project, db_index=False, on_delete=models.PROTECT, related_name="permits")
    code = models.CharField(_("编码"), max_length=40)
    authority = models.CharField(_("审批单位"), max_length=120, blank=True)
    due_date = models.DateField(_("应取得日期"))
    submitted_date = models.DateField(_("报送日期"), null=True, blank=True)
    granted_date = models.DateField(_("取得日期"), null=True, blank=True)
    document = models.CharField(_("文号"), max_length=120, blank=True)
    active = models.BooleanField(_("启用"), default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["due_date", "id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "code"], name="permit_project_code"),
            models.CheckConstraint(
                condition=Q(granted_date__isnull=True)
                | Q(submitted_date__isnull=True)
                | Q(granted_date__gte=F("submitted_date")),
                name="permit_dates_forward",
            ),
        ]


class ObstacleQuerySet(models.QuerySet["Obstacle"]):
    """Obstacles, filtered by the state of their cases."""

    def open(self) -> "ObstacleQuerySet":
        """Return the obstacles whose case is not finished; for a merged case, the case it was merged into counts."""
        ended = Q(case__state__in=FINISHED) & ~Q(case__state=State.MERGED)
        return self.exclude(ended | Q(case__merged_into__state__in=FINISHED))


class Obstacle(models.Model):
    """Something that prevents progress of a project. It is open as long as its case is open."""

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="obstacles")
    task = models.ForeignKey(Task, null=True, blank=True, on_delete=models.PROTECT, related_name="obstacles")
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(_("障碍"), max_length=1000)
    raised_at = models.DateTimeField(default=clock.now)
    actor_label = models.CharField(max_length=120)
    client_uuid = models.UUIDField(null=True, blank=True, unique=True)

    objects: ClassVar[Any] = ObstacleQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.text[:60]
