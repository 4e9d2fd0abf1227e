"""On a second database only those tests are left out whose result does not depend on the database."""

from pathlib import Path

import pytest

from jiedao.testing.databases import IN_BROWSER, WITHOUT_DATABASE, add_marks, reason_to_leave_out

MODULE = """
import pytest

@pytest.fixture
def town(db): ...

@pytest.fixture
def office(town): ...

@pytest.fixture
def page(chromium): ...

def test_without_database(tmp_path): ...
def test_with_a_fixture_of_a_fixture(office): ...
def test_with_transactions(transactional_db): ...
def test_with_a_server(live_server): ...
def test_in_a_browser(page, office): ...
@pytest.mark.django_db
def test_with_django_mark(): ...
@pytest.mark.database
def test_with_a_process(): ...
"""


def test_a_second_database_runs_the_tests_that_use_it(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    path = tmp_path / "test_kinds.py"
    path.write_text(MODULE)
    items = pytest.Module.from_parent(request.session, path=path).collect()
    tests = [item for item in items if isinstance(item, pytest.Item)]
    for test in tests:
        add_marks(test)
    assert {test.name: reason_to_leave_out(test) for test in tests} == {
        "test_without_database": WITHOUT_DATABASE,
        "test_with_a_fixture_of_a_fixture": None,
        "test_with_transactions": None,
        "test_with_a_server": None,
        "test_in_a_browser": IN_BROWSER,
        "test_with_django_mark": None,
        "test_with_a_process": None,
    }
