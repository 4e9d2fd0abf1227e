"""Promised against reported: the promises of the previous report, and what a report states about them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import DAY
from jiedao.orgs.actor import Actor
from jiedao.projects.models import Campaign, Pledge, Project
from jiedao.projects.models.promises import PledgeState
from jiedao.projects.selectors.campaigns import Phase, find_campaigns, read_campaign_status
from jiedao.projects.selectors.lights import read_lights
from jiedao.reports.checker.layout import Layout
from jiedao.reports.checker.quantities import find_quantities
from jiedao.reports.document import Document
from jiedao.reports.models import VIEW, PlanDecision, PlanKind, PromiseMention, Report
from jiedao.reports.planning.selectors import is_of_campaign, list_decisions, read_plan
from jiedao.reports.planning.sentences import Sentence, Words, split_document
from jiedao.reports.planning.states import PromiseState, read_states
from jiedao.reports.selectors import read_report

MENTIONED = 0.36  # similarity from which a sentence is suggested as the mention of a promise
_RESULT = re.compile(
    r"完成|建成|建立|建设|新增|拆除|整治|改造|办结|处置|处理|受理|化解|开展|实现|达到|启动|投入|成立|评定|排查|消除|"
    r"覆盖|清理|创建|打造|引进|发放|支付|培训|检查|撤|竣工|通车|开工|启用"
)


class MentionCode(TextChoices):
    """Whether a report mentions a promise, the missing ones first."""

    MISSING = "MISSING", _("承诺了没报告")
    SUGGESTED = "SUGGESTED", _("可能已写到，待确认")
    MENTIONED = "MENTIONED", _("已写到")


@dataclass(frozen=True)
class PromiseLine:
    """A promise of the previous report, with its state and where the report mentions it.

    Attributes:
        decided: a person decided whether it is mentioned.
        by_figure: the suggested sentence prints a figure of the promise.
    """

    decision: PlanDecision
    state: PromiseState
    mention: MentionCode
    decided: PromiseMention | None = None
    sentence_key: str = ""
    sentence: str = ""
    by_figure: bool = False


@dataclass(frozen=True)
class UnpromisedObject:
    """A promise that was fulfilled in the period and that no earlier report of the series contains."""

    kind: PlanKind
    object: Project | Campaign | Pledge
    day: date | None


@dataclass(frozen=True)
class Review:
    """A report compared with the promises of the previous one.

    Attributes:
        previous: None where there is no earlier report of the template and place.
        open_count: the number of sentences of the earlier plan without a decision.
        sentences: results of the report, with a number, that belong to no promise.
    """

    previous: Report | None
    lines: Sequence[PromiseLine] = ()
    open_count: int = 0
    sentences: Sequence[Sentence] = ()
    objects: Sequence[UnpromisedObject] = ()

    def count(self, code: MentionCode) -> int:
        """Return how many promises are mentioned in this way."""
        return sum(line.mention == code for line in self.lines)


def find_previous_report(report: Report) -> Report | None:
    """Return the latest earlier report of the same template and place, None if there is none."""
    rows = Report.objects.filter(
        template=report.template_id, place_key=report.place_key, last_date__lt=report.first_date
    )
    return rows.select_related("template", "area", "unit").order_by("-last_date").first()


def review_promises(actor: Actor, report: Report, document: Document) -> Review:
    """Compare the document of a report with the promises of the previous one; mentions are suggested, not decided.

    Raises:
        NotAllowed: no right. UserError: the earlier report can no longer be built.
    """
    actor.require(VIEW)
    previous = find_previous_report(report)
    if previous is None:
        return Review(None)
    decisions = [row for row in list_decisions(previous) if row.kind != PlanKind.NONE]
    results = [sentence for sentence in split_document(document) if not sentence.is_plan]
    states = read_states(actor, decisions)
    decided = {row.decision_id: row for row in PromiseMention.objects.filter(report=report)}
    lines = [
        _build_line(decision, states[decision.pk], results, decided.get(decision.pk))
        for decision in decisions
    ]
    mentioned = {line.sentence_key for line in lines if line.sentence_key}
    return Review(
        previous,
        sorted(lines, key=lambda line: list(MentionCode).index(line.mention)),
        read_plan(previous, read_report(previous)).open_count,
        [
            sentence
            for sentence in results
            if sentence.key not in mentioned and not sentence.is_difficulty and is_result(sentence)
        ],
        find_unpromised_objects(actor, report),
    )


def _build_line(
    decision: PlanDecision, state: PromiseState, results: Sequence[Sentence], decided: PromiseMention | None
) -> PromiseLine:
    if decided is not None:
        code = MentionCode.MENTIONED if decided.sentence else MentionCode.MISSING
        return PromiseLine(decision, state, code, decided, decided.sentence_key, decided.sentence)
    sentence, by_figure = suggest_mention(decision, results)
    if sentence is None:
        return PromiseLine(decision, state, MentionCode.MISSING)
    return PromiseLine(
        decision, state, MentionCode.SUGGESTED, None, sentence.key, sentence.text, by_figure=by_figure
    )


def suggest_mention(decision: PlanDecision, results: Sequence[Sentence]) -> tuple[Sentence | None, bool]:
    """Return the sentence that may mention a promise, None for none, and whether it prints a figure of it."""
    if decision.campaign is not None:
        for sentence in results:
            measures = [run.figure.measure for run in sentence.runs if run.figure is not None]
            if any(is_of_campaign(measure, decision.campaign) for measure in measures):
                return sentence, True
    wanted = [Words.of(decision.topic + decision.sentence)]
    if decision.promise is not None:
        wanted.append(Words.of(_read_name(decision.promise)))
    scored = [
        (max(words.measure_similarity(sentence.words) for words in wanted), sentence) for sentence in results
    ]
    score, best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return (best, False) if score >= MENTIONED else (None, False)


def _read_name(promise: Project | Campaign | Pledge) -> str:
    return promise.text if isinstance(promise, Pledge) else promise.name


def is_result(sentence: Sentence) -> bool:
    """Return whether a sentence reports a result: it states what was done, with a number."""
    if _RESULT.search(sentence.text) is None:
        return False
    if any(run.figure is not None for run in sentence.runs):
        return True
    return bool(find_quantities(Layout(sentence.text)))


def find_unpromised_objects(actor: Actor, report: Report) -> list[UnpromisedObject]:
    """Return the promises fulfilled in the period, as far as visible, that no earlier report of the series made."""
    decisions = PlanDecision.objects.filter(
        report__template=report.template_id,
        report__place_key=report.place_key,
        report__last_date__lt=report.first_date,
        withdrawn_at__isnull=True,
    )
    promised = {
        (kind, project_id or campaign_id or pledge_id)
        for kind, project_id, campaign_id, pledge_id in decisions.values_list(
            "kind", "project_id", "campaign_id", "pledge_id"
        )
    }
    fulfilled = [
        *_find_confirmed_pledges(actor, report),
        *_find_finished_projects(actor, report),
        *_find_reached_campaigns(actor, report),
    ]
    return [row for row in fulfilled if (row.kind, row.object.pk) not in promised]


def _find_confirmed_pledges(actor: Actor, report: Report) -> Iterator[UnpromisedObject]:
    pledges = Pledge.objects.visible_to(actor).filter(
        state=PledgeState.CONFIRMED,
        ended_at__gte=report.period.start_at,
        ended_at__lt=report.period.end_at,
    )
    for pledge in pledges.select_related("unit").order_by("ended_at"):
        assert pledge.ended_at is not None
        day = pledge.ended_at.astimezone(clock.TOWN_TZ).date()
        yield UnpromisedObject(PlanKind.PLEDGE, pledge, day)


def _find_finished_projects(actor: Actor, report: Report) -> Iterator[UnpromisedObject]:
    for light in read_lights(actor):
        day = light.schedule.forecast_date if light.schedule.done else None
        if day is not None and report.first_date <= day <= report.last_date:
            yield UnpromisedObject(PlanKind.PROJECT, light.project, day)


def _find_reached_campaigns(actor: Actor, report: Report) -> Iterator[UnpromisedObject]:
    """Yield the campaigns that reached their target in the period; the day is not known without all amounts."""
    last = min(report.last_date, clock.today())
    for campaign in find_campaigns(actor):
        if campaign.from_date > report.last_date or last < report.first_date:
            continue
        try:
            is_reached = read_campaign_status(actor, campaign, last).phase is Phase.REACHED
            before = report.first_date - DAY
            was_reached = (
                campaign.from_date <= before
                and read_campaign_status(actor, campaign, before).phase is Phase.REACHED
            )
        except UserError:  # a feed that cannot be read proves nothing
            continue
        if is_reached and not was_reached:
            yield UnpromisedObject(PlanKind.CAMPAIGN, campaign, None)
