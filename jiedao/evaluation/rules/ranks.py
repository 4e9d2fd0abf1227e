"""Rules that give points by comparison with the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from django.utils.translation import gettext as _

from jiedao.evaluation.rules.rule import VALUE, Rule, format_decimal


@dataclass(frozen=True)
class RankRule(Rule):
    """Linear by rank between the points of the first and of the last: first 600, last 500, the others between."""

    last: Decimal = Decimal(0)

    name: ClassVar[str] = "rank"
    values: ClassVar[tuple[str, ...]] = ("rank", "count")

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points of the rank among all that are ranked."""
        rank, count = values["rank"], values["count"]
        if count <= 1:
            return self.points, format_decimal(self.points)
        step = (self.points - self.last) / (count - 1)
        formula = (
            f"{format_decimal(self.points)} − ({format_decimal(rank)} − 1) × "
            f"({format_decimal(self.points)} − {format_decimal(self.last)}) ÷ ({format_decimal(count)} − 1)"
        )
        return self.points - (rank - 1) * step, formula


@dataclass(frozen=True)
class RankTableRule(Rule):
    """The points of a rank from a table: 20, 19, 18; beyond it `beyond` less for each further place."""

    table: tuple[Decimal, ...] = ()
    beyond: Decimal = Decimal(0)

    name: ClassVar[str] = "rank_table"
    values: ClassVar[tuple[str, ...]] = ("rank",)

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points of the rank."""
        rank = int(values["rank"])
        if rank <= len(self.table):
            return self.table[rank - 1], f"#{rank}"
        extra = rank - len(self.table)
        return (
            self.table[-1] - extra * self.beyond,
            f"#{rank}: {format_decimal(self.table[-1])} − {extra} × {format_decimal(self.beyond)}",
        )

    def find_faults(self) -> list[str]:
        """Return the faults, also of a table that rises."""
        faults = super().find_faults()
        if not self.table:
            return [*faults, _("table 从第一名起写出各名次的得分")]
        if list(self.table) != sorted(self.table, reverse=True):
            faults.append(_("table 里名次靠后的得分不能更高"))
        words = {"first": format_decimal(self.table[0]), "points": format_decimal(self.points)}
        if self.table[0] > self.points:
            faults.append(_("第一名得 %(first)s 分，超过了 %(points)s") % words)
        if self.table[0] < self.points:
            faults.append(_("第一名只得 %(first)s 分，到不了总分 %(points)s") % words)
        return faults


@dataclass(frozen=True)
class ShareOfFirstRule(Rule):
    """points × value ÷ the best value: the first gets all points, the others in proportion."""

    name: ClassVar[str] = "share_of_first"
    values: ClassVar[tuple[str, ...]] = (VALUE, "best")

    def compute(self, values: Mapping[str, Decimal]) -> tuple[Decimal, str]:
        """Return the points in proportion to the best."""
        value, best = values[VALUE], values["best"]
        formula = f"{format_decimal(self.points)} × {format_decimal(value)} ÷ {format_decimal(best)}"
        return (self.points * value / best if best else Decimal(0)), formula
