"""Forms that superiors demand: their blanks, what each cell is bound to, and every filling."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.files.models import Blob
from jiedao.indicators.models import Placed
from jiedao.kernel import clock
from jiedao.orgs.models import Unit

VIEW = "reports.form:view"
EDIT = "reports.form:edit"
FILL = "reports.form:fill"
CONFIRM = "reports.form:confirm"


class Cycle(models.TextChoices):
    """How often a form is demanded."""

    WEEK = "week", _("每周")
    MONTH = "month", _("每月")
    QUARTER = "quarter", _("每季度")
    HALF = "half", _("每半年")
    YEAR = "year", _("每年")
    ONCE = "once", _("一次性")


class BindingKind(models.TextChoices):
    """What fills a cell."""

    FIGURE = "FIGURE", _("指标数据")
    LIST = "LIST", _("台账清单")
    FACT = "FACT", _("固定信息")
    HAND = "HAND", _("手工填写")


class FillState(models.TextChoices):
    """How far a filling has come."""

    DRAFT = "DRAFT", _("待确认")
    SENT = "SENT", _("已确认报出")
    DROPPED = "DROPPED", _("已作废")


class Form(models.Model):
    """A form that a superior demands, with the demand itself: who asks, on what basis, how often, by when.

    `due_days` counts from the end of the period: 5 is the fifth day of the next month for a monthly form. A form
    that is demanded once has a `due_date` instead. `unit` fills the form; its people are reminded of the day.
    """

    key = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("表名"), max_length=100)
    sender = models.CharField(_("要表单位"), max_length=80)
    basis = models.CharField(_("依据"), max_length=200, blank=True)
    cycle = models.CharField(_("报送周期"), max_length=8, choices=Cycle)
    due_days = models.PositiveSmallIntegerField(_("期后几天内报"), null=True, blank=True)
    due_date = models.DateField(_("应报日期"), null=True, blank=True)
    unit = models.ForeignKey(
        Unit, verbose_name=_("承办单位"), on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.CharField(max_length=120)

    class Meta:
        ordering = ("sender", "name", "id")

    def __str__(self) -> str:
        return f"{self.key} {self.name}"


class FormBlank(models.Model):
    """A version of a form's blank, as the superior sent it."""

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="blanks")
    version = models.PositiveSmallIntegerField(default=1)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("文件名"), max_length=150)
    uploaded_at = models.DateTimeField(default=clock.now)
    uploaded_by = models.CharField(max_length=120)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("form", "version"), name="form_blank_once"),)

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    @property
    def suffix(self) -> str:
        """The ending of the file's name: ".xlsx" or ".docx"."""
        return ".docx" if self.name.lower().endswith(".docx") else ".xlsx"


class FormBinding(models.Model):
    """What fills a cell. `spec` holds what `definition.read_spec` reads.

    `label` holds the words beside and above the cell when it was bound: a new blank whose cell has other words there
    has moved.
    """

    form = models.ForeignKey(Form, on_delete=models.CASCADE, related_name="bindings")
    cell = models.CharField(max_length=60)  # such as 月报!C5
    kind = models.CharField(max_length=6, choices=BindingKind)
    spec: Any = models.JSONField(default=dict)
    label = models.CharField(max_length=400, blank=True)
    bound_at = models.DateTimeField(default=clock.now)
    bound_by = models.CharField(max_length=120)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("form", "cell"), name="form_cell_once"),)

    def __str__(self) -> str:
        return f"{self.cell} {self.kind}"


class FormFill(Placed):
    """One filling of a form for a period and a place. `cells` holds what `filling.FilledCell` describes.

    A confirmed filling never changes: its file is stored, and `digest` is the SHA-256 of its bytes.
    """

    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="fills")
    blank = models.ForeignKey(FormBlank, on_delete=models.PROTECT, related_name="+")
    previous = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    as_of_date = models.DateField(_("截至"))
    state = models.CharField(max_length=8, choices=FillState, default=FillState.DRAFT)
    cells: Any = models.JSONField(default=list)
    filled = models.PositiveIntegerField(default=0)  # cells that filled themselves
    by_hand = models.PositiveIntegerField(default=0)
    empty = models.PositiveIntegerField(default=0)
    minutes = models.PositiveSmallIntegerField(_("用时（分钟）"), null=True, blank=True)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    digest = models.CharField(max_length=64, blank=True)
    filled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    filled_at = models.DateTimeField(default=clock.now)
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(_("作废原因"), max_length=200, blank=True)

    objects: ClassVar[models.Manager["FormFill"]] = models.Manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("form", "first_date", "last_date", "place_key"),
                condition=Q(state="DRAFT"),
                name="one_draft_of_a_form",
            ),
            models.CheckConstraint(
                condition=~Q(state="SENT") | (Q(confirmed_at__isnull=False) & ~Q(digest="")),
                name="sent_form_is_stored",
            ),
        )
        indexes = (models.Index(fields=("form", "state", "-last_date"), name="form_fill_last"),)

    def __str__(self) -> str:
        return f"{self.form.key} {self.period.text} {self.place_key}".strip()

    @property
    def total(self) -> int:
        """The number of its cells."""
        return self.filled + self.by_hand + self.empty


class FormFigure(models.Model):
    """A figure in a cell of a filling, by which fillings of other forms are compared with it."""

    fill = models.ForeignKey(FormFill, on_delete=models.CASCADE, related_name="figures")
    cell = models.CharField(max_length=60)
    measure_key = models.CharField(max_length=60)
    aspect = models.CharField(max_length=12)
    first_date = models.DateField()
    last_date = models.DateField()
    place_key = models.CharField(max_length=50, blank=True)
    as_unit = models.CharField(max_length=20, blank=True)
    value = models.DecimalField(max_digits=24, decimal_places=6, null=True)

    class Meta:
        indexes = (
            # selectors.find_conflicts: the same figure in other fillings
            models.Index(fields=("measure_key", "first_date", "last_date"), name="form_figure_same"),
        )

    def __str__(self) -> str:
        return f"{self.cell} {self.measure_key}"
