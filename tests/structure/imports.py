"""The imports between the files of a package, and the circles among them.

An import counts wherever it is: at the top of a file, under TYPE_CHECKING, or inside a function, where it would hide a
circle. The one exception is `AppConfig.ready`: Django calls it once all models are loaded, and nothing imports it.
`from package import name` counts as an import of the file that holds the name: of `package/name.py` where there is one,
else of `package/__init__.py`. A file in a package does not count as importing the package's own `__init__.py`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

SKIPPED = {"tests", "migrations"}


class _ImportFinder(ast.NodeVisitor):
    """Collects the modules and names that a file imports."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []  # (module, name); "" for a bare import

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        is_app = any(isinstance(base, ast.Name) and base.id == "AppConfig" for base in node.bases)
        for child in node.body:
            if not (is_app and isinstance(child, ast.FunctionDef) and child.name == "ready"):
                self.visit(child)

    def visit_Import(self, node: ast.Import) -> None:
        self.found += [(alias.name, "") for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.found += [(node.module or "", alias.name) for alias in node.names]


def _module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_imports(root: Path) -> dict[str, set[str]]:
    """Return the modules of the package in this folder, each with the modules of the package that it imports."""
    paths = {
        _module_name(path, root): path
        for path in root.rglob("*.py")
        if not SKIPPED & set(path.relative_to(root).parts)
    }
    return {name: set(_read_imports_of_file(path, paths)) - {name} for name, path in paths.items()}


def _read_imports_of_file(path: Path, modules: dict[str, Path]) -> Iterator[str]:
    finder = _ImportFinder()
    finder.visit(ast.parse(path.read_text(encoding="utf-8")))
    for module, name in finder.found:
        target = next((full for full in (f"{module}.{name}", module) if full in modules), None)
        if target is not None:
            yield target


def find_circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """Return each group of modules that import one another in a circle, sorted (Tarjan's algorithm)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    circles: list[list[str]] = []

    def connect(module: str) -> None:
        index[module] = lowest[module] = len(index)
        stack.append(module)
        for used in sorted(imports[module]):
            if used not in index:
                connect(used)
                lowest[module] = min(lowest[module], lowest[used])
            elif used in stack:
                lowest[module] = min(lowest[module], index[used])
        if lowest[module] == index[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(group) > 1:
                circles.append(sorted(group))

    for module in sorted(imports):
        if module not in index:
            connect(module)
    return sorted(circles)
