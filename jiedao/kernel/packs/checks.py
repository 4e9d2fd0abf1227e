"""Checks that every room may use for its own tables."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from jiedao.kernel.folding import fold_key
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.rows import Row

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")  # a key that is part of an address
KEY_HINT = "Write small letters, digits and _, a letter first."


def check_duplicates(rows: list[Row], report: Report, keys: tuple[str, ...] = ("code",)) -> None:
    """Report every row whose key an earlier row has."""
    first_rows: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        if not all(key in row.values for key in keys):
            continue
        key = tuple(row.values[name] for name in keys)
        first = first_rows.setdefault(key, row)
        if first is not row:
            words = " ".join(str(part) for part in key)
            place = f"{first.file}, line {first.line(keys[-1])}"
            hint = f"It is already in {place}. Remove or renumber one."
            report.error_at(row, keys[-1], "duplicate", f"{words} occurs twice", hint)


def check_names(rows: list[Row], report: Report, group: Callable[[Row], Any] = lambda _row: None) -> None:
    """Report every row whose name is the same as that of an earlier row of its group once both are folded.

    Files name rows by their names, which are looked up folded: of two such rows, neither could be found for sure. An
    English name is only a warning.
    """
    first_rows: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        for key, add in (("name", report.error_at), ("name_en", report.warn_at)):
            name = row.get(key, "")
            if not name or key in row.faulty:
                continue
            first = first_rows.setdefault((key, group(row), fold_key(name)), row)
            if first.get("code") != row.get("code"):  # the same code twice is reported as such
                message = f"{name} cannot be distinguished from {first.get(key)}"
                place = f"{first.file}, line {first.line(key)}"
                hint = f"A sheet that names it could mean {place}, too. Rename one."
                add(row, key, "duplicate", message, hint)


def find_cycles(parents: Mapping[str, str]) -> list[str]:
    """Return the alphabetically first member of each loop in a table of children and their parents."""
    members = set()
    for start in parents:
        trail: list[str] = []
        node = start
        while node and node in parents and node not in trail:
            trail.append(node)
            node = parents[node]
        if node in trail:
            members.add(min(trail[trail.index(node) :]))
    return sorted(members)
