"""An office as its technician has it: a folder, a database, the command `jiedao`, server and worker."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from jiedao.kernel.serving import wait_until_up
from jiedao.testing.ports import find_free_port


@dataclass
class Office:
    """An office whose commands run as a person would type them, in its folder.

    Attributes:
        folder: where the technician works; the pack lies here.
        url: the address of its database on PostgreSQL; "" for the embedded one.
        settings: further variables of the environment.
    """

    folder: Path
    url: str = ""
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def data(self) -> Path:
        """The folder of the embedded database, files and keys."""
        return self.folder / "data"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands, which knows nothing of the office of the tests."""
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("JIEDAO_")}
        programs = Path(sys.executable).parent
        own = {"JIEDAO_DATA": str(self.data), "PATH": f"{programs}:{os.environ['PATH']}", "JIEDAO_LANG": "en"}
        database = {"JIEDAO_DATABASE_URL": self.url} if self.url else {}
        return {**inherited, **own, **database, **dict(self.settings)}

    def run(self, line: str, code: int = 0, stdin: str = "") -> str:
        """Run a command line and return what it printed; fail unless it ends with `code`."""
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert done.returncode == code, f"{line}: {done.returncode}\n{done.stdout}\n{done.stderr[-3000:]}"
        return done.stdout + (done.stderr if "--json" not in line else "")

    def set_clock(self, moment: datetime) -> None:
        """Let the town's clock run on from this moment: nobody can wait for half a year.

        The clock of a machine cannot be set by a test, so the row is written that a demonstration has.
        """
        row = (moment.astimezone(UTC), datetime.now(UTC))
        with closing(sqlite3.connect(self.data / "jiedao.sqlite3")) as database:
            database.execute(
                "INSERT OR REPLACE INTO kernel_townclock (id, began_at, began_really_at) VALUES (1, ?, ?)",
                [value.strftime("%Y-%m-%d %H:%M:%S") for value in row],
            )
            database.commit()

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Read the database with the driver alone, to compare what pages and commands state."""
        if self.url:
            with psycopg.connect(self.url) as server:
                return server.execute(statement).fetchall()  # type: ignore[call-overload,no-any-return]
        with closing(sqlite3.connect(f"file:{self.data / 'jiedao.sqlite3'}?mode=ro", uri=True)) as database:
            return database.execute(statement).fetchall()

    @contextmanager
    def open(self) -> Iterator[str]:
        """Run server and worker; yield the address of the pages."""
        port = find_free_port()
        with ExitStack() as stack:
            server = stack.enter_context(self._start("serve", "--port", str(port)))
            stack.enter_context(self._start("worker"))
            assert wait_until_up("127.0.0.1", port, server, seconds=300)
            yield f"http://127.0.0.1:{port}"

    def copy_empty(self, folder: Path, **settings: str) -> "Office":
        """Return another office with a copy of this one's data, which are those of an office without a town."""
        shutil.copytree(self.data, folder / "data")
        return Office(folder, settings=tuple(settings.items()))

    @contextmanager
    def _start(self, *words: str) -> "Iterator[subprocess.Popen[bytes]]":
        with (self.folder / f"{words[0]}.log").open("ab") as log:
            program = Path(sys.executable).parent / "jiedao"
            process = subprocess.Popen(
                [program, *words], cwd=self.folder, env=self.environment, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(
                120
            )  # a worker ends after its job, which may wait for an office that has stopped already
