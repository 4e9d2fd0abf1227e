"""Promises of the small town: removal of illegal construction from records, trees planted from papers, aid."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from jiedao.cases.tests.cast import Town, make_town
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import system
from jiedao.projects.actions.pledges import add_pledge
from jiedao.projects.models.promises import Campaign, Partner, Pledge
from jiedao.registers.actions.records import add_record
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.definition import Choice, Definition, Field, FieldKind, Hangs
from jiedao.registers.rows import Given
from jiedao.registers.tests.parts import declare

JULY = datetime(2020, 7, 1, 2, 0, tzinfo=UTC)  # ten in the morning of a Wednesday
HALF_YEAR = date(2020, 6, 30)
G1, G3 = "990001001001001", "990001001002001"
FEED = {
    "source": "register", "register": "stock", "sum": "removed_m2", "date": "removed_on", "where": {"state": "GONE"}
}  # fmt: skip
# What each person of the cast may do with promises.
RIGHTS = {
    "handler": ["view", "edit"],
    "cleaner": ["view", "edit"],
    "grid1": ["view", "edit"],
    "grid3": ["view", "edit"],
    "shift": ["view", "confirm"],
    "supervisor": ["view", "edit", "confirm"],
    "leader": ["view"],
}


def promise_town(password: str | None = None) -> Town:
    """Make the cast of cases, with rights in this room; the shift leader stands above the handler's post."""
    town = make_town(password)
    for username, verbs in RIGHTS.items():
        post = town.posts[username]
        post.permissions = [*post.permissions, *(f"projects.promise:{verb}" for verb in verbs)]
        post.save()
    town.posts["shift"].superior = town.posts["leader"]
    town.posts["shift"].save()
    forget_all()
    return town


def stock_register() -> RegisterInfo:
    """Declare the register that the campaign reads."""
    states = (Choice("STANDS", "未拆"), Choice("GONE", "已拆"))
    fields = (
        Field("state", "状态", FieldKind.CHOICE, choices=states, filter=True),
        Field("removed_m2", "拆除面积", FieldKind.NUMBER, unit="平方米"),
        Field("removed_on", "拆除日期", FieldKind.DATE, filter=True),
    )  # fmt: skip
    return declare(Definition(key="stock", name="存量违建", name_en="Stock", on=Hangs.GRID, fields=fields))


def remove(info: RegisterInfo, code: str, area: str, square_metres: float, day: str) -> None:
    """Add a record of a removed building."""
    values = {"state": "GONE", "removed_m2": square_metres, "removed_on": day}
    add_record(actor=system(), info=info, given=Given(code, f"{code}号棚屋", area=area, values=values))


def campaign(town: Town, **columns: Any) -> Campaign:
    """Write the campaign of the half-year report: 35.42 ten-thousand square metres by the end of 2020."""
    given: dict[str, Any] = {
        "key": "stock2020", "name": "拆除消化存量违建", "name_en": "Stock of illegal construction",
        "handed_by": "区查违办", "unit": town.units["URBAN"], "measure": "万平方米", "measure_en": "10,000 m²",
        "factor": Decimal(10_000), "target": Decimal("35.42"), "from_date": date(2020, 1, 1),
        "due_date": date(2020, 12, 31), "feed": FEED,
    }  # fmt: skip
    made: Campaign = Campaign.objects.create(**{**given, **columns})
    return made


def item(
    town: Town, code: str = "R01", due: date = date(2020, 7, 10), unit: str = "URBAN", **more: Any
) -> Pledge:
    """Register a responsibility item, as the supervisor does."""
    given: dict[str, Any] = {
        "kind": "ITEM", "code": code, "text": "完成雨水管网清疏", "source": "2020年责任清单",
        "unit": town.units[unit], "due_date": due, **more,
    }  # fmt: skip
    return add_pledge(actor=town.actor("supervisor"), **given)


def partners(town: Town) -> list[Partner]:
    """Write three partner places, looked after by the department."""
    places = [("P1", "甲县", "COUNTERPART"), ("P2", "乙镇", "PAIRED"), ("P3", "丙村", "SUPPORT")]
    return [
        Partner.objects.create(key=key, name=name, relation=relation, unit=town.units["URBAN"])
        for key, name, relation in places
    ]
