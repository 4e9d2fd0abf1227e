"""The plan of a report: promises made of its sentences."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import ngettext, override

from jiedao.audit.models import Entry
from jiedao.indicators.figure import TOWN
from jiedao.indicators.tests.conftest import declare_measure
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.kernel.periods import parse_period
from jiedao.projects.models import Campaign, Pledge, Project, ProjectKind
from jiedao.projects.models.promises import PledgeQuerySet, PledgeState
from jiedao.reports.actions import promises
from jiedao.reports.actions.planning import link_promise, mark_not_promise, withdraw_decision
from jiedao.reports.actions.signing import sign_report
from jiedao.reports.actions.writing import import_report, save_version
from jiedao.reports.models import PlanDecision, PlanKind, Report, ReportTemplate
from jiedao.reports.planning.selectors import find_offers, find_origins, read_plan
from jiedao.reports.planning.sentences import split_document
from jiedao.reports.planning.states import read_states
from jiedao.reports.selectors import read_report
from jiedao.reports.tests.conftest import ReportTown
from jiedao.reports.tests.plans import DRAINS, PARKING, PATROL, TEXT, find_key, promise


def test_a_sentence_becomes_a_campaign_and_is_linked_to_its_version(
    plan_town: ReportTown, report: Report
) -> None:
    decision = promise(plan_town.town, report, PARKING, PlanKind.CAMPAIGN, target=Decimal(40), measure="个")

    campaign = Campaign.objects.get()
    assert (campaign.target, campaign.measure, decision.campaign) == (Decimal(40), "个", campaign)
    origin = find_origins(plan_town.town.actor("handler"), campaign)[0]
    assert (origin.report, origin.version.number, origin.sentence, origin.topic) == (
        report,
        1,
        PARKING,
        "停车",
    )
    entry = Entry.objects.get(action="reports.plan:promise")
    assert (entry.after["sentence"], entry.after["version"]) == (PARKING, 1)


def test_a_sentence_becomes_a_pledge_or_a_project(plan_town: ReportTown, report: Report) -> None:
    ProjectKind.objects.create(code="road", name="道路")

    promise(plan_town.town, report, DRAINS, title="完成雨水管网清疏")
    promise(plan_town.town, report, PATROL, PlanKind.PROJECT, project_kind="road")

    pledge = Pledge.objects.get()
    assert (pledge.code, pledge.text, pledge.kind) == ("BG-2020-06-01", "完成雨水管网清疏", "REPORT")
    assert pledge.source == "2020 年 6 月 月报（第 1 版）"
    assert Project.objects.get().note == pledge.source


def test_a_number_that_another_plan_has_just_used_is_not_tried_again(
    plan_town: ReportTown, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    promise(plan_town.town, report, DRAINS)
    codes = iter(["BG-2020-06-01", "BG-2020-06-02"])
    monkeypatch.setattr(promises, "_find_free_code", lambda _report: next(codes))

    decision = promise(plan_town.town, report, PATROL)

    assert decision.pledge is not None
    assert decision.pledge.code == "BG-2020-06-02"


def test_a_pledge_without_a_free_number_asks_to_submit_again(
    plan_town: ReportTown, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    promise(plan_town.town, report, DRAINS)
    monkeypatch.setattr(promises, "_find_free_code", lambda _report: "BG-2020-06-01")

    with pytest.raises(UserError, match="请再提交一次"):
        promise(plan_town.town, report, PATROL)

    assert Pledge.objects.count() == 1


def test_a_second_promise_of_a_sentence_must_be_wanted(plan_town: ReportTown, report: Report) -> None:
    promise(plan_town.town, report, DRAINS)

    with pytest.raises(UserError, match="已经成为") as refusal:
        promise(plan_town.town, report, DRAINS)
    promise(plan_town.town, report, DRAINS, again=True)

    assert refusal.value.field == "again"
    assert Pledge.objects.count() == 2


def test_a_refused_repetition_does_not_name_a_promise_out_of_scope(
    plan_town: ReportTown, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    promise(plan_town.town, report, DRAINS, title="完成雨水管网清疏")
    monkeypatch.setattr(PledgeQuerySet, "visible_to", lambda rows, _actor: rows.none())

    with pytest.raises(UserError, match="不在您的查看范围") as refusal:
        promise(plan_town.town, report, DRAINS)

    assert "管网" not in str(refusal.value)


def test_reading_the_states_of_many_projects_takes_as_many_statements_as_of_one(
    plan_town: ReportTown, report: Report, django_assert_num_queries: Any
) -> None:
    ProjectKind.objects.create(code="road", name="道路")
    actor = plan_town.town.actor("handler")
    decisions = [
        promise(plan_town.town, report, text, PlanKind.PROJECT, project_kind="road", title=text[:20])
        for text in (DRAINS, PATROL)
    ]
    with CaptureQueriesContext(connection) as queries_of_one:
        read_states(actor, decisions[:1])
    with django_assert_num_queries(len(queries_of_one)):
        read_states(actor, decisions)


def test_nothing_is_made_for_a_unit_to_which_the_actor_gives_no_tasks(
    plan_town: ReportTown, report: Report
) -> None:
    with pytest.raises(NotAllowed):
        promise(plan_town.town, report, DRAINS, username="shift")
    assert not PlanDecision.objects.exists()
    assert not Pledge.objects.exists()


@pytest.mark.parametrize(
    ("kind", "field"),
    [(PlanKind.CAMPAIGN, "target"), (PlanKind.PROJECT, "project_kind"), (PlanKind.NONE, "kind")],
)
def test_a_promise_that_lacks_an_entry_is_refused(
    plan_town: ReportTown, report: Report, kind: PlanKind, field: str
) -> None:
    with pytest.raises(UserError) as refusal:
        promise(plan_town.town, report, DRAINS, kind)
    assert refusal.value.field == field


def test_only_the_version_that_was_read_is_promised_from(plan_town: ReportTown, report: Report) -> None:
    key = find_key(report, DRAINS)
    with pytest.raises(Stale):
        mark_not_promise(
            actor=plan_town.town.actor("handler"), report_id=report.pk, number=2, key=key, reason="日常工作"
        )
    with pytest.raises(Stale):
        mark_not_promise(
            actor=plan_town.town.actor("handler"), report_id=report.pk, number=1, key="0", reason="日常工作"
        )


def test_results_cannot_become_promises(plan_town: ReportTown, report: Report) -> None:
    with pytest.raises(Stale):
        promise(plan_town.town, report, "拆除违建2处。")


def test_a_sentence_marked_as_no_promise_needs_a_reason_and_stays_one(
    plan_town: ReportTown, report: Report
) -> None:
    values = {
        "actor": plan_town.town.actor("handler"),
        "report_id": report.pk,
        "number": 1,
        "key": find_key(report, PATROL),
    }
    with pytest.raises(UserError):
        mark_not_promise(**values, reason="无")
    decision = mark_not_promise(**values, reason="日常工作，无法检验")

    with pytest.raises(UserError, match="不是承诺"):
        promise(plan_town.town, report, PATROL)
    withdraw_decision(actor=values["actor"], report_id=report.pk, decision_id=decision.pk, reason="改为承诺")
    assert promise(plan_town.town, report, PATROL).kind == PlanKind.PLEDGE


def test_a_sentence_is_linked_once_to_a_promise_that_exists(plan_town: ReportTown, report: Report) -> None:
    made = promise(plan_town.town, report, DRAINS)
    values = {
        "actor": plan_town.town.actor("handler"),
        "report_id": report.pk,
        "number": 1,
        "kind": "PLEDGE",
        "object_id": made.pledge_id,
    }

    link = link_promise(**values, key=find_key(report, PATROL))

    assert (link.pledge_id, link.is_new) == (made.pledge_id, False)
    with pytest.raises(UserError, match="已经关联"):
        link_promise(**values, key=find_key(report, PATROL), again=True)
    with pytest.raises(NotFoundError):
        link_promise(**{**values, "object_id": 0}, key=find_key(report, PARKING))


def test_a_changed_sentence_keeps_its_promise_and_a_removed_one_is_listed(
    plan_town: ReportTown, report: Report
) -> None:
    promise(plan_town.town, report, PARKING)
    promise(plan_town.town, report, DRAINS)
    text = TEXT.replace("缓解停车难", "缓解老旧小区停车难").replace("7月20日前由市容科完成雨水管网清疏。", "")

    save_version(actor=plan_town.town.actor("handler"), report_id=report.pk, base=1, text=text)

    plan = read_plan(report, read_report(report))
    assert [(line.former, len(line.decisions)) for line in plan.lines] == [(PARKING, 1), ("", 0)]
    assert [row.sentence for row in plan.removed] == [DRAINS]


def test_the_campaign_whose_figure_a_sentence_prints_is_offered_first(
    plan_town: ReportTown, report: Report
) -> None:
    decision = promise(plan_town.town, report, PARKING, PlanKind.CAMPAIGN, target=Decimal(40), measure="个")
    declare_measure(
        "spaces",
        "amount",
        {"spec": {"source": "campaigns", "campaign": decision.campaign.key}},
        unit_label="个",
    )
    save_version(
        actor=plan_town.town.actor("handler"),
        report_id=report.pk,
        base=1,
        text=TEXT.replace('{{ name("40个") }}', '{{ figure("spaces") }}'),
    )
    sentence = next(row for row in split_document(read_report(report)) if row.topic == "停车")

    offers = find_offers(plan_town.town.actor("handler"), sentence)

    assert [(offer.object, offer.by_figure) for offer in offers] == [(decision.campaign, True)]


FOREIGN = """云溪街道2020年5月工作总结
一、主要工作
（一）市容
清运垃圾{{ 3 }}车。
二、下一步工作
6月底前由市容科完成雨水管网清疏。
"""


def test_a_foreign_report_brings_its_plan_and_is_not_signed(plan_town: ReportTown) -> None:
    report = import_report(
        actor=plan_town.town.actor("handler"),
        template=plan_town.template,
        period=parse_period("2020-05"),
        place=TOWN,
        text=FOREIGN,
        name="五月.docx",
    )

    document = read_report(report)
    assert document.title == "云溪街道2020年5月工作总结"
    assert "清运垃圾｛｛ 3 ｝｝车。" in document.text
    assert [line.sentence.text for line in read_plan(report, document).lines] == [
        "6月底前由市容科完成雨水管网清疏。"
    ]
    with pytest.raises(UserError, match="取自文件"):
        sign_report(actor=plan_town.town.actor("leader"), report_id=report.pk, number=1)
    assert ReportTemplate.objects.count() == 1


@pytest.mark.parametrize(("days", "words"), [(1, "1 day overdue"), (6, "6 days overdue")])
def test_words_of_a_promise_are_english_in_english(days: int, words: str) -> None:
    with override("en"):
        text = ngettext("%(state)s，逾期 %(n)s 天", "%(state)s，逾期 %(n)s 天", days)
        labels = [str(PlanKind.PROJECT.label), str(PlanKind.CAMPAIGN.label), str(PledgeState.BACK.label)]

    assert text % {"state": "Open", "n": days} == f"Open, {words}"
    assert labels == ["Project", "Campaign", "Sent back"]
