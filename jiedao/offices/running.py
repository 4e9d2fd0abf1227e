"""Running a command of jiedao for one office, or for all of them in turn."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from jiedao.kernel.errors import UserError
from jiedao.offices.file import Office

PROGRAM = (sys.executable, "-m", "jiedao")


@dataclass(frozen=True)
class Result:
    """How a command ended for an office.

    Attributes:
        reason: why it failed, "" where it did not.
    """

    key: str
    reason: str = ""


def migrate_offices(offices: Iterable[Office]) -> Iterator[Result]:
    """Migrate one office after the other and yield each result: one that fails stops none of the others."""
    for office in offices:
        try:
            done = subprocess.run(  # noqa: S603 (our own command line)
                [*PROGRAM, "migrate"],
                env=office.build_environment(),
                capture_output=True,
                text=True,
                check=False,
            )
        except UserError as fault:
            yield Result(office.key, str(fault))
            continue
        lines = done.stderr.strip().splitlines() or done.stdout.strip().splitlines()
        last = lines[-1].removeprefix("jiedao: ") if lines else ""
        yield Result(office.key, (last or f"exit code {done.returncode}") if done.returncode else "")


def become_command(office: Office, words: Sequence[str]) -> NoReturn:
    """Replace this process by a command for an office."""
    os.execve(sys.executable, [*PROGRAM, *words], office.build_environment())  # noqa: S606 (our own command line)


def run_command(office: Office, words: Sequence[str]) -> int:
    """Run a command for an office with the output of this process; return its exit code."""
    done = subprocess.run([*PROGRAM, *words], env=office.build_environment(), check=False)  # noqa: S603
    return done.returncode
