"""Run a program on foreign content in a process of its own, with limits of processor time, memory and wall time."""

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LAUNCHER = Path(__file__).with_name("confined_child.py")


@dataclass(frozen=True)
class Limits:
    """How much a confined process may take: `seconds` of processor time and `wait` seconds until its answer."""

    seconds: int
    wait: float
    megabytes: int = 768


def run_confined(program: Path, arguments: list[str], limits: Limits, content: bytes = b"") -> dict[str, Any]:
    """Return the JSON object that a program of ours prints; `content` is its standard input.

    A program that a limit stops, or that fails, answers `{"fault": "TIME"}`, `"MEMORY"` or `"DAMAGED"`.
    """
    confines = json.dumps({"seconds": limits.seconds, "megabytes": limits.megabytes})
    try:
        child = subprocess.run(  # noqa: S603 (our own program, its arguments are paths and JSON)
            [sys.executable, "-I", str(LAUNCHER), confines, str(program), *arguments],
            input=content,
            capture_output=True,
            timeout=limits.wait,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"fault": "TIME"}
    if child.returncode == -signal.SIGXCPU:
        return {"fault": "TIME"}
    try:
        answer: dict[str, Any] = json.loads(child.stdout)
    except ValueError:  # killed by a limit before it could answer
        return {"fault": "MEMORY" if child.returncode else "DAMAGED"}
    return answer
