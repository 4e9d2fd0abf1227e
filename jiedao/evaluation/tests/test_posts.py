"""Posts: scored by the figures of their community, and never where the score would be that of a single worker."""

from datetime import date
from decimal import Decimal

import pytest

from jiedao.accounts.models import User
from jiedao.evaluation.actions.appealing import decide_appeal, make_appeal
from jiedao.evaluation.actions.publishing import give_points, publish_scores
from jiedao.evaluation.computing import compute_scores
from jiedao.evaluation.models import APPEAL, VIEW, Score, SheetVersion
from jiedao.evaluation.selectors import read_results
from jiedao.evaluation.tests.conftest import add_item, declare_sheet
from jiedao.kernel.errors import UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.periods import parse_period
from jiedao.orgs.models import Deputation, Holding, Post
from jiedao.testing.cast import Town

JUNE = parse_period("2020-06")


@pytest.fixture
def crews(scored_town: Town) -> dict[str, Post]:
    """Give both communities a post of grid workers: three hold that of RIVER, two that of HILL."""
    posts = {}
    for unit, holders in (("RIVER", 3), ("HILL", 2)):
        post = Post.objects.create(
            code=f"{unit}.CREW",
            unit=scored_town.units[unit],
            title="网格员",
            title_en="Grid worker",
            scope="AREA",
            permissions=["cases.case:view", VIEW, APPEAL],
        )
        for number in range(holders):
            user = User.objects.create(username=f"{unit}{number}", full_name=f"甲{unit}{number}")
            Holding.objects.create(user=user, post=post)
        posts[unit] = post
    forget_all()
    return posts


@pytest.fixture
def version(measures: None, crews: dict[str, Post]) -> SheetVersion:
    """Return a version that scores the crews by the rate of their community and by points that a person gives."""
    version = declare_sheet(subject="post", key="crews", roles=["CREW"], minimum_holders=3)
    add_item(version, "rate", {"rule": "rate", "points": 90}, values={"value": "rate"})
    add_item(version, "other", {"rule": "manual", "points": 10}, missing="full")
    return version


def test_a_post_is_scored_by_the_figures_of_its_community(version: SheetVersion) -> None:
    river = next(result for result in compute_scores(version, JUNE) if result.subject.code == "RIVER.CREW")
    assert [line.formula for line in river.lines] == ["90 × 75%", "10"]
    assert (river.points, river.rank, river.rank_of) == (Decimal("77.50"), 1, 1)
    assert river.subject.label == "临江社区工作站 网格员"


def test_a_post_with_too_few_holders_has_neither_points_nor_lines(version: SheetVersion) -> None:
    hill = next(result for result in compute_scores(version, JUNE) if result.subject.code == "HILL.CREW")
    assert (hill.points, hill.rank, hill.lines) == (None, None, ())
    assert "在岗 2 人，不足 3 人" in str(hill.note)


def test_a_deputy_is_no_further_holder(version: SheetVersion, crews: dict[str, Post]) -> None:
    holding = crews["HILL"].holdings.first()
    assert holding is not None
    deputy = User.objects.get(username="RIVER0")
    deputation = Deputation.objects.create(
        person=holding.user, deputy=deputy, from_date=date(2020, 6, 1), to_date=date(2020, 7, 30)
    )
    Holding.objects.create(user=deputy, post=crews["HILL"], represents=holding, deputation=deputation)
    hill = next(result for result in compute_scores(version, JUNE) if result.subject.code == "HILL.CREW")
    assert hill.points is None


@pytest.mark.parametrize(("measured_by", "formula"), [("area", "90 × 75%"), ("town", "90 × 80%")])
def test_a_version_states_whose_figures_count(version: SheetVersion, measured_by: str, formula: str) -> None:
    version.spec = {**version.spec, "measured_by": measured_by}
    version.save()
    assert compute_scores(version, JUNE)[0].lines[0].formula == formula


def test_published_scores_of_posts_name_no_person(version: SheetVersion, scored_town: Town) -> None:
    publish_scores(actor=scored_town.actor("supervisor"), sheet=version.sheet, period=JUNE)
    results = read_results(version.sheet, JUNE)
    assert [(row.code, row.rank) for row in results.rows] == [("RIVER.CREW", 1), ("HILL.CREW", None)]
    stored = Score.objects.get(place_key="post:HILL.CREW")
    assert (stored.points, stored.lines.count()) == (None, 0)
    assert not any("甲" in row.label + row.note for row in results.rows)


def test_no_points_are_given_to_a_post_that_is_not_scored(version: SheetVersion, scored_town: Town) -> None:
    item = version.items.get(key="other")
    with pytest.raises(UserError) as refusal:
        give_points(
            actor=scored_town.actor("supervisor"),
            item=item,
            period=JUNE,
            code="HILL.CREW",
            points=Decimal(5),
            reason="理由充分",
        )
    assert "不足 3 人" in refusal.value.hint
    with pytest.raises(UserError, match="不考评"):
        give_points(
            actor=scored_town.actor("supervisor"),
            item=item,
            period=JUNE,
            code="NOWHERE",
            points=Decimal(5),
            reason="理由充分",
        )


def test_a_holder_contests_a_case_of_the_post(version: SheetVersion, scored_town: Town) -> None:
    from jiedao.orgs.actor import find_actor

    publish_scores(actor=scored_town.actor("supervisor"), sheet=version.sheet, period=JUNE)
    score = Score.objects.get(place_key="post:RIVER.CREW")
    holder = find_actor(User.objects.get(username="RIVER0"))
    assert holder is not None
    from jiedao.cases.models import Case

    case = Case.objects.get(handled_at=None)
    appeal = make_appeal(
        actor=holder, score_id=score.pk, numbers=[case.number], reason="现场不在本社区范围内"
    )
    decide_appeal(actor=scored_town.actor("leader"), appeal_id=appeal.pk, granted=None, decision="情况属实")
    assert Score.objects.get(place_key="post:RIVER.CREW", current=True).points == Decimal(100)
