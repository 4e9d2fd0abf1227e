"""Campaigns: amounts from registers, the pace, splits that add up, and entries with documents."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from jiedao.audit.models import Entry
from jiedao.kernel import clock, figures
from jiedao.kernel.errors import NotAllowed, NotFoundError, UserError
from jiedao.projects.actions.campaigns import add_entry, split_campaign
from jiedao.projects.models.promises import CampaignEntry, Quota
from jiedao.projects.selectors.campaigns import find_campaigns, read_campaign_status
from jiedao.projects.selectors.lights import Colour
from jiedao.projects.tests.promise_parts import HALF_YEAR, JULY, Ledger, create_campaign, promise_town
from jiedao.testing.cast import Town

pytestmark = pytest.mark.django_db
MONTHS = {date(2020, month, 1): Decimal(3) for month in range(1, 12)} | {date(2020, 12, 1): Decimal("2.42")}


@pytest.fixture
def town() -> Iterator[Town]:
    with clock.at(JULY):
        yield promise_town()


@pytest.fixture
def stock(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """322,800 square metres are removed in the first half of 2020, and some before and after."""
    river, hill = town.areas["RIVER"].path, town.areas["HILL"].path
    rows = [
        (river, date(2020, 1, 20), "120000.5"),
        (river, date(2020, 3, 11), "80000"),
        (hill, date(2020, 4, 30), "100000"),
        (hill, date(2020, 6, 24), "22799.5"),
        (hill, date(2020, 7, 1), "7000"),
        (hill, date(2019, 12, 31), "5000"),
    ]
    monkeypatch.setitem(figures.SOURCES, "ledger", lambda: Ledger(rows))


@pytest.mark.usefixtures("stock")
def test_status_of_the_half_year_follows_from_records(town: Town, django_assert_max_num_queries: Any) -> None:
    half_year_campaign = create_campaign(town)
    areas = {town.areas["RIVER"].pk: Decimal("20.42"), town.areas["HILL"].pk: Decimal(15)}
    split_campaign(actor=town.actor("handler"), key="stock2020", areas=areas, months=MONTHS)
    actor = town.actor("leader")
    read_campaign_status(actor, half_year_campaign, HALF_YEAR)
    with django_assert_max_num_queries(3):
        status = read_campaign_status(actor, half_year_campaign, HALF_YEAR)
    assert (status.done, status.target, f"{status.share:.1%}") == (
        Decimal("32.28"),
        Decimal("35.42"),
        "91.1%",
    )
    assert (status.remaining, status.planned, status.days_left) == (Decimal("3.14"), 18, 184)
    river, hill = status.areas
    assert river.area is not None
    assert (river.area.name, river.done, river.quota) == ("临江社区", Decimal("20.00005"), Decimal("20.42"))
    assert (hill.done, f"{hill.share:.1%}") == (Decimal("12.27995"), "81.9%")
    assert hill.rows is not None
    assert dict(hill.rows.query)["area"] == town.areas["HILL"].path
    june, july = status.months[5:7]
    assert (june.done, june.done_sum, june.planned_sum) == (Decimal("2.27995"), Decimal("32.28"), 18)
    assert (july.done, july.planned, len(status.months)) == (None, 3, 12)
    assert (status.colour, status.pace_made > (status.pace_needed or 0)) == (Colour.GREEN, True)
    assert status.forecast == date(2020, 8, 5)


@pytest.mark.usefixtures("stock")
def test_colour_comes_with_its_reason(town: Town) -> None:
    actor, half_year_campaign = town.actor("leader"), create_campaign(town)

    def colour(day: date) -> tuple[Colour, str]:
        status = read_campaign_status(actor, half_year_campaign, day)
        return status.colour, status.reason

    assert colour(date(2019, 12, 31)) == (Colour.GREEN, "尚未开始")
    assert colour(date(2020, 6, 1)) == (Colour.YELLOW, "近 4 周没有进展；累计不低于计划")
    half_year_campaign.target = Decimal(90)
    half_year_campaign.save()
    assert colour(HALF_YEAR) == (Colour.RED, "按目前进度要到 2022-06-02；比计划少 11.45 万平方米")
    half_year_campaign.due_date = date(2020, 6, 29)
    half_year_campaign.save()
    assert colour(HALF_YEAR) == (Colour.RED, "已过期限，还差 57.72 万平方米")
    half_year_campaign.target = Decimal("32.28")
    half_year_campaign.save()
    assert colour(date(2099, 1, 1)) == (Colour.GREEN, "已完成目标")


def test_split_that_does_not_add_up_is_refused_with_the_difference(town: Town) -> None:
    create_campaign(town)
    river, hill = town.areas["RIVER"].pk, town.areas["HILL"].pk
    actor = town.actor("handler")
    for areas, months, message in (
        ({river: Decimal(20), hill: Decimal("14.92")}, {}, "按社区分解：合计 34.92，比目标 35.42 少 0.5"),
        ({}, {**MONTHS, date(2020, 12, 1): Decimal(3)}, "按月分解：合计 36，比目标 35.42 多 0.58"),
        ({town.areas["G1"].pk: Decimal("35.42")}, {}, "只能分解到社区"),
        ({}, {date(2021, 1, 1): Decimal("35.42")}, "2021-01 不在活动期内"),
        ({river: Decimal(40), hill: Decimal("-4.58")}, {}, "不能小于 0"),
    ):
        with pytest.raises(UserError, match=message):
            split_campaign(actor=actor, key="stock2020", areas=areas, months=months)
    assert not Quota.objects.exists()
    split_campaign(actor=actor, key="stock2020", areas={}, months=MONTHS)
    entry = Entry.objects.get(action="projects.campaign:split")
    assert (entry.before, entry.after["2020-12-01"]) == ({}, "2.4200")
    with pytest.raises(NotAllowed):
        split_campaign(actor=town.actor("leader"), key="stock2020", areas={}, months=MONTHS)
    with pytest.raises(IntegrityError), transaction.atomic():
        Quota.objects.create(campaign_id=1, area_id=river, month=date(2020, 1, 1), amount=1)


def test_entry_requires_a_document_and_a_campaign_without_feed(town: Town) -> None:
    trees = create_campaign(town, key="trees", feed=None, measure="棵", target=Decimal(100), digits=0)
    create_campaign(town)
    actor = town.actor("handler")
    entry: dict[str, Any] = {
        "actor": actor,
        "key": "trees",
        "day": date(2020, 3, 12),
        "document": "植树简报第3期",
    }
    add_entry(**entry, amount=Decimal(30), area=town.areas["RIVER"])
    add_entry(**entry, amount=Decimal(-5))
    status = read_campaign_status(actor, trees)
    assert (status.done, status.rows) == (25, None)
    assert [(line.area and line.area.name, line.done) for line in status.areas] == [
        ("临江社区", 30),
        (None, -5),
    ]
    for change, message in (
        ({"key": "stock2020"}, "取自台账"),
        ({"document": " "}, "依据文件"),
        ({"day": date(2020, 7, 2)}, "不能作为日期"),
        ({"amount": Decimal(0)}, "数量不能是 0"),
        ({"amount": Decimal("NaN")}, "数量不能是 NaN"),
    ):
        with pytest.raises(UserError, match=message):
            add_entry(**{**entry, "amount": Decimal(1), **change})
    with pytest.raises(NotAllowed):
        add_entry(**{**entry, "actor": town.actor("supervisor")}, amount=Decimal(1))
    assert (
        CampaignEntry.objects.count() == Entry.objects.filter(action="projects.campaign:enter").count() == 2
    )


def test_campaign_is_visible_to_unit_communities_and_town(town: Town) -> None:
    cleaning_campaign = create_campaign(town, unit=town.units["CLEAN"])
    Quota.objects.create(campaign=cleaning_campaign, area=town.areas["RIVER"], amount=1)
    usernames = {
        username
        for username in ("handler", "cleaner", "grid1", "grid3", "leader", "water")
        if find_campaigns(town.actor(username))
    }
    assert usernames == {"handler", "cleaner", "leader"}
    Quota.objects.create(campaign=cleaning_campaign, area=town.areas["G3"], amount=1)
    assert find_campaigns(town.actor("grid3"))
    with pytest.raises(NotFoundError):
        read_campaign_status(town.actor("grid1"), cleaning_campaign)
