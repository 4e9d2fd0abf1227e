"""No two files of the package import each other, directly or in a longer circle."""

from pathlib import Path

import pytest

from tests.structure.imports import find_circles, read_imports
from tests.structure.rooms import PACKAGE


def test_no_files_import_one_another_in_a_circle() -> None:
    assert find_circles(read_imports(PACKAGE)) == []


def write_package(folder: Path, **files: str) -> Path:
    """Write a package of these modules."""
    root = folder / "toy"
    root.mkdir()
    for name, text in {"__init__": "", **files}.items():
        (root / f"{name}.py").write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    "back",
    [
        "import toy.a\n",
        "from toy import a\n",
        "from toy.a import f\n",
        "def g():\n    from toy.a import f\n    f()\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from toy.a import f\n",
    ],
    ids=["bare", "of the package", "of a name", "in a function", "for types only"],
)
def test_a_circle_is_found_wherever_the_import_is(tmp_path: Path, back: str) -> None:
    root = write_package(tmp_path, a="from toy import b\n", b="import toy.c\n", c=back)
    assert find_circles(read_imports(root)) == [["toy.a", "toy.b", "toy.c"]]


def test_ready_of_an_app_may_import_what_imports_its_file(tmp_path: Path) -> None:
    apps = "class C(AppConfig):\n    def ready(self):\n        import toy.a\n"
    assert find_circles(read_imports(write_package(tmp_path, a="import toy.apps\n", apps=apps))) == []
    other = "class C(AppConfig):\n    def other(self):\n        import toy.a\n"
    (tmp_path / "toy" / "apps.py").write_text(other, encoding="utf-8")
    assert find_circles(read_imports(tmp_path / "toy")) == [["toy.a", "toy.apps"]]
