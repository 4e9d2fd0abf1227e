"""Warn of what a register may declare and people would stumble over: an icon that is not drawn, a taken column name."""

import re
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _

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
            message = _("没有图标 %(icon)s") % {"icon": icon}
            hint = did_you_mean(icon, list_icons(), noun=_("现有"))
            report.warn_at(register, "icon", "unknown-icon", message, hint)
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
            message = _("字段 %(field)s 和每个台账都有的一列同名：%(name)s")
            message %= {"field": row.get("key"), "name": row.get(key)}
            hint = _("表格里这个名称的一列会填进这个字段，而不是 %(column)s：请换一个名称。")
            report.warn_at(row, key, "taken-name", message, hint % {"column": target})
