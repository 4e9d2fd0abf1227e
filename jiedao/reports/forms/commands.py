"""The commands `jiedao form`: list the forms that superiors demand, and fill one."""

import json
from pathlib import Path

import click
from django.utils.translation import gettext as _

from jiedao.indicators.compute import find_place
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import parse_period
from jiedao.orgs.actor import make_system_actor
from jiedao.reports.forms.access import get_form
from jiedao.reports.forms.actions.filling import preview_fill
from jiedao.reports.forms.marking import mark_cells, write_notes
from jiedao.reports.forms.selectors import get_blank, read_demands


@click.group()
def form_group() -> None:
    """Fill the forms that superiors demand."""


@form_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_forms(as_json: bool) -> None:
    """List the forms: who asks, how often, what is due, how many cells fill themselves."""
    lines = read_demands(active=None)
    if as_json:
        rows = [
            {
                "key": line.form.key,
                "name": line.form.name,
                "sender": line.form.sender,
                "basis": line.form.basis,
                "cycle": line.form.cycle,
                "active": line.form.active,
                "bound": line.bound,
                "sent": line.sent,
                "minutes": line.minutes,
                "filled_percent": line.share,
                "next_period": line.next_period.text,
                "due": line.due_date.isoformat() if line.due_date else None,
                "overlap": {"form": line.overlap.other.key, "percent": line.overlap.percent}
                if line.overlap
                else None,
            }
            for line in lines
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for line in lines:
        due = line.due_date.isoformat() if line.due_date else "—"
        click.echo(
            f"{line.form.key}  {line.form.name}（{line.form.sender}，{line.form.get_cycle_display()}）  "
            + _("下一期 %(period)s，%(due)s 前报") % {"period": line.next_period.label, "due": due}
        )


@form_group.command()
@click.argument("key")
@click.option("--period", "written", required=True, help="Such as 2020-06 or 2020H1.")
@click.option("--area", default="", help="The code of a community.")
@click.option("--unit", default="", help="The code of a unit.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The file to write.")
@click.option(
    "--marked",
    type=click.Path(path_type=Path),
    help="Write a copy, too, in which the cells that changed since last time have a colour and a comment.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def fill(  # noqa: PLR0917 (click passes the options by name)
    key: str, written: str, area: str, unit: str, out: Path, marked: Path | None, as_json: bool
) -> None:
    """Fill the form KEY for a period and write the file. Nothing is stored, and nothing goes out."""
    actor = make_system_actor()
    form = get_form(actor, key)
    suffix = get_blank(form).suffix
    for path in filter(None, (out, marked)):
        if path.suffix.lower() != suffix:
            raise UserError(
                _("这张表是 %(suffix)s 文件。") % {"suffix": suffix},
                hint=_("请把输出文件写成以 %(suffix)s 结尾的文件名。") % {"suffix": suffix},
            )
        if not path.parent.is_dir():
            raise UserError(_("没有文件夹 %(name)s。") % {"name": path.parent}, hint=_("请先建立它。"))
    filling, content, changes, last = preview_fill(
        actor=actor, form=form, period=parse_period(written), place=find_place(area, unit)
    )
    out.write_bytes(content)
    if marked is not None:
        label = last.period.label if last is not None else ""
        marked.write_bytes(mark_cells(content, write_notes(changes, label)))
    filled, by_hand, empty = filling.counts
    if as_json:
        document = {
            "cells": filled + by_hand + empty,
            "filled": filled,
            "by_hand": by_hand,
            "empty": empty,
            "changed": [change.as_json() for change in changes],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    click.echo(
        _("自动填写 %(filled)d 格，手工 %(by_hand)d 格，空 %(empty)d 格；与上次不同 %(changed)d 处。")
        % {"filled": filled, "by_hand": by_hand, "empty": empty, "changed": len(changes)}
    )
    for change in changes:
        click.echo(f"{change.cell}  {change.before or '—'} → {change.now or '—'}")
