"""The command `jiedao board`: the figures of the loop on a terminal or as JSON."""

import json
from datetime import date, datetime
from unicodedata import east_asian_width

import click
from django.utils.translation import gettext as _

from jiedao.cases.selectors.board import Board, BoardRow, read_board
from jiedao.cases.selectors.former_places import NOW
from jiedao.cases.selectors.measures import MEASURES, RATES
from jiedao.cases.selectors.splits import SPLITS
from jiedao.kernel import periods
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import make_system_actor

COLUMNS = ("reported", "due", "handled", "on_time", "overdue", "closed", "returned", "rework", "satisfied")
SHARES = ("on_time_rate", "closing_rate", "rework_rate", "satisfaction_rate")


def _to_date(value: datetime | None) -> date | None:
    return value.date() if value is not None else None


def _read_period(written: str | None, first: date | None, last: date | None) -> periods.Period:
    if written and (first or last):
        raise UserError(_("时段写了两次。"), hint=_("--period 与 --from、--to 只能用一种。"), field="period")
    return periods.parse_period(written) if written else periods.build_open_period(first, last)


def _measure_width(text: str) -> int:
    """Return how many columns of a terminal a text takes: a Chinese character takes two."""
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _format_row(row: BoardRow) -> list[str]:
    shares = [row.rates[code] for code in SHARES]
    percents = ["—" if share is None else f"{share:.1%}" for share in shares]
    return [row.label, *(str(row.counts[code]) for code in COLUMNS), *percents]


def _format_table(board: Board) -> list[str]:
    head = [
        "",
        *(str(MEASURES[code].label) for code in COLUMNS),
        *(str(RATES[code].label) for code in SHARES),
    ]
    lines = [head, *(_format_row(row) for row in [*board.rows, board.total])]
    widths = [max(_measure_width(line[column]) for line in lines) for column in range(len(head))]

    def pad(cell: str, column: int) -> str:
        blank = " " * (widths[column] - _measure_width(cell))
        return cell + blank if column == 0 else blank + cell

    return ["  ".join(pad(cell, column) for column, cell in enumerate(line)).rstrip() for line in lines]


@click.command()
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day, e.g. 2020-01-01.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day, included.")
@click.option("--period", "written", help="2020, 2020H1, 2020Q2, 2020-05, 2020-W23, 2020-05-04, A..B or all.")
@click.option("--by", type=click.Choice(SPLITS), default="unit", show_default=True, help="What a line is.")
@click.option(
    "--places",
    type=click.Choice(["then", NOW]),
    default="then",
    show_default=True,
    help="Count for the areas and units of then, or for those that took their place.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def board(  # noqa: PLR0917 (the options)
    first: datetime | None, last: datetime | None, written: str | None, by: str, places: str, as_json: bool
) -> None:
    """Count the loop: due, handled, on time, closed, returned, rework, satisfied and the rates.

    Without a period everything that was ever filed is counted. What each figure means is written in
    docs/reference/figures-of-the-loop.md.
    """
    period = _read_period(written, _to_date(first), _to_date(last))
    figures = read_board(
        make_system_actor("jiedao board"), period, by, places=places if places == NOW else ""
    )
    if as_json:
        click.echo(json.dumps([row.as_json() for row in figures.rows], ensure_ascii=False, indent=2))
        return
    click.echo(f"{period.label}({period.text})")
    for line in _format_table(figures):
        click.echo(line)
