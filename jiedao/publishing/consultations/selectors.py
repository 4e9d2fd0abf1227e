"""Reading consultations: those of the public, the results, and the texts for the office."""

from collections import Counter
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.crypto import UnreadableField, decrypt
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.actor import Actor
from jiedao.publishing.consultations.actions import MANAGE
from jiedao.publishing.consultations.answering import TEXT_CONTEXT, is_open
from jiedao.publishing.models.consultations import (
    Consultation,
    ConsultationAnswer,
    ConsultationQuestion,
    QuestionKind,
    Stage,
)

MOST = 200
MOST_TEXTS = 500
SHOWN = (Stage.PUBLIC, Stage.ENDED)


@dataclass(frozen=True)
class ChoiceCount:
    """A choice with how many took it, and their share of those who answered the question in per cent."""

    label: str
    count: int
    share: float


@dataclass(frozen=True)
class QuestionResult:
    """The answers to a question: counts of its choices, or how many texts came in."""

    question: ConsultationQuestion
    answered: int
    choices: list[ChoiceCount] = field(default_factory=list)


def list_public_consultations() -> list[Consultation]:
    """Return what the public may see: the open ones first, the one that ends first at the top; then the latest."""
    today = clock.today()
    shown = Consultation.objects.filter(stage__in=SHOWN, first_date__lte=today)
    rows = list(shown.order_by("-last_date", "-pk")[:MOST])
    open_rows = [row for row in rows if is_open(row)]
    return [*reversed(open_rows), *(row for row in rows if row not in open_rows)]


def get_public_consultation(pk: int) -> Consultation:
    """Return a published consultation that has begun; raise NotFoundError for any other."""
    row = Consultation.objects.filter(pk=pk, stage__in=SHOWN, first_date__lte=clock.today()).first()
    if row is None:
        raise NotFoundError(_("没有这次征求意见。"), hint=_("它可能已经撤下，请回到清单再看。"))
    return row


def list_consultations(actor: Actor) -> list[Consultation]:
    """Return all consultations for those who manage them, the latest first."""
    actor.require(MANAGE)
    return list(Consultation.objects.order_by("-pk")[:MOST])


def count_answers(row: Consultation) -> int:
    """Return how many answers came in."""
    return ConsultationAnswer.objects.filter(consultation=row).count()


def count_results(row: Consultation) -> list[QuestionResult]:
    """Return the counts of every question, without any text."""
    counts: dict[str, Counter[int]] = {}
    answered: Counter[str] = Counter()
    for values in ConsultationAnswer.objects.filter(consultation=row).values_list("values", flat=True):
        for key, value in values.items():
            answered[key] += 1
            if isinstance(value, list):
                counts.setdefault(key, Counter()).update(value)
    return [
        _build_result(question, answered[str(question.pk)], counts.get(str(question.pk), Counter()))
        for question in row.questions.order_by("position")
    ]


def _build_result(question: ConsultationQuestion, answered: int, counts: "Counter[int]") -> QuestionResult:
    choices = [
        ChoiceCount(label, counts[place], round(counts[place] * 100 / answered, 1) if answered else 0.0)
        for place, label in enumerate(question.choices)
    ]
    return QuestionResult(question, answered, choices)


def list_texts(actor: Actor, row: Consultation) -> dict[int, list[str]]:
    """Return the texts by question for those who manage consultations, in no order that tells who came when."""
    actor.require(MANAGE)
    texts: dict[int, list[str]] = {
        question.pk: [] for question in row.questions.all() if question.kind == QuestionKind.TEXT
    }
    for values in ConsultationAnswer.objects.filter(consultation=row).values_list("values", flat=True):
        for pk, lines in texts.items():
            value = values.get(str(pk))
            if isinstance(value, str) and value and len(lines) < MOST_TEXTS:
                lines.append(_read(value))
    return {pk: sorted(lines) for pk, lines in texts.items()}


def _read(value: str) -> str:
    try:
        return decrypt(value, context=TEXT_CONTEXT)
    except UnreadableField:
        return _("（读不出来：密钥已更换）")
