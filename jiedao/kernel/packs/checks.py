"""Checks that every room may use for its own tables."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel.folding import fold_key
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.rows import Row

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")  # a key that is part of an address
KEY_HINT = gettext_lazy("用小写字母、数字和下划线，以字母开头。")


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
            message = _("%(key)s 出现了两次") % {"key": words}
            hint = _("它已经在 %(file)s 第 %(line)d 行。删去一个，或改用另一个代码。")
            report.error_at(
                row, keys[-1], "duplicate", message, hint % {"file": first.file, "line": first.line(keys[-1])}
            )


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
                message = _("“%(name)s”和“%(other)s”无法区分")
                hint = _("表格里写这个名称，也可能是指 %(file)s 第 %(line)d 行。请把其中一个改名。")
                add(
                    row,
                    key,
                    "duplicate",
                    message % {"name": name, "other": first.get(key)},
                    hint % {"file": first.file, "line": first.line(key)},
                )


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
