"""Units, posts, and holdings: which user holds which post over which areas."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
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


class HoldingQuerySet(models.QuerySet["Holding"]):
    """Holdings, selected by day."""

    def on(self, day: date) -> "HoldingQuerySet":
        """Return the holdings in force on a local day."""
        return self.filter(
            Q(from_date__isnull=True) | Q(from_date__lte=day),
            Q(to_date__isnull=True) | Q(to_date__gte=day),
            post__active=True,
            user__is_active=True,
        )


class Holding(models.Model):
    """The fact that a user holds a post over some areas, from one day to another."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="holdings")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="holdings")
    areas = models.ManyToManyField(Area, blank=True, related_name="+")
    from_date = models.DateField(_("起"), null=True, blank=True)
    to_date = models.DateField(_("止"), null=True, blank=True)

    objects: ClassVar[Any] = HoldingQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "post"], name="holding_user_post")]

    def __str__(self) -> str:
        return f"{self.user} · {self.post}"
