"""Units, posts, holdings (which user holds which post over which areas), and deputies for a time of absence."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.kernel import clock
from jiedao.places.models import Area, Named, in_language


class UnitKind(models.TextChoices):
    """The kind of a unit."""

    OFFICE = "OFFICE", _("街道")
    DEPARTMENT = "DEPARTMENT", _("街道部门")
    COMMUNITY = "COMMUNITY", _("社区工作站")
    BUREAU = "BUREAU", _("区级部门")
    CONTRACTOR = "CONTRACTOR", _("外包单位")


class Unit(Named, models.Model):
    """An office, department, community workstation, bureau or contractor."""

    code = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=120, blank=True)
    kind = models.CharField(_("类型"), max_length=12, choices=UnitKind)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="units")
    duty_phone = models.CharField(_("值班电话"), max_length=30, blank=True)  # of the unit, never of a person
    active = models.BooleanField(_("启用"), default=True)

    def __str__(self) -> str:
        return self.label


class Scope(models.TextChoices):
    """Which cases and records a post may see."""

    AREA = "AREA", _("所辖区域")
    UNIT = "UNIT", _("本单位")
    OWN = "OWN", _("本人")


class Post(models.Model):
    """A post in a unit with its rights, its scope and its superior post, to which matters are escalated."""

    code = models.CharField(_("代码"), max_length=60, unique=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts")
    title = models.CharField(_("岗位"), max_length=60)
    title_en = models.CharField(_("英文岗位"), max_length=100, blank=True)
    permissions: Any = models.JSONField(_("权限"), default=list)
    scope = models.CharField(_("范围"), max_length=4, choices=Scope, default=Scope.UNIT)
    superior = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="subordinates"
    )
    active = models.BooleanField(_("启用"), default=True)

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The title in the reader's language."""
        return in_language(self.title, self.title_en)


class AbsenceReason(models.TextChoices):
    """Why a person is absent."""

    LEAVE = "LEAVE", _("休假")
    SICK = "SICK", _("病假")
    TRIP = "TRIP", _("出差")
    TRAINING = "TRAINING", _("学习培训")
    OTHER = "OTHER", _("其他事由")


class Deputation(models.Model):
    """The fact that a deputy acts for an absent person from one day to another.

    The rows stay after the end: two people count as one for what either did in that time, see `deputies`.
    """

    person = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="deputations", verbose_name=_("请假人")
    )
    deputy = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="represented", verbose_name=_("代班人")
    )
    all_posts = models.BooleanField(default=True)  # of those that the person held when it was written
    reason = models.CharField(_("事由"), max_length=8, choices=AbsenceReason, blank=True)
    from_date = models.DateField(_("起"))
    to_date = models.DateField(_("止"))
    named_label = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)  # of one that was ended early
    ended_label = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["to_date"], name="deputation_open", condition=Q(ended_at__isnull=True))
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(person=models.F("deputy")), name="deputation_of_another"),
            models.CheckConstraint(
                condition=Q(to_date__gte=models.F("from_date")), name="deputation_has_days"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deputy} 代 {self.person}"

    def is_in_force(self, day: date) -> bool:
        """Return whether the deputy acts on a local day."""
        return self.ended_at is None and self.from_date <= day <= self.to_date

    def is_over(self, day: date) -> bool:
        """Return whether it has ended, by itself or early."""
        return self.ended_at is not None or self.to_date < day


class HoldingQuerySet(models.QuerySet["Holding"]):
    """Holdings, selected by day."""

    def on(self, day: date) -> "HoldingQuerySet":
        """Return the holdings in force on a local day; that of a deputy only while the represented one is, too."""
        return self.filter(
            Q(represents__isnull=True)
            | Q(
                Q(represents__from_date__isnull=True) | Q(represents__from_date__lte=day),
                Q(represents__to_date__isnull=True) | Q(represents__to_date__gte=day),
                represents__user__is_active=True,
            ),
            Q(from_date__isnull=True) | Q(from_date__lte=day),
            Q(to_date__isnull=True) | Q(to_date__gte=day),
            post__active=True,
            user__is_active=True,
        )

    def own(self) -> "HoldingQuerySet":
        """Return the holdings of those who hold a post themselves, without the deputies."""
        return self.filter(represents__isnull=True)


class Holding(models.Model):
    """The fact that a user holds a post over some areas, from one day to another, or acts in it as a deputy.

    The holding of a deputy refers to the holding that it represents, and is deleted with it or when it is ended early.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="holdings")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="holdings")
    areas = models.ManyToManyField(Area, blank=True, related_name="+")
    from_date = models.DateField(_("起"), null=True, blank=True)
    to_date = models.DateField(_("止"), null=True, blank=True)
    represents = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="deputies"
    )
    deputation = models.ForeignKey(
        Deputation, null=True, blank=True, on_delete=models.CASCADE, related_name="holdings"
    )

    objects: ClassVar[Any] = HoldingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "post"],
                condition=Q(represents__isnull=True),
                name="holding_of_user",
            ),
            models.UniqueConstraint(
                fields=["represents", "deputation"],
                condition=Q(represents__isnull=False),
                name="holding_of_deputy",
            ),
            models.CheckConstraint(
                condition=Q(represents__isnull=True, deputation__isnull=True)
                | Q(represents__isnull=False, deputation__isnull=False),
                name="holding_deputy_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.post}"
