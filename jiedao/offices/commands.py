"""The commands `jiedao offices`: many offices, each in a schema of one PostgreSQL database."""

import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click
from tqdm import tqdm

from jiedao.kernel.errors import UserError
from jiedao.offices.creating import create_office
from jiedao.offices.file import Office, find_office, read_offices
from jiedao.offices.proxy import write_routes
from jiedao.offices.running import become_command, migrate_offices, run_command
from jiedao.offices.states import State, read_states
from jiedao.offices.supervising import Supervisor, make_server_supervisor, make_worker_supervisor

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.group("offices")
def offices_group() -> None:
    """Run many offices on one PostgreSQL: FILE lists them, and each has a schema and processes of its own."""


@offices_group.command()
@FILE
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen on, for the proxy and metrics."
)
def serve(file: Path, host: str) -> None:
    """Run the server of every office until stopped; SIGHUP reads FILE again."""
    supervise(make_server_supervisor(partial(read_offices, file), host))


@offices_group.command()
@FILE
def worker(file: Path) -> None:
    """Run the worker of every office until stopped; SIGHUP reads FILE again."""
    supervise(make_worker_supervisor(partial(read_offices, file)))


def supervise(supervisor: Supervisor) -> None:
    """Run a supervisor, which logs to standard error."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.INFO)
    supervisor.obey_signals()
    supervisor.run()


@offices_group.command()
@FILE
@click.argument("key")
@click.option("--empty", is_flag=True, help="Make no tables, for an office that is restored from a backup.")
def create(file: Path, key: str, *, empty: bool) -> None:
    """Make folder, keys, database user, schema and tables of the office KEY; what exists stays as it is."""
    office = find_office(read_offices(file), key)
    create_office(office)
    click.echo(
        f"The office {key} has the schema {office.schema} and the folder {office.data}. Store copies of the keys in "
        "it apart from the backups.",
        err=True,
    )
    if not empty:
        become_command(office, ["migrate"])


@offices_group.command()
@FILE
@AS_JSON
def migrate(file: Path, *, as_json: bool) -> None:
    """Bring the tables of all offices to this version, one office after the other.

    An office that fails is reported with its reason and stops none of the others; the exit code is then 1.
    """
    offices = read_offices(file)
    with tqdm(migrate_offices(offices.values()), total=len(offices), unit=" offices", file=sys.stderr) as bar:
        results = list(bar)
    failed = [result for result in results if result.reason]
    if as_json:
        click.echo(json.dumps([asdict(result) for result in results], ensure_ascii=False))
    for result in failed:
        click.echo(f"{result.key}: {result.reason}", err=True)
    click.echo(
        f"{len(results) - len(failed)} of {len(results)} offices have the tables of this version.", err=True
    )
    sys.exit(1 if failed else 0)


@offices_group.command()
@click.option("--all", "for_all", is_flag=True, help="Run it for every office in turn; without KEY.")
@FILE
@click.argument("words", nargs=-1, metavar="[KEY] -- COMMAND...", type=click.UNPROCESSED)
def run(file: Path, words: tuple[str, ...], *, for_all: bool) -> None:
    """Run a command of jiedao for the office KEY, such as: run FILE KEY -- user list.

    {key} in a word of the command is the key of the office, such as in the path of a backup. With --all it runs for
    every office in turn; the exit code is 1 if it fails for one.
    """
    offices = read_offices(file)
    command = list(words if for_all else words[1:])
    if not command:
        raise click.UsageError("Write a command of jiedao after --, such as: -- user list")
    if not for_all:
        office = find_office(offices, words[0])
        become_command(office, insert_key(office, command))
    failed = [office.key for office in offices.values() if run_one_of_all(office, command)]
    if failed:
        raise UserError(f"The command failed for {', '.join(failed)}.", hint="The reasons are above.")


def insert_key(office: Office, command: Sequence[str]) -> list[str]:
    """Return the words of a command with the key of the office."""
    return [word.replace("{key}", office.key) for word in command]


def run_one_of_all(office: Office, command: Sequence[str]) -> int:
    """Run a command under the name of the office; one that cannot be used is reported and counts as failed."""
    click.echo(f"--- {office.key}", err=True)
    try:
        return run_command(office, insert_key(office, command))
    except UserError as fault:
        click.echo(f"jiedao: {fault}", err=True)
        return 1


@offices_group.command("list")
@FILE
@AS_JSON
def list_offices(file: Path, *, as_json: bool) -> None:
    """List the offices: whether each answers, and the state of its tables, accounts and jobs.

    The exit code is 1 if one that is not stopped does not answer, or lacks migrations of this version.
    """
    states = read_states(read_offices(file).values())
    if as_json:
        click.echo(json.dumps([asdict(state) for state in states], ensure_ascii=False))
    else:
        for state in states:
            click.echo(describe(state))
    sys.exit(0 if all(state.is_well for state in states) else 1)


def describe(state: State) -> str:
    """Return the state of an office in one line."""
    server = "answers" if state.answers else f"DOES NOT ANSWER ({state.fault})"
    tables = f"{state.missing_migrations} migrations missing" if state.missing_migrations else "migrated"
    if state.missing_migrations is None:
        tables = "no tables"
    stopped = f"stopped ({state.fault})" if state.fault else "stopped"
    parts = [stopped if state.is_stopped else server, tables]
    if state.accounts is not None:
        parts += [f"{state.accounts} accounts", f"last job {state.last_job_at or 'never'}"]
    return f"{state.key:16} {','.join(state.hosts)} port {state.port}: {', '.join(parts)}"


@offices_group.command()
@FILE
def nginx(file: Path) -> None:
    """Print the part of the configuration of nginx that sends each host name to its office."""
    click.echo(write_routes(read_offices(file)), nl=False)
