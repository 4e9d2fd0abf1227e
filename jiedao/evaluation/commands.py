"""The commands `jiedao score`: list the sheets, show the scores of a period, and publish them."""

import json
from typing import Any

import click
from django.utils.translation import gettext as _

from jiedao.evaluation.access import get_sheet, read_sheet_period
from jiedao.evaluation.actions.publishing import publish_scores
from jiedao.evaluation.models import PeriodKind
from jiedao.evaluation.selectors import (
    LineView,
    Results,
    ResultView,
    describe_subject,
    format_points,
    list_sheets,
    read_results,
)
from jiedao.kernel.errors import NotFoundError
from jiedao.kernel.rows_pages import build_rows_url
from jiedao.orgs.actor import make_system_actor


@click.group()
def score_group() -> None:
    """Show the scores of units and communities."""


@score_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_score_sheets(as_json: bool) -> None:
    """List the score sheets."""
    sheets = list_sheets()
    if as_json:
        rows = [
            {"sheet": row.key, "name": row.label, "subject": row.subject, "period": row.period}
            for row in sheets
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for sheet in sheets:
        kind = PeriodKind(sheet.period).label
        click.echo(f"{sheet.key}  {sheet.label}（{describe_subject(sheet)}，{kind}）")


@score_group.command()
@click.argument("sheet")
@click.option("--period", "written", required=True, help="Such as 2020-05, 2020Q2 or 2020H1.")
@click.option("--unit", "code", default="", help="Only the unit or community with this code.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show(sheet: str, written: str, code: str, as_json: bool) -> None:
    """Show the scores of SHEET in a period: those published, or else those that the records result in now."""
    row = get_sheet(sheet)
    results = read_results(row, read_sheet_period(row, written))
    rows = [result for result in results.rows if code in {"", result.code}]
    if code and not rows:
        raise NotFoundError(
            _("“%(sheet)s”不考评“%(code)s”。") % {"sheet": row.label, "code": code[:40]},
            hint=_("可用：%(codes)s") % {"codes": "、".join(result.code for result in results.rows)},
            field="unit",
        )
    if as_json:
        described = [describe_result(results, result) for result in rows]
        click.echo(json.dumps(described, ensure_ascii=False, indent=2))
        return
    state = _("已公布") if results.is_published else _("试算，尚未公布")
    click.echo(f"{row.label} {results.period.label}（{state}）")
    for result in rows:
        _print_result(result, with_lines=bool(code))


@score_group.command()
@click.argument("sheet")
@click.option("--period", "written", required=True, help="A period that has ended.")
def publish(sheet: str, written: str) -> None:
    """Publish the scores of SHEET in a period, so that units can contest them."""
    row = get_sheet(sheet)
    period = read_sheet_period(row, written)
    scores = publish_scores(actor=make_system_actor("jiedao score publish"), sheet=row, period=period)
    click.echo(_("已公布 %(n)d 个评分。") % {"n": len(scores)}, err=True)


def _print_result(result: ResultView, *, with_lines: bool) -> None:
    rank = str(result.rank) if result.rank is not None else "—"
    parts = [rank, result.label, format_points(result.points), result.grade, result.note]
    click.echo("  ".join(part for part in parts if part))
    for line in result.lines if with_lines else ():
        points = f"{format_points(line.points)} / {format_points(line.out_of)}"
        click.echo(
            "    " + "  ".join(part for part in (line.item.label, points, line.formula, line.note) if part)
        )


def describe_result(results: Results, result: ResultView) -> dict[str, Any]:
    """Return a result as JSON. Numbers are texts, so that no reader loses decimals."""
    return {
        "unit": result.code,
        "name": result.label,
        "points": _write(result.points),
        "of": _write(result.total),
        "rank": result.rank,
        "ranked": result.rank_of,
        "grade": result.grade,
        "note": result.note,
        "period": results.period.text,
        "version": results.version.key,
        "published": results.is_published,
        "number": result.score.number if result.score is not None else None,
        "excluded": list(result.excluded),
        "lines": [_describe_line(line) for line in result.lines],
    }


def _describe_line(line: LineView) -> dict[str, Any]:
    main = next((value for value in line.values if value.name == "value"), None)
    return {
        "item": line.item.key,
        "name": line.item.label,
        "value": _write(line.value),
        "points": _write(line.points),
        "of": _write(line.out_of),
        "formula": line.formula,
        "note": line.note,
        "rows_url": build_rows_url(main.link) if main is not None else "",
        "denominator_rows_url": build_rows_url(main.denominator_link) if main is not None else "",
    }


def _write(number: Any) -> str | None:
    return None if number is None else format_points(number)
