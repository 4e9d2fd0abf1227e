"""The kernel's tables: the edited calendar, the town's policies, and the jobs that workers run."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiedao.kernel import clock


class CalendarDay(models.Model):
    """A day on which the office works, or does not, whatever the national calendar states."""

    date = models.DateField(_("日期"), unique=True)
    is_workday = models.BooleanField(_("上班"))
    name = models.CharField(_("说明"), max_length=40, blank=True)

    def __str__(self) -> str:
        return f"{self.date} {self.name}".strip()


class OfficeHours(models.Model):
    """One part of the office day; without rows the hours are 09:00-12:00 and 14:00-18:00."""

    opens = models.TimeField(_("上班时间"), unique=True)
    closes = models.TimeField(_("下班时间"))

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(closes__gt=F("opens")), name="kernel_hours_run_forward"),
        ]

    def __str__(self) -> str:
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


class Policy(models.Model):
    """A value that the town sets, such as the highest number of returns or the share of time at which to warn."""

    key = models.CharField(max_length=60, unique=True)
    value: Any = models.JSONField()

    class Meta:
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return self.key


class OwnValue(models.Model):
    """A value that people set on a page over the value of the pack; applying a pack leaves it unchanged.

    `kind`, `key` and `field` name the value as plans do. `pack_value` is the pack's value when this one was set or last
    confirmed, `pack_now` that of the pack that was applied last: where they differ, a person decides. `is_missing` is
    whether that pack no longer contains the row.
    """

    kind = models.CharField(_("种类"), max_length=40)
    key = models.CharField(max_length=200)
    field = models.CharField(_("内容"), max_length=60)
    value: Any = models.JSONField(_("本街道的值"), null=True)
    pack_value: Any = models.JSONField(null=True)
    pack_now: Any = models.JSONField(_("数据包的值"), null=True)
    is_missing = models.BooleanField(default=False)
    set_by = models.CharField(_("操作人"), max_length=200)
    set_at = models.DateTimeField(_("时间"), default=clock.now)
    reason = models.CharField(_("原因"), max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key", "field"], name="kernel_one_own_value"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} {self.field}"

    @property
    def is_conflict(self) -> bool:
        """Return whether the pack has changed the value since it was set, or has dropped the row."""
        return self.is_missing or self.pack_now != self.pack_value


class SuccessionRow(models.Model):
    """The fact that a row of a pack took the place of another, or of a part of it, with the apply that did so.

    `kind` and the keys are those of plans, the ids the primary keys of both rows. A row that gave away a part and
    stayed is its own successor beside the others.
    """

    kind = models.CharField(max_length=40)
    old_key = models.CharField(max_length=200)
    old_id = models.BigIntegerField()
    new_key = models.CharField(max_length=200)
    new_id = models.BigIntegerField()
    pack_version = models.CharField(max_length=40)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "old_key", "new_key"], name="kernel_one_succession"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.old_key} -> {self.new_key}"


class FormerName(models.Model):
    """The name that a row of a pack had until it was renamed under the same key.

    `kind` is that of plans, `object_id` the primary key of the row.
    """

    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    name = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id", "until"], name="kernel_one_former_name"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} {self.name}"


class KeyMark(models.Model):
    """The mark of a key with which this database was written; `kernel.keymark` compares it."""

    name = models.CharField(max_length=20, primary_key=True)
    mark = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.name


class TownClock(models.Model):
    """The clock of a demonstration, in one row: the moment at which it began, and when that was in reality.

    While the demonstration is made, the clock stands: `began_really_at` is null. An office has no row: its town has
    the real time (`kernel.clock`).
    """

    began_at = models.DateTimeField()
    began_really_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="kernel_one_town_clock"),
        ]

    def __str__(self) -> str:
        return f"{self.began_at} ({self.began_really_at})"


class JobState(models.TextChoices):
    """The state of a job."""

    PENDING = "PENDING", _("等待")
    RUNNING = "RUNNING", _("运行中")
    DONE = "DONE", _("完成")
    FAILED = "FAILED", _("失败")


def job_states() -> list[tuple[str, str]]:
    """Return the states with their labels; a callable, so that a new state needs no migration."""
    return [(state.value, str(state.label)) for state in JobState]


class Job(models.Model):
    """A piece of background work, written in the transaction of the change that causes it.

    A worker holds a running job by a lease: `lease_token` identifies the worker, and any worker may take the job
    over after `lease_until`.
    """

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(_("任务"), max_length=80)
    kwargs: Any = models.JSONField(_("参数"), default=dict)
    state = models.CharField(_("状态"), max_length=8, choices=job_states, default=JobState.PENDING)
    unique_key = models.CharField(_("唯一键"), max_length=120, null=True, blank=True)  # noqa: DJ001 (null: not unique)
    run_at = models.DateTimeField(_("不早于"), default=clock.real_now)
    attempts = models.PositiveIntegerField(_("次数"), default=0)
    max_attempts = models.PositiveIntegerField(_("最多次数"), default=5)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(_("执行者"), max_length=80, blank=True)
    error = models.TextField(_("错误"), blank=True)
    created_at = models.DateTimeField(_("创建时间"), default=clock.real_now)
    finished_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        constraints = [
            # only before the first attempt: a job that waits for its next attempt does not block a new one
            models.UniqueConstraint(
                fields=["unique_key"], condition=Q(state="PENDING", attempts=0), name="kernel_job_one_pending"
            ),
        ]
        indexes = [
            # worker.claim_job reads the jobs that may run now
            models.Index(fields=["run_at", "id"], condition=Q(state="PENDING"), name="kernel_job_waiting"),
            # worker.claim_job reads the jobs whose worker died
            models.Index(fields=["lease_until"], condition=Q(state="RUNNING"), name="kernel_job_leased"),
            # jobs.sweep reads the jobs to delete, commands.show_status the failed ones
            models.Index(fields=["state", "finished_at"], name="kernel_job_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"

    @property
    def last_error(self) -> str:
        """The last line of the error, which names the exception."""
        return self.error.strip().split("\n")[-1]


class Periodic(models.Model):
    """The next due moment of a periodic job; the worker that moves `next_at` forward enqueues the job."""

    name = models.CharField(max_length=80, primary_key=True)
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
