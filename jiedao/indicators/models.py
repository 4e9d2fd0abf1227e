"""Measures as a pack declares them, their targets, and the figures that people enter."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiedao.accounts.models import User
from jiedao.kernel.periods import Period, build_period
from jiedao.orgs.models import Unit
from jiedao.places.models import Area, Named, in_language

PEER_PREFIX = "peer:"  # of the `place_key` of another sub-district, whose name follows
VIEW = "indicators.figure:view"
ENTER = "indicators.figure:enter"
CONFIRM = "indicators.figure:confirm"
VIEW_PUBLISHED = "indicators.figure:view_published"


class MeasureKind(models.TextChoices):
    """How a measure is computed."""

    AMOUNT = "amount", _("数额")  # the rows of one spec, counted or added up
    RATE = "rate", pgettext_lazy("kind of measure", "比率")
    DURATION = "duration", _("时长")  # the median or another quantile of the durations of rows
    FORMULA = "formula", _("公式")  # of other measures
    ENTERED = "entered", pgettext_lazy("kind of measure", "填报")  # people enter it, with its source


class Status(models.TextChoices):
    """How firm a value is."""

    ACTUAL = "actual", _("实际")
    FLASH = "flash", _("快报")
    EXPECTED = "expected", _("预计")
    BUREAU = "bureau", _("以统计公布为准")


class Better(models.TextChoices):
    """Which direction is an improvement."""

    MORE = "more", _("越多越好")
    LESS = "less", _("越少越好")
    NEITHER = "", _("不分好坏")


class Theme(Named, models.Model):
    """A group of measures in the catalogue, such as 案件 or 经济."""

    key = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("position", "key")

    def __str__(self) -> str:
        return self.name


class Measure(Named, models.Model):
    """What is counted, and in which words. `spec` holds what `definition.read_definition` reads."""

    key = models.CharField(_("代码"), max_length=60, unique=True)
    theme = models.ForeignKey(
        Theme, on_delete=models.PROTECT, related_name="measures", verbose_name=_("类别")
    )
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    meaning = models.CharField(_("口径"), max_length=400)
    meaning_en = models.CharField(max_length=600, blank=True)
    unit_label = models.CharField(_("计量单位"), max_length=20)
    unit_label_en = models.CharField(max_length=40, blank=True)
    digits = models.PositiveSmallIntegerField(_("小数位"), default=0)
    kind = models.CharField(_("算法"), max_length=10, choices=MeasureKind)
    spec: Any = models.JSONField(default=dict)
    splits: Any = models.JSONField(default=list)  # names of kernel.figures
    stands_for: Any = models.JSONField(default=list)  # figures of a published report, see `pack.stands_for`
    better = models.CharField(_("方向"), max_length=4, choices=Better, blank=True)
    published = models.BooleanField(_("公布给上级"), default=False)  # a district may read its figures
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("theme__position", "position", "key")

    def __str__(self) -> str:
        return f"{self.key} {self.name}"

    @property
    def meaning_label(self) -> str:
        """The definition in plain words, in the reader's language."""
        return in_language(self.meaning, self.meaning_en)

    @property
    def unit_text(self) -> str:
        """The unit in the reader's language."""
        return in_language(self.unit_label, self.unit_label_en)

    @property
    def unit_after(self) -> str:
        """The unit as it follows a number: 60.5 × 100 million yuan, so that two numbers do not read as one."""
        unit = self.unit_text
        return f"× {unit}" if unit[:1].isdecimal() else unit


RETIRED_PLACE = Q(area__active=False) | Q(unit__active=False)


class Placed(models.Model):
    """What belongs to the complete town, to an area or to a unit, in a period.

    `place_key` is "" for the town, "area:" or "unit:" and the code, or "peer:" and the name of another sub-district: a
    constraint cannot compare empty foreign keys.
    """

    first_date = models.DateField(_("开始日期"))
    last_date = models.DateField(_("结束日期"))
    area = models.ForeignKey(Area, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    place_key = models.CharField(max_length=50, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def period(self) -> Period:
        """The period, in its shortest written form."""
        return build_period(self.first_date, self.last_date)

    @property
    def place_label(self) -> str:
        """The name of the area or unit, or of another sub-district; "" for the town."""
        place = self.area or self.unit
        return place.label if place is not None else self.place_key.removeprefix(PEER_PREFIX)

    @property
    def place_code(self) -> str:
        """The code of the area or unit; "" for the town and for another sub-district."""
        place = self.area or self.unit
        return place.code if place is not None else ""


class Target(Placed):
    """The value that a measure is to reach in a period."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="targets")
    value = models.DecimalField(_("目标"), max_digits=20, decimal_places=4)
    is_minimum = models.BooleanField(_("不少于"), default=False)
    source = models.CharField(_("依据"), max_length=200, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("measure", "first_date", "last_date", "place_key"), name="one_target_of_a_measure"
            ),
        )

    def __str__(self) -> str:
        return f"{self.measure.key} {self.period.text} {self.place_key}"


class Entry(Placed):
    """One version of an entered figure. Value, growth and rank are separate, because offices often know only one.

    A correction is a new version with its reason; the earlier version stays as it was.
    """

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="entries")
    version = models.PositiveSmallIntegerField(_("版本"), default=1)
    value = models.DecimalField(_("数值"), max_digits=20, decimal_places=4, null=True, blank=True)
    # In per cent.
    growth = models.DecimalField(_("增速"), max_digits=9, decimal_places=2, null=True, blank=True)
    rank = models.PositiveSmallIntegerField(_("位次"), null=True, blank=True)
    rank_field = models.CharField(_("排名范围"), max_length=40, blank=True)  # such as 全区
    rank_of = models.PositiveSmallIntegerField(_("排名总数"), null=True, blank=True)
    status = models.CharField(_("数据状态"), max_length=10, choices=Status, default=Status.ACTUAL)
    scope_words = models.CharField(_("口径说明"), max_length=80, blank=True)  # such as 同口径 or 可比口径
    source = models.CharField(_("来源文件"), max_length=200)
    reason = models.CharField(_("更正原因"), max_length=200, blank=True)
    # Null where a pack states the figure.
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    entered_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    current = models.BooleanField(default=False)  # the confirmed version that figures read

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("measure", "first_date", "last_date", "place_key", "version"),
                name="one_entry_of_a_version",
            ),
            models.UniqueConstraint(
                fields=("measure", "first_date", "last_date", "place_key"),
                condition=Q(current=True),
                name="one_current_entry",
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=False) | Q(growth__isnull=False) | Q(rank__isnull=False),
                name="entry_states_something",
            ),
            models.CheckConstraint(condition=~Q(source=""), name="entry_names_its_source"),
            models.CheckConstraint(
                condition=~Q(version__gt=1) | ~Q(reason=""), name="correction_gives_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(current=True) | Q(confirmed_at__isnull=False), name="current_is_confirmed"
            ),
        )
        indexes = (models.Index(fields=("measure", "last_date")),)

    def __str__(self) -> str:
        return f"{self.measure.key} {self.period.text} v{self.version}"


class StatedEntryManager(models.Manager["StatedEntry"]):
    """First versions that come from a pack, in which a document states the figure."""

    def get_queryset(self) -> "models.QuerySet[StatedEntry]":
        """Return the entries that no person entered."""
        return super().get_queryset().filter(version=1, entered_by__isnull=True)


class StatedEntry(Entry):
    """An entry of a pack."""

    objects: ClassVar[StatedEntryManager] = StatedEntryManager()

    class Meta:
        proxy = True


class PeriodLock(models.Model):
    """A period whose entered figures are final: from here on a change is a correction with a reason."""

    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="+")
    first_date = models.DateField()
    last_date = models.DateField()
    locked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    locked_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("theme", "first_date", "last_date"), name="one_lock_of_a_period"),
        )

    def __str__(self) -> str:
        return f"{self.theme.key} {self.first_date}..{self.last_date}"


class TileSpan(models.TextChoices):
    """Which present period a tile of the leaders' page shows."""

    DAY = "day", _("今天")
    WEEK = "week", _("本周")
    MONTH = "month", _("本月")
    QUARTER = "quarter", _("本季度")
    HALF = "half", _("本半年")
    YEAR = "year", _("本年")


class Tile(models.Model):
    """A measure on the leaders' single page, in the group of its theme."""

    measure = models.ForeignKey(Measure, on_delete=models.CASCADE, related_name="tiles")
    span = models.CharField(_("时段"), max_length=8, choices=TileSpan, default=TileSpan.MONTH)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("measure", "span"), name="one_tile_of_a_span"),)

    def __str__(self) -> str:
        return f"{self.measure.key} {self.span}"
