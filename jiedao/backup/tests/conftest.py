"""Offices with folders and databases of their own, used by commands in processes of their own."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

KEY = "a key of this office, for tests only"


@dataclass(frozen=True)
class Office:
    """An office: its folder, the address of its database, and its key."""

    data: Path
    url: str
    key: str = KEY

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of its commands."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("JIEDAO_")}
        variables = {
            "JIEDAO_DATA": str(self.data),
            "JIEDAO_DATABASE_URL": self.url,
            "JIEDAO_SECRET_KEY": self.key,
        }
        return {**inherited, **variables, "DJANGO_SETTINGS_MODULE": "jiedao.settings"}

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of jiedao."""
        return subprocess.run(
            [sys.executable, "-m", "jiedao", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def run_python(self, *arguments: str) -> str:
        """Run Python with these arguments and return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def work(self, *names: str) -> dict[str, Any]:
        """Create a user, an attachment and a sealed entry for each name, and a model; return the audit's verdict."""
        verdict: dict[str, Any] = json.loads(self.run_python("-m", "jiedao.backup.tests.office_work", *names))
        return verdict

    def connect(self) -> Any:
        """Connect to its database with the driver alone."""
        path = self.url.removeprefix("sqlite:///")
        return psycopg.connect(path) if path == self.url else sqlite3.connect(path)

    def read_column(self, query: str) -> list[str]:
        """Return the first column of a query."""
        with closing(self.connect()) as connection:
            return [value for (value,) in connection.execute(query)]

    def execute(self, statement: str) -> None:
        """Change its database."""
        with closing(self.connect()) as connection:
            connection.execute(statement)
            connection.commit()

    def state(self) -> list[Any]:
        """Return its users, its attachments and its model."""
        users = self.read_column("SELECT username FROM accounts_user ORDER BY id")
        blobs = self.read_column("SELECT sha256 FROM files_blob ORDER BY id")
        files = [(self.data / "files" / name[:2] / name[2:]).read_text() for name in blobs]
        return [users, files, (self.data / "models" / "suggest.npz").read_text()]


OfficeFactory = Callable[..., Office]


def connect_to_server() -> "psycopg.Connection[Any]":
    """Connect to the maintenance database of the PostgreSQL server under test."""
    server = settings.DATABASES["default"]
    return psycopg.connect(
        dbname="postgres",
        host=server["HOST"],
        port=server["PORT"] or None,
        user=server["USER"] or None,
        password=server["PASSWORD"] or None,
        autocommit=True,
    )


def database_url(data: Path, database: str) -> str:
    """Return the address of an office's database: a file in its folder, or a database of the server under test."""
    server = settings.DATABASES["default"]
    if server["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{data / 'jiedao.sqlite3'}"
    user = quote(server["USER"]) + (f":{quote(server['PASSWORD'])}" if server["PASSWORD"] else "")
    query = urlencode({"host": server["HOST"], "port": server["PORT"]})
    return f"postgresql://{user}@/{database}?{query}"


@contextmanager
def office_factory(folder: Path) -> Iterator[OfficeFactory]:
    """Yield a function that creates offices on the database system of this run; drop their databases afterwards."""
    created: list[str] = []

    def create(name: str, key: str = KEY, copy_of: Office | None = None) -> Office:
        data, database = folder / name, f"jiedao_{os.getpid()}_{len(created)}_{name}"
        if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
            template = copy_of.url.partition("?")[0].rpartition("/")[2] if copy_of else "template1"
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            with connect_to_server() as connection:
                connection.execute(statement.format(sql.Identifier(database), sql.Identifier(template)))
            created.append(database)
        if copy_of:
            shutil.copytree(copy_of.data, data)
        return Office(data, database_url(data, database), key)

    try:
        yield create
    finally:
        for database in created:
            statement = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            with connect_to_server() as connection:
                connection.execute(statement.format(sql.Identifier(database)))


@pytest.fixture(scope="session")
def template_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The office with two users, which others are copies of."""
    with office_factory(tmp_path_factory.mktemp("office")) as create:
        office = create("template")
        office.data.mkdir()
        office.work("li", "wang")
        yield office


@pytest.fixture
def new_office(tmp_path: Path) -> Iterator[OfficeFactory]:
    """Return a function that creates offices, empty or as copies."""
    with office_factory(tmp_path) as create:
        yield create


@pytest.fixture
def office(template_office: Office, new_office: OfficeFactory) -> Office:
    """An office with two users, for the test alone."""
    return new_office("office", copy_of=template_office)
