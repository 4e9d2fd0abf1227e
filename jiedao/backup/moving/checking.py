"""What is checked before, during and after a move."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from jiedao.backup.moving.side import Side
from jiedao.backup.moving.tables import WIDTH, Table
from jiedao.kernel.errors import UserError
from jiedao.kernel.fulltext import MAX_TOKEN
from jiedao.kernel.serving import tie_to_parent
from jiedao.kernel.standstill import READY, UNFINISHED

SAMPLES = 20  # rows whose words are searched, of each table of search rows


def check_source(source: Side, tables: Sequence[Table]) -> None:
    """Raise UserError for an office of another version, with foreign tables, or that another move is copying."""
    if not source.lock():
        raise UserError("Another `jiedao move` is moving this office.", hint="Wait until it has finished.")
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise UserError("The office is of another version of jiedao.", hint="Run jiedao migrate first.")
    foreign = sorted(set(source.list_tables()) - {table.name for table in tables})
    if foreign:
        raise UserError(
            f"The database has tables that are not of jiedao and would be left behind: {', '.join(foreign)}.",
            hint="Save them elsewhere and drop them, then run `jiedao move` again.",
        )


def check_target(target: Side, office: str, source: Side) -> None:
    """Raise UserError unless the target is empty, or an unfinished copy of this office."""
    if target.address == source.address or not target.lock():
        raise UserError(
            "The target is the office's own database, or another `jiedao move` works on it.",
            hint="Name another database, which is empty.",
        )
    mark, names = target.read_mark(), target.list_tables()
    if mark.state in {UNFINISHED, READY}:
        if mark.office == office:
            return
        raise UserError(
            f"The target holds an unfinished copy of another office ({mark.other}).",
            hint="Name another database, or drop this one and create it again.",
        )
    if not names:
        return
    if "kernel_keymark" not in names:
        raise UserError(
            f"The target is not empty: it has {len(names)} tables, such as {names[0]}.",
            hint="Name an empty database.",
        )
    raise describe_office(target, office)


def describe_office(target: Side, office: str) -> UserError:
    """Return the refusal of a target that holds an office."""
    marks = [mark for (mark,) in target.execute("SELECT mark FROM kernel_keymark WHERE name = 'field'")]
    [(cases,)] = target.execute("SELECT count(*) FROM cases_case")
    [(users,)] = target.execute("SELECT count(*) FROM accounts_user")
    whose = (
        "of an office with the same key"
        if marks == [office]
        else "of another office"
        if marks
        else "of an office"
    )
    return UserError(
        f"The target is not empty: it holds the data {whose} ({cases} cases, {users} accounts).",
        hint="Name an empty database. An office is never written over another, nor into a former copy of itself.",
    )


def check_columns(source: Side, target: Side, tables: Sequence[Table]) -> None:
    """Raise UserError unless both databases have exactly the columns that will be copied."""
    for table in tables:
        expected = {column.name for column in table.columns}
        for side in (source, target):
            if difference := (side.list_columns(table) - table.generated) ^ expected:
                raise UserError(
                    f"{side.address}: the columns of {table.name} differ from this version: {', '.join(difference)}.",
                    hint="Run jiedao migrate. Columns that were added by hand must be removed.",
                )


def find_by_words(target: Side, tables: Sequence[Table]) -> None:
    """Search rows of the target by a word of each; raise UserError if the search does not find one."""
    for table in tables:
        if not table.texts:
            continue
        parts = [
            part
            for part in (target.find_part(table, None), _find_last_part(target, table))
            if part is not None
        ]
        rows = [row for part in dict.fromkeys(parts) for row in target.read_part(table, part)]
        for row in rows[:SAMPLES] + rows[-SAMPLES:]:
            key, tokens = next(zip(*target.canonicalize(table, [row]), strict=True))
            if tokens and not target.find_words(table, max(tokens, key=len)[:MAX_TOKEN], key):
                raise UserError(
                    f"The search of the new database does not find {table.name} {key}.",
                    hint="Report this with the version of the database system. The office was not moved.",
                )


def _find_last_part(target: Side, table: Table) -> int | None:
    [(last,)] = target.execute(f'SELECT max({target.key(table)}) FROM "{table.name}"')  # noqa: S608
    return None if last is None else int(last) // WIDTH


def verify_audit(url: str, *, compare: bool = False) -> dict[str, Any]:
    """Return the verdict on the audit chain of the target; entries that wait for their seal are no fault.

    Args:
        compare: with the verdict on the office: the copy may have no fault that the office has not.
    """
    verdict = _read_verdict(run_on_target(url, "-m", "jiedao", "audit", "verify", "--json", may_fail=True))
    if not compare or verdict["intact"]:
        return verdict
    own = _read_verdict(run_on_target("", "-m", "jiedao", "audit", "verify", "--json", may_fail=True))
    if [fault for fault in verdict["faults"] if fault not in own["faults"]]:
        first = verdict["faults"][0]
        raise UserError(
            f"The audit chain of the copy is not intact: {first['kind']}: {first['message']}",
            hint="The office was not moved. Run jiedao audit verify and report this.",
        )
    return verdict


def _read_verdict(text: str) -> dict[str, Any]:
    verdict: dict[str, Any] = json.loads(text)
    verdict["faults"] = [fault for fault in verdict["faults"] if fault["kind"] != "unsealed"]
    verdict["intact"] = not verdict["faults"]
    return verdict


def run_on_target(url: str, *words: str, may_fail: bool = False) -> str:
    """Run Python on the target, or with "" on the office, in a process of its own; return its standard output."""
    # The schema of the target, if it is not the default one of its user, is in its address.
    variables = {"JIEDAO_DATABASE_URL": url, "JIEDAO_DATABASE_SCHEMA": ""} if url else {}
    environment = {**os.environ, "JIEDAO_DATA": str(settings.JIEDAO_DATA), **variables}
    environment["DJANGO_SETTINGS_MODULE"] = "jiedao.settings"
    command = [sys.executable, *words]
    # Of a killed move nothing may go on writing to the target: the next one begins there.
    done = subprocess.run(  # noqa: S603
        command,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=partial(tie_to_parent, os.getpid()),
    )
    if done.returncode and not (may_fail and done.stdout):
        last = done.stderr.strip().rpartition("\n")[2]
        raise UserError(
            f"The new database could not be prepared: {last}",
            hint="The office was not moved. Correct this and run `jiedao move` again.",
        )
    return done.stdout
