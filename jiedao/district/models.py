"""The offices of the district's sub-districts, each with a jiedao of its own."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from jiedao.district.wordings import OfficeState
from jiedao.kernel.periods import Period, build_period
from jiedao.kernel.wordings import Wording, read_wording
from jiedao.orgs.models import Unit
from jiedao.places.models import in_language

MANAGE = "district.office:manage"
VIEW = "district.figure:view"
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
    # Why its figures could not be read last; answers to other requests leave it as it is.
    reading_fault: Any = models.JSONField(default=dict)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> OfficeState:
        """Whether the office answered when it was asked last, and its figures could be read."""
        if not self.active:
            return OfficeState.INACTIVE
        if self.reading_fault:
            return OfficeState.FAULTY
        if self.last_fault_at is not None and (
            self.last_answer_at is None or self.last_fault_at > self.last_answer_at
        ):
            return OfficeState.FAULTY
        return OfficeState.ANSWERS if self.last_answer_at is not None else OfficeState.NEVER

    @property
    def fault(self) -> Wording | None:
        """What was wrong at the last failure, in the reader's language; None while the office answers."""
        return (
            read_wording(self.reading_fault or self.last_fault) if self.state == OfficeState.FAULTY else None
        )


class OfficeFigure(models.Model):
    """A published figure of an office, as it was read last; it stays while the office does not answer."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="figures")
    measure = models.CharField(max_length=60)  # the key of the measure in the office's pack
    first_date = models.DateField()
    last_date = models.DateField()
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    unit_label = models.CharField(max_length=20)
    unit_label_en = models.CharField(max_length=40, blank=True)
    digits = models.PositiveSmallIntegerField(default=0)
    value = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    numerator = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    denominator = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    denominator_name = models.CharField(max_length=80, blank=True)
    better = models.CharField(max_length=4, blank=True)
    status = models.CharField(max_length=10, blank=True)
    is_ended = models.BooleanField(default=False)
    is_locked = models.BooleanField(default=False)
    note = models.CharField(max_length=300, blank=True)  # why there is no value
    note_en = models.CharField(max_length=300, blank=True)
    version = models.CharField(max_length=64)  # of the definition
    meaning = models.CharField(max_length=400)
    meaning_en = models.CharField(max_length=600, blank=True)
    as_of = models.DateTimeField()  # by the office's clock
    read_at = models.DateTimeField()
    position = models.PositiveSmallIntegerField(default=0)  # in the office's catalogue

    class Meta:
        ordering = ("position", "measure")
        constraints = (
            models.UniqueConstraint(
                fields=("office", "measure", "first_date", "last_date"), name="one_figure_of_an_office"
            ),
        )
        indexes = (models.Index(fields=("first_date", "last_date")),)

    def __str__(self) -> str:
        return f"{self.office_id} {self.measure} {self.period.text}"

    @property
    def period(self) -> Period:
        """The period, in its shortest written form."""
        return build_period(self.first_date, self.last_date)

    @property
    def label(self) -> str:
        """The name of the measure in the reader's language."""
        return in_language(self.name, self.name_en)

    @property
    def unit_text(self) -> str:
        """The unit in the reader's language."""
        return in_language(self.unit_label, self.unit_label_en)

    @property
    def note_label(self) -> str:
        """Why there is no value, in the reader's language."""
        return in_language(self.note, self.note_en)

    @property
    def meaning_label(self) -> str:
        """The office's definition in words, in the reader's language."""
        return in_language(self.meaning, self.meaning_en)

    @property
    def text(self) -> str:
        """The value as a page prints it, without its unit; a dash where there is no data."""
        return "—" if self.value is None else f"{self.value:,.{self.digits}f}"
