"""Open data sets, as a pack declares them and as a person released them."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.places.models import Named, in_language


class DataSource(models.TextChoices):
    """Which rows a data set has."""

    CASES = "cases", _("案件")
    REGISTER = "register", _("台账")


class PositionKind(models.TextChoices):
    """How exactly a data set states where a row is."""

    NONE = "none", _("不公开位置")
    BLURRED = "blurred", _("位置取到约 500 米方格的中心")
    EXACT = "exact", _("准确位置")


class Licence(models.TextChoices):
    """The licences that a pack can choose from; their names are not translated."""

    CC_BY = "CC-BY-4.0", "Creative Commons Attribution 4.0 (CC BY 4.0)"
    CC0 = "CC0-1.0", "Creative Commons Zero 1.0 (CC0)"
    ODC_BY = "ODC-BY-1.0", "Open Data Commons Attribution 1.0 (ODC-BY)"
    MULAN = "MulanOWL-BY-1", "木兰开放作品许可协议 署名 第1版（MulanOWL BY v1）"


LICENCE_URLS = {
    Licence.CC_BY: "https://creativecommons.org/licenses/by/4.0/",
    Licence.CC0: "https://creativecommons.org/publicdomain/zero/1.0/",
    Licence.ODC_BY: "https://opendatacommons.org/licenses/by/1-0/",
    Licence.MULAN: "https://license.coscl.org.cn/MulanOWLBYv1",
}


class DataSet(Named, models.Model):
    """Rows that everybody may download, once a person has released them.

    `released_digest` is that of the definition which was released: after a change of the definition the data set is
    no longer public until a person has looked at it again. See `open_data.compute_digest`.
    """

    key = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(max_length=160, blank=True)
    note = models.CharField(_("说明"), max_length=400, blank=True)
    note_en = models.CharField(max_length=600, blank=True)
    source = models.CharField(_("数据来自"), max_length=8, choices=DataSource)
    register = models.CharField(_("台账"), max_length=40, blank=True)
    columns: Any = models.JSONField(_("列"))
    position_kind = models.CharField(_("位置"), max_length=8, choices=PositionKind, default=PositionKind.NONE)
    licence = models.CharField(_("许可"), max_length=20, choices=Licence)
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)
    released_digest = models.CharField(max_length=64, blank=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("position", "key")
        constraints = (
            models.CheckConstraint(
                condition=Q(source="cases", register="") | (Q(source="register") & ~Q(register="")),
                name="data_set_of_one_source",
            ),
        )

    def __str__(self) -> str:
        return self.key

    @property
    def note_label(self) -> str:
        """The note in the reader's language."""
        return in_language(self.note, self.note_en)

    @property
    def licence_url(self) -> str:
        """The address of the licence's text."""
        return LICENCE_URLS[Licence(self.licence)]
