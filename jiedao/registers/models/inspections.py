"""Inspections of records, and their findings."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.cases.models import Case
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit
from jiedao.places.selectors import list_retired_areas
from jiedao.registers.models.records import Record, Register, in_scope


class InspectionState(models.TextChoices):
    """The state of an inspection."""

    DUE = "DUE", _("待检查")
    DONE = "DONE", _("已检查")
    MISSED = "MISSED", _("漏检")
    DROPPED = "DROPPED", _("已取消")


class InspectionKind(models.TextChoices):
    """Why an inspection is made."""

    ROUND = "ROUND", _("例行检查")
    RECHECK = "RECHECK", _("复查")
    EXTRA = "EXTRA", _("临时检查")


class AnswerValue(models.TextChoices):
    """The answer to a question of a checklist."""

    OK = "OK", _("合格")
    FAIL = "FAIL", _("不合格")
    NA = "NA", _("不适用")


class FindingState(models.TextChoices):
    """The state of a finding. RIGHT (resolved): its case was closed after another person had checked the work."""

    OPEN = "OPEN", _("整改中")
    RIGHT = "RIGHT", _("已整改")
    REFUSED = "REFUSED", _("案件未受理")
    WAIVED = "WAIVED", _("不再整改")


class InspectionQuerySet(models.QuerySet[Any]):
    """Inspections or findings, with the rule of who may see which of them."""

    def visible_to(self, actor: Actor) -> "InspectionQuerySet":
        """Keep the rows in the actor's scope. Whether the actor may open the register: see `access.may_read`."""
        return self.filter(in_scope(actor)) if actor.can("registers.record:view") else self.none()


class FindingQuerySet(InspectionQuerySet):
    """Findings, which stay at the place of then when a succession moves their record."""

    def visible_to(self, actor: Actor) -> "FindingQuerySet":
        """Keep the findings in the actor's scope, and the open ones of a retired area whose record is in it now."""
        if not actor.can("registers.record:view"):
            return self.none()
        condition = in_scope(actor)
        if not actor.sees_town and (retired := list_retired_areas()):
            moved = Record.objects.filter(in_scope(actor), findings__state=FindingState.OPEN).values("pk")
            condition |= Q(state=FindingState.OPEN, area_path__in=list(retired.values()), record__in=moved)
        return self.filter(condition)


class Inspection(models.Model):
    """An inspection of a record: planned, made, missed or dropped.

    Stored data calls an inspection "registers.visit": attachments, audit entries and the permissions in packs. The name
    stays, because audit entries are sealed and the pack format is public.

    `answers` maps the key of an item to {"ask": the question as it was asked, "ask_en", "value": OK, FAIL or NA,
    "note", "photos": [attachment ids]}. `area_path` and `unit` repeat those of the record, which decide who inspects.
    """

    register = models.ForeignKey(Register, db_index=False, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="inspections")
    kind = models.CharField(max_length=8, choices=InspectionKind, default=InspectionKind.ROUND)
    checklist = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=InspectionState, default=InspectionState.DUE)
    area_path = models.CharField(max_length=64, blank=True)
    unit = models.ForeignKey(
        Unit, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    planned_date = models.DateField(_("可检查自"))  # the first day
    due_date = models.DateField(_("最迟"))  # the last day
    every_days = models.PositiveIntegerField(default=0)  # the interval of rounds when this one was planned
    done_at = models.DateTimeField(null=True, blank=True)
    done_date = models.DateField(null=True, blank=True)
    done_by = models.ForeignKey(
        User, null=True, blank=True, db_index=False, on_delete=models.SET_NULL, related_name="+"
    )
    done_label = models.CharField(max_length=120, blank=True)
    counted_date = models.DateField()  # the day it counts on: the day it was made, else its last day
    passed = models.BooleanField(_("合格"), null=True, blank=True)
    answers: Any = models.JSONField(default=dict)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    finding = models.ForeignKey(
        "Finding", null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="rechecks"
    )
    client_uuid = models.UUIDField(null=True, blank=True, unique=True)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[Any] = InspectionQuerySet.as_manager()

    class Meta:
        constraints = [
            # the job may run often, but plans a round once; a finding has one waiting recheck
            models.UniqueConstraint(
                fields=["record", "checklist"],
                name="inspection_round_once",
                condition=Q(state="DUE", kind="ROUND"),
            ),
            models.UniqueConstraint(
                fields=["finding"], name="inspection_recheck_once", condition=Q(state="DUE", kind="RECHECK")
            ),
            models.CheckConstraint(
                condition=Q(state__in=InspectionState.values), name="inspection_state_known"
            ),
            models.CheckConstraint(condition=Q(due_date__gte=F("planned_date")), name="inspection_forward"),
            models.CheckConstraint(
                condition=Q(state="DONE", done_at__isnull=False, done_date=F("counted_date"))
                & Q(passed__isnull=False)
                | ~Q(state="DONE") & Q(done_at=None, done_date=None, passed=None, counted_date=F("due_date")),
                name="inspection_done_whole",
            ),
            models.CheckConstraint(
                condition=Q(kind="RECHECK", finding__isnull=False)
                | Q(kind__in=["ROUND", "EXTRA"], finding__isnull=True),
                name="inspection_recheck_of_finding",
            ),
            models.CheckConstraint(
                condition=~Q(state="DROPPED") | ~Q(note=""), name="inspection_dropped_why"
            ),
        ]
        indexes = [
            # waiting inspections by due date: of an area, of a unit, of the town; also for jobs.mark_missed_inspections
            models.Index(
                fields=["area_path", "due_date"], name="inspection_waiting_area", condition=Q(state="DUE")
            ),
            models.Index(
                fields=["unit", "due_date"],
                name="inspection_waiting_unit",
                condition=Q(state="DUE", unit__isnull=False),
            ),
            models.Index(fields=["due_date", "id"], name="inspection_waiting", condition=Q(state="DUE")),
            # the list of inspections and the figures of a period
            models.Index(fields=["counted_date", "id"], name="inspection_day"),
            models.Index(fields=["register", "counted_date", "id"], name="inspection_register_day"),
            models.Index(fields=["finding"], name="inspection_finding", condition=Q(finding__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.due_date}"


class Finding(models.Model):
    """An item that failed in an inspection, and the case that resolves it.

    A chain leads from the record to the inspection, its finding, and the case and rechecks of the finding.
    """

    register = models.ForeignKey(Register, db_index=False, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="findings")
    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="findings")
    item = models.CharField(max_length=40)
    text = models.CharField(_("问题"), max_length=300)
    state = models.CharField(max_length=8, choices=FindingState, default=FindingState.OPEN)
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="+")
    area_path = models.CharField(max_length=64, blank=True)
    unit = models.ForeignKey(
        Unit, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    found_date = models.DateField()
    right_date = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[Any] = FindingQuerySet.as_manager()

    class Meta:
        constraints = [
            # an item with an open finding gets no second one
            models.UniqueConstraint(
                fields=["record", "item"], name="finding_open_once", condition=Q(state="OPEN")
            ),
            models.CheckConstraint(condition=Q(state__in=FindingState.values), name="finding_state_known"),
            models.CheckConstraint(
                condition=Q(state="OPEN", ended_at__isnull=True)
                | ~Q(state="OPEN") & Q(ended_at__isnull=False),
                name="finding_ended",
            ),
            models.CheckConstraint(
                condition=Q(state="RIGHT", right_date__isnull=False)
                | ~Q(state="RIGHT") & Q(right_date__isnull=True),
                name="finding_right",
            ),
        ]
        indexes = [
            # the list of findings and the figures of a period
            models.Index(fields=["found_date", "id"], name="finding_day"),
            models.Index(fields=["register", "found_date", "id"], name="finding_register_day"),
        ]

    def __str__(self) -> str:
        return self.text
