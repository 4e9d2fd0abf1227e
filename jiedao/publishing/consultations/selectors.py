"""Reading consultations: those of the public, the results, and the texts for the office."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count
from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.crypto import UnreadableField, decrypt
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.actor import Actor
from jiedao.publishing.consultations.actions import MANAGE
from jiedao.publishing.consultations.answering import TEXT_CONTEXT, is_open
from jiedao.publishing.consultations.tally import iterate_answers, tally_answers
from jiedao.publishing.models.consultations import (
    Consultation,
    ConsultationAnswer,
    ConsultationQuestion,
    QuestionKind,
    Stage,
)

MOST = 200
MOST_TEXTS = 500  # of a question on one page
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
    if row.results:
        return int(row.results["answers"])
    return ConsultationAnswer.objects.filter(consultation=row).count()


def count_all_answers(rows: Sequence[Consultation]) -> dict[int, int]:
    """Return how many answers came in for each of the consultations, by its id; one statement."""
    answers = ConsultationAnswer.objects.filter(consultation__in=[row.pk for row in rows])
    counted = answers.values("consultation_id").annotate(total=Count("pk"))
    return {row.pk: 0 for row in rows} | dict(counted.values_list("consultation_id", "total"))


def count_results(row: Consultation) -> list[QuestionResult]:
    """Return the counts of every question, without any text; of an ended consultation as they were stored."""
    results = row.results or tally_answers(row)
    return [
        _build_result(
            question,
            results["answered"].get(str(question.pk), 0),
            results["chosen"].get(str(question.pk), {}),
        )
        for question in row.questions.order_by("position")
    ]


def _build_result(question: ConsultationQuestion, answered: int, chosen: Mapping[str, int]) -> QuestionResult:
    counts = [chosen.get(str(place), 0) for place in range(len(question.choices))]
    choices = [
        ChoiceCount(label, count, round(count * 100 / answered, 1) if answered else 0.0)
        for label, count in zip(question.choice_texts, counts, strict=True)
    ]
    return QuestionResult(question, answered, choices)


def list_texts(actor: Actor, row: Consultation, page: int = 1) -> dict[int, list[str]]:
    """Return one page of the texts by question for those who manage consultations.

    Their order is that of random keys, which is the same on every page and does not reveal who answered when.
    """
    actor.require(MANAGE)
    texts: dict[int, list[str]] = {
        question.pk: [] for question in row.questions.all() if question.kind == QuestionKind.TEXT
    }
    seen: Counter[int] = Counter()
    first = (max(page, 1) - 1) * MOST_TEXTS
    for values in iterate_answers(row) if texts else ():
        for pk, lines in texts.items():
            value = values.get(str(pk))
            if isinstance(value, str) and value:
                if first <= seen[pk] < first + MOST_TEXTS:
                    lines.append(_read(value))
                seen[pk] += 1
    return texts


def count_text_pages(results: Iterable[QuestionResult]) -> int:
    """Return how many pages `list_texts` has, at least one."""
    texts = [item.answered for item in results if item.question.kind == QuestionKind.TEXT]
    return max(1, -(-max(texts, default=0) // MOST_TEXTS))


def _read(value: str) -> str:
    try:
        return decrypt(value, context=TEXT_CONTEXT)
    except UnreadableField:
        return _("（读不出来：密钥已更换）")
