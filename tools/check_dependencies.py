"""Compare the declared dependencies with the imports of the code, in both directions.

python tools/check_dependencies.py

A dependency that no module imports and no setting names is a fault, unless `INDIRECT` states what uses it. An import
that is not declared is also a fault: it works only as long as another dependency installs the package.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# declared and used, although no module of ours imports them
INDIRECT = {
    "argon2-cffi": "Django's Argon2PasswordHasher",
    "defusedxml": "openpyxl reads XML by it, and jiedao/kernel/tables refuses to work without",
    "granian": "python -m granian, jiedao/kernel/serving.py",
    "psycopg": "Django's PostgreSQL backend",
    "django-stubs": "mypy's plugin",
    "hatchling": "builds the wheel, tools/make_bundle.py",
    "pytest-xdist": "pytest -n",
    "pytest-django": "pytest's plugin",
}
TOOLS = {"import-linter", "mypy", "ruff"}  # commands of the checks
OURS = {"jiedao", "jiedao_client", "tests", "tools", "benchmarks", "conftest"}


def normalise_name(name: str) -> str:
    """Return a distribution's name without its extras and version, as indexes compare it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name, maxsplit=1)[0]).lower()


def read_declared() -> tuple[set[str], set[str]]:
    """Return the dependencies of the program with all its extras, and those of the checkout."""
    with (ROOT / "pyproject.toml").open("rb") as stream:
        project = tomllib.load(stream)
    program = [
        project["project"]["dependencies"],
        *project["project"].get("optional-dependencies", {}).values(),
    ]
    groups = project.get("dependency-groups", {}).values()
    return (
        {normalise_name(line) for lines in program for line in lines},
        {normalise_name(line) for group in groups for line in group},
    )


def list_imports(path: Path) -> Iterator[str]:
    """Yield the top module of every import of a file, and of every dotted name that a settings file spells out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]
        elif (
            path.name == "settings.py"
            and isinstance(node, ast.Constant)
            and re.fullmatch(r"\w+(\.\w+)*", str(node.value))
        ):
            yield str(node.value).split(".")[0]


def map_used(paths: list[Path]) -> dict[str, Path]:
    """Return each distribution that the files use, with the first file that does."""
    owners = packages_distributions()
    first_files: dict[str, Path] = {}
    for path in paths:
        for module in list_imports(path):
            if module in OURS or module in sys.stdlib_module_names:
                continue
            names = [normalise_name(name) for name in owners.get(module, [])]
            if not names and path.name != "settings.py":  # in a settings file most strings are no modules
                names = [module]
            for name in names:
                first_files.setdefault(name, path)
    return first_files


def belongs_to_program(path: Path) -> bool:
    """Return whether a file is part of the installed program, and not of its tests."""
    parts = path.relative_to(ROOT).parts
    return parts[0] == "jiedao" and not {"tests", "testing"} & set(parts)


def find_faults(program: set[str], checkout: set[str], files: list[Path]) -> list[str]:
    """Return a sentence for each unused or undeclared dependency."""
    used_by_program, used_by_all = (
        map_used([path for path in files if belongs_to_program(path)]),
        map_used(files),
    )
    unused = program - set(used_by_program) - set(INDIRECT)
    unused_dev = checkout - set(used_by_all) - set(INDIRECT) - TOOLS
    unused_dev = {name for name in unused_dev if not name.startswith("types-")}  # read by mypy
    faults = [
        f"{name}: declared for the program, and nothing in jiedao/ imports it" for name in sorted(unused)
    ]
    faults += [f"{name}: declared for development, and nothing imports it" for name in sorted(unused_dev)]
    for name, path in sorted(used_by_program.items()):
        if name not in program:
            faults.append(f"{name}: {path.relative_to(ROOT)} imports it, and the program does not declare it")
    for name, path in sorted(used_by_all.items()):
        if name not in program | checkout and name not in used_by_program:
            faults.append(f"{name}: {path.relative_to(ROOT)} imports it, and nothing declares it")
    return faults


def main() -> int:
    """Print the faults; return 1 if there is one."""
    folders = ("jiedao", "tests", "tools", "benchmarks", "packs")
    files = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    faults = find_faults(*read_declared(), [*files, ROOT / "conftest.py"])
    for line in faults:
        print(line)
    if faults:
        print("Declare it in pyproject.toml, or remove it there, and run: .venv/bin/uv lock", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
