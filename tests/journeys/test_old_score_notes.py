"""An installation whose scores store their notes as texts is brought up to date: each reader has them in a language."""

from datetime import date

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import translation

from jiedao.evaluation.models import Score
from jiedao.evaluation.selectors import describe_reason
from jiedao.indicators.tests.conftest import declare_measure
from jiedao.kernel import clock
from jiedao.kernel.wordings import read_wording
from jiedao.testing.cast import make_town

OLD = [("evaluation", "0002_posts_and_several_cases")]
# As stored, in Chinese and in English.
NOTES = {
    "应处置数 0，不足 5，不参加考评": ("应处置数 0，不足 5，不参加考评", "Due: 0, fewer than 5; not scored"),
    "没有人工评分，给满分": ("没有人工评分，给满分", "No points were given; full points"),
    "No points were given; full points": ("没有人工评分，给满分", "No points were given; full points"),
    "2 项没有数据，按其余各项折算": (
        "2 项没有数据，按其余各项折算",
        "2 item(s) without data; the rest is scaled",
    ),
    "巡查发现两处": ("巡查发现两处", "巡查发现两处"),
}


@pytest.mark.django_db(transaction=True)
def test_old_notes_are_worded_for_each_reader() -> None:
    town = make_town()
    MigrationExecutor(connection).migrate(OLD)
    old = MigrationExecutor(connection).loader.project_state(OLD).apps
    declare_measure("due", "amount", {}, name="应处置数", name_en="Due")
    sheet = old.get_model("evaluation", "ScoreSheet").objects.create(
        key="units", name="考评", subject="unit", period="month"
    )
    version = old.get_model("evaluation", "SheetVersion").objects.create(
        sheet=sheet, key="2020", from_date=date(2020, 1, 1), total=100
    )
    for number, note in enumerate(NOTES, start=1):
        old.get_model("evaluation", "Score").objects.create(
            sheet_version=version, first_date=date(2020, 5, 1), last_date=date(2020, 5, 31), number=number,
            unit_id=town.units["URBAN"].pk, place_key="unit:URBAN", points=80, total=100, note=note,
            reason="申诉成立，剔除案件 2020-1、2020-2" if number > 1 else "", current=number == len(NOTES),
            made_at=clock.now(), made_by_label="", published_at=clock.now(),
        )  # fmt: skip
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())

    scores = list(Score.objects.order_by("number"))
    with translation.override("en"):
        english = [str(read_wording(score.note)) for score in scores]
        assert describe_reason(scores[1]) == "Appeal granted, case 2020-1, 2020-2 struck"
    chinese = [str(read_wording(score.note)) for score in scores]
    assert list(zip(chinese, english, strict=True)) == list(NOTES.values())
    assert [describe_reason(score) for score in scores[:2]] == ["", "申诉成立，剔除案件 2020-1、2020-2"]
