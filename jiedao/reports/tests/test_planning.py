"""The plan of a report: its sentences, the form of a promise, promises, and the comparison with the next report."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import ngettext, override

from jiedao.audit.models import Entry
from jiedao.indicators.figure import TOWN
from jiedao.indicators.tests.conftest import declare_measure
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.periods import parse_period
from jiedao.projects.actions.campaigns import add_entry
from jiedao.projects.actions.pledges import confirm_pledge, report_pledge_done
from jiedao.projects.models import Campaign, Pledge, Project, ProjectKind
from jiedao.projects.models.promises import PledgeQuerySet, PledgeState
from jiedao.reports.actions import planning
from jiedao.reports.actions.planning import (
    PromiseInput,
    decide_mention,
    link_promise,
    make_promise,
    mark_not_promise,
    withdraw_decision,
)
from jiedao.reports.actions.signing import sign_report
from jiedao.reports.actions.writing import begin_report, import_report, save_version
from jiedao.reports.building import build_document
from jiedao.reports.document import Document, Heading, Level, Paragraph, Run
from jiedao.reports.models import PlanDecision, PlanKind, Report, ReportTemplate
from jiedao.reports.planning.prefill import find_day, find_target, find_unit, read_prefill
from jiedao.reports.planning.reviewing import MentionCode, Review, review_promises
from jiedao.reports.planning.selectors import find_offers, find_origins, read_plan
from jiedao.reports.planning.sentences import Sentence, Words, is_plan_heading, split_document
from jiedao.reports.planning.states import StateCode, read_states
from jiedao.reports.selectors import get_version, read_report
from jiedao.reports.tests.conftest import ReportTown
from jiedao.testing.cast import Town

JUNE, JULY, SECOND_HALF = (parse_period(text) for text in ("2020-06", "2020-07", "2020H2"))
TEXT = """# {{ period }}工作月报

## 一、主要工作

拆除违建{{ figure("works.gone") }}。

## 二、下月打算 {{ plan() }}

停车。7月底前新建停车泊位{{ name("40个") }}，缓解停车难。

排水。7月20日前由市容科完成雨水管网清疏。继续加强日常巡查。
"""
PARKING, DRAINS, PATROL = (
    "7月底前新建停车泊位40个，缓解停车难。",
    "7月20日前由市容科完成雨水管网清疏。",
    "继续加强日常巡查。",
)


def make_sentence(text: str) -> Sentence:
    return Sentence(text, (Run(text),))


# -- sentences -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heading",
    [
        "三、下一步计划",
        "（二）下半年工作打算",
        "四、下一步工作",
        "三、2021年工作安排",
        "二、明年重点任务",
        "工作计划",
        "六、下一步",
    ],
)
def test_a_heading_that_names_a_plan_is_recognised(heading: str) -> None:
    assert is_plan_heading(heading)


@pytest.mark.parametrize(
    "heading",
    ["一、上半年主要工作", "二、困难和问题", "一、下半年主要工作", "年度任务完成情况", "计划落实情况"],
)
def test_a_heading_of_results_is_no_plan(heading: str) -> None:
    assert not is_plan_heading(heading)


def test_the_plan_ends_at_the_next_heading_of_its_level() -> None:
    heads = {
        text: Heading(level, (Run(text),))
        for text, level in (
            ("一、下一步计划", Level.FIRST),
            ("（一）停车", Level.SECOND),
            ("二、请示事项", Level.FIRST),
        )
    }
    texts = ["先做甲。", "再做乙。", "请批准丙。"]
    blocks = [
        block
        for head, text in zip(heads.values(), texts, strict=True)
        for block in (head, Paragraph((Run(text),)))
    ]

    sentences = split_document(Document(tuple(blocks)))

    assert [(row.text, row.is_plan) for row in sentences] == [
        ("先做甲。", True), ("再做乙。", True), ("请批准丙。", False)]  # fmt: skip


def test_a_mark_goes_before_the_words_of_headings() -> None:
    marked = Heading(Level.FIRST, (Run("二、几件事"),), is_plan=True)
    unmarked = Heading(Level.FIRST, (Run("一、下一步计划"),))
    document = Document((unmarked, Paragraph((Run("甲。"),)), marked, Paragraph((Run("乙。"),))))

    assert [row.text for row in split_document(document) if row.is_plan] == ["乙。"]


def test_similar_sentences_score_higher_than_others() -> None:
    promise = Words.of("年内新建停车泊位40个，缓解停车难。")

    assert promise.measure_similarity(Words.of("新建停车泊位21个，东区停车场启用。")) > 0.36
    assert promise.measure_similarity(Words.of("垃圾转运站整治提升完成3座。")) < 0.2


# -- what a form is filled with --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("年底前完成", date(2020, 12, 31)),
        ("9月底前完成", date(2020, 9, 30)),
        ("第三季度完成", date(2020, 9, 30)),
        ("10月中旬完成", date(2020, 10, 20)),
        ("11月中旬召开会议", date(2020, 11, 20)),
        ("11月召开现场会议", date(2020, 11, 30)),
        ("落实11月专题会议精神", None),
        ("落实11月5日会议精神", None),
        ("10月前完成", date(2020, 9, 30)),
        ("11月15日前完成", date(2020, 11, 15)),
        ("十一月底前完成", date(2020, 11, 30)),
        ("3月底前完成", date(2021, 3, 31)),  # the plan is of the second half: the next March
        ("2021年6月底前完成", date(2021, 6, 30)),
        ("2021年前完成", date(2020, 12, 31)),
        ("2022年以前完成", date(2021, 12, 31)),
        ("2021年底前完成", date(2021, 12, 31)),
        ("2021年前三季度完成", date(2021, 9, 30)),
        ("2021年前十个月完成", date(2021, 12, 31)),
        ("明年一季度完成", date(2021, 3, 31)),
        ("两个月内完成", date(2020, 8, 31)),
        ("继续推进", None),
        ("13月底前完成", None),
    ],
)
def test_the_last_day_is_read_from_the_words(text: str, day: date | None) -> None:
    assert find_day(text, SECOND_HALF)[0] == day


def test_the_national_day_is_the_next_one_after_the_plan_begins() -> None:
    assert find_day("国庆前完成整治", parse_period("2020Q4"))[0] == date(2021, 9, 30)
    assert find_day("国庆前完成整治", parse_period("2020Q3"))[0] == date(2020, 9, 30)


@pytest.mark.parametrize(
    ("text", "target", "measure"),
    [
        ("年内新建停车泊位40个", Decimal(40), "个"),
        ("拆除违建3.5万平方米", Decimal("3.5"), "万平方米"),
        ("建成七个示范点", Decimal(7), "个"),
        ("覆盖率达到95%", None, ""),
        ("两个月内完成", None, ""),
        ("继续推进", None, ""),
    ],
)
def test_the_target_is_the_first_countable_number(text: str, target: Decimal | None, measure: str) -> None:
    assert find_target(make_sentence(text))[:2] == (target, measure)


def test_the_unit_that_leads_is_chosen(report_town: ReportTown) -> None:
    units = report_town.town.units
    units["URBAN"].name, units["CLEAN"].name = "城市建设办公室", "环境卫生管理站"
    for unit in (units["URBAN"], units["CLEAN"]):
        unit.save()
    forget_all()

    unit, words = find_unit("环境卫生管理站配合，由城市建设办牵头完成")

    assert (unit.code if unit else "", words) == ("URBAN", "城市建设办")


@pytest.mark.parametrize(
    ("text", "kind", "title"),
    [
        ("年内新建停车泊位40个，缓解停车难。", PlanKind.CAMPAIGN, "新建停车泊位"),
        ("10月底前南口公园竣工。", PlanKind.PROJECT, "10月底前南口公园竣工"),
        ("完善值班制度。", PlanKind.PLEDGE, "完善值班制度"),
    ],
)
def test_the_kind_and_the_title_follow_the_words(db: None, text: str, kind: PlanKind, title: str) -> None:
    prefill = read_prefill(make_sentence(text), SECOND_HALF)
    assert (prefill.kind, prefill.title) == (kind, title)


# -- promises --------------------------------------------------------------------------------------------------------


@pytest.fixture
def plan_town(report_town: ReportTown) -> ReportTown:
    """The town, with a plan in its template, and rights on promises for handler and leader."""
    rights = {
        "handler": ["projects.promise:view", "projects.promise:edit", "projects.project:view", "projects.project:add"],
        "leader": ["projects.promise:view", "projects.promise:confirm"],
    }  # fmt: skip
    for username, added in rights.items():
        post = report_town.town.posts[username]
        post.permissions = [*post.permissions, *added]
        post.save()
    forget_all()
    report_town.template.text = TEXT
    report_town.template.save()
    return report_town


@pytest.fixture
def report(plan_town: ReportTown) -> Report:
    """The report of June."""
    return begin(plan_town, JUNE)


def begin(plan_town: ReportTown, period: Any) -> Report:
    return begin_report(
        actor=plan_town.town.actor("handler"), template=plan_town.template, period=period, place=TOWN
    )


def find_key(report: Report, text: str) -> str:
    return next(row.key for row in split_document(read_report(report)) if row.text == text)


def promise(
    town: Town, report: Report, text: str, kind: PlanKind = PlanKind.PLEDGE, **more: Any
) -> PlanDecision:
    again, username = more.pop("again", False), more.pop("username", "handler")
    values = {"title": "任务", "unit": town.units["URBAN"], "due_date": date(2020, 7, 31), **more}
    return make_promise(
        actor=town.actor(username),
        report_id=report.pk,
        number=get_version(report).number,
        key=find_key(report, text),
        promise=PromiseInput(kind=kind.value, **values),
        again=again,
    )


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
    monkeypatch.setattr(planning, "_find_free_code", lambda _report: next(codes))

    decision = promise(plan_town.town, report, PATROL)

    assert decision.pledge is not None
    assert decision.pledge.code == "BG-2020-06-02"


def test_a_pledge_without_a_free_number_asks_to_submit_again(
    plan_town: ReportTown, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    promise(plan_town.town, report, DRAINS)
    monkeypatch.setattr(planning, "_find_free_code", lambda _report: "BG-2020-06-01")

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
    with CaptureQueriesContext(connection) as one:
        read_states(actor, decisions[:1])
    with django_assert_num_queries(len(one)):
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


# -- promised against reported ---------------------------------------------------------------------------------------


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


# -- a report from elsewhere -----------------------------------------------------------------------------------------

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


def test_a_section_of_difficulties_has_no_results(plan_town: ReportTown, report: Report) -> None:
    text = (
        "# 题\n\n## 一、工作\n\n拆除旧棚8处。\n\n## 二、困难和问题\n\n### （一）改造\n\n"
        "改造缺口大的老旧住宅区近20个。\n\n## 三、问题整改情况\n\n消除隐患9处。"
    )
    sentences = split_document(build_document(text, JUNE))
    assert [(row.text, row.is_difficulty) for row in sentences] == [
        ("拆除旧棚8处。", False), ("改造缺口大的老旧住宅区近20个。", True), ("消除隐患9处。", False)]  # fmt: skip

    plan_town.template.text = text
    plan_town.template.save()
    later = begin_report(
        actor=plan_town.town.actor("handler"), template=plan_town.template, period=JULY, place=TOWN
    )
    review = review_promises(plan_town.town.actor("leader"), later, read_report(later))
    assert [row.text for row in review.sentences] == ["拆除旧棚8处。", "消除隐患9处。"]


@pytest.mark.parametrize(("days", "words"), [(1, "1 day overdue"), (6, "6 days overdue")])
def test_words_of_a_promise_are_english_in_english(days: int, words: str) -> None:
    with override("en"):
        text = ngettext("%(state)s，逾期 %(n)s 天", "%(state)s，逾期 %(n)s 天", days)
        labels = [str(PlanKind.PROJECT.label), str(PlanKind.CAMPAIGN.label), str(PledgeState.BACK.label)]

    assert text % {"state": "Open", "n": days} == f"Open, {words}"
    assert labels == ["Project", "Campaign", "Sent back"]
