"""The offices of the district's sub-districts, each with a jiedao of its own."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from jiedao.cases.flow import State
from jiedao.cases.models import Case
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
    # Of the sub-district in this district's pack.
    area_code = models.CharField(_("区划"), max_length=15, unique=True)
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


class OrderState(models.TextChoices):
    """How far an order to an office is. It is open until the office has answered, or the district does without."""

    WAITING = "WAITING", _("待送达")
    SENT = "SENT", _("已送达")
    REPLIED = "REPLIED", _("已答复")
    RETURNED = "RETURNED", _("已退回")
    WITHDRAWN = "WITHDRAWN", _("已撤回")


OPEN_ORDERS = (OrderState.WAITING, OrderState.SENT)


class Order(models.Model):
    """A case of the district that was sent down 下达 to an office, and what its jiedao stated of it last.

    A case that goes down again is another order, which names the one before. `client_uuid` and `payload` are stored
    before the first attempt, so that an office receives the same content however often it is sent.
    """

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="orders")
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="orders")
    serial = models.PositiveSmallIntegerField()  # of the orders of the case
    client_uuid = models.UUIDField(unique=True)
    payload = models.TextField(blank=True)  # encrypted JSON; empty once the order has ended
    with_reporter = models.BooleanField(_("附反映人"), default=False)
    due_at = models.DateTimeField(null=True, blank=True)  # until when the district wants the reply
    state = models.CharField(_("状态"), max_length=10, choices=OrderState, default=OrderState.WAITING)
    may_have_arrived = models.BooleanField(default=False)  # some attempt may have reached the office
    number = models.CharField(_("街道的编号"), max_length=20, blank=True)
    office_state = models.CharField(max_length=12, choices=State, blank=True)
    office_version = models.PositiveIntegerField(default=0)
    steps: Any = models.JSONField(default=list)  # of the office: {"move", "at", "by", "text"}
    reply = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)  # when the office last stated something new
    ended_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)  # of the next request about it; None for none
    attempts = models.PositiveSmallIntegerField(default=0)  # that failed since the last success
    fault: Any = models.JSONField(default=dict)  # a wording

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "serial"], name="order_serial"),
            models.UniqueConstraint(
                fields=["case"], name="one_open_order", condition=models.Q(state__in=["WAITING", "SENT"])
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="order_next", condition=models.Q(next_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.case_id}-{self.serial}"

    @property
    def is_open(self) -> bool:
        """Whether a reply is still expected."""
        return self.state in OPEN_ORDERS

    @property
    def fault_wording(self) -> Wording | None:
        """What went wrong last, in the reader's language."""
        return read_wording(self.fault)


class OrderNote(models.Model):
    """What an office is notified of about an order: the move REMIND or SUPERVISE of the district, or ASK_WITHDRAWAL."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="notes")
    move = models.CharField(max_length=20)
    text = models.TextField()
    answer_date = models.DateField(null=True, blank=True)
    client_uuid = models.UUIDField(unique=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)  # None once it was sent, or will not be
    attempts = models.PositiveSmallIntegerField(default=0)
    fault: Any = models.JSONField(default=dict)  # a wording

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], name="ordernote_next", condition=models.Q(next_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.move}"

    @property
    def fault_wording(self) -> Wording | None:
        """What went wrong last, in the reader's language."""
        return read_wording(self.fault)


class ReporterRelease(models.Model):
    """A dispatcher's decision to send the reporter's name and phone with the next order of a case; it is used once."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="+", primary_key=True)
    at = models.DateTimeField()
    by_label = models.CharField(max_length=120)

    def __str__(self) -> str:
        return str(self.case_id)
