"""Result files: `JIEDAO_DATA/tasks/<id of the task>-<random>.<suffix>`, readable to the server alone."""

import secrets
from contextlib import suppress
from pathlib import Path

from django.conf import settings


def get_folder() -> Path:
    """Return the folder of results, which is made when it is missing."""
    folder = Path(settings.JIEDAO_DATA) / "tasks"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def make_name(task_id: int, suffix: str) -> str:
    """Return a new name for a result of a task, and make the empty file that only the server can read."""
    name = f"{task_id}-{secrets.token_hex(8)}{suffix}"
    (get_folder() / name).touch(mode=0o600)
    return name


def get_path(name: str) -> Path:
    """Return the path of a result by its name."""
    return get_folder() / Path(name).name


def erase(name: str) -> None:
    """Erase a result; one that is erased already is no fault."""
    if name:
        with suppress(FileNotFoundError):
            get_path(name).unlink()


def erase_results_of(task_id: int) -> None:
    """Erase every result of a task: an attempt that was killed has left one that no row names."""
    for path in get_folder().glob(f"{int(task_id)}-*"):
        erase(path.name)
