"""Fixtures for all tests of the project, and the settings under which tests run."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.db import transaction
from django.utils.translation import override
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.plugin import DjangoDbBlocker

from jiedao.kernel import clock
from jiedao.kernel.memo import forget_all
from jiedao.testing.faults import collect_faults

# No deadline and no check of slow input, because the time of an example depends on the load of the machine. Every run
# draws other examples, so many runs of 50 examples find as much as fewer runs of 100.
hypothesis.settings.register_profile(
    "jiedao", deadline=None, max_examples=50, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("jiedao")

pytest_plugins = ["jiedao.testing.databases"]

ROOT = Path(__file__).resolve().parent
HOME = pytest.StashKey[Path]()
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_configure(config: pytest.Config) -> None:
    """Set a data folder and keys for each test process, and turn off durability and slow password hashing.

    The clock is that of an office, so that a test without the database may ask for the time.
    """
    clock.set_town_time(clock.REAL_TIME)
    home = Path(tempfile.mkdtemp(prefix="jiedao-tests-"))
    config.stash[HOME] = home
    settings.JIEDAO_DATA = home
    settings.STATIC_ROOT = home / "static"
    settings.STATIC_ROOT.mkdir()
    # Each django.test.Client loads the middleware again: let it look for a static file on request, instead of listing
    # all of them before its first request (20 ms).
    settings.WHITENOISE_AUTOREFRESH = True
    settings.SECRET_KEY = settings.JIEDAO_FIELD_KEY = "a key for tests, known to everybody"  # noqa: S105
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ALLOWED_HOSTS = ["*"]
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        # A file, not memory: threads (live server, worker) have connections of their own, as in production.
        database.setdefault("TEST", {})["NAME"] = str(home / "test.sqlite3")
        options = database["OPTIONS"]
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the data folder of this test process."""
    shutil.rmtree(config.stash[HOME], ignore_errors=True)


@pytest.fixture(scope="module")
def module_database(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Return a context manager in which a fixture of the module may write to the database.

    The tests of the module find these rows and roll back their own changes; after the last test the rows are rolled
    back too. For modules whose tests all use the rows, and none `transactional_db`, which would delete them.
    """
    outer = transaction.atomic()
    with django_db_blocker.unblock():
        outer.__enter__()
    yield django_db_blocker.unblock
    forget_all()
    clock.set_town_time(clock.REAL_TIME)
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


@pytest.fixture
def english() -> Iterator[None]:
    """Word messages in English, for a test that names their words."""
    with override("en"):
        yield


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Return the folder of real files beside the checkout (or JIEDAO_SHARED); skip the test if there is none."""
    folder = Path(os.environ.get("JIEDAO_SHARED") or ROOT.parent / "shared")
    if not (folder / "data").is_dir():
        pytest.skip(f"real files are not part of the repository, and {folder} does not exist (JIEDAO_SHARED)")
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start Chromium once per session (CHROMIUM names the program); skip the test if it is not installed."""
    program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not Path(program).exists():
        pytest.skip(f"{program} is not installed: apt-get install chromium, or name it in CHROMIUM")
    # Playwright runs an event loop in this thread, in which Django would refuse to use the database.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """Open a new page in Chinese in a large window; fail on script errors and CSP violations."""
    context = chromium.new_context(
        locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1280, "height": 800}
    )
    faults = collect_faults(context)
    opened = context.new_page()
    yield opened
    context.close()
    assert not faults, f"the page reported: {faults}"
