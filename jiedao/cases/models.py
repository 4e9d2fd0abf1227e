"""The matters that must be solved: categories, duties, cases and everything that happened to them."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.cases.flow import FINISHED, Stage, State, VisitOutcome
from jiedao.kernel import clock
from jiedao.kernel.worktime import Limit
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Scope, Unit
from jiedao.places.models import Area, Named, Premise, in_language


class CategoryKind(models.TextChoices):
    """The two tables of GB/T 47678.5: both number from 01001."""

    COMPONENT = "COMPONENT", _("部件")
    MATTER = "MATTER", _("事项")


class Category(Named, models.Model):
    """A class of cases, on two levels: 大类 (code of 2 digits) and 小类 (5 digits)."""

    kind = models.CharField(_("种类"), max_length=10, choices=CategoryKind)
    code = models.CharField(_("代码"), max_length=11)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    name = models.CharField(_("名称"), max_length=80)
    name_en = models.CharField(_("英文名称"), max_length=160, blank=True)
    keywords: Any = models.JSONField(_("关键词"), default=list, blank=True)
    verify_first = models.BooleanField(_("公众反映先核实后立案"), default=False)
    visit_required = models.BooleanField(_("须回访"), default=True)
    photo_after = models.BooleanField(_("处置须有处置后照片"), default=False)
    photo_before = models.BooleanField(_("处置须有处置前照片"), default=False)
    site_check = models.BooleanField(_("核查须有现场照片"), default=False)
    filing_condition = models.TextField(_("立案条件"), blank=True)
    closing_condition = models.TextField(_("结案条件"), blank=True)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="category_kind_code")]

    def __str__(self) -> str:
        return self.label


class Duty(models.Model):
    """A line of the duty list 权责清单: who handles a category in an area, and within which limits.

    `limits` maps a stage (ACCEPT, VERIFY, DISPATCH, HANDLE, CHECK, FINISH, VISIT, CLOSE) to a limit text such as
    "4wh" (working hours), "2wd" (working days) or "24h". A line without an area applies to the entire town.
    """

    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="duties")
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lead_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="duties")
    helpers = models.ManyToManyField(Unit, blank=True, related_name="+")
    limits: Any = models.JSONField(_("时限"), default=dict)

    class Meta:
        verbose_name_plural = "duties"
        constraints = [
            models.UniqueConstraint(fields=["category", "area"], name="duty_category_area"),
            models.UniqueConstraint(
                fields=["category"], name="duty_category_town", condition=Q(area__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category} → {self.lead_unit}"


class ReasonKind(models.TextChoices):
    """The moves that need a reason of the pack."""

    REJECT = "REJECT", _("不予受理")
    RETURN = "RETURN", _("退回")
    SUSPEND = "SUSPEND", _("挂账")
    VOID = "VOID", _("作废")
    CAUSE = "CAUSE", _("不满意的原因")
    KEEP = "KEEP", _("不再办理的理由")


class Reason(models.Model):
    """A reason that may be given for a move, with the law that it is based on."""

    kind = models.CharField(max_length=10, choices=ReasonKind)
    code = models.CharField(max_length=40)
    text = models.CharField(_("原因"), max_length=200)
    text_en = models.CharField(max_length=300, blank=True)
    law = models.CharField(_("依据"), max_length=200, blank=True)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="reason_kind_code")]

    def __str__(self) -> str:
        return in_language(self.text, self.text_en)


class PhraseKind(models.TextChoices):
    """The texts of a move for which there are stock phrases."""

    RESULT = "RESULT", _("处置结果")
    REPLY = "REPLY", _("答复")
    REASON = "REASON", _("理由和说明")


class Phrase(models.Model):
    """A stock phrase of the pack, offered where a move asks for a text of its kind; the user may change the text.

    `move` is the code of the only move that offers it, "" for every move with such a text.
    """

    kind = models.CharField(max_length=10, choices=PhraseKind)
    code = models.CharField(max_length=40)
    move = models.CharField(max_length=20, blank=True)
    text = models.CharField(max_length=500)
    text_en = models.CharField(max_length=800, blank=True)
    active = models.BooleanField(_("启用"), default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="phrase_kind_code")]

    def __str__(self) -> str:
        return in_language(self.text, self.text_en)


class QuestionType(models.TextChoices):
    """What the answer to a question of a category is."""

    TEXT = "text", _("一行文字")
    LONG_TEXT = "long_text", _("几行文字")
    NUMBER = "number", _("数")
    BOOL = "bool", _("是或否")
    DATE = "date", _("日期")
    CHOICE = "choice", _("选一项")
    CHOICES = "choices", _("可选几项")


class Question(Named, models.Model):
    """A question that is asked about the cases of some categories, as the pack declares it.

    `choices` are {"code", "name", "name_en", "retired"}; a choice that the pack no longer contains is retired, so that
    old answers stay readable. `condition` is an expression over the answers to earlier questions: the question is
    asked where it is true, and always where it is empty. A category of two digits includes all categories below it.
    """

    key = models.CharField(max_length=40, unique=True)
    name = models.CharField(_("问题"), max_length=120)
    name_en = models.CharField(_("英文"), max_length=200, blank=True)
    help = models.CharField(_("填写提示"), max_length=200, blank=True)
    help_en = models.CharField(_("英文填写提示"), max_length=300, blank=True)
    type = models.CharField(_("回答的类型"), max_length=10, choices=QuestionType)
    unit = models.CharField(_("计量单位"), max_length=20, blank=True)
    unit_en = models.CharField(_("英文计量单位"), max_length=20, blank=True)
    whole = models.BooleanField(_("只要整数"), default=False)
    least = models.FloatField(_("最小"), null=True, blank=True)
    most = models.FloatField(_("最大"), null=True, blank=True)
    required = models.BooleanField(_("必须回答"), default=False)
    personal = models.BooleanField(_("个人信息"), default=False)
    choices: Any = models.JSONField(_("选项"), default=list, blank=True)
    condition = models.TextField(_("问的条件"), blank=True)
    position = models.IntegerField(default=0)
    categories = models.ManyToManyField(Category, related_name="+")
    active = models.BooleanField(_("启用"), default=True)

    def __str__(self) -> str:
        return self.label


class CaseAnswer(models.Model):
    """The answer to one question about one case; one row for each choice where several may be chosen.

    `code` holds what lists filter by: the code of a choice, "true" or "false", an ISO date. `text` holds a text, which
    is encrypted where the question is personal; it is empty once it was erased, see `erased_at`.
    """

    case = models.ForeignKey("Case", db_index=False, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, db_index=False, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40, blank=True)
    number = models.FloatField(null=True, blank=True)
    text = models.TextField(blank=True)
    erase_after = models.DateField(null=True, blank=True)  # of a personal answer, read by jobs.erase_answers
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "question", "code"], name="one_answer"),
        ]
        indexes = [
            # selectors.filters and the counts of a question
            models.Index(fields=["question", "code", "case"], name="answer_code"),
            models.Index(
                fields=["erase_after"],
                name="answer_erase",
                condition=Q(erase_after__isnull=False, erased_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.question_id}"


class Channel(models.TextChoices):
    """The channel through which a matter was reported."""

    PATROL = "PATROL", _("网格巡查")
    HOTLINE = "HOTLINE", _("12345 热线")
    APP = "APP", _("手机应用")
    WEB = "WEB", _("网上留言")
    SUPERIOR = "SUPERIOR", _("上级交办")
    MEDIA = "MEDIA", _("媒体曝光")
    INSPECTION = "INSPECTION", _("检查发现")
    OTHER = "OTHER", _("其他")


# The times of a case by which the board counts and durations end, with the names of their indexes.
BOARD_TIMES = {
    "accepted_at": "case_accepted",
    "filed_at": "case_filed",
    "handle_due_at": "case_handle_due",
    "checked_at": "case_checked",
    "visited_at": "case_visited",
    "ended_at": "case_ended",
    "handled_at": "case_handled",
    "closed_at": "case_closed",
}

PUBLIC_CHANNELS = frozenset({"HOTLINE", "APP", "WEB", "MEDIA"})


def get_sight(actor: Actor) -> tuple[object, ...]:
    """Return what decides which cases an actor may see: actors with the same sight see the same cases."""
    if not actor.can("cases.case:view"):
        return ()
    if actor.sees_town:
        return ("TOWN",)
    return (actor.scope, actor.own_ids, actor.area_paths, actor.unit_ids)


def build_scope_filter(actor: Actor) -> Q:
    """Return the filter of the cases in the areas and with the units of a limited post.

    Who reported them does not matter.

    An empty filter is that of a post that sees only what its holder reported: it must be joined by OR.
    """
    condition = Q()
    if actor.scope == Scope.AREA:
        for path in actor.area_paths:
            condition |= Q(area_path__startswith=path)
    if actor.scope in {Scope.AREA, Scope.UNIT} and actor.unit_ids:
        helped = Assignment.objects.filter(unit_id__in=actor.unit_ids).values("case_id")
        condition |= Q(lead_unit_id__in=actor.unit_ids) | Q(id__in=helped)
    return condition


class CaseQuerySet(models.QuerySet["Case"]):
    """Cases, with the rule of who may see which of them."""

    def visible_to(self, actor: Actor) -> "CaseQuerySet":
        """Return the cases that the actor may see; the system and town-wide posts see all."""
        if not actor.can("cases.case:view"):
            return self.none()
        if actor.sees_town:
            return self
        return self.filter(Q(reported_by_id__in=actor.own_ids) | build_scope_filter(actor))

    def open(self) -> "CaseQuerySet":
        """Return the cases that are still to be closed."""
        return self.exclude(state__in=FINISHED)


class Case(models.Model):
    """A matter to be solved, from the report to the return visit.

    Times are UTC; `reported_date` is the local day. `due_at` is the deadline of the current stage. The figures 按期处置
    and 按期结案 are measured against `handle_due_at` and `close_due_at`. The moves set `handled_on_time` and
    `closed_on_time`, so that a figure never changes afterwards.

    Filing a case writes every index. So there are only those that a query uses, without Django's own index for each
    foreign key (and, on PostgreSQL, its second one for each unique text).
    """

    number = models.CharField(_("编号"), max_length=20)
    client_uuid = models.UUIDField(null=True, blank=True, unique=True)
    source_key = models.CharField(_("来源编号"), max_length=120, null=True, blank=True)  # noqa: DJ001 (unique or absent)
    # What was sent under a key and by whom, see `repeats`; None without a key, and for cases older than the column.
    intake_digest = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 (a digest or none)
    channel = models.CharField(_("来源"), max_length=12, choices=Channel)
    subject = models.CharField(_("标题"), max_length=200)
    detail = models.TextField(_("内容"))
    place_text = models.CharField(_("地点"), max_length=200, blank=True)
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    coord_system = models.CharField(max_length=10, blank=True)
    accuracy_m = models.FloatField(null=True, blank=True)
    outside = models.BooleanField(_("不在辖区"), default=False)
    area = models.ForeignKey(
        Area, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    area_path = models.CharField(max_length=64, blank=True)
    premise = models.ForeignKey(
        Premise, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    category = models.ForeignKey(
        Category, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    suggestions: Any = models.JSONField(default=list, blank=True)
    state = models.CharField(_("状态"), max_length=12, choices=State)
    previous_state = models.CharField(max_length=12, blank=True)
    stage = models.CharField(_("阶段"), max_length=10, choices=Stage, blank=True)
    lead_unit = models.ForeignKey(
        Unit, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    handler = models.ForeignKey(
        User, null=True, blank=True, db_index=False, on_delete=models.SET_NULL, related_name="+"
    )
    reported_by = models.ForeignKey(
        User, null=True, blank=True, db_index=False, on_delete=models.SET_NULL, related_name="+"
    )
    reported_date = models.DateField()
    reported_at = models.DateTimeField(_("上报时间"))
    accepted_at = models.DateTimeField(null=True, blank=True)
    filed_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)
    visited_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(_("时限"), null=True, blank=True)
    due_provisional = models.BooleanField(default=False)
    handle_due_at = models.DateTimeField(null=True, blank=True)
    close_due_at = models.DateTimeField(null=True, blank=True)
    handled_on_time = models.BooleanField(null=True, blank=True)
    closed_on_time = models.BooleanField(null=True, blank=True)
    review_date = models.DateField(_("挂账复核日期"), null=True, blank=True)
    returns = models.PositiveSmallIntegerField(_("退回次数"), default=0)
    reworks = models.PositiveSmallIntegerField(_("返工次数"), default=0)
    reopens = models.PositiveSmallIntegerField(_("重办次数"), default=0)
    extensions = models.PositiveSmallIntegerField(_("延期次数"), default=0)
    reminders = models.PositiveSmallIntegerField(_("催办次数"), default=0)
    supervised = models.BooleanField(_("督办"), default=False)
    self_handled = models.BooleanField(_("自行处置"), default=False)
    urgent = models.BooleanField(_("紧急"), default=False)
    has_reporter = models.BooleanField(default=False)
    # Keyed digest of the reporter's first number, else of their key in the system of origin, else of their name.
    reporter_key = models.CharField(max_length=32, blank=True)
    votes_for = models.IntegerField(_("赞成"), default=0)
    votes_against = models.IntegerField(_("反对"), default=0)
    solved = models.BooleanField(_("已解决"), null=True, blank=True)
    satisfaction = models.PositiveSmallIntegerField(_("满意度"), null=True, blank=True)
    visit_outcome = models.CharField(_("回访结果"), max_length=12, choices=VisitOutcome, blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="merged"
    )
    split_from = models.ForeignKey(
        "self", null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="parts"
    )
    relocated = models.BooleanField(default=False)  # whether there are rows of FormerPlace
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[Any] = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="case_number_once"),
            models.UniqueConstraint(fields=["source_key"], name="case_source_once"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="case_state_known"),
            models.CheckConstraint(
                condition=Q(satisfaction__isnull=True) | Q(satisfaction__range=(1, 5)),
                name="case_satisfaction",
            ),
            models.CheckConstraint(
                condition=~Q(state="MERGED") | Q(merged_into__isnull=False), name="case_merged"
            ),
        ]
        indexes = [
            # selectors.lists: newest first, by state, by state and category, by unit
            models.Index(fields=["state", "category", "-id"], name="case_state_cat"),
            models.Index(fields=["state", "-id"], name="case_state_new"),
            models.Index(fields=["category", "-id"], name="case_cat_new"),
            models.Index(fields=["lead_unit", "state", "-id"], name="case_unit_state"),
            # worklists by urgency: selectors.home and selectors.dispatching
            models.Index(
                fields=["lead_unit", "due_at", "id"],
                name="case_unit_due",
                condition=~Q(state__in=sorted(FINISHED)),
            ),
            models.Index(
                fields=["state", "due_at", "id"],
                name="case_state_due",
                condition=~Q(state__in=sorted(FINISHED)),
            ),
            # scope of area posts: CaseQuerySet.visible_to
            models.Index(fields=["area_path", "-id"], name="case_area"),
            # the board and the duplicates' window: by local day
            models.Index(fields=["reported_date", "id"], name="case_day"),
            models.Index(
                fields=["close_due_at"], name="case_close_due", condition=Q(close_due_at__isnull=False)
            ),
            # the other times of measures.MEASURES: a period of the board reads the cases of that period alone
            *(
                models.Index(fields=[time], name=name, condition=Q(**{f"{time}__isnull": False}))
                for time, name in BOARD_TIMES.items()
            ),
            models.Index(
                fields=["reported_by", "-id"], name="case_by", condition=Q(reported_by__isnull=False)
            ),
            # actions.callers: the earlier matters of a number
            models.Index(fields=["reporter_key", "-id"], name="case_reporter", condition=~Q(reporter_key="")),
            # linked cases: selectors.detail. Few cases have any, but with a full index SQLite assumes that all do
            models.Index(
                fields=["merged_into"], name="case_merged_into", condition=Q(merged_into__isnull=False)
            ),
            models.Index(
                fields=["split_from"], name="case_split_from", condition=Q(split_from__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.number


class FormerPlace(models.Model):
    """The place and the lead unit that a case had until a succession moved it, such as the split of a community.

    A figure counts what happened before `until` for this place, so that figures of past periods stay what they were.
    Columns that the succession did not change are empty.
    """

    case = models.ForeignKey(Case, db_index=False, on_delete=models.CASCADE, related_name="former_places")
    until = models.DateTimeField()
    area = models.ForeignKey(
        Area, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    area_path = models.CharField(max_length=64, blank=True)
    premise = models.ForeignKey(
        Premise, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="+"
    )
    lead_unit = models.ForeignKey(
        Unit, null=True, blank=True, db_index=False, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "until"], name="former_place_once"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.area_path}"


class PresentPlace(models.Model):
    """The area that a case at a split area belongs to by the places of now; only counts by these read it.

    The case itself keeps the place of then. `area_path` is empty where neither a premise nor a point decides. A row
    older than the last succession is decided again.
    """

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.CASCADE, related_name="+")
    area_path = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.case_id} {self.area_path}"


class PhoneCheck(models.TextChoices):
    """Whether the phone field of a reporter holds a number; a text that is none is stored as it came in."""

    GOOD = "GOOD", _("号码可用")
    BAD = "BAD", _("号码有误")


class Reporter(models.Model):
    """The reporter of a case: encrypted, shown masked, revealed with a reason, erased after the retention period.

    `phone_check` is "" without a number, and for a row that `jobs.read_stored_phones` has not reached yet.
    """

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="reporter", primary_key=True)
    name = models.TextField(blank=True)  # encrypted
    phone = models.TextField(blank=True)  # encrypted; several numbers are joined with "、"
    phone_check = models.CharField(max_length=4, choices=PhoneCheck, blank=True)
    secret = models.BooleanField(_("要求保密"), default=False)
    erase_after = models.DateField(null=True, blank=True, db_index=True)  # read by jobs.erase_reporters
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # jobs.read_stored_phones: rows of earlier versions, which this job empties
            models.Index(fields=["case"], name="reporter_unread", condition=Q(phone_check="") & ~Q(phone="")),
        ]

    def __str__(self) -> str:
        return str(self.case_id)


class ReporterNumber(models.Model):
    """The keyed digest of each further number of a reporter; that of the first is `Case.reporter_key`."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="further_numbers")
    key = models.CharField(max_length=32, db_index=True)

    def __str__(self) -> str:
        return str(self.case_id)


class FollowRole(models.TextChoices):
    """Why a person without an account follows a case."""

    REPORTER = "REPORTER", _("反映人")
    FOLLOWER = "FOLLOWER", _("也关心这件事的人")


class Follower(models.Model):
    """A person without an account who follows a case by a code; see `following_public`.

    The code is stored as a keyed digest. The contact is encrypted, is used only once it is verified, and is erased with
    the reporter of the case.
    """

    case = models.ForeignKey(Case, db_index=False, on_delete=models.CASCADE, related_name="followers")
    role = models.CharField(max_length=8, choices=FollowRole)
    code = models.CharField(max_length=32)
    created_at = models.DateTimeField()
    language = models.CharField(max_length=10, default="zh-hans")
    channel = models.CharField(max_length=8, blank=True)  # MAIL or SMS; "" without a contact
    target = models.TextField(blank=True)  # encrypted
    verified_at = models.DateTimeField(null=True, blank=True)
    erase_after = models.DateField(db_index=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "code"], name="follower_code_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.role}"


class ContactProof(models.Model):
    """A one-time code that was sent to the contact of a follower, to verify it. The code itself is not stored."""

    key = models.CharField(max_length=32, unique=True)  # keyed digest of the contact
    channel = models.CharField(max_length=8)
    target = models.TextField()  # encrypted
    language = models.CharField(max_length=10, default="zh-hans")
    nonce = models.CharField(max_length=32)  # the code is derived from it and the field key
    sent_at = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"


class DoubtfulReport(models.Model):
    """A report of the public that looks like abuse: why, and what a clerk decided. The case waits as any other."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="doubt", primary_key=True)
    reasons: Any = models.JSONField(default=list)  # codes of `following_public.doubting`
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_label = models.CharField(max_length=120, blank=True)
    genuine = models.BooleanField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-at"], name="doubt_open", condition=Q(decided_at__isnull=True))]

    def __str__(self) -> str:
        return str(self.case_id)


class CaseMove(models.Model):
    """One entry of the timeline of a case: a move that was made. Never changed, except to erase a reporter."""

    case = models.ForeignKey(Case, db_index=False, on_delete=models.CASCADE, related_name="moves")
    move = models.CharField(max_length=20)
    at = models.DateTimeField()
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    actor_label = models.CharField(max_length=120)
    user_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField(null=True)
    text = models.TextField(blank=True)
    data: Any = models.JSONField(default=dict, blank=True)
    public = models.BooleanField(default=False)  # what the reporter may read

    class Meta:
        indexes = [
            models.Index(fields=["case", "id"], name="casemove_case"),  # the timeline
            models.Index(fields=["move", "at"], name="casemove_kind"),  # the board's counts of moves
            # selectors.home.list_last_moves: what a user did lately
            models.Index(fields=["user_id", "-id"], name="casemove_user", condition=Q(user_id__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.move}"


class Role(models.TextChoices):
    """The part of a unit in a case."""

    LEAD = "LEAD", _("主办")
    HELPER = "HELPER", _("协办")


class Assignment(models.Model):
    """The part of a unit in a case, one row for each time it is given the case. `on_time` is None until it is done."""

    case = models.ForeignKey(Case, db_index=False, on_delete=models.CASCADE, related_name="assignments")
    unit = models.ForeignKey(Unit, db_index=False, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=6, choices=Role)
    round = models.PositiveSmallIntegerField(default=1)
    dispatched_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # "", DONE, RETURNED, REDISPATCHED, WITHDRAWN; SUCCEEDED where another unit took the place of this one
    outcome = models.CharField(max_length=12, blank=True)
    # Whether the unit only took the place of the one before: no dispatch, so that figures of dispatching leave it out.
    succeeds = models.BooleanField(default=False)
    wrong = models.BooleanField(default=False)  # returned because the unit is not responsible: 准确派遣率
    on_time = models.BooleanField(null=True, blank=True)
    result = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], name="one_lead_a_case", condition=Q(role="LEAD", ended_at__isnull=True)
            )
        ]
        indexes = [
            models.Index(fields=["case", "id"], name="assignment_case"),
            models.Index(fields=["unit", "dispatched_at"], name="assignment_unit"),  # CaseQuerySet.visible_to
            # the board: what was dispatched, and what was returned, in a period
            models.Index(fields=["dispatched_at"], name="assignment_given", condition=Q(role="LEAD")),
            models.Index(fields=["ended_at"], name="assignment_returned", condition=Q(outcome="RETURNED")),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.unit_id}"


class Clock(models.Model):
    """A running, paused or stopped deadline of one stage; at `next_look_at` its next warning or escalation is due."""

    case = models.ForeignKey(Case, db_index=False, on_delete=models.CASCADE, related_name="clocks")
    assignment = models.ForeignKey(
        Assignment, null=True, blank=True, db_index=False, on_delete=models.CASCADE, related_name="clocks"
    )
    stage = models.CharField(max_length=10, choices=Stage)
    limit = models.CharField(max_length=12)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    warn_at = models.DateTimeField()
    provisional = models.BooleanField(default=False)
    paused_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)
    overdue_at = models.DateTimeField(null=True, blank=True)
    escalated = models.PositiveSmallIntegerField(default=0)
    next_look_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "stage"],
                name="one_running_clock",
                condition=Q(stopped_at__isnull=True, assignment__isnull=True),
            )
        ]
        indexes = [
            models.Index(fields=["case", "id"], name="clock_case"),
            models.Index(fields=["assignment"], name="clock_part", condition=Q(assignment__isnull=False)),
            # the board: who was to be answered in a period
            models.Index(fields=["due_at"], name="clock_respond", condition=Q(stage="ACCEPT")),
            # jobs.watch_clocks: the clocks to warn of or to escalate next
            models.Index(
                fields=["next_look_at"],
                name="clock_watch",
                condition=Q(stopped_at__isnull=True, paused_at__isnull=True, next_look_at__isnull=False),
            ),
            # jobs.settle_provisional_deadlines
            models.Index(
                fields=["due_at"],
                name="clock_provisional",
                condition=Q(provisional=True, stopped_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.stage}"


class ExtensionRequest(models.Model):
    """A request for more time: made before expiry, decided by another person."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="extension_requests")
    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="+")
    limit = models.CharField(max_length=12)
    reason = models.TextField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    granted = models.BooleanField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], name="one_open_extension", condition=Q(decided_at__isnull=True)
            ),
            models.CheckConstraint(
                condition=Q(asked_by__isnull=True)
                | Q(decided_by__isnull=True)
                | ~Q(asked_by=F("decided_by")),
                name="extension_other_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} +{self.limit}"

    @property
    def limit_label(self) -> str:
        """How much more time it asks for, in the reader's language."""
        return Limit.parse(self.limit).label


class Demand(models.Model):
    """An answer owed on a supervised or reminded case: until when, who asked, and what was answered by whom."""

    case = models.ForeignKey(Case, db_index=False, on_delete=models.CASCADE, related_name="demands")
    move = models.CharField(max_length=20)  # the move that asked: SUPERVISE or REMIND
    text = models.TextField(blank=True)
    answer_date = models.DateField(_("答复期限"))
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_label = models.CharField(max_length=120)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_label = models.CharField(max_length=120, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["case", "id"], name="demand_case")]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answer="")
                | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="demand_answered_whole",
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.answer_date}"


class ReturnVisit(models.Model):
    """One attempt to call the reporter back: whether they were reached, the matter is solved and they are satisfied.

    `wrong_number` is a call that showed that the number is not the reporter's.
    """

    case = models.ForeignKey(Case, db_index=False, on_delete=models.CASCADE, related_name="visits")
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    reached = models.BooleanField()
    wrong_number = models.BooleanField(default=False)
    solved = models.BooleanField(null=True, blank=True)
    satisfaction = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["case", "id"], name="visit_case")]
        constraints = [
            models.CheckConstraint(
                condition=Q(reached=True) | Q(solved__isnull=True, satisfaction__isnull=True),
                name="visit_unreached_says_nothing",
            ),
            models.CheckConstraint(
                condition=Q(reached=False) | Q(wrong_number=False), name="visit_wrong_number_reaches_nobody"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.at:%Y-%m-%d}"


class Choice(models.Model):
    """The categories that were suggested and the one that a user chose, from which the suggestion learns."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="choices")
    at = models.DateTimeField(default=clock.now)
    suggested: Any = models.JSONField(default=list)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="+")
    rank = models.PositiveSmallIntegerField(null=True)  # 1 to 3, or None when the user chose another category

    def __str__(self) -> str:
        return f"{self.case_id} {self.category_id}"


class CaseOrigin(models.Model):
    """The object of another room that a case came from, such as an inspection. See `origins.register_origin`."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="origin", primary_key=True)
    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class CaseSource(models.Model):
    """What the office that sent a case states of it: its own deadline, the kind of demand, the time of the event.

    `next_look_at` is when its deadline warns next; None once it needs no look. See `sources`.
    """

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="source", primary_key=True)
    due_at = models.DateTimeField(null=True, blank=True)
    demand = models.CharField(_("诉求类型"), max_length=40, blank=True)
    event_at = models.DateTimeField(null=True, blank=True)
    wants_reply = models.BooleanField(null=True, blank=True)
    wants_visit = models.BooleanField(null=True, blank=True)
    import_id = models.BigIntegerField(null=True, blank=True)  # of `exchange.MessageImport`
    warned_at = models.DateTimeField(null=True, blank=True)
    overdue_at = models.DateTimeField(null=True, blank=True)
    next_look_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["import_id"], name="source_import", condition=Q(import_id__isnull=False)),
            models.Index(
                fields=["next_look_at"], name="source_watch", condition=Q(next_look_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.case_id)


class Grain(models.TextChoices):
    """The length of time that a stored count is of."""

    DAY = "D", _("日")
    MONTH = "M", _("月")


class StoredCount(models.Model):
    """The counts of one cell: all measures of a day or month, for one key of one split ("" and "" for all cases).

    A case may count in several days by its assignments, moves and clocks, but once in a period. `repeats` therefore
    states how many of the counted cases counted before, by the latest month in which they did: {"dispatched":
    {"2020-04": 3}}. See `stored_counts.cells`.
    """

    grain = models.CharField(max_length=1, choices=Grain)
    first_date = models.DateField()
    split = models.CharField(max_length=10, blank=True)
    key = models.CharField(max_length=64, blank=True)
    counts: Any = models.JSONField(default=dict)
    repeats: Any = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["split", "grain", "first_date", "key"], name="one_stored_count")
        ]
        indexes = [
            models.Index(fields=["grain", "first_date"], name="storedcount_day")
        ]  # days that are replaced

    def __str__(self) -> str:
        return f"{self.grain} {self.first_date} {self.split} {self.key}"


class CountFill(models.Model):
    """From which day on the counts are stored: one row. Nothing is stored while `first_date` is None.

    `digest` identifies the definitions by which was counted; with other definitions everything is counted again.
    `version` changes with every write, so that a reader notices one and of two workers one discards what it counted.
    """

    first_date = models.DateField(null=True)
    digest = models.CharField(max_length=64, blank=True)
    version = models.PositiveBigIntegerField(default=0)
    updated_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.first_date}.."


class CountChange(models.Model):
    """What a change of cases adds to the stored counts, written in the transaction of the change.

    The worker adds the entries and deletes the row; until then a reader adds them. An entry is [day, split, key,
    measure, month of an earlier count or "", number]: see `stored_counts.contributions`. Entries that were computed by
    other definitions than the stored counts have no meaning there: then `days`, every day in which the cases may
    count, are counted again from the rows.
    """

    digest = models.CharField(max_length=64, blank=True)
    days: Any = models.JSONField(default=list)  # such as ["2020-05-04", "2020-05-07"]
    entries: Any = models.JSONField(default=list)

    def __str__(self) -> str:
        return ", ".join(self.days)


class HotMatter(models.Model):
    """Cases about one matter, as the worker grouped them last. The list is replaced each time, see `hot_matters`."""

    rank = models.PositiveSmallIntegerField(unique=True)
    place = models.CharField(max_length=200, blank=True)
    heat = models.FloatField()
    # Its subject names the matter.
    central = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    cases: Any = models.ManyToManyField(Case, related_name="hot_matters")
    first_date = models.DateField()
    last_date = models.DateField()
    grouped_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.rank} {self.central_id}"
