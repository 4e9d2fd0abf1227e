"""The faster way to make the tables of an empty database gives the tables that Django makes."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

PLAIN = "from django.core.management.commands.migrate import Command as Plain"
OURS = "from jiedao.kernel.management.commands.migrate import Command as Plain"
SCRIPT = """
import django
django.setup()
{source}
from django.core.management import call_command
call_command(Plain(), verbosity=0)
"""


def read_schema(folder: Path, source: str) -> list[tuple[str, ...]]:
    """Migrate an empty database in a process of its own; return the statements that made its tables and indexes."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "jiedao.settings",
        "JIEDAO_DATA": str(folder),
        "JIEDAO_DATABASE_URL": f"sqlite:///{folder / 'office.sqlite3'}",
    }
    folder.mkdir()
    subprocess.run([sys.executable, "-c", SCRIPT.format(source=source)], env=environment, check=True)
    with closing(sqlite3.connect(folder / "office.sqlite3")) as database:
        return database.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()


def test_the_tables_of_an_empty_database_are_those_that_django_makes(tmp_path: Path) -> None:
    plain, ours = (
        read_schema(tmp_path / name, source) for name, source in (("plain", PLAIN), ("ours", OURS))
    )
    assert len(plain) > 400
    assert ours == plain
