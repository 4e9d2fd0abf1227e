"""Reports as a pack declares them, their texts as versions, and their signatures."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiedao.accounts.models import User
from jiedao.files.models import Blob
from jiedao.indicators.figure import TOWN, Place
from jiedao.indicators.models import Placed
from jiedao.kernel import periods
from jiedao.kernel.periods import Period
from jiedao.places.models import Named
from jiedao.projects.models import Project
from jiedao.projects.models.promises import Campaign, Pledge
from jiedao.reports.forms.models import Form, FormBinding, FormBlank, FormFigure, FormFill

__all__ = [
    "EDIT",
    "SIGN",
    "VIEW",
    "Form",
    "FormBinding",
    "FormBlank",
    "FormFigure",
    "FormFill",
    "PeriodKind",
    "PlanDecision",
    "PlanKind",
    "PromiseMention",
    "Report",
    "ReportScope",
    "ReportTemplate",
    "ReportVersion",
    "Signature",
    "WordTemplate",
]

VIEW = "reports.report:view"
EDIT = "reports.report:edit"
SIGN = "reports.report:sign"


class PeriodKind(models.TextChoices):
    """How long a report's period is."""

    DAY = "day", _("日报")
    WEEK = "week", _("周报")
    MONTH = "month", _("月报")
    QUARTER = "quarter", _("季报")
    HALF = "half", _("半年报")
    YEAR = "year", _("年报")


PERIOD_OF = {
    PeriodKind.DAY: periods.day_of,
    PeriodKind.WEEK: periods.week_of,
    PeriodKind.MONTH: periods.month_of,
    PeriodKind.QUARTER: periods.quarter_of,
    PeriodKind.HALF: periods.half_of,
    PeriodKind.YEAR: periods.year_of,
}


class ReportScope(models.TextChoices):
    """The period and the place of a report."""

    TOWN = "town", _("街道")
    COMMUNITY = "community", _("社区")
    UNIT = "unit", _("单位")


class ReportTemplate(Named, models.Model):
    """The text that a report begins with, as a pack declares it."""

    key = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(max_length=200, blank=True)
    period_kind = models.CharField(_("时段"), max_length=8, choices=PeriodKind)
    scope = models.CharField(_("范围"), max_length=10, choices=ReportScope, default=ReportScope.TOWN)
    text = models.TextField(_("文字"))
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("position", "key")

    def __str__(self) -> str:
        return self.key


class Report(Placed):
    """One report of a period and a place. Its text is in versions; it is signed while a signature is in force."""

    template = models.ForeignKey(ReportTemplate, on_delete=models.PROTECT, related_name="reports")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    # The name of the file, for a report that was written elsewhere: its numbers are no figures, nobody signs it here.
    imported_from = models.CharField(_("原文件"), max_length=200, blank=True)

    class Meta:
        ordering = ("-last_date", "template__position", "place_key")
        constraints = (
            models.UniqueConstraint(
                fields=("template", "first_date", "last_date", "place_key"), name="one_report_of_a_period"
            ),
        )

    def __str__(self) -> str:
        return f"{self.template.key} {self.period.text} {self.place_key}"

    @property
    def period(self) -> Period:
        """The period in the written form of the template: a week has its number."""
        period = PERIOD_OF[PeriodKind(self.template.period_kind)](self.first_date)
        return (
            period if period.last == self.last_date else periods.build_period(self.first_date, self.last_date)
        )

    @property
    def place(self) -> Place:
        """The place of the report's figures."""
        if self.area is not None:
            return Place(area_code=self.area.code, area_path=self.area.path, label=self.area.label)
        if self.unit is not None:
            return Place(unit_code=self.unit.code, label=self.unit.label)
        return TOWN

    @property
    def label(self) -> str:
        """The report in the reader's language."""
        return " ".join(filter(None, (self.place_label, self.period.label, self.template.label)))


class ReportVersion(models.Model):
    """The text as one person saved it; never changed."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("版本"))
    text = models.TextField(_("文字"))
    note = models.CharField(_("改动说明"), max_length=200, blank=True)
    # Null for the text of the pack.
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=("report", "number"), name="one_version_of_a_number"),)

    def __str__(self) -> str:
        return f"{self.report_id} v{self.number}"


class Signature(models.Model):
    """A report as it was signed: the built document with every figure, and a digest of it.

    A signature that was withdrawn stays, with the reason.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="signatures")
    version = models.ForeignKey(ReportVersion, on_delete=models.PROTECT, related_name="+")
    content: Any = models.JSONField()  # see `freezing`
    digest = models.CharField(_("校验值"), max_length=64)  # SHA-256 of the content
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    reason = models.CharField(_("撤回原因"), max_length=200, blank=True)

    class Meta:
        ordering = ("-signed_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=("report",), condition=Q(withdrawn_at__isnull=True), name="one_signature_in_force"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(reason="")),
                name="signature_withdrawn_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.report_id} {self.digest[:8]}"


class WordTemplate(models.Model):
    """An office's own Word file for reports of one kind, such as its letterhead.

    A new file of the same name replaces the one before, which stays for the record.
    """

    template = models.ForeignKey(ReportTemplate, on_delete=models.PROTECT, related_name="word_templates")
    name = models.CharField(_("名称"), max_length=40)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(_("文件名"), max_length=150)
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField()
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("template__position", "name")
        constraints = (
            models.UniqueConstraint(
                fields=("template", "name"), condition=Q(active=True), name="one_word_template_of_a_name"
            ),
        )

    def __str__(self) -> str:
        return f"{self.template_id} {self.name}"


class PlanKind(models.TextChoices):
    """What a sentence of a plan became."""

    CAMPAIGN = "CAMPAIGN", pgettext_lazy("promise", "专项行动")
    PLEDGE = "PLEDGE", _("责任事项")
    PROJECT = "PROJECT", pgettext_lazy("promise", "项目")
    NONE = "NONE", _("不是承诺")


class PlanDecision(models.Model):
    """What a person made of one sentence of a report's plan: a promise, or "not a promise" with the reason.

    A sentence may be several promises. A decision that was withdrawn stays, with the reason; the object stays, too.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="plan_decisions")
    version = models.ForeignKey(ReportVersion, on_delete=models.PROTECT, related_name="+")
    topic = models.CharField(_("小标题"), max_length=60, blank=True)
    sentence = models.TextField(_("句子"))
    sentence_key = models.CharField(max_length=16)  # see `planning.sentences`
    kind = models.CharField(_("种类"), max_length=8, choices=PlanKind)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    pledge = models.ForeignKey(Pledge, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    is_new = models.BooleanField(default=False)  # the object was made from the sentence; else it existed
    reason = models.CharField(_("原因"), max_length=200, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_reason = models.CharField(_("撤回原因"), max_length=200, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="PROJECT", project__isnull=False, campaign__isnull=True, pledge__isnull=True)
                | Q(kind="CAMPAIGN", project__isnull=True, campaign__isnull=False, pledge__isnull=True)
                | Q(kind="PLEDGE", project__isnull=True, campaign__isnull=True, pledge__isnull=False)
                | (
                    Q(kind="NONE", project__isnull=True, campaign__isnull=True, pledge__isnull=True)
                    & ~Q(reason="")
                ),
                name="plan_decision_of_one_object",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
                name="plan_decision_withdrawn_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.report_id} {self.kind} {self.sentence[:20]}"

    @property
    def promise(self) -> Project | Campaign | Pledge | None:
        """The object that the sentence became; None for a sentence that is no promise."""
        return self.project or self.campaign or self.pledge


class PromiseMention(models.Model):
    """Whether a report mentions a promise of an earlier one, as a person decided; `sentence` is "" if it does not."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="promise_mentions")
    decision = models.ForeignKey(PlanDecision, on_delete=models.CASCADE, related_name="mentions")
    sentence = models.TextField(_("句子"), blank=True)
    sentence_key = models.CharField(max_length=16, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("report", "decision"), name="one_mention_of_a_promise"),
        )

    def __str__(self) -> str:
        return f"{self.report_id} {self.decision_id} {self.sentence[:20]}"
