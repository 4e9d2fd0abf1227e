"""The commands `jiedao figures`: list the measures, and show a figure on a terminal or as JSON."""

import json
from dataclasses import asdict
from typing import Any

import click
from django.utils.translation import gettext as _

from jiedao.indicators.compute import compute_figure, find_place, read_measures
from jiedao.indicators.describing import describe_figure
from jiedao.kernel import figures
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


@figures_group.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def verify(as_json: bool) -> None:
    """Compare every stored count with a recount of the rows, and name those that differ (exit status 1)."""
    results: dict[str, dict[str, Any]] = {}
    for name, source in figures.list_stored_sources().items():
        differences = [asdict(difference) for difference in source.find_differences()]
        results[name] = {**source.describe_stored(), "differences": differences}
    if as_json:
        click.echo(json.dumps(results, ensure_ascii=False, indent=2))
    else:
        for name, result in results.items():
            _print_verification(name, result)
    if any(result["differences"] for result in results.values()):
        raise SystemExit(1)


def _print_verification(name: str, result: dict[str, Any]) -> None:
    span = f"{result['first']} –" if result["first"] else "—"
    click.echo(
        _("%(name)s：已存 %(span)s（%(state)s），待重算的改动 %(waiting)s 项")
        % {"name": name, "span": span, "state": result["state"], "waiting": result["waiting_changes"]}
    )
    for row in result["differences"]:
        cell = " ".join(part for part in (row["split"], row["key"]) if part)
        click.echo(
            _("不一致：%(period)s %(measure)s %(cell)s 已存 %(stored)s，重新统计 %(counted)s")
            % {**row, "cell": cell}
        )
    if not result["differences"]:
        click.echo(_("全部一致。"))


@figures_group.command()
def update() -> None:
    """Bring the stored counts up to date now, as the worker does every minute."""
    for name, source in figures.list_stored_sources().items():
        click.echo(_("%(name)s：统计了 %(days)s 天") % {"name": name, "days": source.update_stored()})
