"""The command `jiedao upgrade --check`."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from jiedao.backup.upgrading import Check, check_pack, check_upgrade
from jiedao.kernel.errors import UserError


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
    "--pack", type=click.Path(path_type=Path), metavar="DIR", help="The pack of the town, to be checked too."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def upgrade(check: bool, backups: Path, pack: Path | None, as_json: bool) -> None:
    """State what this version will do to the office, before it does it. Nothing is written.

    Run it with the new version, on the database with which the old one works: migrations with their estimated time,
    faults of the pack, settings. The exit code is 1 when the upgrade must not begin, as without a backup of today.
    """
    assert check
    result = check_upgrade(backups.absolute())
    if pack is not None:
        code, text = check_pack(pack)
        result.pack = json.loads(text)
        if code:
            result.faults.append(
                f"The pack {pack} does not pass the check of this version: jiedao pack check {pack}"
            )
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
    click.echo("settings: this version knows and accepts all JIEDAO_ variables of this environment")
    if result.pack is None:
        click.echo("pack: not checked; name its folder with --pack")
    else:
        errors, warnings = len(result.pack["errors"]), len(result.pack["warnings"])
        click.echo(f"pack: {errors} errors, {warnings} warnings")
    if result.backup:
        click.echo(f"backup: {result.backup['folder']}, made {result.backup['made_at']}")


def format_seconds(seconds: float) -> str:
    """Return a duration with one unit."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
