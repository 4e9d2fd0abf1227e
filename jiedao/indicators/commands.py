"""The commands `jiedao figures`: list the measures, and show a figure on a terminal or as JSON."""

import json

import click
from django.utils.translation import gettext as _

from jiedao.indicators.compute import compute_figure, find_place, read_measures
from jiedao.indicators.describing import describe_figure
from jiedao.kernel.periods import parse_period


@click.group()
def figures_group() -> None:
    """Show the figures of declared measures."""


@figures_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_measures(as_json: bool) -> None:
    """List the measures with their definitions."""
    measures = list(read_measures().values())
    if as_json:
        rows = [
            {
                "measure": row.key,
                "name": row.label,
                "unit": row.unit_text,
                "meaning": row.meaning_label,
                "kind": row.kind,
            }
            for row in measures
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for measure in measures:
        click.echo(f"{measure.key}  {measure.label} ({measure.unit_text})  {measure.meaning_label}")


@figures_group.command()
@click.argument("measure")
@click.option("--period", "written", required=True, help="Such as 2020H1, 2020-05 or 2020-01..2020-05.")
@click.option("--area", default="", help="The code of a community.")
@click.option("--unit", default="", help="The code of a unit.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show(measure: str, written: str, area: str, unit: str, as_json: bool) -> None:
    """Show the figure of MEASURE in a period, with how it was made."""
    row = read_measures([measure])[measure]
    figure = compute_figure(row, parse_period(written), find_place(area, unit))
    if as_json:
        click.echo(json.dumps(describe_figure(figure), ensure_ascii=False, indent=2))
        return
    place = f"{figure.place.label} " if figure.place.label else ""
    click.echo(f"{place}{row.label}：{figure.text} {row.unit_text}（{figure.period.label}）")
    if figure.note:
        click.echo(figure.note)
    click.echo(_("算法：%(how)s") % {"how": figure.how})
    click.echo(_("口径：%(meaning)s") % {"meaning": row.meaning_label})
