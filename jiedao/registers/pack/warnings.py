"""Warn of what a register may declare and people would stumble over: an icon that is not drawn, a taken column name."""

import re
from functools import cache
from pathlib import Path

import jiedao.kernel
from jiedao.kernel.packs.faults import Report, did_you_mean
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row
from jiedao.kernel.tables.rows import normalise_header
from jiedao.registers.importing.columns import ALIASES, EXPORT_ONLY
from jiedao.registers.pack.definitions import find_register_files

SPRITE = Path(jiedao.kernel.__file__).parent / "static/vendor/icons/icons.svg"


@cache
def list_icons() -> frozenset[str]:
    """Return the names of the icons that pages can draw."""
    return frozenset(re.findall(r'<symbol[^>]*\bid="([^"]+)"', SPRITE.read_text(encoding="utf-8")))


def warn_of_registers(pack: Pack, report: Report) -> None:
    """Warn of unknown icons and of fields that have the header of a column that every register has."""
    for file in find_register_files(pack).values():
        register = pack.rows(file, "register")[0]
        icon = register.get("icon")
        if icon and icon not in list_icons():
            hint = did_you_mean(icon, list_icons(), noun="There are")
            report.warn_at(register, "icon", "unknown-icon", f"there is no icon {icon!r}", hint)
        for row in pack.rows(file, "field"):
            _warn_of_taken_names(row, report)


def _warn_of_taken_names(row: Row, report: Report) -> None:
    taken = {
        normalise_header(name): target
        for target, names in {**ALIASES, "grade": EXPORT_ONLY}.items()
        for name in names
    }
    for key in ("name", "name_en"):
        target = taken.get(normalise_header(row.get(key)))
        if target is not None:
            message = (
                f"field {row.get('key')!r} has the name of a column that every register has: {row.get(key)!r}"
            )
            hint = (
                f"A sheet's column of this name would fill the field and not `{target}`: choose another name."
            )
            report.warn_at(row, key, "taken-name", message, hint)
