"""The rooms and their order, read from the import contract in pyproject.toml, its only definition."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "jiedao"


@dataclass(frozen=True)
class Layers:
    """The height of each room above the lowest; rooms on one line have the same height."""

    height: dict[str, int]

    def may_use(self, user: str, used: str) -> bool:
        """Return whether the room `user` may use the room `used`: itself, or a room below it."""
        return user == used or self.height[used] < self.height[user]


def read_layers() -> Layers:
    """Return the layers of the import contract."""
    with (ROOT / "pyproject.toml").open("rb") as stream:
        contracts = tomllib.load(stream)["tool"]["importlinter"]["contracts"]
    lines = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    height = {
        room.strip(): len(lines) - number
        for number, line in enumerate(lines)
        for room in re.split(r"[|:]", line)
    }
    return Layers(height)


LAYERS = read_layers()


def list_rooms() -> list[Path]:
    """Return the folder of every room."""
    return sorted(path.parent for path in PACKAGE.glob("*/apps.py"))


def room_of(path: Path) -> str:
    """Return the room that owns a file of the package."""
    return path.relative_to(PACKAGE).parts[0]


@cache
def list_templates() -> list[Path]:
    """Return every template of every room."""
    return sorted(path for room in list_rooms() for path in (room / "templates").rglob("*") if path.is_file())


@cache
def list_sources() -> list[Path]:
    """Return every Python file of every room that is not a test or a migration."""
    paths = (path for room in list_rooms() for path in room.rglob("*.py"))
    return sorted(path for path in paths if not {"tests", "migrations"} & set(path.parts))
