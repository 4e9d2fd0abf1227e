"""On PostgreSQL only what cannot tell the databases apart is left out."""

from pathlib import Path

import pytest

from tools.twice import BROWSER, ONCE, PURE, why_once

ROOT = Path(__file__).resolve().parents[2]
MODULE = """
import pytest

@pytest.fixture
def town(db): ...

@pytest.fixture
def office(town): ...

def test_alone(tmp_path): ...
def test_by_a_fixture_of_a_fixture(office): ...
@pytest.mark.django_db
def test_by_a_mark(): ...
@pytest.mark.browser
def test_in_a_browser(office): ...
@pytest.mark.once
def test_of_processes(): ...
"""


def reasons(request: pytest.FixtureRequest, path: Path) -> dict[str, str | None]:
    """Collect a file and return why each of its tests is left out, None where it is not."""
    module = pytest.Module.from_parent(request.session, path=path)
    return {item.name: why_once(item) for item in module.collect() if isinstance(item, pytest.Item)}


def test_who_asks_for_no_database_is_left_out_and_so_are_browsers(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    path = tmp_path / "test_kinds.py"
    path.write_text(MODULE)
    assert reasons(request, path) == {
        "test_alone": PURE,
        "test_by_a_fixture_of_a_fixture": None,
        "test_by_a_mark": None,
        "test_in_a_browser": BROWSER,
        "test_of_processes": ONCE,
    }


@pytest.mark.parametrize(
    "path",
    [
        "backup/tests/test_round_trip.py",  # processes
        "backup/tests/test_refusals.py",  # the connection
        "kernel/tests/test_serving.py",  # the connection, in the module under test
    ],
)
def test_who_has_a_way_round_pytest_runs_twice(request: pytest.FixtureRequest, path: str) -> None:
    assert set(reasons(request, ROOT / "jiedao" / path).values()) == {None}
