"""Score sheets as a pack declares them, the scores that were published, and the appeals against them.

Units, communities and posts are scored, never residents, and no single worker.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.cases.models import Case
from jiedao.indicators.models import Placed
from jiedao.orgs.models import Post
from jiedao.places.models import Named, in_language

VIEW = "evaluation.score:view"
VIEW_OWN = "evaluation.score:view_own"  # the published scores of the own unit, and the ranking
PUBLISH = "evaluation.score:publish"
APPEAL = "evaluation.appeal:make"
DECIDE = "evaluation.appeal:decide"


class Subject(models.TextChoices):
    """Who is scored. Residents and single workers are not among them: a post needs several holders."""

    UNIT = "unit", _("单位")
    AREA = "area", _("社区")
    POST = "post", _("岗位")


class PeriodKind(models.TextChoices):
    """How often a sheet is drawn up."""

    MONTH = "month", _("每月")
    QUARTER = "quarter", _("每季度")
    HALF = "half", _("每半年")
    YEAR = "year", _("每年")


class Missing(models.TextChoices):
    """What an item without data does to the total."""

    SCALE = "scale", _("其余各项折算")  # the item is left out, and the rest is scaled up to the total
    FULL = "full", _("给满分")  # nothing happened that could cost points


class ScoreSheet(Named, models.Model):
    """A score sheet, such as the monthly evaluation of units."""

    key = models.CharField(_("代码"), max_length=40, unique=True)
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    subject = models.CharField(_("对象"), max_length=4, choices=Subject)
    period = models.CharField(_("周期"), max_length=7, choices=PeriodKind)
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("position", "key")

    def __str__(self) -> str:
        return self.name


class SheetVersion(models.Model):
    """A sheet as it holds between two dates: its weights, grades and rules.

    `spec` holds what `definition.read_version` reads: exclusions, the minimum, grades, the red and black lists.
    """

    sheet = models.ForeignKey(ScoreSheet, on_delete=models.PROTECT, related_name="versions")
    key = models.CharField(_("版本"), max_length=40)
    from_date = models.DateField(_("生效日期"))
    until_date = models.DateField(_("失效日期"), null=True, blank=True)
    basis = models.CharField(_("依据"), max_length=200, blank=True)
    total = models.DecimalField(_("总分"), max_digits=8, decimal_places=2)
    digits = models.PositiveSmallIntegerField(_("小数位"), default=2)
    appeal_days = models.PositiveSmallIntegerField(_("申诉期（工作日）"), default=5)
    spec: Any = models.JSONField(default=dict)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("sheet__position", "from_date")
        constraints = (
            models.UniqueConstraint(fields=("sheet", "key"), name="one_version_of_a_sheet"),
            models.CheckConstraint(
                condition=Q(until_date__isnull=True) | Q(until_date__gte=models.F("from_date")),
                name="sheet_version_ends_after_it_begins",
            ),
        )

    def __str__(self) -> str:
        return f"{self.sheet.name} {self.key}"


class SheetItem(Named, models.Model):
    """One item of a version. `spec` holds the rule and its values: `definition.read_item` reads it."""

    version = models.ForeignKey(SheetVersion, on_delete=models.PROTECT, related_name="items")
    key = models.CharField(_("代码"), max_length=40)
    name = models.CharField(_("项目"), max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    meaning = models.CharField(_("说明"), max_length=300, blank=True)
    meaning_en = models.CharField(max_length=400, blank=True)
    spec: Any = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("version", "key"), name="one_item_of_a_version"),)

    def __str__(self) -> str:
        return self.name

    @property
    def meaning_label(self) -> str:
        """What the item rewards, in the reader's language."""
        return in_language(self.meaning, self.meaning_en)


class SubjectRow(Placed):
    """What belongs to a unit, a community or a post in a period; `place_key` is its key, such as "post:RIVER.GRID"."""

    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    place_key = models.CharField(max_length=80, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def code(self) -> str:
        """The code of the unit, community or post."""
        return self.place_key.partition(":")[2]

    @property
    def place_label(self) -> str:
        """The name of the unit, community or post."""
        return label_post(self.post) if self.post is not None else super().place_label


def label_post(post: Post) -> str:
    """Return the name of a post with its unit, in the reader's language."""
    return f"{post.unit.label} {post.label}"


class Score(SubjectRow):
    """One version of the score of a unit, community or post in a period; earlier versions stay as they were.

    Attributes:
        points: None where there is no score; `note` states why.
        excluded: the numbers of the cases that were struck by appeals.
        reason: why this version replaced the one before, {} for the first.

    `note` and `reason` are wordings as `store_wording` writes them, {} for none.
    """

    sheet_version = models.ForeignKey(SheetVersion, on_delete=models.PROTECT, related_name="scores")
    number = models.PositiveSmallIntegerField(_("版本"), default=1)
    points = models.DecimalField(_("得分"), max_digits=10, decimal_places=4, null=True)
    total = models.DecimalField(_("总分"), max_digits=8, decimal_places=2)
    rank = models.PositiveSmallIntegerField(_("名次"), null=True)
    rank_of = models.PositiveSmallIntegerField(null=True)
    grade = models.CharField(_("等次"), max_length=40, blank=True)
    note: Any = models.JSONField(_("说明"), default=dict, blank=True)
    excluded: Any = models.JSONField(default=list)
    reason: Any = models.JSONField(_("重新计分的原因"), default=dict, blank=True)
    made_at = models.DateTimeField(_("计分时间"))
    made_by_label = models.CharField(max_length=120)
    # Of the first version: the days of appeals count from it.
    published_at = models.DateTimeField(_("公布时间"))
    current = models.BooleanField(default=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("sheet_version", "first_date", "last_date", "place_key", "number"),
                name="one_score_of_a_number",
            ),
            models.UniqueConstraint(
                fields=("sheet_version", "first_date", "last_date", "place_key"),
                condition=Q(current=True),
                name="one_current_score",
            ),
            models.CheckConstraint(
                condition=~Q(number__gt=1) | ~Q(reason={}), name="new_score_gives_a_reason"
            ),
            models.CheckConstraint(condition=~Q(place_key=""), name="score_is_of_a_place"),
        )
        indexes = (models.Index(fields=("sheet_version", "last_date")),)

    def __str__(self) -> str:
        return f"{self.sheet_version} {self.period.text} {self.place_key} v{self.number}"


class ScoreLine(models.Model):
    """The points of one item, as they were computed, with everything that explains them.

    `explanation` holds the values, how each was made and the lists of its rows; see `computing.describe_line`. `note`
    is a wording as `store_wording` writes it.
    """

    score = models.ForeignKey(Score, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey(SheetItem, on_delete=models.PROTECT, related_name="+")
    value = models.DecimalField(max_digits=20, decimal_places=4, null=True)
    points = models.DecimalField(max_digits=10, decimal_places=4, null=True)
    out_of = models.DecimalField(max_digits=8, decimal_places=2)
    formula = models.CharField(max_length=300, blank=True)
    note: Any = models.JSONField(default=dict, blank=True)
    explanation: Any = models.JSONField(default=list)

    class Meta:
        ordering = ("item__position",)
        constraints = (models.UniqueConstraint(fields=("score", "item"), name="one_line_of_an_item"),)

    def __str__(self) -> str:
        return f"{self.item_id} {self.points}"


class ManualPoints(SubjectRow):
    """Points of a manual item, with the reason; a later row replaces an earlier one, which stays."""

    item = models.ForeignKey(SheetItem, on_delete=models.PROTECT, related_name="manual_points")
    points = models.DecimalField(_("得分"), max_digits=8, decimal_places=2)
    reason = models.CharField(_("理由"), max_length=200)
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    current = models.BooleanField(default=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("item", "first_date", "last_date", "place_key"),
                condition=Q(current=True),
                name="one_current_manual_points",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="manual_points_give_a_reason"),
        )

    def __str__(self) -> str:
        return f"{self.item_id} {self.place_key} {self.points}"


class AppealState(models.TextChoices):
    """The states of an appeal."""

    WAITING = "WAITING", _("待裁定")
    GRANTED = "GRANTED", _("成立，已剔除")
    PARTLY = "PARTLY", _("部分成立")
    REFUSED = "REFUSED", _("不成立")
    WITHDRAWN = "WITHDRAWN", _("已撤回")


class Appeal(models.Model):
    """A unit contests that cases count in its score, for one reason. Another person decides."""

    score = models.ForeignKey(Score, on_delete=models.PROTECT, related_name="appeals")
    reason = models.CharField(_("理由"), max_length=1000)
    state = models.CharField(_("状态"), max_length=9, choices=AppealState, default=AppealState.WAITING)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_by_label = models.CharField(max_length=120)
    made_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_by_label = models.CharField(max_length=120, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(_("裁定说明"), max_length=1000, blank=True)
    new_score = models.ForeignKey(Score, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("-made_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("made_by")),
                name="another_person_decides",
            ),
        )

    def __str__(self) -> str:
        return f"{self.score_id} {self.state}"

    @property
    def numbers(self) -> list[str]:
        """The numbers of the contested cases, in the order in which they were chosen."""
        return [str(row.case.number) for row in self.cases.all()]


class AppealCase(models.Model):
    """One case that an appeal contests; each is granted or refused by itself.

    `place_key`, `first_date` and `last_date` are those of the score: a case waits in one appeal only, also where a new
    version has replaced the score since.
    """

    appeal = models.ForeignKey(Appeal, on_delete=models.CASCADE, related_name="cases")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    sheet_version = models.ForeignKey(SheetVersion, on_delete=models.PROTECT, related_name="+")
    place_key = models.CharField(max_length=80)
    first_date = models.DateField()
    last_date = models.DateField()
    state = models.CharField(max_length=9, choices=AppealState, default=AppealState.WAITING)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("sheet_version", "place_key", "first_date", "last_date", "case"),
                condition=Q(state="WAITING"),
                name="one_waiting_appeal_of_a_row",
            ),
            models.UniqueConstraint(fields=("appeal", "case"), name="one_case_of_an_appeal"),
        )

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.case_id} {self.state}"
