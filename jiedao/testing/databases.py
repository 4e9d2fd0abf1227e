"""A pytest plugin that decides which tests run again on a second database.

`make test` runs every test on SQLite. `make test-pg` passes `--second-database`, which keeps the tests whose answer
depends on the database:

- tests that request it from pytest, by the mark `django_db` or by a fixture. pytest-django refuses the database to
  all others, so none of them can be missed;
- tests with the mark `database`, which reach it without asking pytest: by a process of their own, or by the driver.

Tests that need Chromium are left out. The queries behind their pages are covered by the tests of actions, selectors
and views.

Both kinds carry their mark after collection, so `-m database` and `-m "not browser"` select by it too.
"""

from collections import Counter
from typing import Any

import pytest

DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}
WITHOUT_DATABASE = "do not use the database"
IN_BROWSER = "walk pages in a browser"
LEFT_OUT = pytest.StashKey[Counter[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of `make test-pg`."""
    parser.addoption(
        "--second-database",
        action="store_true",
        help="leave out the tests that give the same answer on every database",
    )


def add_marks(item: pytest.Item) -> None:
    """Mark a test that requests the database, and one that needs Chromium."""
    fixtures = set(getattr(item, "fixturenames", ()))  # a doctest has none
    if item.get_closest_marker("django_db") or DATABASE_FIXTURES & fixtures:
        item.add_marker("database")
    if "chromium" in fixtures:
        item.add_marker("browser")


def reason_to_leave_out(item: pytest.Item) -> str | None:
    """Return why a marked test need not run on a second database, or None if it must run."""
    if item.get_closest_marker("browser"):
        return IN_BROWSER
    if not item.get_closest_marker("database"):
        return WITHOUT_DATABASE
    return None


@pytest.hookimpl(tryfirst=True)  # before pytest selects by -m
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark all tests, and deselect those that need not run on a second database."""
    for item in items:
        add_marks(item)
    if not config.getoption("--second-database"):
        return
    reasons = {item: reason_to_leave_out(item) for item in items}
    config.hook.pytest_deselected(items=[item for item, reason in reasons.items() if reason])
    config.stash[LEFT_OUT] = Counter(reason for reason in reasons.values() if reason)
    items[:] = [item for item, reason in reasons.items() if not reason]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Pass the counts of an xdist worker on; a run in which every test was left out has not failed."""
    left_out = session.config.stash.get(LEFT_OUT, Counter())
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(left_out)
    elif left_out and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Store the counts of an xdist worker; every worker collects all tests, so their counts are equal."""
    if left_out := getattr(node, "workeroutput", {}).get("left_out"):
        node.config.stash[LEFT_OUT] = Counter(left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print how many tests were left out, and why."""
    for reason, count in config.stash.get(LEFT_OUT, Counter()).items():
        terminalreporter.write_line(f"LEFT OUT [{count}] {reason}: they run on SQLite (make test)")
