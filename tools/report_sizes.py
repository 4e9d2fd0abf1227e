"""Report files and functions over their guide: module 300 lines, function 30, view 20, test 15, template 100, JS 150.

The guides are not limits but a reason to ask whether something is two things, so the exit code is always 0.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("jiedao", "tests", "tools", "benchmarks", "packs")
FILES = {".py": 300, ".html": 100, ".js": 150}
FUNCTION, VIEW, TEST = 30, 20, 15


def list_files() -> Iterator[Path]:
    """Yield our source files, without vendored libraries and migrations."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in FILES and not {"vendor", "migrations"} & set(path.parts):
                yield path


def find_long_functions(path: Path) -> Iterator[tuple[int, int, str]]:
    """Yield (lines, guide, place) of each function longer than its guide, its docstring not counted."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = node.body[0]
        documented = ast.get_docstring(node) is not None and first.end_lineno is not None
        begin = first.end_lineno if documented else node.lineno
        lines = (node.end_lineno or node.lineno) - (begin or node.lineno)
        guide = TEST if node.name.startswith("test_") else VIEW if path.stem.startswith("views") else FUNCTION
        if lines > guide:
            yield lines, guide, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def main() -> int:
    """Print files and functions over their guide, those that exceed it most first."""
    lengths = []
    for path in list_files():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FILES[path.suffix]:
            lengths.append((lines, FILES[path.suffix], str(path.relative_to(ROOT))))
        if path.suffix == ".py":
            lengths += find_long_functions(path)
    for lines, guide, place in sorted(lengths, key=lambda item: item[0] / item[1], reverse=True):
        print(f"{lines:5} lines (guide {guide:3})  {place}")
    print(f"{len(lengths)} over their guide")
    return 0


if __name__ == "__main__":
    sys.exit(main())
