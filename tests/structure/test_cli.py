"""The console script explains what to do, without a traceback, if the database or the environment is not ready."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.db import IntegrityError, OperationalError, ProgrammingError

from jiedao.cli import COMMANDS, database_advice, group
from jiedao.kernel import keymark
from jiedao.kernel.errors import UserError

READ = [
    "board --json",
    "hotspots --from 2020-01-01 --to 2020-12-31",
    "audit verify",
    "user list",
    "worker --status",
]


# Runs the console script for each command line in the arguments, and prints its output and its exit code.
RUN_EACH = """
import contextlib, io, json, sys
from jiedao.cli import main
results = {}
for line in sys.argv[1:]:
    sys.argv = ["jiedao", *line.split()]
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            main()
        except SystemExit as end:
            code = end.code
    results[line] = [code, output.getvalue(), errors.getvalue()]
print(json.dumps(results))
"""


def run(arguments: list[str], data: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in a process of its own, with an empty data folder and no other variable of jiedao."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("JIEDAO_")}
    return subprocess.run(
        [sys.executable, *arguments],
        env={**inherited, "JIEDAO_DATA": str(data), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_commands_on_an_unprepared_database_name_migrate(tmp_path: Path) -> None:
    done = run(["-c", RUN_EACH, *READ], tmp_path)
    results = json.loads(done.stdout)
    assert list(results) == READ
    for line, (code, output, errors) in results.items():
        assert (code, output) == (1, ""), line
        assert "jiedao migrate" in errors, line
        assert "Traceback" not in errors, line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JIEDAO_DATABASE_URL", "foo://bar"),
        ("JIEDAO_SECRET_KEY_FILE", "/nonexistent/key"),
        ("JIEDAO_DATA", "/proc/nowhere"),
    ],
)
def test_a_wrong_environment_names_the_variable(name: str, value: str, tmp_path: Path) -> None:
    done = run(["-m", "jiedao", "board", "--json"], tmp_path, **{name: value})
    assert (done.returncode, done.stdout) == (1, "")
    assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (OperationalError("no such table: cases_case"), "jiedao migrate"),
        (ProgrammingError('relation "cases_case" does not exist'), "jiedao migrate"),
        (OperationalError("couldn't get a connection after 30.00 sec"), "JIEDAO_DATABASE_URL"),
        (OperationalError("unable to open database file"), "JIEDAO_DATA"),
        (OperationalError("database is locked"), "Run the command again"),
        (OperationalError("database or disk is full"), "Free space"),
        (IntegrityError("UNIQUE constraint failed"), ""),
        (ValueError("a fault of ours"), ""),
    ],
)
def test_faults_that_the_operator_can_correct_come_with_advice(fault: Exception, advice: str) -> None:
    text = database_advice(fault)
    assert advice in text
    assert bool(text) == bool(advice)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    done = CliRunner().invoke(group, [name, "--help"], prog_name="jiedao")
    assert done.exit_code == 0
    assert f"Usage: jiedao {name}" in done.output


@pytest.mark.django_db
def test_every_command_that_writes_refuses_another_key(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keymark, "_confirmed", [])
    keymark.confirm_key()
    settings.JIEDAO_FIELD_KEY = "another key, which is long enough to be one"
    for line in (
        "worker --once",
        "serve",
        "user create zhang --name 张",
        "token revoke 1",
        "backup /tmp/nowhere",
    ):
        result = CliRunner().invoke(group, line.split(), prog_name="jiedao")
        assert isinstance(result.exception, UserError), line
        assert "JIEDAO_FIELD_KEY_FILE" in str(result.exception), line
