"""The check of dependencies finds unused dependencies and undeclared ones."""

from pathlib import Path

import pytest

from tools import check_dependencies as check


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module of a package `jiedao` that imports click and a module of the package."""
    monkeypatch.setattr(check, "ROOT", tmp_path)
    file = tmp_path / "jiedao" / "a.py"
    file.parent.mkdir()
    file.write_text("import json\nimport click\nfrom jiedao.b import c\n")
    return file


def test_a_declared_and_imported_dependency_is_accepted(module: Path) -> None:
    assert check.find_faults({"click"}, set(), [module]) == []


def test_an_unused_dependency_is_reported(module: Path) -> None:
    [fault] = check.find_faults({"click", "puremagic"}, set(), [module])
    assert fault.startswith("puremagic: ")


def test_an_undeclared_import_is_reported(module: Path) -> None:
    [fault] = check.find_faults(set(), {"click"}, [module])
    assert fault.startswith("click: jiedao/a.py ")


def test_an_import_of_tests_only_is_a_dependency_of_the_checkout(module: Path) -> None:
    test = module.parent / "tests" / "test_a.py"
    test.parent.mkdir()
    test.write_text("import hypothesis\n")
    assert check.find_faults({"click"}, {"hypothesis"}, [module, test]) == []
    assert len(check.find_faults({"click", "hypothesis"}, set(), [module, test])) == 1


def test_a_dotted_name_in_the_settings_counts_as_an_import(tmp_path: Path, module: Path) -> None:
    file = tmp_path / "jiedao" / "settings.py"
    file.write_text('INSTALLED_APPS = ["axes", "django.contrib.auth"]\nNAME = "no such module"\n')
    assert check.find_faults({"click", "django-axes", "django"}, set(), [module, file]) == []


def test_names_are_compared_as_indexes_do() -> None:
    assert check.normalise_name("psycopg[binary,pool]==3.3.9") == "psycopg"
    assert check.normalise_name("Pytest_Django>=4") == "pytest-django"
