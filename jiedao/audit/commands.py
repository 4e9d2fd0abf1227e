"""The commands `jiedao audit ...`."""

import json
import os
import sys
from typing import IO

import click

from jiedao.audit.digest import DigestUnavailable, check_proof
from jiedao.audit.sealing import seal_entries
from jiedao.audit.selectors import build_proof
from jiedao.audit.selectors import verify as find_verdict


@click.group()
def audit_group() -> None:
    """Seal the audit entries, verify them, and prove single ones."""


@audit_group.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--head", default="", metavar="HEX", help="A link noted earlier: it must still be in the chain."
)
@click.option(
    "--without-noted-heads",
    is_flag=True,
    help="Do not compare with audit-heads.log, as for a copy of the database.",
)
def verify(*, as_json: bool, head: str, without_noted_heads: bool) -> None:
    """Find changed, missing and inserted entries; the exit code is 0 only when all is intact."""
    verdict = find_verdict(head=head, with_noted_heads=not without_noted_heads, processes=os.cpu_count() or 1)
    if as_json:
        click.echo(json.dumps(verdict))
    else:
        click.echo(f"entries {verdict['entries']}, sealed {verdict['sealed']}, head {verdict['head'] or '-'}")
        for fault in verdict["faults"]:
            click.echo(f"{fault['kind']}: {fault['message']}")
        click.echo("intact" if verdict["intact"] else f"NOT intact: {len(verdict['faults'])} faults")
    if not verdict["intact"]:
        sys.exit(1)


@audit_group.command()
def seal() -> None:
    """Seal the entries that are not sealed yet; the worker does this every minute."""
    click.echo(f"{seal_entries()} entries sealed", err=True)


@audit_group.command()
@click.argument("entry", type=int)
def proof(*, entry: int) -> None:
    """Print the proof, as JSON, that the entry with this number was sealed."""
    click.echo(json.dumps(build_proof(entry), indent=1))


@audit_group.command()
@click.argument("file", type=click.File())
def check(*, file: IO[str]) -> None:
    """Check a proof without the database; print the entry that it proves and the link to compare."""
    try:
        document = json.load(file)
    except ValueError as fault:
        raise click.ClickException(f"{file.name} is no JSON: {fault}") from fault
    try:
        holds = check_proof(document)
    except DigestUnavailable as fault:
        raise click.ClickException(f"the proof cannot be checked here: {fault}") from fault
    if not holds:
        raise click.ClickException("the proof does not hold")
    click.echo(json.dumps(json.loads(document["entry"]), ensure_ascii=False))
    click.echo(f"the proof holds; chain {document['seal']['chain']}", err=True)
