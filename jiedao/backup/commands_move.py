"""The command `jiedao move`."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import psycopg
from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo
from tqdm import tqdm

from jiedao.backup.databases import close_connections, read_connection_settings
from jiedao.backup.moving.digests import Progress
from jiedao.backup.moving.move import Move, Outcome
from jiedao.backup.moving.postgres_side import PostgresSide
from jiedao.backup.moving.side import Side
from jiedao.backup.moving.sqlite_side import SqliteSide
from jiedao.backup.moving.steps import move_office, undo_move
from jiedao.kernel.crypto import compute_key_mark
from jiedao.kernel.errors import UserError

SCHEMA_STEP = "     Unset JIEDAO_DATABASE_SCHEMA: there the office has the default schema of its user."
UNITS = {"index": " indexes", "files": "B", "catch up": " parts", "compare": " parts"}


@contextmanager
def show_step(name: str, total: int) -> Iterator[Progress]:
    """Show a step on standard error: how much is done, how fast, and how much time remains."""
    unit = UNITS.get(name, " rows")
    with tqdm(desc=f"{name:11}", total=total or None, unit_scale=True, unit=unit, file=sys.stderr) as bar:
        yield bar.update


def open_source() -> Side:
    """Return the office's own database; raise UserError for one in memory."""
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        if name == ":memory:" or "mode=memory" in name or not Path(name).is_file():
            raise UserError(
                f"There is no office in {name}.", hint="Check JIEDAO_DATA and JIEDAO_DATABASE_URL."
            )
        return SqliteSide(Path(name))
    address, environment = read_connection_settings()
    return PostgresSide(address, environment.get("PGPASSWORD", ""))


def open_target(url: str) -> Side:
    """Return the database of an address; raise UserError for an address that cannot be used."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = Path(unquote(parts.path[1:]))
        if not path.parent.is_dir():
            raise UserError(
                f"There is no folder {path.parent}.",
                hint="Create it, with access for the user of jiedao only.",
            )
        return SqliteSide(path)
    if parts.scheme in {"postgresql", "postgres"}:
        return PostgresSide(make_conninfo(url))
    raise UserError(
        f"--to {parts.scheme or url!r}: unknown kind of database.",
        hint="Write postgresql://... or sqlite:///PATH.",
    )


@click.command()
@click.option(
    "--to", "url", metavar="URL", help="The new, empty database: postgresql://... or sqlite:///PATH."
)
@click.option(
    "--files",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Copy attachments and the rest of JIEDAO_DATA to this folder too, for another machine or disk.",
)
@click.option("--undo", is_flag=True, help="Let the office work again in the database that it has left.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def move(url: str | None, folder: Path | None, *, undo: bool, as_json: bool) -> None:
    """Move the office to another database, from SQLite to PostgreSQL or back, while it works.

    All rows of all tables are copied and compared. Only for the last step, whose length is stated, the office can be
    read but not written. The old database stays as it is, and is marked, so that nobody works in it by mistake.
    """
    if bool(url) == undo or (undo and folder):
        raise click.UsageError("Write either --to URL, with --files DIR or without it, or --undo.")
    with explain_faults(), closing(open_source()) as source:
        if url is None:
            other = undo_move(source)
            click.echo(
                f"The office works here again. What was entered in {other} since is not here.", err=True
            )
            return
        with closing(open_target(url)) as target:
            close_connections()
            place = None if folder is None else folder.resolve()
            outcome = move_office(Move(source, target, url, compute_key_mark(), show_step, place))
        print_outcome(outcome, source, target, place, as_json=as_json)


@contextmanager
def explain_faults() -> Iterator[None]:
    """Report a database or a disk that fails during the move as UserError."""
    try:
        yield
    except (sqlite3.Error, psycopg.Error, OSError, BrokenExecutor) as fault:
        first = str(fault).strip().partition("\n")[0]
        raise UserError(
            f"The move was interrupted: {first or type(fault).__name__}.",
            hint="The office works on in the old database. Correct this and run `jiedao move` again.",
        ) from fault


def print_outcome(
    outcome: Outcome, source: Side, target: Side, folder: Path | None, *, as_json: bool
) -> None:
    """Print what was moved and what to change now; raise UserError for what the office lacks in both databases."""
    if as_json:
        document = {
            "from": source.address,
            "to": target.address,
            "files": str(folder or ""),
            "rows": outcome.rows,
            "tables": {
                name: {"rows": digest.rows, "digest": digest.hex}
                for name, digest in sorted(outcome.tables.items())
            },
            "changed_rows": outcome.changed_rows,
            "seconds": round(outcome.seconds, 1),
            "still_seconds": round(outcome.still_seconds, 1),
            "audit": outcome.audit,
            "missing_files": outcome.missing_files,
        }
        click.echo(json.dumps(document))
    counts = [
        f"{outcome.rows:,} rows of {len(outcome.tables)} tables in {outcome.seconds:.0f} s; all digests are equal.",
        f"{outcome.changed_rows:,} rows had changed meanwhile. The desk was still for {outcome.still_seconds:.1f} s.",
    ]
    files = (
        f"     Set JIEDAO_DATA to {folder}. Keys were not copied: where the old folder has secret_key and field_key, "
        "carry them there."
    )
    lines = [
        *(counts if outcome.tables else ["The move that was interrupted at its end is finished."]),
        f"The office is now in {target.address}. Do the following:",
        "  1. Set JIEDAO_DATABASE_URL to the address after --to, where server and worker read it (/etc/jiedao/env).",
        *([files] if folder else []),
        *([SCHEMA_STEP] if settings.JIEDAO_DATABASE_SCHEMA else []),
        "  2. Restart both: systemctl restart jiedao@serve jiedao@worker",
        f"The old database ({source.address}) is unchanged and refuses to work; back to it: jiedao move --undo.",
    ]
    click.echo("\n".join(lines), err=True)
    if outcome.missing_files:
        click.echo(
            f"{len(outcome.missing_files)} attachments are not in JIEDAO_DATA/files, as before the move, such as "
            f"{outcome.missing_files[0]}.",
            err=True,
        )
    if not outcome.audit["intact"]:
        raise UserError(
            f"The office has moved, but its audit chain has {len(outcome.audit['faults'])} faults.",
            hint="The old database has them too: see jiedao audit verify.",
        )
