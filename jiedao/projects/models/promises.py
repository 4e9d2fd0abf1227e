"""Promises: campaigns with quotas, responsibility items and decisions, aid to partner places."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiedao.accounts.models import User
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Scope, Unit
from jiedao.places.models import Area, Named, in_language

VIEW = "projects.promise:view"


# -- campaigns ---------------------------------------------------------------------------------------------------


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """Campaigns, with the rule of who may see which of them."""

    def visible_to(self, actor: Actor) -> "CampaignQuerySet":
        """Return the campaigns of the actor's units and those with a quota in the actor's areas.

        A user who may see a campaign may see all of it, including the quotas of other areas.
        """
        if not actor.can(VIEW) or actor.scope == Scope.OWN:
            return self.none()
        if actor.sees_town:
            return self
        condition = Q(unit_id__in=actor.unit_ids)
        if actor.scope == Scope.AREA:
            for path in actor.area_paths:
                below = Quota.objects.filter(area__path__startswith=path)
                condition |= Q(pk__in=below.values("campaign_id"))
        return self.filter(condition)


class Campaign(Named, models.Model):
    """An amount to be reached by a day, in the unit `measure`. `factor` units of the feed make one `measure`."""

    key = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(max_length=200, blank=True)
    handed_by = models.CharField(_("下达单位"), max_length=120, blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("牵头单位"))
    measure = models.CharField(_("计量单位"), max_length=20)
    measure_en = models.CharField(max_length=40, blank=True)
    factor = models.DecimalField(max_digits=14, decimal_places=4, default=Decimal(1))
    digits = models.PositiveSmallIntegerField(default=2)  # decimals of displayed amounts
    target = models.DecimalField(_("目标"), max_digits=16, decimal_places=4)
    from_date = models.DateField(_("开始日期"))
    due_date = models.DateField(_("完成期限"))
    feed: Any = models.JSONField(null=True, blank=True)  # see kernel.figures; null if users enter the amounts
    note = models.CharField(_("说明"), max_length=400, blank=True)
    position = models.PositiveIntegerField(default=0)
    active = models.BooleanField(_("启用"), default=True)
    # When users last split the target; from then on the split in the pack is ignored.
    split_at = models.DateTimeField(null=True, blank=True)
    added_at = models.DateTimeField(null=True, blank=True)  # when a user added it; null for one of a pack

    objects: ClassVar[Any] = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(target__gt=0, factor__gt=0), name="campaign_amounts"),
            models.CheckConstraint(condition=Q(due_date__gte=F("from_date")), name="campaign_forward"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def measure_label(self) -> str:
        """The unit of its amounts in the reader's language."""
        return in_language(self.measure, self.measure_en)


class Quota(models.Model):
    """A part of the target, for a community or for a month (its first day). Each split adds up to the target."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="quotas")
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    month = models.DateField(null=True, blank=True)
    amount = models.DecimalField(max_digits=16, decimal_places=4)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(area__isnull=True, month__isnull=False)
                | Q(area__isnull=False, month__isnull=True),
                name="quota_of_one",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="quota_amount"),
            models.UniqueConstraint(fields=["campaign", "area"], name="quota_area"),
            models.UniqueConstraint(fields=["campaign", "month"], name="quota_month"),
        ]

    def __str__(self) -> str:
        return f"{self.area or self.month}: {self.amount}"


class CampaignEntry(models.Model):
    """An amount in the campaign's measure that a user entered, if it has no feed. A correction is negative."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="entries")
    date = models.DateField(_("日期"))
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(_("数量"), max_digits=16, decimal_places=4)
    document = models.CharField(_("依据文件"), max_length=200)
    entered_by = models.CharField(max_length=120)
    at = models.DateTimeField(default=clock.now)
    client_uuid = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        ordering = ["-date", "-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="campaign_entry_amount"),
            models.CheckConstraint(condition=~Q(document=""), name="campaign_entry_document"),
        ]
        indexes = [
            # selectors.campaigns
            models.Index(fields=["campaign", "date"], name="campaign_entry_day"),
        ]

    def __str__(self) -> str:
        return f"{self.date}: {self.amount}"


# -- responsibility items and decisions --------------------------------------------------------------------------


class PledgeKind(models.TextChoices):
    """Where a pledge comes from."""

    ITEM = "ITEM", _("责任事项")
    DECISION = "DECISION", _("会议决定")
    REPORT = "REPORT", _("报告承诺")


class PledgeState(models.TextChoices):
    """The state of a pledge."""

    OPEN = "OPEN", _("办理中")
    REPORTED = "REPORTED", _("待确认")
    BACK = "BACK", pgettext_lazy("state", "退回补办")
    CONFIRMED = "CONFIRMED", _("已确认")
    WITHDRAWN = "WITHDRAWN", _("已撤销")


WORKING = (PledgeState.OPEN.value, PledgeState.BACK.value)
UNDECIDED = (*WORKING, PledgeState.REPORTED.value)


class PledgeQuerySet(models.QuerySet["Pledge"]):
    """Pledges, with the rule of who may see which of them, and the filter for late ones."""

    def visible_to(self, actor: Actor) -> "PledgeQuerySet":
        """Return the pledges that the actor's units own or help with."""
        if not actor.can(VIEW) or actor.scope == Scope.OWN:
            return self.none()
        if actor.sees_town:
            return self
        helped = Pledge.helpers.through.objects.filter(unit_id__in=actor.unit_ids).values("pledge_id")
        return self.filter(Q(unit_id__in=actor.unit_ids) | Q(pk__in=helped))

    def late(self, day: date) -> "PledgeQuerySet":
        """Return the pledges that are not done although their deadline has passed."""
        return self.filter(state__in=WORKING, deadline__lt=day)

    def owing_answer(self) -> "PledgeQuerySet":
        """Return the pledges whose unit owes the answer to a supervision."""
        return self.filter(pk__in=Supervision.objects.filter(outcome="").values("pledge_id"))


class Pledge(models.Model):
    """A responsibility item 责任事项 or a decision of a meeting. It is done when another user has confirmed it.

    Late marks and escalations belong to a deadline: after an extension they start again.
    """

    kind = models.CharField(_("种类"), max_length=8, choices=PledgeKind)
    code = models.CharField(_("编号"), max_length=40, unique=True)
    text = models.CharField(_("事项"), max_length=400)
    text_en = models.CharField(max_length=600, blank=True)
    source = models.CharField(_("出处"), max_length=200)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("责任单位"))
    helpers = models.ManyToManyField(Unit, blank=True, related_name="+", verbose_name=_("配合单位"))
    due_date = models.DateField(_("完成期限"))
    extended_date = models.DateField(_("延期至"), null=True, blank=True)
    deadline: Any = models.GeneratedField(
        expression=Coalesce("extended_date", "due_date"), output_field=models.DateField(), db_persist=True
    )
    state = models.CharField(_("状态"), max_length=9, choices=PledgeState, default=PledgeState.OPEN)
    evidence = models.TextField(_("完成情况"), blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    reported_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)  # confirmed or withdrawn
    confirmed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    warned_for = models.DateField(null=True, blank=True)  # the deadline for which a warning was sent
    late_for = models.DateField(null=True, blank=True)  # the deadline that was missed
    escalated = models.PositiveSmallIntegerField(default=0)
    next_rung_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = PledgeQuerySet.as_manager()

    class Meta:
        ordering = ["deadline", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["REPORTED", "CONFIRMED"])
                | (Q(reported_at__isnull=False) & ~Q(evidence="")),
                name="pledge_evidence",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True)
                | Q(reported_by__isnull=True)
                | ~Q(confirmed_by=F("reported_by")),
                name="pledge_other_confirms",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["CONFIRMED", "WITHDRAWN"], ended_at__isnull=False)
                | Q(state__in=["OPEN", "REPORTED", "BACK"], ended_at__isnull=True),
                name="pledge_ended",
            ),
            models.CheckConstraint(
                condition=Q(extended_date__isnull=True) | Q(extended_date__gt=F("due_date")),
                name="pledge_extended",
            ),
        ]
        indexes = [
            # lists of selectors.pledges; jobs.monitor_pledges
            models.Index(fields=["state", "deadline"], name="pledge_state_due"),
            models.Index(fields=["unit", "state"], name="pledge_unit_state"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.label}"

    @property
    def label(self) -> str:
        """The text of the pledge in the reader's language."""
        return in_language(self.text, self.text_en)

    @property
    def is_late(self) -> bool:
        """Return whether it is not done although its deadline has passed."""
        return self.state in WORKING and bool(self.deadline < clock.today())

    @property
    def days_late(self) -> int:
        """Return for how many days it has been late, 0 if it is not."""
        return (clock.today() - self.deadline).days if self.is_late else 0


class PledgeMove(models.Model):
    """A move or event of a pledge; never changed. `move` is a key of `pledge_flow.MOVES` or `pledge_flow.EVENTS`."""

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="moves")
    move = models.CharField(max_length=12)
    at = models.DateTimeField(default=clock.now)
    actor_label = models.CharField(max_length=120)
    from_state = models.CharField(max_length=9, choices=PledgeState)
    to_state = models.CharField(max_length=9, choices=PledgeState)
    note = models.TextField(blank=True)
    data: Any = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.move} {self.at:%Y-%m-%d}"


class Outcome(models.TextChoices):
    """How the answer owed to a supervision ended."""

    ANSWERED = "ANSWERED", _("已答复")
    REPORTED = "REPORTED", _("已报告完成")
    REPLACED = "REPLACED", _("改为再次督办")
    WITHDRAWN = "WITHDRAWN", _("事项已撤销")


class Supervision(models.Model):
    """A leader's demand 督办 on a pledge: what is to be done, a new date, and the answer that the unit owes by then.

    It does not extend the deadline of the pledge, which stays late. At most one demand of a pledge is open, without
    `outcome`. `late_told_at` is when the missing answer was reported.
    """

    pledge = models.ForeignKey(Pledge, on_delete=models.CASCADE, related_name="supervisions")
    demand = models.TextField(_("督办要求"))
    due_date = models.DateField(_("答复期限"))
    asked_at = models.DateTimeField(default=clock.now)
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asker_label = models.CharField(max_length=120)
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(_("答复"), blank=True)
    promised_date = models.DateField(_("预计完成日期"), null=True, blank=True)
    answerer_label = models.CharField(max_length=120, blank=True)
    late_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["pledge"], condition=Q(outcome=""), name="supervision_one_open"),
            models.CheckConstraint(
                condition=Q(outcome="", ended_at__isnull=True) | (~Q(outcome="") & Q(ended_at__isnull=False)),
                name="supervision_ended",
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=["ANSWERED", "REPORTED"]) | ~Q(answer=""), name="supervision_answer"
            ),
        ]
        indexes = [
            # jobs.monitor_supervisions; the count of answers owed
            models.Index(fields=["due_date"], condition=Q(outcome=""), name="supervision_owed"),
        ]

    def __str__(self) -> str:
        return f"{self.pledge_id} {self.due_date}"

    @property
    def is_open(self) -> bool:
        """Return whether the unit still owes the answer."""
        return not self.outcome

    @property
    def days_late(self) -> int:
        """Return by how many days the answer came late, or is late today; 0 in time and for one that was not owed."""
        if self.outcome == Outcome.WITHDRAWN:
            return 0
        ended = self.ended_at.astimezone(clock.TOWN_TZ).date() if self.ended_at else clock.today()
        return max((ended - self.due_date).days, 0)


# -- aid ---------------------------------------------------------------------------------------------------------


class Relation(models.TextChoices):
    """The kind of partnership between a partner place and the town."""

    COUNTERPART = "COUNTERPART", _("对口帮扶")
    PAIRED = "PAIRED", _("结对帮扶")
    SUPPORT = "SUPPORT", _("支援合作")


class PartnerQuerySet(models.QuerySet["Partner"]):
    """Partner places, with the rule of who may see which of them and their money."""

    def visible_to(self, actor: Actor) -> "PartnerQuerySet":
        """Return the places for which the actor's units are responsible."""
        if not actor.can(VIEW) or actor.scope == Scope.OWN:
            return self.none()
        return self if actor.sees_town else self.filter(unit_id__in=actor.unit_ids)


class Partner(Named, models.Model):
    """A place that the town aids."""

    key = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(max_length=200, blank=True)
    relation = models.CharField(_("关系"), max_length=12, choices=Relation)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", verbose_name=_("经办单位"))
    note = models.CharField(_("说明"), max_length=400, blank=True)
    active = models.BooleanField(_("启用"), default=True)

    objects: ClassVar[Any] = PartnerQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.label


class Commitment(models.Model):
    """Money promised to a partner place, in yuan."""

    key = models.CharField(_("编号"), max_length=40, unique=True)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="commitments")
    amount = models.DecimalField(_("金额"), max_digits=14, decimal_places=2)
    date = models.DateField(_("日期"))
    purpose = models.CharField(_("用途"), max_length=200)
    purpose_en = models.CharField(max_length=300, blank=True)
    document = models.CharField(_("依据文件"), max_length=200, blank=True)

    class Meta:
        ordering = ["date", "id"]
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="commitment_amount")]

    def __str__(self) -> str:
        return f"{self.key} {self.amount}"

    @property
    def label(self) -> str:
        """The purpose in the reader's language."""
        return in_language(self.purpose, self.purpose_en)


class Payment(models.Model):
    """Money paid on a commitment, in yuan. A payment that was entered by mistake is void, with a reason."""

    key = models.CharField(_("编号"), max_length=40, unique=True)
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="payments")
    amount = models.DecimalField(_("金额"), max_digits=14, decimal_places=2)
    date = models.DateField(_("日期"))
    document = models.CharField(_("凭证"), max_length=200)
    void_why = models.CharField(_("作废原因"), max_length=200, blank=True)

    class Meta:
        ordering = ["date", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount"),
            models.CheckConstraint(condition=~Q(document=""), name="payment_document"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.amount}"
