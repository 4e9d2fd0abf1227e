"""The rules in the order in which they read a text."""

from collections.abc import Callable, Iterable

from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim
from jiedao.reports.checker.rules.balances import check_balances
from jiedao.reports.checker.rules.columns import check_columns
from jiedao.reports.checker.rules.completions import check_completions
from jiedao.reports.checker.rules.conflicts import check_conflicts
from jiedao.reports.checker.rules.decompositions import check_decompositions
from jiedao.reports.checker.rules.definitions import check_definitions
from jiedao.reports.checker.rules.enumerations import check_enumerations
from jiedao.reports.checker.rules.equalities import check_equalities
from jiedao.reports.checker.rules.formulas import check_formulas
from jiedao.reports.checker.rules.growth import check_growth
from jiedao.reports.checker.rules.limits import check_limits
from jiedao.reports.checker.rules.multiples import check_multiples
from jiedao.reports.checker.rules.periods import check_periods
from jiedao.reports.checker.rules.points import check_points
from jiedao.reports.checker.rules.ranks import check_ranks
from jiedao.reports.checker.rules.ratios import check_ratios
from jiedao.reports.checker.rules.shares import check_shares
from jiedao.reports.checker.rules.sums import check_sums
from jiedao.reports.checker.rules.tabled import check_tables
from jiedao.reports.checker.rules.text_tables import check_text_tables

RULES: tuple[Callable[[Context], Iterable[Claim]], ...] = (
    check_ratios,
    check_completions,
    check_definitions,
    check_sums,
    check_decompositions,
    check_enumerations,
    check_equalities,
    check_growth,
    check_multiples,
    check_points,
    check_shares,
    check_limits,
    check_balances,
    check_formulas,
    check_tables,
    check_columns,
    check_text_tables,
    check_ranks,
    check_conflicts,
    check_periods,
)
