"""Posts of a pack: a role is written once and becomes a post in each unit that has it."""

from dataclasses import dataclass

from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row
from jiedao.kernel.packs.tables import WAS
from jiedao.orgs.pack.tables import POSTS, UNITS


@dataclass(frozen=True)
class PostLine:
    """One post: the code is the unit's code, a dot and the role's key. `superior` is a post's code or ""."""

    code: str
    unit: str
    title: str
    title_en: str
    permissions: tuple[str, ...]
    scope: str
    superior: str
    row: Row
    former_roles: tuple[str, ...] = ()


def expand_posts(pack: Pack) -> list[PostLine]:
    """Return one line for each unit of each [[post]] whose role exists, in the order of the file."""
    roles = pack.by_key(POSTS, "role", "key")
    units = pack.by_key(UNITS, "unit")
    lines = []
    for row in pack.rows(POSTS, "post"):
        role = roles.get(row.get("role"))
        if role is not None:
            lines += [_make_line(row, role, unit) for unit in _list_units(row, units)]
    return lines


def _list_units(row: Row, units: dict[str, Row]) -> list[str]:
    """Return the units that a [[post]] names, by code or by kind."""
    named = [code for code in row.get("units", []) if code in units]
    kinds = set(row.get("unit_kinds", []))
    return named + [code for code, unit in units.items() if unit.get("kind") in kinds and code not in named]


def _make_line(row: Row, role: Row, unit: str) -> PostLine:
    superior = row.get("superior")
    return PostLine(
        code=f"{unit}.{role.values['key']}",
        unit=unit,
        title=row.get("title") or role.get("title"),
        title_en=row.get("title_en") or role.get("title_en"),
        permissions=tuple(sorted(set(role.get("permissions", [])))),
        scope=role.get("scope"),
        superior=superior if "." in superior or not superior else f"{unit}.{superior}",
        row=row,
        former_roles=tuple(role.get(WAS.name, ())),
    )
