"""The desk is cut by subject: a subject uses its own files and those at the desk's root, never another subject's."""

import ast
import re
from pathlib import Path

from tests.structure.rooms import PACKAGE

DESK = PACKAGE / "desk"
INCLUDES = re.compile(r"""\{%-?\s*(?:extends|include|static)\s+["']desk/([\w-]+)/""")
SHARED_PARTS = "parts"


def list_subjects() -> set[str]:
    """Return the folders of the desk that have addresses."""
    return {path.parent.name for path in DESK.glob("*/urls.py")}


def find_imported_subjects(path: Path) -> set[str]:
    """Return the subjects whose modules a Python file imports."""
    subjects = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        subjects |= {name.split(".")[2] for name in names if name.startswith("jiedao.desk.")}
    return subjects & list_subjects()


def test_the_subjects_are_found() -> None:
    assert {"cases", "home", "registers"} <= list_subjects()


def test_a_subject_imports_no_other_subject() -> None:
    wrong = [
        f"{path.relative_to(DESK)} imports {other}"
        for subject in list_subjects()
        for path in (DESK / subject).rglob("*.py")
        for other in find_imported_subjects(path) - {subject}
    ]
    assert not wrong, wrong


def test_shared_modules_import_no_subject() -> None:
    wrong = [
        f"{path.name} imports {foreign_subjects}"
        for path in DESK.glob("*.py")
        if (foreign_subjects := find_imported_subjects(path))
    ]
    assert not wrong, wrong


def test_a_template_uses_files_of_its_subject_or_shared_parts() -> None:
    wrong = [
        f"{path.parent.name}/{path.name} uses desk/{other}/"
        for path in sorted((DESK / "templates" / "desk").glob("*/*.html"))
        for other in set(INCLUDES.findall(path.read_text(encoding="utf-8")))
        - {path.parent.name, SHARED_PARTS}
    ]
    assert not wrong, wrong
