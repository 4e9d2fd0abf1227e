"""Scripts and style sheets refer only to static files that exist."""

import posixpath
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tests.structure.rooms import PACKAGE

IMPORTS = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")
URLS = re.compile(r"""\burl\(\s*["']?(?!data:|#|https?:)([^"')]+)""")
FILES = sorted(
    path
    for pattern in ("*.js", "*.css")
    for path in PACKAGE.glob(f"*/static/**/{pattern}")
    if "vendor" not in path.parts
)


def static_name(path: Path) -> str:
    """Return the name of a file below its room's folder `static`."""
    room = path.relative_to(PACKAGE).parts[0]
    return path.relative_to(PACKAGE / room / "static").as_posix()


@pytest.mark.parametrize("path", FILES, ids=static_name)
def test_a_static_file_refers_only_to_files_that_exist(path: Path) -> None:
    references = (IMPORTS if path.suffix == ".js" else URLS).findall(path.read_text(encoding="utf-8"))
    folder = posixpath.dirname(static_name(path))
    targets = {posixpath.normpath(posixpath.join(folder, reference)) for reference in references}
    assert [target for target in sorted(targets) if finders.find(target) is None] == []
