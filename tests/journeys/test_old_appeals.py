"""An installation whose appeals contest one case each is brought up to date without losing one of them."""

from datetime import date

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from jiedao.evaluation.models import Appeal
from jiedao.kernel import clock
from jiedao.testing.cast import make_case, make_town


@pytest.mark.django_db(transaction=True)
def test_old_appeals_keep_their_case_and_state() -> None:
    town = make_town()
    cases = [make_case(town), make_case(town)]
    MigrationExecutor(connection).migrate([("evaluation", "0001_score_sheets")])
    old = MigrationExecutor(connection).loader.project_state([("evaluation", "0001_score_sheets")]).apps
    sheet = old.get_model("evaluation", "ScoreSheet").objects.create(
        key="units", name="考评", subject="unit", period="month"
    )
    version = old.get_model("evaluation", "SheetVersion").objects.create(
        sheet=sheet, key="2020", from_date=date(2020, 1, 1), total=100
    )
    score = old.get_model("evaluation", "Score").objects.create(
        sheet_version=version,
        first_date=date(2020, 5, 1),
        last_date=date(2020, 5, 31),
        unit_id=town.units["URBAN"].pk,
        place_key="unit:URBAN",
        points=80,
        total=100,
        made_at=clock.now(),
        made_by_label="",
        published_at=clock.now(),
    )
    for case, state in zip(cases, ("GRANTED", "WAITING"), strict=True):
        old.get_model("evaluation", "Appeal").objects.create(
            score=score,
            case_id=case.pk,
            reason="不在本单位管辖范围",
            state=state,
            made_by_id=town.users["handler"].pk,
            made_by_label="",
            made_at=clock.now(),
        )
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())

    rows = [appeal.cases.get() for appeal in Appeal.objects.order_by("pk")]
    assert [(row.case.number, row.state) for row in rows] == [
        (cases[0].number, "GRANTED"),
        (cases[1].number, "WAITING"),
    ]
    assert {(row.place_key, row.first_date.isoformat(), row.last_date.isoformat()) for row in rows} == {
        ("unit:URBAN", "2020-05-01", "2020-05-31")
    }
