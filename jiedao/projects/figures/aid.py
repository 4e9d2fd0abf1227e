"""Aid to partner places as a source of figures: how many places there are, what was promised to them and what is paid.

A spec: `{"source": "aid", "sum": "paid"}` adds up the yuan of the payments of the period, without void ones; with
`"sum": "committed"` those of the promises. Without `sum` the partner places of the town are counted as they are now.
Splits: unit and, of money, month.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Min

from jiedao.kernel import clock, periods
from jiedao.kernel.figures import (
    MONTH,
    UNIT,
    Cell,
    Key,
    Reading,
    RowsLink,
    Spec,
    check_keys,
    check_splits,
    format_month_key,
)
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.periods import Period
from jiedao.kernel.phrasing import name_unknown
from jiedao.kernel.readers.numbers import YUAN
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.figure_keys import find_unit_by_code, make_unit_key
from jiedao.projects.models.promises import Commitment, Partner, Payment

ROWS = "projects.aid"
COMMITTED, PAID = "committed", "paid"
SUMS = (COMMITTED, PAID)


class AidSource:
    """Answers the specs whose source is "aid"."""

    def check(self, spec: Spec) -> list[str]:
        """Return what is wrong with a spec."""
        faults = check_keys(spec, {"sum"})
        if "sum" in spec and spec["sum"] not in SUMS:
            faults.append(name_unknown("sum", spec["sum"], SUMS))
        return faults

    def read_unit_in_pack(self, spec: Spec, pack: Pack) -> str:
        """Return yuan for a sum, "" for the number of partners."""
        return YUAN if "sum" in spec else ""

    def splits(self, spec: Spec) -> frozenset[str]:
        """Return the splits; only money has months."""
        return frozenset({UNIT, MONTH} if "sum" in spec else {UNIT})

    def check_in_pack(self, spec: Spec, _pack: Any, _report: Any, splits: tuple[str, ...]) -> list[str]:
        """Return everything that is wrong with a spec of a measure; nothing of it depends on the pack."""
        return self.check(spec) + check_splits(splits, self.splits(spec))

    def reads_by_month(self, spec: Spec) -> bool:
        """Return True: a payment counts on its day."""
        return True

    def find_beginning(self, spec: Spec) -> date | None:
        """Return the day of the first promise or payment; partner places are counted as they are now, on any day."""
        if "sum" not in spec:
            return periods.FIRST
        days = [model.objects.aggregate(first=Min("date"))["first"] for model in (Commitment, Payment)]
        return min((day for day in days if day is not None), default=None)

    def read(
        self, specs: Sequence[Spec], *, period: Period, splits: tuple[str, ...], viewer: Any
    ) -> list[Reading]:
        """Return the amounts, one statement for each spec: a town has only some dozens of payments."""
        actor = viewer or make_system_actor("figures")
        return [_build_reading(_list_amounts(spec, period, actor), splits) for spec in specs]

    def list_rows(self, spec: Spec, *, period: Period, where: Mapping[str, str]) -> RowsLink:
        """Return the page of aid, narrowed to what counts."""
        unit = find_unit_by_code(where.get(UNIT, ""))
        query = {"of": str(spec.get("sum", "partners")), "unit": str(unit.id) if unit is not None else ""}
        if "sum" in spec:
            query["from"] = "" if period.first == periods.FIRST else period.first.isoformat()
            query["to"] = "" if period.last == periods.LAST else period.last.isoformat()
        return RowsLink(ROWS, (), tuple((name, value) for name, value in query.items() if value))


def _list_amounts(spec: Spec, period: Period, actor: Any) -> Iterable[tuple[int, date, Decimal]]:
    """Yield unit, day and amount of each row that counts."""
    places = Partner.objects.visible_to(actor).filter(active=True)
    if "sum" not in spec:
        return [(unit_id, period.last, Decimal(1)) for unit_id in places.values_list("unit_id", flat=True)]
    last = min(period.last, clock.today())
    if spec["sum"] == PAID:
        return Payment.objects.filter(
            commitment__partner__in=places, void_why="", date__gte=period.first, date__lte=last
        ).values_list("commitment__partner__unit_id", "date", "amount")
    return Commitment.objects.filter(partner__in=places, date__gte=period.first, date__lte=last).values_list(
        "partner__unit_id", "date", "amount"
    )


def _build_reading(rows: Iterable[tuple[int, date, Decimal]], splits: tuple[str, ...]) -> Reading:
    amounts: dict[Key, Decimal] = {}
    counts: dict[Key, int] = {}
    for unit_id, day, amount in rows:
        keys = {UNIT: make_unit_key(unit_id), MONTH: format_month_key(day)}
        key = tuple(keys[split] for split in splits)
        amounts[key] = amounts.get(key, Decimal(0)) + amount
        counts[key] = counts.get(key, 0) + 1
    return Reading(splits, tuple(Cell(key, amounts[key], counts[key]) for key in sorted(amounts)))
