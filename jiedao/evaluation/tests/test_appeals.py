"""Appeals: a unit contests a case, another person decides, the score is computed again, and both versions stay."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from jiedao.audit.models import Entry as AuditEntry
from jiedao.cases.models import Case
from jiedao.cases.selectors.counting import find_cases
from jiedao.evaluation.access import find_appeal_due_date, may_contest
from jiedao.evaluation.actions.appealing import decide_appeal, make_appeal, withdraw_appeal
from jiedao.evaluation.actions.publishing import publish_scores, recompute_scores
from jiedao.evaluation.models import Appeal, AppealState, Score, SheetVersion
from jiedao.evaluation.selectors import count_waiting_appeals, describe_reason, list_appeals, read_score
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.kernel.periods import parse_period
from jiedao.notices.kinds import describe_notice
from jiedao.notices.models import Notice
from jiedao.orgs.models import Holding
from jiedao.testing.cast import Town, store_photo

JUNE = parse_period("2020-06")
REASON = "现场不在本单位管辖范围内"


@pytest.fixture
def score(scored_town: Town, version: SheetVersion) -> Score:
    """Return the published score of URBAN: 80 points, with one open case of four."""
    publish_scores(actor=scored_town.actor("supervisor"), sheet=version.sheet, period=JUNE)
    return Score.objects.get(place_key="unit:URBAN")


@pytest.fixture
def open_case(score: Score) -> Case:
    """Return the case that costs URBAN its points."""
    return Case.objects.get(handled_at=None)


def contest(town: Town, score: Score, case: Case, who: str = "handler") -> Appeal:
    """Let a user contest a case."""
    return make_appeal(actor=town.actor(who), score_id=score.pk, numbers=[case.number], reason=REASON)


def test_a_granted_appeal_changes_the_score_and_both_versions_stay(
    scored_town: Town, score: Score, open_case: Case
) -> None:
    appeal = contest(scored_town, score, open_case)
    assert Notice.objects.filter(user=scored_town.users["leader"], kind="evaluation.appeal:made").exists()
    decide_appeal(
        actor=scored_town.actor("leader"), appeal_id=appeal.pk, granted=None, decision="情况属实，剔除"
    )
    appeal.refresh_from_db()
    first, second = Score.objects.filter(place_key="unit:URBAN").order_by("number")
    assert (first.points, first.current) == (Decimal(80), False)
    assert (second.points, second.current, second.excluded) == (Decimal(100), True, [open_case.number])
    assert describe_reason(second) == f"申诉成立，剔除案件 {open_case.number}"
    with translation.override("en"):
        assert describe_reason(second) == f"Appeal granted, case {open_case.number} struck"
    assert (appeal.state, appeal.new_score_id) == (AppealState.GRANTED, second.pk)
    assert Notice.objects.filter(user=scored_town.users["handler"], kind="evaluation.appeal:granted").exists()
    assert AuditEntry.objects.filter(action="evaluation.appeal:decide").count() == 1


def test_the_list_of_rows_leaves_out_the_struck_case(
    scored_town: Town, score: Score, open_case: Case
) -> None:
    appeal = contest(scored_town, score, open_case)
    decide_appeal(
        actor=scored_town.actor("leader"), appeal_id=appeal.pk, granted=None, decision="情况属实，剔除"
    )
    value = read_score(Score.objects.get(place_key="unit:URBAN", current=True)).lines[0].values[0]
    assert value.fraction == "3 ÷ 3"
    assert value.denominator_link is not None
    query = value.denominator_link.query
    names, keys = ([text for name, text in query if name == wanted] for wanted in ("by", "key"))
    listed = find_cases(
        scored_town.actor("leader"), dict(query)["measure"], JUNE, list(zip(names, keys, strict=True))
    )
    assert listed.count() == 3
    assert open_case not in listed


def test_a_later_computation_leaves_the_struck_case_out(
    scored_town: Town, score: Score, open_case: Case, version: SheetVersion
) -> None:
    appeal = contest(scored_town, score, open_case)
    decide_appeal(
        actor=scored_town.actor("leader"), appeal_id=appeal.pk, granted=None, decision="情况属实，剔除"
    )
    renewed = recompute_scores(
        actor=scored_town.actor("supervisor"), sheet=version.sheet, period=JUNE, reason="例行复核"
    )
    assert renewed == []


def test_a_refused_appeal_leaves_the_score(scored_town: Town, score: Score, open_case: Case) -> None:
    appeal = contest(scored_town, score, open_case)
    decide_appeal(
        actor=scored_town.actor("leader"), appeal_id=appeal.pk, granted=[], decision="属于本单位职责"
    )
    assert Score.objects.get(place_key="unit:URBAN").points == Decimal(80)
    contest(scored_town, score, open_case)  # with better evidence, while the days last


def test_nobody_decides_an_own_appeal(scored_town: Town, score: Score, open_case: Case) -> None:
    post = scored_town.posts["handler"]
    post.permissions = [*post.permissions, "evaluation.appeal:decide"]
    post.save()
    appeal = contest(scored_town, score, open_case)
    with pytest.raises(NotAllowed):
        decide_appeal(
            actor=scored_town.actor("handler"), appeal_id=appeal.pk, granted=None, decision="我看可以"
        )
    with pytest.raises(NotAllowed):
        decide_appeal(
            actor=scored_town.actor("water"), appeal_id=appeal.pk, granted=None, decision="没有权限"
        )


def test_a_deputy_does_not_decide_for_whom_they_represent(
    scored_town: Town, score: Score, open_case: Case
) -> None:
    scored_town.name_deputy("handler", "shift")
    appeal = contest(scored_town, score, open_case)
    with pytest.raises(NotAllowed):
        decide_appeal(
            actor=scored_town.actor("shift"), appeal_id=appeal.pk, granted=None, decision="代班人裁定"
        )


def test_an_appeal_is_decided_once(scored_town: Town, score: Score, open_case: Case) -> None:
    appeal = contest(scored_town, score, open_case)
    decide_appeal(
        actor=scored_town.actor("leader"), appeal_id=appeal.pk, granted=None, decision="情况属实，剔除"
    )
    with pytest.raises(Stale):
        decide_appeal(actor=scored_town.actor("shift"), appeal_id=appeal.pk, granted=[], decision="不能剔除")
    with pytest.raises(Stale):
        # Of a version that was replaced.
        contest(scored_town, score, Case.objects.exclude(pk=open_case.pk)[0])


def test_only_the_own_unit_contests(scored_town: Town, score: Score, open_case: Case) -> None:
    with pytest.raises(NotAllowed):
        contest(scored_town, score, open_case, who="water")


def test_a_case_that_does_not_count_cannot_be_contested(scored_town: Town, score: Score) -> None:
    foreign = Case.objects.get(lead_unit=scored_town.units["WATER"])
    with pytest.raises(UserError) as refusal:
        contest(scored_town, score, foreign)
    assert refusal.value.field == "numbers"
    other = Case.objects.filter(lead_unit=scored_town.units["URBAN"]).first()
    assert other is not None
    Case.objects.filter(pk=other.pk).update(handle_due_at=datetime(2020, 5, 2, tzinfo=UTC))
    with pytest.raises(UserError, match="没有计入"):
        contest(scored_town, score, other)


def test_one_appeal_of_a_case_waits(scored_town: Town, score: Score, open_case: Case) -> None:
    contest(scored_town, score, open_case)
    with pytest.raises(UserError, match="已在申诉中"):
        contest(scored_town, score, open_case)


def test_the_days_for_appeals_end(scored_town: Town, score: Score, open_case: Case) -> None:
    assert find_appeal_due_date(score).isoformat() == "2020-07-07"  # three working days after Thursday 2 July
    with clock.at(datetime(2020, 7, 7, 8, tzinfo=UTC)):
        assert may_contest(scored_town.actor("handler"), score)
    with clock.at(datetime(2020, 7, 8, 2, tzinfo=UTC)):
        assert not may_contest(scored_town.actor("handler"), score)
        with pytest.raises(UserError, match="申诉期已过"):
            contest(scored_town, score, open_case)


def test_evidence_is_for_the_unit_and_those_who_decide(
    scored_town: Town, score: Score, open_case: Case
) -> None:
    from jiedao.files.access import get_attachment

    photo = store_photo(scored_town, "handler")
    make_appeal(
        actor=scored_town.actor("handler"),
        score_id=score.pk,
        numbers=[open_case.number],
        reason=REASON,
        attachments=[photo],
    )
    assert get_attachment(scored_town.actor("leader"), photo).pk == photo
    with pytest.raises(NotFoundError):
        get_attachment(scored_town.actor("water"), photo)
    assert len(list_appeals(scored_town.actor("leader"))) == 1
    assert list_appeals(scored_town.actor("water")) == []
    assert [count_waiting_appeals(scored_town.actor(name)) for name in ("leader", "handler", "water")] == [
        1,
        1,
        0,
    ]


def test_several_cases_are_contested_and_decided_one_by_one(scored_town: Town, score: Score) -> None:
    first, second = Case.objects.filter(lead_unit__code="URBAN").order_by("-handled_at", "pk")[:2]
    appeal = make_appeal(
        actor=scored_town.actor("handler"),
        score_id=score.pk,
        numbers=[first.number, second.number],
        reason=REASON,
    )
    assert appeal.numbers == [first.number, second.number]
    decide_appeal(
        actor=scored_town.actor("leader"), appeal_id=appeal.pk, granted=[second.number], decision="一件属实"
    )
    appeal.refresh_from_db()
    assert appeal.state == AppealState.PARTLY
    assert list(appeal.cases.values_list("state", flat=True)) == [AppealState.REFUSED, AppealState.GRANTED]
    assert Score.objects.get(place_key="unit:URBAN", current=True).excluded == [second.number]
    assert Notice.objects.filter(user=scored_town.users["handler"], kind="evaluation.appeal:partly").exists()


def test_one_case_at_fault_refuses_the_complete_appeal(
    scored_town: Town, score: Score, open_case: Case
) -> None:
    foreign = Case.objects.get(lead_unit=scored_town.units["WATER"])
    with pytest.raises(UserError, match=str(foreign.number)):
        make_appeal(
            actor=scored_town.actor("handler"),
            score_id=score.pk,
            numbers=[open_case.number, foreign.number],
            reason=REASON,
        )
    assert not Appeal.objects.exists()


@pytest.mark.parametrize(
    ("numbers", "words"),
    [([], "请选择"), ([" "], "请选择"), (["x"] * 2 + [str(n) for n in range(50)], "最多申诉 50 件")],
)
def test_an_appeal_names_some_cases_and_not_too_many(
    scored_town: Town, score: Score, numbers: list[str], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        make_appeal(actor=scored_town.actor("handler"), score_id=score.pk, numbers=numbers, reason=REASON)


def test_a_struck_case_is_not_contested_again(scored_town: Town, score: Score, open_case: Case) -> None:
    appeal = contest(scored_town, score, open_case)
    decide_appeal(
        actor=scored_town.actor("leader"), appeal_id=appeal.pk, granted=None, decision="情况属实，剔除"
    )
    current = Score.objects.get(place_key="unit:URBAN", current=True)
    with pytest.raises(UserError, match="已剔除"):
        contest(scored_town, current, open_case)


def test_a_case_waits_in_one_appeal_also_under_a_new_version(
    scored_town: Town, score: Score, open_case: Case, version: SheetVersion
) -> None:
    contest(scored_town, score, open_case)
    other = Case.objects.filter(lead_unit__code="URBAN", handled_at__isnull=False)[0]
    Case.objects.filter(pk=other.pk).update(handled_at=None)
    recompute_scores(
        actor=scored_town.actor("supervisor"), sheet=version.sheet, period=JUNE, reason="处置时间有误"
    )
    current = Score.objects.get(place_key="unit:URBAN", current=True)
    assert current.number == 2
    with pytest.raises(UserError, match="已在申诉中"):
        contest(scored_town, current, open_case)


def test_a_decision_names_contested_cases_alone(scored_town: Town, score: Score, open_case: Case) -> None:
    appeal = contest(scored_town, score, open_case)
    other = Case.objects.filter(lead_unit__code="URBAN", handled_at__isnull=False)[0]
    with pytest.raises(UserError, match="不在这个申诉里"):
        decide_appeal(
            actor=scored_town.actor("leader"),
            appeal_id=appeal.pk,
            granted=[other.number],
            decision="剔除另一件案件",
        )
    appeal.refresh_from_db()
    assert appeal.state == AppealState.WAITING


def test_a_withdrawn_appeal_is_not_decided_and_may_be_made_again(
    scored_town: Town, score: Score, open_case: Case
) -> None:
    appeal = contest(scored_town, score, open_case)
    with pytest.raises(NotFoundError):
        withdraw_appeal(actor=scored_town.actor("water"), appeal_id=appeal.pk)
    withdraw_appeal(actor=scored_town.actor("handler"), appeal_id=appeal.pk)
    with pytest.raises(Stale):
        decide_appeal(
            actor=scored_town.actor("leader"), appeal_id=appeal.pk, granted=None, decision="情况属实"
        )
    with pytest.raises(Stale):
        withdraw_appeal(actor=scored_town.actor("handler"), appeal_id=appeal.pk)
    contest(scored_town, score, open_case)
    assert Score.objects.get(place_key="unit:URBAN", current=True).points == Decimal(80)


def test_publishing_notifies_the_unit_of_its_points_and_the_last_day(scored_town: Town, score: Score) -> None:
    notice = Notice.objects.get(user=scored_town.users["handler"], kind="evaluation.score:published")
    assert describe_notice(notice) == "评分已公布：80；申诉截止 2020-07-07"
    assert notice.object_id == score.pk
    assert not Notice.objects.filter(user=scored_town.users["cleaner"]).exists()  # holds no right to contest


def test_only_units_whose_points_changed_are_notified_of_a_new_version(
    scored_town: Town, score: Score, open_case: Case
) -> None:
    appeal = contest(scored_town, score, open_case)
    decide_appeal(
        actor=scored_town.actor("leader"), appeal_id=appeal.pk, granted=None, decision="情况属实，剔除"
    )
    renewed = Notice.objects.filter(kind="evaluation.score:renewed")
    assert [notice.user_id for notice in renewed] == [scored_town.users["handler"].pk]


def test_a_deputy_of_the_unit_does_not_decide_its_appeal(
    scored_town: Town, score: Score, open_case: Case
) -> None:
    """The leader sits in for the handler of the unit, and so belongs to it for that time."""
    handler, leader = (scored_town.users[name] for name in ("handler", "leader"))
    appeal = contest(scored_town, score, open_case)
    represented = Holding.objects.get(user=handler)
    deputation = scored_town.name_deputy("handler", "leader")
    Holding.objects.create(
        user=leader,
        post=represented.post,
        represents=represented,
        deputation=deputation,
        from_date=clock.today(),
        to_date=clock.today(),
    )
    with pytest.raises(NotAllowed):
        decide_appeal(
            actor=scored_town.actor("leader"), appeal_id=appeal.pk, granted=None, decision="代班人裁定"
        )


def test_the_database_refuses_a_second_waiting_appeal(
    scored_town: Town, score: Score, open_case: Case
) -> None:
    appeal = contest(scored_town, score, open_case)
    row = appeal.cases.get()
    second = Appeal.objects.create(
        score=score,
        reason=REASON,
        made_by=scored_town.users["handler"],
        made_by_label="",
        made_at=clock.now(),
    )
    row.pk, row.appeal = None, second
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
