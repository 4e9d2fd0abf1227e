"""Read the plan of a report with what its sentences became, and the promises that objects come from."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jiedao.indicators.models import Measure
from jiedao.orgs.actor import Actor
from jiedao.projects.models import Campaign, Pledge, Project
from jiedao.projects.models.promises import PledgeState
from jiedao.reports.document import Document
from jiedao.reports.models import VIEW, PlanDecision, PlanKind, Report
from jiedao.reports.planning.sentences import Sentence, Words, split_document

SAME = 0.75  # similarity from which a changed sentence is recognised again
LIKELY = 0.42  # from which an existing promise is offered for a sentence
MOST_OFFERED = 5
COLUMNS = {Project: "project", Campaign: "campaign", Pledge: "pledge"}


@dataclass(frozen=True)
class PlanLine:
    """A sentence of the plan with the decisions that are in force.

    Attributes:
        former: the decisions were made of an earlier wording of the sentence.
    """

    sentence: Sentence
    decisions: Sequence[PlanDecision] = ()
    former: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided on it yet."""
        return not self.decisions


@dataclass(frozen=True)
class PlanView:
    """The plan of a report; `removed` are decisions whose sentence the text no longer has."""

    lines: Sequence[PlanLine]
    removed: Sequence[PlanDecision]

    @property
    def open_count(self) -> int:
        """How many sentences nobody has decided on."""
        return sum(line.is_open for line in self.lines)

    @property
    def promise_count(self) -> int:
        """How many promises there are."""
        decisions = [row for line in self.lines for row in line.decisions] + list(self.removed)
        return sum(row.kind != PlanKind.NONE for row in decisions)


@dataclass(frozen=True)
class Offer:
    """An existing promise that a sentence may be about; `by_figure` where the sentence prints its figure."""

    kind: PlanKind
    object: Project | Campaign | Pledge
    by_figure: bool
    similarity: float


def read_plan(report: Report, document: Document) -> PlanView:
    """Return the sentences of the plan in the order of the text; a changed sentence keeps its decisions."""
    by_key: dict[str, list[PlanDecision]] = defaultdict(list)
    for decision in list_decisions(report):
        by_key[decision.sentence_key].append(decision)
    sentences = list(
        {sentence.key: sentence for sentence in split_document(document) if sentence.is_plan}.values()
    )
    decisions_by_sentence = {sentence.key: by_key.pop(sentence.key, []) for sentence in sentences}
    former: dict[str, str] = {}
    for key, decisions in list(by_key.items()):
        words = Words.of(decisions[0].sentence)
        free = [sentence for sentence in sentences if not decisions_by_sentence[sentence.key]]
        best = max(free, key=lambda item: words.measure_similarity(Words.of(item.text)), default=None)
        if best is not None and words.measure_similarity(Words.of(best.text)) >= SAME:
            decisions_by_sentence[best.key] = by_key.pop(key)
            former[best.key] = decisions[0].sentence
    lines = [PlanLine(item, decisions_by_sentence[item.key], former.get(item.key, "")) for item in sentences]
    return PlanView(lines, [decision for rows in by_key.values() for decision in rows])


def list_decisions(report: Report) -> list[PlanDecision]:
    """Return the decisions in force of a report's plan with their promises, in one statement."""
    rows = PlanDecision.objects.filter(report=report, withdrawn_at__isnull=True)
    return list(
        rows.select_related("project", "campaign", "pledge", "decided_by", "version").defer("version__text")
    )


def find_origins(actor: Actor, promise: Project | Campaign | Pledge) -> list[PlanDecision]:
    """Return the sentences that promised an object, for its page; none for an actor who may not read reports."""
    if not actor.can(VIEW):
        return []
    rows = PlanDecision.objects.filter(**{COLUMNS[type(promise)]: promise}, withdrawn_at__isnull=True)
    return list(
        rows.select_related("report__template", "report__area", "report__unit", "version").defer(
            "version__text"
        )
    )


def find_offers(actor: Actor, sentence: Sentence) -> list[Offer]:
    """Return the visible promises that a sentence may be about: those whose figure it prints, then similar ones."""
    words, printed = sentence.words, _list_measures(sentence)
    offers = [
        Offer(
            PlanKind.CAMPAIGN,
            campaign,
            any(is_of_campaign(measure, campaign) for measure in printed),
            words.measure_similarity(Words.of(campaign.name)),
        )
        for campaign in Campaign.objects.visible_to(actor).filter(active=True)
    ]
    offers += [
        Offer(PlanKind.PLEDGE, pledge, False, words.measure_similarity(Words.of(pledge.text)))
        for pledge in Pledge.objects.visible_to(actor).exclude(state=PledgeState.WITHDRAWN)
    ]
    offers += [
        Offer(PlanKind.PROJECT, project, False, words.measure_similarity(Words.of(project.name)))
        for project in Project.objects.visible_to(actor).filter(active=True)
    ]
    likely = [offer for offer in offers if offer.by_figure or offer.similarity >= LIKELY]
    return sorted(likely, key=lambda offer: (not offer.by_figure, -offer.similarity))[:MOST_OFFERED]


def _list_measures(sentence: Sentence) -> list[Measure]:
    return [run.figure.measure for run in sentence.runs if run.figure is not None]


def is_of_campaign(measure: Measure, campaign: Campaign) -> bool:
    """Return whether a measure counts a campaign: it names it, or reads the same records as its feed."""
    feed = _drop_date(campaign.feed) if campaign.feed is not None else None
    return any(
        _drop_date(spec) == feed
        or (spec.get("source") == "campaigns" and spec.get("campaign") == campaign.key)
        for spec in _walk_specs(measure.spec)
    )


def _drop_date(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return a spec without the field of the date, which a measure of the present state does not name."""
    return {name: value for name, value in spec.items() if name != "date"}


def _walk_specs(value: Any) -> Iterable[dict[str, Any]]:
    if isinstance(value, dict):
        if "source" in value:
            yield value
        for part in value.values():
            yield from _walk_specs(part)
    elif isinstance(value, list):
        for part in value:
            yield from _walk_specs(part)
