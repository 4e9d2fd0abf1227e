"""Promises of a pack: faults are reported with their line, and applying again leaves what people did unchanged."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from jiedao.kernel import clock
from jiedao.kernel.packs.comparing import Item
from jiedao.orgs.actor import make_system_actor
from jiedao.packs.actions import apply_pack
from jiedao.packs.planning import make_plan
from jiedao.packs.tests.tiny import TOWN, TinyPack, check_in_english
from jiedao.places.models import Area
from jiedao.projects.actions.campaigns import split_campaign
from jiedao.projects.actions.pledges import extend_pledge, report_pledge_done
from jiedao.projects.models.promises import Campaign, Payment, Pledge, Quota

STOCK = """[register]
name = "存量违建"

[[field]]
key = "gone_on"
name = "拆除日期"
kind = "date"
filter = true

[[field]]
key = "size"
name = "面积"
kind = "number"
"""
PROMISES = f"""[[campaign]]
key = "stock"
name = "拆除消化存量违建"
unit = "CG"
measure = "万平方米"
factor = 10000
target = 35.42
from_date = 2020-01-01
due_date = 2020-12-31
feed = {{ source = "register", register = "stock", sum = "size", date = "gone_on" }}

[[quota]]
campaign = "stock"
area = "{TOWN}001"
amount = 20.42

[[quota]]
campaign = "stock"
area = "{TOWN}002"
amount = 15

[[quota]]
campaign = "stock"
month = "2020-06"
amount = 35.42

[[pledge]]
kind = "ITEM"
code = "R01"
text = "清疏雨水管网"
source = "2020年责任清单"
unit = "CG"
helpers = ["SQ1"]
due_date = 2020-09-30

[[partner]]
key = "P1"
name = "甲县"
relation = "COUNTERPART"
unit = "CG"

[[commitment]]
key = "C1"
partner = "P1"
amount = 1000000
date = 2020-03-01
purpose = "产业帮扶"

[[payment]]
key = "F1"
commitment = "C1"
amount = 600000.5
date = 2020-04-01
document = "凭证 0401"
"""


@pytest.fixture
def promised(tiny: TinyPack) -> TinyPack:
    (tiny.folder / "registers").mkdir()
    (tiny.folder / "registers" / "stock.toml").write_text(STOCK, encoding="utf-8")
    write(tiny, PROMISES)
    return tiny


def write(tiny: TinyPack, text: str) -> None:
    (tiny.folder / "promises.toml").write_text(text, encoding="utf-8")


def faults(folder: Path) -> list[tuple[int, str, str]]:
    report = check_in_english(folder)[1]
    assert all(fault.file == "promises.toml" for fault in report.errors)
    return [(fault.line, fault.code, f"{fault.message} {fault.hint}") for fault in sorted(report.errors)]


@pytest.mark.parametrize(
    ("old", "new", "fault", "words"),
    [
        ("amount = 15", "amount = 14.5", (20, "bad-value"), "come to 34.92, the target is 35.42 0.5 is missing"),
        ("amount = 35.42", "amount = 36", (25, "bad-value"), "by month come to 36, the target is 35.42 0.58 is too"),
        ('register = "stock"', 'register = "stok"', (10, "bad-value"), "no register 'stok'. Did you mean 'stock'?"),
        ('register = "stock", ', "", (10, "bad-value"), "'register' is missing"),
        ('sum = "size"', 'sum = "gone_on"', (10, "bad-value"), "'sum' is no number"),
        ('source = "register"', 'source = "sheet"', (10, "bad-value"), "a table with source"),
        ("due_date = 2020-12-31", "due_date = 2019-12-31", (9, "bad-value"), "before from_date"),
        ("target = 35.42", 'target = "35.42万"', (7, "bad-type"), "is not a number"),
        ("target = 35.42", "target = 35.420001", (7, "bad-value"), "too many decimals"),
        (f'area = "{TOWN}002"', 'area = "440307014009"', (19, "dangling"), "no area"),
        (f'area = "{TOWN}002"', f'area = "{TOWN}001"', (19, "duplicate"), "occurs twice"),
        ('month = "2020-06"', 'month = "2021-06"', (24, "bad-value"), "no month of the campaign"),
        ('helpers = ["SQ1"]', 'helpers = ["SQ9"]', (33, "dangling"), "no unit SQ9"),
        ('helpers = ["SQ1"]', 'helpers = ["CG"]', (33, "bad-value"), "helps itself"),
        ("amount = 600000.5", "amount = 1000000.01", (52, "bad-value"), "0.01 yuan too much"),
        ("date = 2020-04-01", "date = 2020-02-01", (53, "bad-value"), "paid before it was promised"),
        ('key = "stock"', 'key = "违建"', (2, "bad-value"), "cannot be the key of a campaign"),
        ('partner = "P1"', 'partner = "P2"', (44, "dangling"), "no partner P2"),
    ],
)  # fmt: skip
def test_a_fault_is_reported_with_its_line(
    promised: TinyPack, old: str, new: str, fault: tuple[int, str], words: str
) -> None:
    write(promised, PROMISES.replace(old, new, 1))
    reported = faults(promised.folder)
    assert any(fault == (line, code) and words in text for line, code, text in reported), reported


def items(tiny: TinyPack) -> list[Item]:
    pack, report = check_in_english(tiny.folder)
    assert report.passed, report.errors
    kinds = {"campaign", "quota", "pledge", "partner", "commitment", "payment"}
    return [item for item in make_plan(pack).items if item.kind in kinds]


def apply(tiny: TinyPack) -> None:
    apply_pack(pack=check_in_english(tiny.folder)[0], actor=make_system_actor())


@pytest.mark.django_db
def test_applying_again_changes_nothing_that_people_entered(promised: TinyPack) -> None:
    assert len(items(promised)) == 8
    apply(promised)
    assert items(promised) == []
    with clock.at(datetime(2020, 7, 1, 2, tzinfo=UTC)):
        pledge = Pledge.objects.get()
        assert (pledge.state, pledge.deadline, pledge.helpers.get().code) == (
            "OPEN",
            date(2020, 9, 30),
            "SQ1",
        )
        extend_pledge(actor=make_system_actor(), pledge_id=pledge.pk, until=date(2020, 10, 31), why="汛期")
        report_pledge_done(actor=make_system_actor(), pledge_id=pledge.pk, evidence="已清疏")
        east = Area.objects.get(code=f"{TOWN}001").pk
        split_campaign(actor=make_system_actor(), key="stock", areas={east: Decimal("35.42")}, months={})
    assert items(promised) == []
    write(
        promised,
        PROMISES.replace("清疏雨水管网", "清疏雨水污水管网")
        .replace("15\n", "14\n")
        .replace("20.42", "21.42"),
    )
    (item,) = items(promised)
    assert item.fields == {"text": ["清疏雨水管网", "清疏雨水污水管网"]}
    apply(promised)
    pledge.refresh_from_db()
    assert (pledge.state, pledge.evidence, pledge.text) == ("REPORTED", "已清疏", "清疏雨水污水管网")
    assert Quota.objects.get().amount == Decimal("35.42")
    assert Payment.objects.get().amount == Decimal("600000.50")


@pytest.mark.django_db
def test_a_later_target_of_the_pack_brings_back_its_split_and_a_dropped_campaign_is_retired(
    promised: TinyPack,
) -> None:
    apply(promised)
    write(
        promised,
        PROMISES.replace("target = 35.42", "target = 36.42")
        .replace("amount = 35.42", "amount = 36.42")
        .replace("amount = 15", "amount = 16"),
    )
    assert sorted((item.kind, *item.fields) for item in items(promised)) == [
        ("campaign", "target"),
        ("quota", "amount"),
        ("quota", "amount"),
    ]
    apply(promised)
    assert Quota.objects.get(month=date(2020, 6, 1)).amount == Decimal("36.42")
    with clock.at(datetime(2020, 7, 1, 2, tzinfo=UTC)):
        extend_pledge(
            actor=make_system_actor(), pledge_id=Pledge.objects.get().pk, until=date(2020, 10, 31), why="汛期"
        )
    write(
        promised,
        PROMISES[PROMISES.index("[[pledge]]") :].replace("due_date = 2020-09-30", "due_date = 2020-11-30"),
    )
    blocked = {(item.action, item.kind): item.blocked for item in items(promised)}
    assert blocked[("change", "pledge")] == "已经延期到 2020-10-31：due_date 请写更早的一天。"
    write(promised, PROMISES[PROMISES.index("[[pledge]]") :])
    apply(promised)
    assert (Campaign.objects.get().active, Quota.objects.count()) == (False, 3)
