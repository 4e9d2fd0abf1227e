"""Promises of the small town: removal of illegal construction, trees planted, responsibility items, aid."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from jiedao.kernel.figures import AREA, MONTH, Cell, Reading, RowsLink, Spec, format_month_key
from jiedao.kernel.memo import forget_all
from jiedao.kernel.periods import Period
from jiedao.projects.actions.pledges import add_pledge
from jiedao.projects.models.promises import Campaign, Partner, Pledge
from jiedao.testing.cast import Town, make_town

JULY = datetime(2020, 7, 1, 2, 0, tzinfo=UTC)  # a Wednesday, 10:00 in the town
HALF_YEAR = date(2020, 6, 30)
FEED = {"source": "ledger", "book": "stock"}
# The rights of each person of the cast on promises.
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
    """Make the cast of cases with rights on promises. The leader's post is the superior of the post of shift."""
    town = make_town(password)
    for username, verbs in RIGHTS.items():
        post = town.posts[username]
        post.permissions = [*post.permissions, *(f"projects.promise:{verb}" for verb in verbs)]
        post.save()
    town.posts["shift"].superior = town.posts["leader"]
    town.posts["shift"].save()
    forget_all()
    return town


class Ledger:
    """A source of amounts for these tests, as another room would register it: rows of path, date and square metres."""

    def __init__(self, rows: list[tuple[str, date, str]]) -> None:
        self.rows = rows

    def check(self, spec: Spec) -> list[str]:
        """Return what is wrong with a spec."""
        return [] if spec.get("book") == "stock" else [f"no book {spec.get('book')!r}"]

    def splits(self, spec: Spec) -> frozenset[str]:
        """Return the splits of a campaign."""
        return frozenset({AREA, MONTH})

    def read(
        self, specs: Sequence[Spec], *, period: Period, splits: tuple[str, ...], viewer: Any
    ) -> list[Reading]:
        """Return a cell for each row in the period."""
        rows = [row for row in self.rows if period.first <= row[1] <= period.last]
        keys = [{AREA: path, MONTH: format_month_key(day)} for path, day, _amount in rows]
        cells = [
            Cell(tuple(key[split] for split in splits), Decimal(row[2]), 1)
            for key, row in zip(keys, rows, strict=True)
        ]
        return [Reading(splits, tuple(cells)) for _spec in specs]

    def list_rows(self, spec: Spec, *, period: Period, where: Mapping[str, str]) -> RowsLink:
        """Return a list with the area in its query."""
        return RowsLink("tests.ledger", ("stock",), (("area", where.get(AREA, "")),))


def create_campaign(town: Town, **columns: Any) -> Campaign:
    """Create the campaign of the half-year report: 35.42 units of 10,000 square metres by the end of 2020."""
    defaults: dict[str, Any] = {
        "key": "stock2020",
        "name": "拆除消化存量违建",
        "name_en": "Stock of illegal construction",
        "handed_by": "区查违办",
        "unit": town.units["URBAN"],
        "measure": "万平方米",
        "measure_en": "10,000 m²",
        "factor": Decimal(10_000),
        "target": Decimal("35.42"),
        "from_date": date(2020, 1, 1),
        "due_date": date(2020, 12, 31),
        "feed": FEED,
    }
    campaign_row: Campaign = Campaign.objects.create(**{**defaults, **columns})
    return campaign_row


def add_item(
    town: Town, code: str = "R01", due: date = date(2020, 7, 10), unit: str = "URBAN", **more: Any
) -> Pledge:
    """Register a responsibility item as the supervisor."""
    values: dict[str, Any] = {
        "kind": "ITEM",
        "code": code,
        "text": "完成雨水管网清疏",
        "source": "2020年责任清单",
        "unit": town.units[unit],
        "due_date": due,
        **more,
    }
    return add_pledge(actor=town.actor("supervisor"), **values)


def create_partners(town: Town) -> list[Partner]:
    """Create three partner places that belong to the unit URBAN."""
    places = [("P1", "甲县", "COUNTERPART"), ("P2", "乙镇", "PAIRED"), ("P3", "丙村", "SUPPORT")]
    return [
        Partner.objects.create(key=key, name=name, relation=relation, unit=town.units["URBAN"])
        for key, name, relation in places
    ]
