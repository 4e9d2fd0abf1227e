"""Run every check of the project and report all failures, not only the first.

python tools/check.py [NAME ...]     all checks, or those named
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON = sys.executable

CHECKS: dict[str, Sequence[str | Path]] = {
    "types": (BIN / "mypy",),
    "style": (BIN / "ruff", "check", "--no-cache", "."),
    "format": (BIN / "ruff", "format", "--check", "--no-cache", "."),
    "dependencies": (PYTHON, "tools/check_dependencies.py"),
    "rooms": (BIN / "lint-imports", "--no-cache"),
    "settings": (PYTHON, "-m", "django", "check", "--fail-level", "WARNING"),
    "migrations": (PYTHON, "-m", "django", "makemigrations", "--check", "--dry-run"),
    "vendored": (PYTHON, "tools/vendor.py", "check"),
    "templates": (PYTHON, "tools/check_templates.py"),
    "translations": (PYTHON, "tools/messages.py", "check"),
    "documents": (PYTHON, "tools/check_docs.py"),
}


@dataclass
class Outcome:
    """The output and the duration of a check."""

    name: str
    code: int
    output: str
    seconds: float


def run(name: str) -> Outcome:
    """Run a check in the root of the repository, with a database in memory and its own key."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "jiedao.settings",
        "JIEDAO_DATABASE_URL": "sqlite:///:memory:",
        "JIEDAO_SECRET_KEY": "for checks only, no data is read or written",
        "PYTHONPATH": str(ROOT),
    }
    begun = time.monotonic()
    done = subprocess.run(
        CHECKS[name],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(name, done.returncode, done.stdout.strip(), time.monotonic() - begun)


def main() -> int:
    """Run the checks named on the command line, or all; return 1 if one failed."""
    names = sys.argv[1:] or list(CHECKS)
    if unknown := [name for name in names if name not in CHECKS]:
        print(f"No such check: {', '.join(unknown)}. There are: {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    with ThreadPoolExecutor(max_workers=2) as pool:
        outcomes = list(pool.map(run, names))
    failed = [outcome for outcome in outcomes if outcome.code]
    for outcome in failed:
        print(f"--- {outcome.name} failed\n{outcome.output}\n")
    for outcome in outcomes:
        print(f"{'FAILED' if outcome.code else 'ok':7} {outcome.name:13} {outcome.seconds:5.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
