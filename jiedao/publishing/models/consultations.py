"""Consultations, their questions, the codes that give one answer each, the answers, and what was done about them."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiedao.accounts.models import User
from jiedao.kernel import clock
from jiedao.places.models import Named, in_language


class Stage(models.TextChoices):
    """How far a consultation is; whether it takes answers follows from its days."""

    DRAFT = "DRAFT", _("起草中")
    PUBLIC = "PUBLIC", _("已公布")
    ENDED = "ENDED", _("结果已公布")
    WITHDRAWN = "WITHDRAWN", _("已撤下")


class CodeMode(models.TextChoices):
    """Who may answer."""

    VISITOR = "VISITOR", _("任何人，每人一次")
    HANDED = "HANDED", _("只限拿到参与码的人")


class Consultation(Named, models.Model):
    """Questions to the public, open from the first to the last day, both included."""

    name = models.CharField(_("名称"), max_length=120)
    name_en = models.CharField(_("英文名称"), max_length=200, blank=True)
    intro = models.TextField(_("说明"), max_length=8000)
    intro_en = models.TextField(_("英文说明"), max_length=16000, blank=True)
    unit_name = models.CharField(_("征求意见的单位"), max_length=120)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.DRAFT)
    code_mode = models.CharField(_("谁可以参与"), max_length=8, choices=CodeMode, default=CodeMode.VISITOR)
    first_date = models.DateField(_("开始日期"))
    last_date = models.DateField(_("截止日期"))
    outcome = models.TextField(_("结果和办理情况"), max_length=8000, blank=True)
    outcome_en = models.TextField(_("英文的结果和办理情况"), max_length=16000, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    outcome_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    # {"answers": n, "answered": {question: n}, "chosen": {question: {place: n}}} once it has ended
    results: Any = models.JSONField(default=dict)
    texts_erased_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_date__gte=F("first_date")), name="consultation_days_in_order"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def intro_label(self) -> str:
        """The introduction in the reader's language."""
        return in_language(self.intro, self.intro_en)

    @property
    def outcome_label(self) -> str:
        """The results in the reader's language."""
        return in_language(self.outcome, self.outcome_en)


class QuestionKind(models.TextChoices):
    """How a question is answered."""

    ONE = "ONE", _("单选")
    SEVERAL = "SEVERAL", _("多选")
    TEXT = "TEXT", _("文字")


class ConsultationQuestion(models.Model):
    """A question; `choices` are the texts of its choices, in order. Answers name a choice by its place, from 0.

    `choices_en` is empty, or has a text for each choice.
    """

    consultation = models.ForeignKey(Consultation, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=QuestionKind)
    label = models.CharField(_("问题"), max_length=200)
    label_en = models.CharField(_("英文问题"), max_length=400, blank=True)
    required = models.BooleanField(_("必答"), default=False)
    choices: Any = models.JSONField(default=list, blank=True)
    choices_en: Any = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consultation", "position"], name="consultation_question_place")
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def text(self) -> str:
        """The question in the reader's language."""
        return in_language(self.label, self.label_en)

    @property
    def choice_texts(self) -> list[str]:
        """The choices in the reader's language."""
        texts = self.choices_en or self.choices
        return [in_language(zh, en) for zh, en in zip(self.choices, texts, strict=True)]


class ConsultationCode(models.Model):
    """A code that gives one answer. Only its keyed digest is stored, and nothing leads from it to the answer."""

    consultation = models.ForeignKey(Consultation, on_delete=models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64)
    used = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consultation", "digest"], name="consultation_code_once")
        ]

    def __str__(self) -> str:
        return str(self.consultation_id)


class ConsultationAnswer(models.Model):
    """One answer without its participant: {id of the question: place, places or encrypted text}.

    The key is random and only the day is stored, so that the order of the rows does not reveal who answered when.
    """

    id = models.UUIDField(primary_key=True)
    consultation = models.ForeignKey(Consultation, on_delete=models.CASCADE, related_name="answers")
    day = models.DateField()
    values: Any = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.consultation_id)


class Adoption(models.TextChoices):
    """What became of a point that participants made."""

    ADOPTED = "ADOPTED", _("采纳")
    PARTLY = "PARTLY", _("部分采纳")
    NOT_ADOPTED = "NOT_ADOPTED", _("未采纳")


class ConsultationPoint(models.Model):
    """A point that participants made, in the office's words, and whether it was adopted, with the reason."""

    consultation = models.ForeignKey(Consultation, on_delete=models.CASCADE, related_name="points")
    position = models.PositiveSmallIntegerField()
    text = models.CharField(_("意见"), max_length=300)
    text_en = models.CharField(_("英文意见"), max_length=600, blank=True)
    adoption = models.CharField(_("是否采纳"), max_length=12, choices=Adoption)
    reason = models.CharField(_("理由或办理情况"), max_length=500)
    reason_en = models.CharField(_("英文理由或办理情况"), max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consultation", "position"], name="consultation_point_place")
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def text_label(self) -> str:
        """The point in the reader's language."""
        return in_language(self.text, self.text_en)

    @property
    def reason_label(self) -> str:
        """The reason in the reader's language."""
        return in_language(self.reason, self.reason_en)
