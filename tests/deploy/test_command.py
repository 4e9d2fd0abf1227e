"""The command `jiedao` of a machine runs the program with the settings of the office, or states why it cannot."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.elsewhere import ROOT

COMMAND = ROOT / "deploy/bin/jiedao"


def run(folder: Path, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run the command for an office in the folder, whose program prints its settings and words."""
    program = folder / "program"
    program.write_text('#!/bin/sh\necho "$JIEDAO_DATA|$JIEDAO_SMS_HEADERS|$*"\n', encoding="utf-8")
    program.chmod(0o755)
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    office = {"OFFICE_USER": user, "OFFICE_ENV": str(folder / "env"), "OFFICE_PROGRAM": str(program)}
    return subprocess.run(
        [str(COMMAND), *words],
        env={**os.environ, **office, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_program_gets_the_settings_and_the_words(tmp_path: Path) -> None:
    lines = 'JIEDAO_DATA=/srv/data\n# a comment\nJIEDAO_SMS_HEADERS=\'{"a b": "c"}\'\n'
    (tmp_path / "env").write_text(lines, encoding="utf-8")
    done = run(tmp_path, "user", "create", "--name", "张 三")
    assert done.stdout == '/srv/data|{"a b": "c"}|user create --name 张 三\n'


def test_missing_settings_are_named(tmp_path: Path) -> None:
    done = run(tmp_path, "migrate")
    assert done.returncode == 1
    assert f"{tmp_path}/env cannot be read" in done.stderr


def test_another_user_reads_how_to_run_it(tmp_path: Path) -> None:
    if os.getuid() == 0:
        pytest.skip("root becomes the user of the office")
    done = run(tmp_path, "migrate", OFFICE_USER="nobody-else")
    assert (done.returncode, done.stderr) == (
        1,
        "jiedao: run this as root or as the user nobody-else: sudo jiedao migrate\n",
    )
