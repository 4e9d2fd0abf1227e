"""Begin the reports of the pack's `demo/reports.toml`, and make tasks of some sentences of their plans."""

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from jiedao.demo.progress import find_holder
from jiedao.indicators.figure import TOWN
from jiedao.kernel import clock
from jiedao.kernel.periods import parse_period
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit
from jiedao.projects.models import Campaign, Pledge
from jiedao.reports.actions.mentioning import decide_mention
from jiedao.reports.actions.planning import link_promise, make_promise, mark_not_promise
from jiedao.reports.actions.promises import PromiseInput
from jiedao.reports.actions.writing import begin_report, import_report
from jiedao.reports.models import PlanDecision, PlanKind, Report, ReportTemplate
from jiedao.reports.planning.reviewing import review_promises
from jiedao.reports.planning.sentences import Sentence, split_document
from jiedao.reports.selectors import get_version, read_report

Row = dict[str, Any]


@transaction.atomic
def load_reports(folder: Path) -> None:
    """Write the reports, what their sentences became, and which promises the later one mentions; once.

    A task whose last day has passed, in a town of today, is left out.

    Raises:
        KeyError, StopIteration: the file names what the pack or the report does not contain.
        UserError: an action refuses an entry.
    """
    path = folder / "reports.toml"
    if not path.is_file() or Report.objects.exists():
        return
    book = tomllib.loads(path.read_text(encoding="utf-8"))
    actor = find_holder(post__code=book["post"])
    reports = {row["period"]: _begin(actor, folder, row) for row in book["report"]}
    for row in book.get("sentence", []):
        _decide(actor, reports[row["period"]], row)
    for row in book.get("mention", []):
        _confirm_mention(actor, reports[row["period"]], row["link"])


def _begin(actor: Actor, folder: Path, row: Row) -> Report:
    values: Row = {
        "actor": actor,
        "template": ReportTemplate.objects.get(key=row["template"]),
        "period": parse_period(row["period"]),
        "place": TOWN,
    }
    if "file" not in row:
        return begin_report(**values)
    return import_report(**values, text=(folder / row["file"]).read_text(encoding="utf-8"), name=row["name"])


def _decide(actor: Actor, report: Report, row: Row) -> None:
    sentence = _find_sentence(report, row["words"])
    place: Row = {
        "actor": actor,
        "report_id": report.pk,
        "number": get_version(report).number,
        "key": sentence.key,
    }
    if "none" in row:
        mark_not_promise(**place, reason=row["none"])
    elif "link" in row:
        kind, object_id = _find_object(row["link"])
        link_promise(**place, kind=kind, object_id=object_id)
    elif row["make"]["due_date"] >= clock.today():
        values = {**row["make"], "unit": Unit.objects.get(code=row["make"]["unit"])}
        make_promise(**place, promise=PromiseInput(**values))


def _find_sentence(report: Report, words: str) -> Sentence:
    sentences = split_document(read_report(report))
    return next(sentence for sentence in sentences if sentence.is_plan and words in sentence.text)


def _find_object(link: dict[str, str]) -> tuple[PlanKind, int]:
    if "campaign" in link:
        return PlanKind.CAMPAIGN, Campaign.objects.get(key=link["campaign"]).pk
    return PlanKind.PLEDGE, Pledge.objects.get(code=link["pledge"]).pk


def _confirm_mention(actor: Actor, report: Report, link: dict[str, str]) -> None:
    """Confirm the sentence that is suggested for a promise."""
    kind, object_id = _find_object(link)
    column = "campaign_id" if kind is PlanKind.CAMPAIGN else "pledge_id"
    decision = PlanDecision.objects.get(**{column: object_id}, withdrawn_at__isnull=True)
    review = review_promises(actor, report, read_report(report))
    line = next(line for line in review.lines if line.decision.pk == decision.pk)
    decide_mention(actor=actor, report_id=report.pk, decision_id=decision.pk, key=line.sentence_key)
