"""The command `jiedao upgrade --check`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from jiedao.backup.upgrade_settings import SettingChanges
from jiedao.backup.upgrading import Check, check_upgrade
from jiedao.kernel.errors import UserError

SHOWN_ERRORS = 5


@click.command()
@click.option(
    "--check", is_flag=True, required=True, help="Required: the upgrade itself is `jiedao migrate`."
)
@click.option(
    "--backups",
    type=click.Path(path_type=Path),
    default=Path("/backups"),
    show_default=True,
    help="Folder of the backups.",
)
@click.option(
    "--pack",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The pack of the town; by default the one that was applied last.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def upgrade(check: bool, backups: Path, pack: Path | None, as_json: bool) -> None:
    """State what this version will do to the office, before it does it. Nothing is written.

    Run it with the new version, on the database with which the old one works: migrations with their estimated time,
    faults of the pack, settings. The exit code is 1 when the upgrade must not begin, as without a backup of today.
    """
    assert check
    result = check_upgrade(backups.absolute(), pack)
    if as_json:
        document = {**asdict(result), "seconds": round(result.seconds, 1), "ready": not result.faults}
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        print_check(result)
    if result.faults:
        raise UserError("The upgrade must not begin now. " + " ".join(result.faults))


def print_check(result: Check) -> None:
    """Print what the upgrade will do."""
    click.echo(
        f"jiedao {result.version}: {len(result.pending)} migrations, about {format_seconds(result.seconds)}"
    )
    for migration in result.pending:
        tables = ", ".join(f"{name} ({rows:,} rows)" for name, rows in migration.tables.items())
        kind = " converts rows of" if migration.converts else " changes" if tables else ""
        click.echo(f"  {format_seconds(migration.seconds):>7}  {migration.name}{kind} {tables}".rstrip())
    if result.needed_bytes:
        click.echo(
            f"space: {result.needed_bytes >> 20} MB may be needed, {result.free_bytes >> 20} MB are free"
        )
    print_settings(result.settings)
    print_pack(result.pack)
    if result.backup:
        click.echo(f"backup: {result.backup['folder']}, made {result.backup['made_at']}")


def print_settings(changes: SettingChanges) -> None:
    """Print how the settings differ from those of the running version."""
    click.echo("settings: this version knows and accepts all JIEDAO_ variables of this environment")
    if not changes.since:
        click.echo("  those of the running version are not known: no backup names it, or it was not released")
    for name, (former, now) in changes.defaults.items():
        click.echo(f"  {name}, which is not set: {json.dumps(former)} -> {json.dumps(now)}")
    for name, advice in changes.removed.items():
        click.echo(f"  {name} is removed: {advice}")
    if changes.new:
        click.echo(f"  {len(changes.new)} new since {changes.since}: {', '.join(changes.new)}")


def print_pack(pack: dict[str, Any] | None) -> None:
    """Print what the rules and the shipped packs of this version mean for the pack of the office."""
    if pack is None:
        click.echo("pack: none in the archive; name its folder with --pack")
        return
    which = pack["checked"] or f"the applied {pack['applied']}"
    click.echo(
        f"pack: {which}: {len(pack['errors'])} errors, {len(pack['warnings'])} warnings by the new rules"
    )
    for error in pack["errors"][:SHOWN_ERRORS]:
        click.echo(f"  {error['file']}:{error['line']}: {error['message']}")
    for change in pack["shipped"]:
        click.echo(f"  shipped pack: {change['name']} +{change['added']} -{change['removed']} lines")


def format_seconds(seconds: float) -> str:
    """Return a duration with one unit."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
