"""The offices of the district's sub-districts, each with a jiedao of its own."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from jiedao.district.wordings import OfficeState
from jiedao.kernel.wordings import Wording, read_wording
from jiedao.orgs.models import Unit

MANAGE = "district.office:manage"
TOKEN = "district.office.token"  # noqa: S105 (the context of the encrypted field)


class Office(models.Model):
    """A sub-district office whose jiedao this district reads, by the address of its site and a token."""

    code = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    address = models.CharField(_("网址"), max_length=300)
    token = models.CharField(max_length=1000, blank=True)  # encrypted by kernel.crypto
    area_code = models.CharField(
        _("区划"), max_length=15, unique=True
    )  # of the sub-district in this district's pack
    unit = models.OneToOneField(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="office", verbose_name=_("单位")
    )
    active = models.BooleanField(_("启用"), default=True)
    last_answer_at = models.DateTimeField(null=True, blank=True)
    last_fault_at = models.DateTimeField(null=True, blank=True)
    last_fault: Any = models.JSONField(default=dict)  # a wording of `wordings.py`

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> OfficeState:
        """Whether the office answered when it was asked last."""
        if not self.active:
            return OfficeState.INACTIVE
        if self.last_fault_at is not None and (
            self.last_answer_at is None or self.last_fault_at > self.last_answer_at
        ):
            return OfficeState.FAULTY
        return OfficeState.ANSWERS if self.last_answer_at is not None else OfficeState.NEVER

    @property
    def fault(self) -> Wording | None:
        """What was wrong at the last failure, in the reader's language; None while the office answers."""
        return read_wording(self.last_fault) if self.state == OfficeState.FAULTY else None
