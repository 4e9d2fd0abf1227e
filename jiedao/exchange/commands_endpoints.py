"""The commands `jiedao exchange`: systems that receive the events of cases, reconciliations, and national tables."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from django.utils.translation import gettext as _

from jiedao.exchange.endpoints import actions
from jiedao.exchange.endpoints.orders import fetch_orders, read_orders
from jiedao.exchange.endpoints.reconciling import DifferenceKind, default_since, reconcile
from jiedao.exchange.endpoints.selectors import EndpointLine, list_endpoints
from jiedao.exchange.models import EndpointKind
from jiedao.exchange.standard import StandardTable, write_standard_table
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import make_system_actor

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
DAY = click.DateTime(formats=["%Y-%m-%d"])
MAX_SHOWN = 50


@click.group()
def exchange_group() -> None:
    """Send the events of cases to other systems, and reconcile orders with an upper platform."""


@exchange_group.command("list")
@JSON
def list_all(as_json: bool) -> None:
    """List the endpoints with what waits for each."""
    lines = list_endpoints()
    if as_json:
        click.echo(json.dumps([describe_endpoint(line) for line in lines], ensure_ascii=False))
        return
    for line in lines:
        state = _("停用") if not line.endpoint.active else line.fault or _("正常")
        counts = _("等待 %(waiting)d 条，没有送到 %(lost)d 条") % {
            "waiting": line.waiting,
            "lost": line.failed,
        }
        click.echo(f"{line.endpoint.code}  {line.endpoint.name}  {line.host}  {counts}  {state}")


def describe_endpoint(line: EndpointLine) -> dict[str, Any]:
    """Return an endpoint as JSON, without its secret, its token and the path of its address."""
    endpoint = line.endpoint

    def write(moment: datetime | None) -> str | None:
        return moment.astimezone(clock.TOWN_TZ).isoformat() if moment else None

    return {
        "code": endpoint.code,
        "name": endpoint.name,
        "kind": endpoint.kind,
        "host": line.host,
        "events": endpoint.events,
        "source": endpoint.source,
        "active": endpoint.active,
        "waiting": line.waiting,
        "failed": line.failed,
        "sent": line.sent,
        "oldest_at": write(line.oldest_at),
        "last_answer_at": write(endpoint.last_answer_at),
        "fault": line.fault,
    }


@exchange_group.command("add")
@click.argument("code")
@click.option("--kind", type=click.Choice(EndpointKind.values), required=True, help="What it is for.")
@click.option("--name", required=True, help="The name of the system.")
@click.option("--target", required=True, help="The address to which events are posted.")
@click.option("--event", "events", multiple=True, help="An event of a WEBHOOK; may be given more than once.")
@click.option("--source", default="", help="The prefix of the source keys of a PLATFORM, such as 12345.")
@click.option("--list-url", default="", help="Where a PLATFORM lists its orders.")
@click.option("--token-stdin", is_flag=True, help="Read the token of the other system from standard input.")
def add(code: str, token_stdin: bool, **values: Any) -> None:
    """Add an endpoint under CODE, and print the secret of its signatures once."""
    token = sys.stdin.readline().strip() if token_stdin else ""
    actor = make_system_actor("jiedao exchange add")
    endpoint, secret = actions.add_endpoint(actor=actor, code=code, token=token, **values)
    click.echo(
        _("已添加 %(name)s（%(code)s）。签名密钥：") % {"name": endpoint.name, "code": endpoint.code},
        err=True,
    )
    click.echo(secret)


@exchange_group.command("again")
@click.argument("code")
def again(code: str) -> None:
    """Send everything that failed or waits for the endpoint CODE at once, with its old numbers."""
    count = actions.send_again(actor=make_system_actor("jiedao exchange again"), code=code)
    click.echo(_("%(n)d 条会马上再发。") % {"n": count}, err=True)


@exchange_group.command("reconcile")
@click.argument("code")
@click.option("--file", "path", type=click.Path(path_type=Path), help="A table of orders that it exported.")
@click.option("--since", type=DAY, help="The first day that is compared; 90 days ago without it.")
@JSON
def compare(code: str, path: Path | None, since: datetime | None, as_json: bool) -> None:
    """Compare the orders of the upper platform CODE with our cases; exit code 1 where something differs."""
    day = since.date() if since is not None else default_since()
    endpoint = actions.get_endpoint(code)
    orders = read_orders(path) if path is not None else fetch_orders(endpoint, day)
    actor = make_system_actor("jiedao exchange reconcile")
    result = reconcile(actor, code, orders, since=day, origin=path.name if path is not None else "")
    if as_json:
        document = {
            "orders": result.orders,
            "matches": result.matches,
            "counts": result.counts,
            "differences": result.differences,
        }
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        click.echo(
            _("对方的工单 %(n)d 个，一致 %(same)d 个。") % {"n": result.orders, "same": result.matches}
        )
        labels = dict(DifferenceKind.choices)
        for row in result.differences[:MAX_SHOWN]:
            click.echo(
                f"{row['order']}  {row['number']}  {labels[row['kind']]}  {row['here']} | {row['there']}"
            )
    if result.counts:
        count = sum(result.counts.values())
        raise UserError(_("有 %(n)d 处不同。") % {"n": count}, hint=_("全部列在管理 → 对接里。"))


@exchange_group.command("standard")
@click.option(
    "--table", type=click.Choice(StandardTable.values), required=True, help="Matters or components."
)
@click.option("--from", "first", type=DAY, required=True, help="The first day of the reports.")
@click.option("--to", "last", type=DAY, required=True, help="The last day of the reports.")
@click.option("--out", "path", type=click.Path(path_type=Path), required=True, help="The CSV file to write.")
def standard(table: str, first: datetime, last: datetime, path: Path) -> None:
    """Write the cases as the table of components or matters of GB/T 47678."""
    actor = make_system_actor("jiedao exchange standard")
    count = write_standard_table(actor, path, table, first.date(), last.date())
    click.echo(_("已写出 %(n)d 行：%(path)s") % {"n": count, "path": path}, err=True)
