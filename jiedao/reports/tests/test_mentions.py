"""The promises of a report, compared with what the next report mentions."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from jiedao.audit.models import Entry
from jiedao.indicators.tests.conftest import declare_measure
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError
from jiedao.projects.actions.campaigns import add_entry
from jiedao.projects.actions.pledges import confirm_pledge, report_pledge_done
from jiedao.reports.actions.mentioning import decide_mention
from jiedao.reports.actions.planning import withdraw_decision
from jiedao.reports.actions.writing import save_version
from jiedao.reports.models import PlanKind, Report
from jiedao.reports.planning.reviewing import MentionCode, Review, review_promises
from jiedao.reports.planning.states import StateCode
from jiedao.reports.selectors import read_report
from jiedao.reports.tests.conftest import ReportTown, begin
from jiedao.reports.tests.plans import DRAINS, JULY, PARKING, PATROL, find_key, promise


def review(plan_town: ReportTown, report: Report, username: str = "handler") -> Review:
    return review_promises(plan_town.town.actor(username), report, read_report(report))


def write_july(plan_town: ReportTown, results: str) -> Report:
    """Begin the report of July and write its results."""
    report = begin(plan_town, JULY)
    save_version(
        actor=plan_town.town.actor("handler"),
        report_id=report.pk,
        base=1,
        text=f"# 七月\n\n## 一、主要工作\n\n{results}\n",
    )
    return report


def test_a_first_report_has_nothing_to_be_compared_with(plan_town: ReportTown, report: Report) -> None:
    assert review(plan_town, report).previous is None


def test_a_promise_without_a_sentence_is_promised_and_not_reported(
    plan_town: ReportTown, report: Report
) -> None:
    promise(plan_town.town, report, DRAINS, title="雨水管网清疏")
    july = write_july(plan_town, '拆除违建{{ figure("works.gone") }}。召开例会。')

    result = review(plan_town, july)

    assert [(line.mention, line.state.code) for line in result.lines] == [
        (MentionCode.MISSING, StateCode.RUNNING)
    ]
    assert [row.text for row in result.sentences] == ["拆除违建2处。"]
    assert result.open_count == 2


def test_a_similar_sentence_is_suggested_until_a_person_decides(
    plan_town: ReportTown, report: Report
) -> None:
    decision = promise(plan_town.town, report, DRAINS, title="雨水管网清疏")
    july = write_july(plan_town, '市容科完成雨水管网清疏。拆除违建{{ figure("works.gone") }}。')
    key = find_key(july, "市容科完成雨水管网清疏。")
    assert [line.mention for line in review(plan_town, july).lines] == [MentionCode.SUGGESTED]

    actor = plan_town.town.actor("handler")
    decide_mention(actor=actor, report_id=july.pk, decision_id=decision.pk, key=key)
    assert [line.mention for line in review(plan_town, july).lines] == [MentionCode.MENTIONED]
    decide_mention(actor=actor, report_id=july.pk, decision_id=decision.pk, key="")
    assert [line.mention for line in review(plan_town, july).lines] == [MentionCode.MISSING]
    assert Entry.objects.filter(action="reports.plan:mention").count() == 2


def test_a_sentence_that_prints_the_figure_of_a_campaign_mentions_it(
    plan_town: ReportTown, report: Report
) -> None:
    decision = promise(plan_town.town, report, PARKING, PlanKind.CAMPAIGN, target=Decimal(40), measure="个")
    spec = {"source": "campaigns", "campaign": decision.campaign.key}
    declare_measure("spaces", "amount", {"spec": spec}, unit_label="个", name="泊位")
    add_entry(
        actor=plan_town.town.actor("handler"),
        key=spec["campaign"],
        day=date(2020, 7, 1),
        amount=Decimal(10),
        document="单",
    )
    july = write_july(plan_town, '东区启用{{ figure("spaces") }}。')

    line = review(plan_town, july).lines[0]

    assert (line.mention, line.by_figure, line.sentence) == (MentionCode.SUGGESTED, True, "东区启用10个。")
    assert line.state.detail == "10 / 40 个，25.0%"


def test_a_promise_is_overdue_after_its_day_and_done_when_confirmed(
    plan_town: ReportTown, report: Report
) -> None:
    town = plan_town.town
    late = promise(town, report, DRAINS, due_date=date(2020, 7, 20)).pledge
    done = promise(town, report, PATROL).pledge
    assert late is not None
    assert done is not None
    with clock.at(clock.now() + timedelta(days=1)):
        report_pledge_done(actor=town.actor("handler"), pledge_id=done.pk, evidence="巡查记录")
        confirm_pledge(actor=town.actor("leader"), pledge_id=done.pk)
    july = write_july(plan_town, "召开例会。")

    with clock.at(clock.now() + timedelta(days=31)):
        states = {line.decision.pledge_id: line.state.code for line in review(plan_town, july).lines}

    assert states == {late.pk: StateCode.LATE, done.pk: StateCode.DONE}


def test_a_fulfilled_promise_of_no_report_is_reported_and_not_promised(
    plan_town: ReportTown, report: Report
) -> None:
    town = plan_town.town
    promised = promise(town, report, PATROL).pledge
    other = promise(town, report, DRAINS)
    withdraw_decision(
        actor=town.actor("handler"), report_id=report.pk, decision_id=other.pk, reason="另行布置"
    )
    for pledge in (promised, other.pledge):
        assert pledge is not None
        report_pledge_done(actor=town.actor("handler"), pledge_id=pledge.pk, evidence="记录")
        confirm_pledge(actor=town.actor("leader"), pledge_id=pledge.pk)
    july = write_july(plan_town, "召开例会。")

    assert [row.object for row in review(plan_town, july).objects] == [other.pledge]


def test_promises_out_of_scope_are_hidden(plan_town: ReportTown, report: Report) -> None:
    promise(plan_town.town, report, DRAINS)
    july = write_july(plan_town, "召开例会。")

    line = review(plan_town, july, "grid1").lines[0]

    assert (line.state.code, line.state.detail, line.state.due_date) == (StateCode.HIDDEN, "", None)


def test_only_a_promise_of_an_earlier_report_is_decided_on(plan_town: ReportTown, report: Report) -> None:
    decision = promise(plan_town.town, report, DRAINS)
    with pytest.raises(NotFoundError):
        decide_mention(
            actor=plan_town.town.actor("handler"), report_id=report.pk, decision_id=decision.pk, key=""
        )


def test_reading_rights_do_not_decide(plan_town: ReportTown, report: Report) -> None:
    decision = promise(plan_town.town, report, DRAINS)
    july = write_july(plan_town, "召开例会。")
    with pytest.raises(NotAllowed):
        decide_mention(
            actor=plan_town.town.actor("leader"), report_id=july.pk, decision_id=decision.pk, key=""
        )
