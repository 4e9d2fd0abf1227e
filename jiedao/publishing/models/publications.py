"""Publications: what is public, from the draft to the day on which it is withdrawn, and how often it was read."""

from datetime import date, timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.kernel import clock
from jiedao.reports.models import Report, Signature

EDIT = "publishing.publication:edit"
REVIEW = "publishing.publication:review"
PUBLISH = "publishing.publication:publish"
NOTICE_DAYS = 30  # a notice without a last day is on the notice board for so long


class PublicationKind(models.TextChoices):
    """What a publication is; the public list is narrowed by it."""

    REPORT = "REPORT", _("工作报告")
    PLAN = "PLAN", _("规划计划")
    NOTICE = "NOTICE", _("通知公告")
    POLICY = "POLICY", _("政策文件")
    YEARLY = "YEARLY", _("信息公开年报")


class PublicationState(models.TextChoices):
    """How far a publication is. Only a published one is public; of a withdrawn one only title, day and reason are."""

    DRAFT = "DRAFT", _("草稿")
    REVIEWED = "REVIEWED", _("已审核")
    PUBLISHED = "PUBLISHED", _("已公布")
    WITHDRAWN = "WITHDRAWN", _("已撤下")


class Publication(models.Model):
    """A text that the office publishes.

    `content` is the document as `reports.freezing` writes it, so that a publication reads the same after a pack or a
    report has changed. `text` is what a person typed; it is empty where a signed report or a yearly report is the
    source of the content.
    """

    kind = models.CharField(_("种类"), max_length=8, choices=PublicationKind)
    title = models.CharField(_("标题"), max_length=200)
    source = models.CharField(_("来源"), max_length=120)
    document_date = models.DateField(_("成文日期"))
    document_number = models.CharField(_("文号"), max_length=60, blank=True)
    text = models.TextField(_("正文"), blank=True)
    content: Any = models.JSONField()
    current_until = models.DateField(_("有效期至"), null=True, blank=True)  # of a notice; see `is_current`
    report = models.ForeignKey(Report, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    signature = models.ForeignKey(
        Signature, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(
        _("状态"), max_length=9, choices=PublicationState, default=PublicationState.DRAFT
    )
    version = models.PositiveIntegerField(default=1)  # every change and every move adds one
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    written_at = models.DateTimeField()  # of the last change of the words
    # [id of the user, time] of every change before the last one, because none of these people may review the words
    earlier_writers: Any = models.JSONField(default=list)
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    reason = models.CharField(_("撤下原因"), max_length=200, blank=True)

    class Meta:
        ordering = ("-published_at", "-pk")
        indexes = (
            # the public list and the feed, all kinds or one
            models.Index(fields=["state", "-published_at"], name="publication_state"),
            models.Index(fields=["kind", "state", "-published_at"], name="publication_kind"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["DRAFT", "REVIEWED"]) | Q(published_at__isnull=False),
                name="publication_public_since",
            ),
            models.CheckConstraint(
                condition=~Q(state="WITHDRAWN") | (Q(withdrawn_at__isnull=False) & ~Q(reason="")),
                name="publication_withdrawn_why",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_public(self) -> bool:
        """Return whether everybody may read it."""
        return self.state == PublicationState.PUBLISHED

    @property
    def last_current_date(self) -> date | None:
        """The last day on which a public notice is on the notice board; None for everything else."""
        if self.kind != PublicationKind.NOTICE or not self.is_public or self.published_at is None:
            return None
        published_date = self.published_at.astimezone(clock.TOWN_TZ).date()
        return self.current_until or published_date + timedelta(days=NOTICE_DAYS)

    @property
    def is_current(self) -> bool:
        """Return whether it is a notice on the notice board; afterwards it stays in the list."""
        return self.last_current_date is not None and clock.today() <= self.last_current_date

    @property
    def is_past(self) -> bool:
        """Return whether it is a notice whose last day has passed."""
        return self.last_current_date is not None and not self.is_current


class ViewCount(models.Model):
    """How often a publication was opened on one day. Nothing about the visitors is stored."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="view_counts")
    day = models.DateField()
    views = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("publication", "day"), name="one_view_count_of_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.publication_id} {self.day} {self.views}"
