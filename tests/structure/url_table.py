"""Read url_table.txt, and list the addresses of the site."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver

TABLE = Path(__file__).with_name("url_table.txt")


@dataclass(frozen=True)
class Row:
    """One address: its url name, the arguments to reach it, the method, and the status for each role."""

    name: str
    arguments: dict[str, str]
    method: str
    status: dict[str, int]

    def __str__(self) -> str:
        return f"{self.method} {self.name}"


def read_table() -> list[Row]:
    """Return the rows of the table; the header names the roles."""
    lines = [line.split("#")[0].split() for line in TABLE.read_text(encoding="utf-8").splitlines()]
    header, *rows = [cells for cells in lines if cells]
    roles = header[3:]
    result = []
    for cells in rows:
        name, arguments, method, *status = cells
        assert len(status) == len(roles), f"{name}: {len(status)} statuses for {len(roles)} roles"
        pairs = [] if arguments == "-" else [pair.split("=") for pair in arguments.split(",")]
        statuses = {role: int(code) for role, code in zip(roles, status, strict=True)}
        result.append(Row(name, dict(pairs), method, statuses))
    return result


def list_names(
    patterns: list[URLPattern | URLResolver], spaces: tuple[str, ...] = (), route: str = ""
) -> Iterator[str]:
    """Yield the full name of every address, or its route if it has no name."""
    for pattern in patterns:
        path = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from list_names(pattern.url_patterns, inner, path)
        else:
            yield ":".join((*spaces, pattern.name)) if pattern.name else path


def list_addresses() -> set[str]:
    """Return the name of every address of the site."""
    return set(list_names(get_resolver().url_patterns))
