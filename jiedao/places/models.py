"""The tree of areas, and the premises in them."""

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node


def in_language(zh: str, en: str) -> str:
    """Return the English text to a reader of English where there is one, else the Chinese text."""
    return en if en and (get_language() or "").startswith("en") else zh


def choose_text(values: Mapping[str, Any], key: str) -> str:
    """Return a text of a pack in the reader's language: that of `key`, or that of `key`_en; "" where there is none."""
    return in_language(str(values.get(key) or ""), str(values.get(f"{key}_en") or ""))


class Named:
    """A mixin for objects with a Chinese and an English name; the English one may be missing."""

    name: Any
    name_en: Any

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name, self.name_en)


class AreaKind(models.TextChoices):
    """The levels of the tree, from top to bottom."""

    DISTRICT = "DISTRICT", _("区")
    STREET = "STREET", _("街道")
    COMMUNITY = "COMMUNITY", _("社区")
    GRID = "GRID", _("网格")


class Area(Named, MP_Node):  # type: ignore[misc]
    """A district, sub-district, community or grid.

    `path` is the materialised path of the tree, 4 characters for each level, so `path LIKE 'x%'` selects an area and
    all areas in it. Other rooms store copies of paths: a path never changes.
    """

    kind = models.CharField(_("级别"), max_length=10, choices=AreaKind)
    code = models.CharField(_("代码"), max_length=15, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    name_en = models.CharField(_("英文名称"), max_length=80, blank=True)
    polygon: Any = models.JSONField(_("边界"), null=True, blank=True)  # GeoJSON geometry, WGS 84
    schematic = models.BooleanField(_("示意边界"), default=False)
    active = models.BooleanField(_("启用"), default=True)

    node_order_by = ["code"]

    def __str__(self) -> str:
        return self.label


class PremiseKind(models.TextChoices):
    """What a premise is, in the classes that sub-district reports count."""

    ESTATE = "ESTATE", _("花园小区")
    VILLAGE = "VILLAGE", _("城中村")
    BLOCK = "BLOCK", _("临街零散楼栋")
    BUILDING = "BUILDING", _("楼栋")


class Premise(Named, models.Model):
    """A building, estate, urban village or street-front block in a grid."""

    code = models.CharField(_("编码"), max_length=32, unique=True)
    kind = models.CharField(_("类型"), max_length=10, choices=PremiseKind)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=120, blank=True)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="premises")
    address = models.CharField(_("地址"), max_length=200, blank=True)
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lon__isnull=True, lat__isnull=True) | Q(lon__isnull=False, lat__isnull=False),
                name="premise_point_whole",
            )
        ]

    def __str__(self) -> str:
        return self.label


class Road(Named, models.Model):
    """A road, with the communities through which it runs."""

    name = models.CharField(_("名称"), max_length=60, unique=True)
    name_en = models.CharField(_("英文名称"), max_length=80, blank=True)
    areas = models.ManyToManyField(Area, related_name="roads", blank=True)
    active = models.BooleanField(_("启用"), default=True)

    def __str__(self) -> str:
        return self.label
