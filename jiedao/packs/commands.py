"""`jiedao pack`: make, check, plan and apply the folder that describes a town."""

import json
from pathlib import Path

import click

from jiedao.kernel.packs.comparing import CHANGE, CREATE, RETIRE, Item
from jiedao.kernel.packs.own import OwnLine
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.plan import Plan
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.own_values import write_own_values
from jiedao.packs.actions import apply_pack
from jiedao.packs.check import check_pack
from jiedao.packs.commands_new import new_pack, print_report
from jiedao.packs.commands_outline import outline_group
from jiedao.packs.planning import make_plan
from jiedao.packs.shipped import PackFolder, describe_pack

SIGNS = {CREATE: "+", CHANGE: "~", RETIRE: "-"}
LISTED = 12  # how many items of one kind and action are printed; the others are only counted

FOLDER = click.argument("folder", type=PackFolder(), metavar="DIR")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")


@click.group("pack")
def pack_group() -> None:
    """Make, check, plan and apply a pack: the folder that describes a town.

    DIR is its path, the path of a .zip file of it, or the name of a pack that is shipped with jiedao, such as buji.

    Exit codes: 0 done, 1 the pack has errors or was not applied, 2 wrong use.
    """


pack_group.add_command(new_pack)
pack_group.add_command(outline_group)


@pack_group.command()
@FOLDER
@JSON
def check(folder: Path, as_json: bool) -> None:
    """Report every fault of the pack in DIR with file, line and hint. Nothing is written."""
    _, report = check_pack(folder)
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
    else:
        print_report(report)
        errors, warnings = len(report.as_json()["errors"]), len(report.as_json()["warnings"])
        click.echo(f"{describe_pack(folder)}: {errors} errors, {warnings} warnings", err=True)
    raise SystemExit(0 if report.passed else 1)


@pack_group.command()
@FOLDER
@JSON
def plan(folder: Path, as_json: bool) -> None:
    """Show what applying the pack in DIR would create, change and retire. Nothing is written."""
    planned = make_plan(_read_sound_pack(folder))
    if as_json:
        click.echo(json.dumps(planned.as_json(), ensure_ascii=False, indent=2))
    else:
        _print_plan(planned)


@pack_group.command()
@FOLDER
@click.option("--yes", is_flag=True, help="Apply without asking.")
@JSON
def apply(folder: Path, yes: bool, as_json: bool) -> None:
    """Apply the pack in DIR in one transaction, after showing the plan. A second time changes nothing."""
    pack = _read_sound_pack(folder)
    planned = make_plan(pack)
    if not as_json:
        _print_plan(planned)
    if planned.blocked:
        if as_json:
            click.echo(json.dumps(planned.as_json(), ensure_ascii=False, indent=2))
        click.echo("Nothing was changed.", err=True)
        raise SystemExit(1)
    if planned.items and not yes:
        click.confirm("Apply this plan?", abort=True, err=True)
    applied = apply_pack(pack=pack, actor=make_system_actor(), expected=planned)
    if as_json:
        click.echo(json.dumps(applied.as_json(), ensure_ascii=False, indent=2))
    elif applied.items:
        click.echo("Applied.", err=True)


@pack_group.command()
def diff() -> None:
    """Print what people have changed over the applied pack, as TOML to be moved into its files. Nothing is written.

    Each value is preceded by the file it belongs to, who set it, when and why. Once the pack has the same values, its
    next apply ends the town's own ones.
    """
    text = write_own_values()
    if text:
        click.echo(text, nl=False)
    else:
        click.echo("The town has no values of its own: all are those of the pack.", err=True)


def _read_sound_pack(folder: Path) -> Pack:
    """Return the checked pack; if it has errors, print them and exit with 1."""
    pack, report = check_pack(folder)
    if not report.passed:
        print_report(report)
        click.echo(
            f"{describe_pack(folder)}: {len(report.as_json()['errors'])} errors; nothing was changed",
            err=True,
        )
        raise SystemExit(1)
    return pack


def _print_plan(planned: Plan) -> None:
    groups: dict[tuple[str, str], list[Item]] = {}
    for item in planned.items:
        groups.setdefault((item.kind, item.action), []).append(item)
    for (kind, action), items in groups.items():
        click.echo(f"{action} {len(items)} {kind}")
        for item in sorted(items, key=lambda item: not item.blocked)[:LISTED]:
            click.echo(f"  {SIGNS[action]} {item.key} {item.name}")
            for name, (old, new) in item.fields.items():
                click.echo(f"      {name}: {old!r} -> {new!r}")
            for text in filter(None, (item.blocked, item.note)):
                click.echo(f"      ! {text}")
        if len(items) > LISTED:
            click.echo(f"    and {len(items) - LISTED} more")
    _print_own(planned.own)
    counts = planned.as_json()
    click.echo(f"{counts['create']} to create, {counts['change']} to change, {counts['retire']} to retire")
    if planned.blocked:
        click.echo(f"{len(planned.blocked)} cannot be done now (!): the pack is refused", err=True)


OWN_WORDS = {
    "kept": "own value stays",
    "conflict": "own value stays, the pack has changed it since",
    "moved": "own value is now the pack's",
    "orphaned": "own value waits, the pack no longer has the row",
}


def _print_own(lines: list[OwnLine]) -> None:
    """Print the values that people set on pages, which applying the pack leaves unchanged."""
    for line in lines:
        click.echo(f"{OWN_WORDS[line.state]}: {line.kind} {line.key} {line.name}".rstrip())
        pack = f"pack: {line.pack_now!r}"
        if line.state == "conflict":
            pack += f", was {line.pack_value!r}"
        click.echo(f"      {line.field}: {line.value!r} ({pack}); {line.set_by}: {line.reason}")
