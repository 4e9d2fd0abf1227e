"""Only the clock reads the time, and only what runs or protects the program uses the time of the machine."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.structure.rooms import PACKAGE

CLOCK = PACKAGE / "kernel" / "clock.py"
# Functions that return the present, as they are called: time.time_ns and time.monotonic are not among them, because
# they measure spans and name no moment.
READERS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "date.today",
    "datetime.date.today",
    "timezone.now",
    "timezone.localdate",
    "time.time",
}
# What must not follow the clock of a demonstration.
ON_REAL_TIME = {
    "accounts": "sessions, locks, codes and the age of tokens",
    "api/auth.py": "the end of a token and the day of its last use",
    "api/jobs.py": "the age of stored answers",
    "api/models.py": "when an answer was stored",
    "backup": "when a backup was made",
    "cases/jobs.py": "whether the clock of the machine can be trusted",
    "cases/following_public/code_limits.py": "when one-time codes were sent",
    "cases/following_public/erasing.py": "the age of one-time codes",
    "cases/following_public/proving.py": "when one-time codes were sent and expire",
    "cases/following_public/notifying.py": "when messages leave, and quiet hours",
    "delivery": "when messages leave, quiet hours, retries and codes",
    "demo/commands.py": "when the clock of a demonstration begins",
    "desk/admin/views_deliveries.py": "when messages left",
    "desk/admin/views_offices.py": "when an office of a district answered",
    "desk/admin/views_people.py": "when a token ends, and when a user signed in last",
    "desk/cases/orders.py": "when an order was sent and an office answered",
    "desk/district": "when an office of a district answered",
    "desk/orders": "when an order was sent and an office answered",
    "district": "when an office answered, and the next attempt",
    "desk/home/views_messages.py": "when messages left",
    "desk/admin/views_endpoints.py": "when events were sent to other systems",
    "desk/admin/health.py": "how long jobs and messages have waited",
    "desk/admin/views_health.py": "how long jobs and messages have waited",
    "exchange/metrics.py": "how long events have waited",
    "exchange/endpoints": "when events are sent to other systems, and the next attempt",
    "exchange/models.py": "when an event was written",
    "exchange/pending_sheets.py": "the age of files",
    "fieldwork/actions/taking.py": "when an item of a phone was received",
    "fieldwork/jobs.py": "the age of received items",
    "files/storage.py": "the age of files",
    "kernel/jobs.py": "the age of jobs",
    "kernel/jobtable.py": "when a job may run",
    "kernel/metrics.py": "how long jobs have waited",
    "kernel/models.py": "when a job was written",
    "kernel/signed.py": "when a value was signed",
    "kernel/worker.py": "leases, retries and periods",
    "orgs/actions.py": "the end of a token",
}
FILES = sorted(
    path for path in PACKAGE.rglob("*.py") if not {"tests", "testing", "migrations"} & set(path.parts)
)


def _list_names(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the dotted name of every attribute that a file uses."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.lineno, ast.unparse(node)


def _find_owner(path: Path) -> str:
    """Return the file or the room of ON_REAL_TIME to which a file belongs, "" where there is none."""
    name = path.relative_to(PACKAGE).as_posix()
    return next((owner for owner in ON_REAL_TIME if name == owner or name.startswith(f"{owner}/")), "")


def test_only_the_clock_reads_the_present_time() -> None:
    readings = [
        f"{path.relative_to(PACKAGE)}:{line} {name}"
        for path in FILES
        if path != CLOCK
        for line, name in _list_names(path)
        if name in READERS
    ]
    assert readings == []


def test_only_the_listed_modules_use_the_time_of_the_machine() -> None:
    users = {
        path: _find_owner(path)
        for path in FILES
        for _line, name in _list_names(path)
        if name == "clock.real_now"
    }
    assert [str(path.relative_to(PACKAGE)) for path, owner in users.items() if not owner] == []
    assert set(users.values()) == set(ON_REAL_TIME)  # no entry is out of date


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_reading_of_the_time_would_be_found(name: str, tmp_path: Path) -> None:
    path = tmp_path / "late.py"
    path.write_text(f"def tell():\n    return {name}()\n", encoding="utf-8")
    assert (2, name) in list(_list_names(path))
