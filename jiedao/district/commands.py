"""The commands `jiedao office`: the sub-district offices that a district reads."""

import json
import sys
from typing import Any

import click
from django.utils.translation import gettext as _

from jiedao.district import actions
from jiedao.district.client import OfficeFault
from jiedao.district.models import Office
from jiedao.district.reading import OfficeReading, list_running_periods, read_offices, try_office
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import parse_period
from jiedao.orgs.actor import make_system_actor


@click.group()
def office_group() -> None:
    """Join the sub-district offices of a district."""


def _read_token() -> str:
    token = sys.stdin.readline().strip()
    if not token:
        raise UserError(
            _("标准输入里没有令牌。"), hint=_("例如 jiedao office add … --token-stdin < token.txt")
        )
    return token


@office_group.command("add")
@click.argument("code")
@click.option("--name", required=True, help="The name of the office.")
@click.option(
    "--address", required=True, help="The address of its jiedao, such as https://buji.example.gov.cn."
)
@click.option("--area", required=True, help="Code of its sub-district in the district's pack.")
@click.option("--unit", default="", help="Code of the unit of the district's pack that represents it.")
@click.option("--token-stdin", is_flag=True, help="Read its token from standard input.")
def add(code: str, token_stdin: bool, **values: Any) -> None:
    """Add an office under CODE; its token comes from `jiedao token issue` of that office."""
    token = _read_token() if token_stdin else ""
    office = actions.add_office(
        actor=make_system_actor("jiedao office add"), code=code, token=token, **values
    )
    click.echo(_("已添加 %(name)s（%(code)s）。") % {"name": office.name, "code": office.code}, err=True)
    if not token:
        click.echo(_("还没有令牌：jiedao office change %(code)s --token-stdin") % {"code": code}, err=True)


@office_group.command("change")
@click.argument("code")
@click.option("--name", help="The name of the office.")
@click.option("--address", help="The address of its jiedao; another one needs a new token.")
@click.option("--area", help="Code of its sub-district in the district's pack.")
@click.option("--unit", help='Code of the unit that represents it, "" for none.')
@click.option("--active/--inactive", default=None, help="Whether the district reads it.")
@click.option("--token-stdin", is_flag=True, help="Read a new token from standard input.")
def change(code: str, token_stdin: bool, **values: Any) -> None:
    """Change the office CODE as the options state, and leave everything else as it is."""
    changes = {name: value for name, value in values.items() if value is not None}
    if token_stdin:
        changes["token"] = _read_token()
    if not changes:
        raise UserError(_("没有写要更改什么。"), hint="jiedao office change --help")
    office = actions.change_office(actor=make_system_actor("jiedao office change"), code=code, **changes)
    click.echo(_("已更改 %(name)s（%(code)s）。") % {"name": office.name, "code": office.code}, err=True)
    if not office.token:
        click.echo(_("还没有令牌：jiedao office change %(code)s --token-stdin") % {"code": code}, err=True)


def describe_office(office: Office) -> dict[str, Any]:
    """Return an office as JSON, without its token."""

    def write(moment: Any) -> str | None:
        return moment.astimezone(clock.TOWN_TZ).isoformat() if moment else None

    return {
        "code": office.code,
        "name": office.name,
        "address": office.address,
        "area": office.area_code,
        "unit": office.unit.code if office.unit else None,
        "active": office.active,
        "has_token": bool(office.token),
        "state": office.state.value,
        "last_answer_at": write(office.last_answer_at),
        "last_fault_at": write(office.last_fault_at),
        "fault": str(office.fault) if office.fault else None,
    }


@office_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_offices(as_json: bool) -> None:
    """List the offices with their state."""
    offices = list(Office.objects.select_related("unit"))
    if as_json:
        rows = [describe_office(office) for office in offices]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for office in offices:
        unit = office.unit.code if office.unit else "-"
        state = str(office.state.label) + (f"：{office.fault}" if office.fault else "")
        click.echo("\t".join([office.code, office.name, office.address, office.area_code, unit, state]))


@office_group.command("check")
@click.argument("code")
def check(code: str) -> None:
    """Ask the office CODE for its published figures once, and state what is wrong (exit status 1)."""
    office = actions.get_office(code)
    try:
        count = try_office(office)
    except OfficeFault as fault:
        raise UserError(f"{office.name}：{fault}", hint=fault.document.get("hint", "")) from fault
    click.echo(_("%(name)s 正常，公布 %(n)d 项指标。") % {"name": office.name, "n": count})


@office_group.command("read")
@click.argument("codes", metavar="[CODE]...", nargs=-1)
@click.option("--period", "written", default="", help="Such as 2020H1; by default those that still change.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def read(codes: tuple[str, ...], written: str, as_json: bool) -> None:
    """Read the published figures of all offices, or of those named, now; exit with 1 if one could not be read."""
    wanted = [parse_period(written)] if written else list_running_periods(clock.today())
    offices = (
        [actions.get_office(code) for code in codes] if codes else list(Office.objects.filter(active=True))
    )
    readings = read_offices(offices, wanted)
    if as_json:
        click.echo(json.dumps([_describe_reading(row) for row in readings], ensure_ascii=False, indent=2))
    else:
        for row in readings:
            text = str(row.fault) if row.fault else _("%(n)d 个数") % {"n": row.figures}
            click.echo(f"{row.office.code}\t{row.office.name}\t{text}")
    if any(row.fault for row in readings):
        raise SystemExit(1)


def _describe_reading(row: OfficeReading) -> dict[str, Any]:
    fault = str(row.fault) if row.fault else None
    return {"office": row.office.code, "figures": row.figures, "periods": row.periods, "fault": fault}


@office_group.command("remove")
@click.argument("code")
def remove(code: str) -> None:
    """Delete the office CODE with the figures that were read of it."""
    actions.remove_office(actor=make_system_actor("jiedao office remove"), code=code)
    click.echo(_("已删除 %(code)s。") % {"code": code}, err=True)
