"""Leave out, on a second database, the tests that the first run has already answered (a plugin of pytest).

    python -m pytest -p tools.twice

`make test` has run every test on SQLite. Another database can change the answer of a test only where the test
reaches the database, so a test is left out here if it

- neither asks pytest for the database (pytest-django refuses the database to all others) nor has a way round
  pytest, found in the modules it stands in and those beside them: see `reaches_out()`;
- walks pages in a browser: what the pages ask of the database is asked on both by the tests of actions,
  selectors, views and journeys;
- carries the mark `once`: it starts processes, and none of them uses the database under test.

The summary says how many were left out, and why.
"""

import inspect
import multiprocessing
import sqlite3
import subprocess
from collections import Counter
from types import ModuleType
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

PURE = "ask for no database"
BROWSER = "walk pages in a browser"
ONCE = "start processes that do not use it (mark once)"
DATABASE = {"db", "transactional_db", "live_server"}
OURS = {"conftest", "jiedao", "tests", "tools"}
WAYS_OUT = (subprocess, multiprocessing, sqlite3, psycopg, connection, connections)
LEFT_OUT = pytest.StashKey[Counter[str]]()


def has_way_out(module: ModuleType) -> bool:
    """Tell whether a module has a name for processes, for a driver or for the connection itself."""
    return any(value is way for value in vars(module).values() for way in WAYS_OUT)


def ours(things: Any) -> set[ModuleType]:
    """Return the modules of this repository that the things come from."""
    found = {inspect.getmodule(thing) for thing in things}
    return {module for module in found if module and module.__name__.partition(".")[0] in OURS}


def reaches_out(module: ModuleType) -> bool:
    """Tell whether a module, or one it has a name from, can reach a database round pytest."""
    return any(has_way_out(near) for near in {module} | ours(vars(module).values()))


def why_once(item: pytest.Item) -> str | None:
    """Say why a test need not run on a second database; None where it must."""
    if item.get_closest_marker("browser"):
        return BROWSER
    if item.get_closest_marker("once"):
        return ONCE
    if not isinstance(item, pytest.Function) or item.cls or item.get_closest_marker("django_db"):
        return None
    if DATABASE & set(item.fixturenames):
        return None
    fixtures = [one.func for found in item._fixtureinfo.name2fixturedefs.values() for one in found]
    own = {item.module} | {module for module in ours(fixtures) if module.__name__ != "conftest"}
    return None if any(map(reaches_out, own)) else PURE


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what need not run twice."""
    reasons = [(item, why_once(item)) for item in items]
    config.hook.pytest_deselected(items=[item for item, why in reasons if why])
    config.stash[LEFT_OUT] = Counter(why for _, why in reasons if why)
    items[:] = [item for item, why in reasons if not why]


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Tell the main process of xdist what a worker left out; a run of which all was left out has not failed."""
    left_out = session.config.stash.get(LEFT_OUT, Counter())
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(left_out)
    elif left_out and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the word of a worker of xdist; every worker collects everything and says the same."""
    if told := getattr(node, "workeroutput", {}).get("left_out"):
        node.config.stash[LEFT_OUT] = Counter(told)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how many tests were left out, and why."""
    for why, count in config.stash.get(LEFT_OUT, Counter()).items():
        terminalreporter.write_line(f"LEFT OUT [{count}] {why}: they run on SQLite (make test)")
