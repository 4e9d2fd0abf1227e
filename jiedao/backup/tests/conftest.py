"""Offices in folders and databases of their own, used by commands in processes of their own."""

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

KEY = "a key of this office"
LIFE = """
import django, sys
django.setup()
from django.conf import settings
from jiedao.accounts.models import User
from jiedao.audit.sealing import seal_entries
from jiedao.files.models import Attachment, Blob
from jiedao.files.storage import save
from jiedao.orgs import actions
from jiedao.orgs.actor import system
for name in sys.argv[1:]:
    actions.create_user(actor=system("test"), username=name, full_name=name, password="a long password 1")
    content = f"the attachment of {name}".encode()
    blob = Blob.objects.create(sha256=save(content), size=len(content), content_type="text/plain")
    Attachment.objects.create(blob=blob, name=f"{name}.txt")
    seal_entries()
folder = settings.JIEDAO_DATA / "models"
folder.mkdir(exist_ok=True)
(folder / "suggest.npz").write_bytes(b"numbers of " + sys.argv[-1].encode())
from jiedao.cli import group
group(["audit", "verify", "--json"])
"""


@dataclass(frozen=True)
class Office:
    """A folder, a database and the key."""

    data: Path
    url: str
    key: str = KEY

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of its commands."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("JIEDAO_")}
        own = {"JIEDAO_DATA": str(self.data), "JIEDAO_DATABASE_URL": self.url, "JIEDAO_SECRET_KEY": self.key}
        return {**kept, **own, "DJANGO_SETTINGS_MODULE": "jiedao.settings"}

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command."""
        return subprocess.run(
            [sys.executable, "-m", "jiedao", *words],
            env=self.environment, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip

    def script(self, text: str, *words: str) -> str:
        """Run a script; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", text, *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def live(self, *names: str) -> dict[str, Any]:
        """Let something happen: a user, an attachment and a sealed entry a name, and a model; verify the audit."""
        verdict: dict[str, Any] = json.loads(self.script(LIFE, *names))
        return verdict

    def column(self, query: str) -> list[str]:
        """Read one column of its database, as it is, without a process of the office."""
        path = self.url.removeprefix("sqlite:///")
        connect: Any = psycopg.connect if path == self.url else sqlite3.connect
        with closing(connect(path)) as plain:
            return [value for (value,) in plain.execute(query)]

    def state(self) -> list[Any]:
        """Return its users, its attachments and its model."""
        users = self.column("SELECT username FROM accounts_user ORDER BY id")
        blobs = self.column("SELECT sha256 FROM files_blob ORDER BY id")
        files = [(self.data / "files" / name[:2] / name[2:]).read_text() for name in blobs]
        return [users, files, (self.data / "models" / "suggest.npz").read_text()]


Maker = Callable[..., Office]


def admin() -> "psycopg.Connection[Any]":
    """Connect to the server's own database."""
    server = settings.DATABASES["default"]
    return psycopg.connect(
        dbname="postgres", host=server["HOST"], port=server["PORT"] or None, user=server["USER"] or None,
        password=server["PASSWORD"] or None, autocommit=True,
    )  # fmt: skip


def address_of(data: Path, database: str) -> str:
    """Return the address of an office's database."""
    server = settings.DATABASES["default"]
    if server["ENGINE"].endswith("sqlite3"):
        return f"sqlite:///{data / 'jiedao.sqlite3'}"
    who = quote(server["USER"]) + (f":{quote(server['PASSWORD'])}" if server["PASSWORD"] else "")
    rest = urlencode({"host": server["HOST"], "port": server["PORT"]})
    return f"postgresql://{who}@/{database}?{rest}"


@contextmanager
def offices(folder: Path) -> Iterator[Maker]:
    """Give what makes offices on the database system of this run; remove their databases after."""
    made: list[str] = []

    def make(name: str, key: str = KEY, like: Office | None = None) -> Office:
        data, database = folder / name, f"jiedao_{os.getpid()}_{len(made)}_{name}"
        if not settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
            template = like.url.partition("?")[0].rpartition("/")[2] if like else "template1"
            order = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            with admin() as connection:
                connection.execute(order.format(sql.Identifier(database), sql.Identifier(template)))
            made.append(database)
        if like:
            shutil.copytree(like.data, data)
        return Office(data, address_of(data, database), key)

    try:
        yield make
    finally:
        for database in made:
            with admin() as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))


@pytest.fixture(scope="session")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Make the office that others are copies of: something has happened there."""
    with offices(tmp_path_factory.mktemp("office")) as make:
        made = make("template")
        assert made.run("migrate").returncode == 0
        made.live("li", "wang")
        yield made


@pytest.fixture
def new_office(tmp_path: Path) -> Iterator[Maker]:
    """Give what makes offices."""
    with offices(tmp_path) as make:
        yield make


@pytest.fixture
def office(lived_in: Office, new_office: Maker) -> Office:
    """An office where something has happened."""
    return new_office("office", like=lived_in)
