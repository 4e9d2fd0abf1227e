"""Writing, publishing and ending a consultation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, Stale, UserError
from jiedao.orgs.actor import Actor
from jiedao.publishing.consultations.tally import tally_answers
from jiedao.publishing.models.consultations import (
    Adoption,
    CodeMode,
    Consultation,
    ConsultationPoint,
    ConsultationQuestion,
    QuestionKind,
    Stage,
)

MANAGE = "publishing.consultation:manage"
OBJECT = "publishing.consultation"
MOST_QUESTIONS, MOST_CHOICES, MOST_POINTS = 30, 20, 50
LONGEST_CHOICE = 200
LONGEST_LABEL = 200
COLUMNS = ("name", "name_en", "intro", "intro_en", "unit_name", "first_date", "last_date", "code_mode")


@dataclass(frozen=True)
class QuestionInput:
    """A question as it is written: its kind, its words and, for a question of choice, the choices.

    Attributes:
        choices_en: empty, or one text for each choice.
    """

    kind: str
    label: str
    required: bool = False
    choices: tuple[str, ...] = ()
    label_en: str = ""
    choices_en: tuple[str, ...] = ()


@dataclass(frozen=True)
class PointInput:
    """A point that participants made, and what became of it."""

    text: str
    adoption: str
    reason: str
    text_en: str = ""
    reason_en: str = ""


@dataclass(frozen=True)
class ConsultationInput:
    """What a person writes of a consultation."""

    name: str
    intro: str
    unit_name: str
    first_date: date
    last_date: date
    name_en: str = ""
    intro_en: str = ""
    code_mode: str = CodeMode.VISITOR.value
    questions: tuple[QuestionInput, ...] = ()


def get_consultation(actor: Actor, pk: int, *, for_change: bool = False) -> Consultation:
    """Return a consultation for its editor; raise NotFoundError where there is none."""
    actor.require(MANAGE)
    rows = Consultation.objects.filter(pk=pk)
    row = (rows.select_for_update(no_key=True) if for_change else rows).first()
    if row is None:
        raise NotFoundError(_("没有这次征求意见。"), hint=_("请回到清单再选。"))
    return row


def save_consultation(
    actor: Actor, data: ConsultationInput, *, pk: int | None = None, version: int = 0
) -> Consultation:
    """Write a draft, or change it; what is published can no longer be changed, except for a later last day.

    Raises:
        UserError: a text is missing or too long, the days are not in order, or a question is not complete.
        Stale: another user changed it meanwhile, or it is published.
    """
    actor.require(MANAGE)
    _check(data)
    with transaction.atomic():
        if pk is None:
            row = Consultation(created_by_id=actor.user_id, version=0)
        else:
            row = _lock(actor, pk, version, Stage.DRAFT)
        before = None if pk is None else _describe(row)
        for name in COLUMNS:
            setattr(row, name, getattr(data, name))
        row.version += 1
        row.save()
        row.questions.all().delete()
        ConsultationQuestion.objects.bulk_create(
            ConsultationQuestion(
                consultation=row,
                position=position,
                kind=question.kind,
                label=question.label,
                required=question.required,
                choices=list(question.choices),
                label_en=question.label_en,
                choices_en=list(question.choices_en),
            )
            for position, question in enumerate(data.questions, start=1)
        )
        _record(actor, "save", row, before)
    return row


def publish_consultation(actor: Actor, pk: int, *, version: int) -> Consultation:
    """Show a consultation to the public; it accepts answers from its first day to its last."""
    with transaction.atomic():
        row = _lock(actor, pk, version, Stage.DRAFT)
        if not row.questions.exists():
            raise UserError(_("还没有问题。"), hint=_("至少写一个问题，再公布。"))
        if row.last_date < clock.today():
            raise UserError(_("截止日期已过。"), hint=_("请改到今天或以后。"), field="last_date")
        before = _describe(row)
        row.stage, row.published_at = Stage.PUBLIC.value, clock.now()
        _bump(row)
        _record(actor, "publish", row, before)
    return row


def extend_consultation(actor: Actor, pk: int, *, last_date: date, version: int) -> Consultation:
    """Give a published consultation a later last day."""
    with transaction.atomic():
        row = _lock(actor, pk, version, Stage.PUBLIC)
        if last_date <= row.last_date or last_date < clock.today():
            raise UserError(
                _("新的截止日期应晚于 %(day)s，也不早于今天。") % {"day": row.last_date},
                hint=_("公布以后只能延长，不能提前截止。"),
                field="last_date",
            )
        before = _describe(row)
        row.last_date = last_date
        row.texts_erased_at = None  # so that texts that still arrive are erased, too
        _bump(row)
        _record(actor, "extend", row, before)
    return row


def end_consultation(
    actor: Actor,
    pk: int,
    *,
    outcome: str,
    points: Sequence[PointInput],
    version: int,
    outcome_en: str = "",
) -> Consultation:
    """Publish the results after the last day, with what was done about them; a second call replaces the words."""
    outcome = outcome.replace("\x00", "").strip()
    if not outcome:
        raise UserError(
            _("请写明结果和办理情况。"),
            hint=_("收到了什么意见，准备怎么办，什么时候办。"),
            field="outcome",
        )
    _check_points(points)
    with transaction.atomic():
        row = _lock(actor, pk, version, Stage.PUBLIC, Stage.ENDED)
        if clock.today() <= row.last_date:
            raise UserError(
                _("征求意见到 %(day)s 才截止。") % {"day": row.last_date}, hint=_("截止以后再公布结果。")
            )
        before = _describe(row)
        row.results = tally_answers(row)  # no answer comes in any more
        row.stage, row.outcome, row.outcome_at = Stage.ENDED.value, outcome[:8000], clock.now()
        row.outcome_en = outcome_en.replace("\x00", "").strip()[:16000]
        _bump(row)
        row.points.all().delete()
        ConsultationPoint.objects.bulk_create(
            ConsultationPoint(
                consultation=row,
                position=position,
                text=point.text,
                adoption=point.adoption,
                reason=point.reason,
                text_en=point.text_en,
                reason_en=point.reason_en,
            )
            for position, point in enumerate(points, start=1)
        )
        _record(actor, "end", row, before)
    return row


def withdraw_consultation(actor: Actor, pk: int, *, version: int) -> Consultation:
    """Withdraw a published consultation: the public no longer sees it, and its answers stay for the office."""
    with transaction.atomic():
        row = _lock(actor, pk, version, Stage.PUBLIC, Stage.ENDED)
        before = _describe(row)
        row.stage = Stage.WITHDRAWN.value
        _bump(row)
        _record(actor, "withdraw", row, before)
    return row


def _lock(actor: Actor, pk: int, version: int, *stages: Stage) -> Consultation:
    row = get_consultation(actor, pk, for_change=True)
    if row.version != version:
        raise Stale(_("这次征求意见刚被别人改过。"), hint=_("请看过现在的内容，再改一次。"))
    if row.stage not in stages:
        raise Stale(
            _("“%(stage)s”的征求意见不能这样改。") % {"stage": Stage(row.stage).label},
            hint=_("请刷新页面。"),
        )
    return row


def _bump(row: Consultation) -> None:
    row.version += 1
    row.save()


def _check(data: ConsultationInput) -> None:
    for name, text, longest in (
        ("name", data.name, 120),
        ("intro", data.intro, 8000),
        ("unit_name", data.unit_name, 120),
    ):
        if not text.strip():
            raise UserError(_("这一项要写。"), hint=_("请补上再保存。"), field=name)
        if len(text) > longest:
            raise UserError(_("最多 %(most)d 个字。") % {"most": longest}, hint=_("请缩短。"), field=name)
    if data.last_date < data.first_date:
        raise UserError(_("截止日期早于开始日期。"), hint=_("请改其中一个。"), field="last_date")
    if data.code_mode not in CodeMode.values:
        raise UserError(_("没有这种参与方式。"), hint=_("请从列表里选。"), field="code_mode")
    if len(data.questions) > MOST_QUESTIONS:
        raise UserError(
            _("最多 %(most)d 个问题。") % {"most": MOST_QUESTIONS},
            hint=_("请合并或删去。"),
            field="questions",
        )
    for number, question in enumerate(data.questions, start=1):
        if fault := _find_question_fault(question):
            raise UserError(
                _("第 %(n)d 个问题：%(fault)s") % {"n": number, "fault": fault},
                hint=_("请改好再保存。"),
                field="questions",
            )


def _find_question_fault(question: QuestionInput) -> str:
    """Return what is wrong with a question, "" for a good one."""
    if question.kind not in QuestionKind.values:
        return _("没有这种问题。")
    if not question.label.strip() or len(question.label) > LONGEST_LABEL:
        return _("问题要写，最多 %(most)d 个字。") % {"most": LONGEST_LABEL}
    if len(question.label_en) > 2 * LONGEST_LABEL:
        return _("英文问题最多 %(most)d 个字符。") % {"most": 2 * LONGEST_LABEL}
    if question.kind == QuestionKind.TEXT:
        return _("文字题没有选项。") if question.choices or question.choices_en else ""
    return _find_choice_fault(question)


def _find_choice_fault(question: QuestionInput) -> str:
    if not 2 <= len(question.choices) <= MOST_CHOICES:
        return _("选择题要有 2 到 %(most)d 个选项，一行一个。") % {"most": MOST_CHOICES}
    if len(set(question.choices)) < len(question.choices):
        return _("有两个选项相同。")
    if any(len(choice) > LONGEST_CHOICE for choice in (*question.choices, *question.choices_en)):
        return _("选项最多 %(most)d 个字。") % {"most": LONGEST_CHOICE}
    if question.choices_en and len(question.choices_en) != len(question.choices):
        words = {"n": len(question.choices), "en": len(question.choices_en)}
        return _("有 %(n)d 个选项，英文选项有 %(en)d 个。请一行对一行，或都不写。") % words
    return ""


def _check_points(points: Sequence[PointInput]) -> None:
    if len(points) > MOST_POINTS:
        raise UserError(
            _("最多 %(most)d 条意见。") % {"most": MOST_POINTS}, hint=_("请把相近的合并。"), field="points"
        )
    for number, point in enumerate(points, start=1):
        complete = point.text.strip() and point.reason.strip() and point.adoption in Adoption.values
        is_short = len(point.text) <= 300 and len(point.reason) <= 500
        is_short_in_english = len(point.text_en) <= 600 and len(point.reason_en) <= 1000
        if not (complete and is_short and is_short_in_english):
            raise UserError(
                _("第 %(n)d 条意见没有写全，或太长。") % {"n": number},
                hint=_("每条写意见（300 字内）、是否采纳和理由（500 字内）。"),
                field="points",
            )


def _describe(row: Consultation) -> dict[str, object]:
    return {"stage": row.stage, "first_date": f"{row.first_date}", "last_date": f"{row.last_date}"}


def _record(actor: Actor, verb: str, row: Consultation, before: dict[str, object] | None) -> None:
    record_entry(
        actor=actor,
        action=f"publishing.consultation:{verb}",
        obj_type=OBJECT,
        obj_id=row.pk,
        before=before,
        after=_describe(row),
    )
