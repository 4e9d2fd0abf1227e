"""Units and posts of a pack: a role written once becomes a post in each unit that has it."""

from dataclasses import dataclass

from jiedao.orgs.models import UnitKind
from jiedao.orgs.rights import PERMISSIONS
from jiedao.packs.check_areas import check_duplicates, no_area
from jiedao.packs.faults import Report, did_you_mean
from jiedao.packs.pack import Pack
from jiedao.packs.reading import Row

ADMINISTRATORS = {
    "system": {"orgs.user:manage", "kernel.calendar:manage", "cases.category:manage", "packs.pack:apply"},
    "security": {"orgs.post:manage"},
    "audit": {"audit.entry:view"},
}


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


def expand_posts(pack: Pack) -> list[PostLine]:
    """Return one line for each unit of each [[post]] whose role exists, in the order of the file."""
    roles = pack.coded("posts.toml", "role", "key")
    units = pack.coded("units.toml", "unit")
    lines = []
    for row in pack.rows("posts.toml", "post"):
        role = roles.get(row.values.get("role", ""))
        if role is None:
            continue
        kinds = set(row.values.get("unit_kinds", []))
        named = [code for code in row.values.get("units", []) if code in units]
        named += [
            code for code, unit in units.items() if unit.values.get("kind") in kinds and code not in named
        ]
        for unit in named:
            superior = row.values.get("superior", "")
            lines.append(
                PostLine(
                    code=f"{unit}.{role.values['key']}",
                    unit=unit,
                    title=row.values.get("title") or role.values.get("title", ""),
                    title_en=row.values.get("title_en") or role.values.get("title_en", ""),
                    permissions=tuple(sorted(set(role.values.get("permissions", [])))),
                    scope=role.values.get("scope", ""),
                    superior=superior if "." in superior or not superior else f"{unit}.{superior}",
                    row=row,
                )
            )
    return lines


def check_posts(pack: Pack, report: Report) -> None:
    """Check units, roles, posts and the two ladders."""
    _check_units(pack, report)
    _check_roles(pack, report)
    for policy in pack.rows("pack.toml", "policy"):
        _check_rights(policy, "second_factor_rights", "", report)
    for row in pack.rows("posts.toml", "post"):
        _check_post_row(pack, row, report)
    lines = expand_posts(pack)
    seen: dict[str, PostLine] = {}
    for line in lines:
        first = seen.setdefault(line.code, line)
        if first is not line:
            report.error(
                line.row.file, line.row.line(), "duplicate", f"post {line.code} stands twice",
                f"Line {first.row.line()} already gives this role to the unit {line.unit}.",
            )  # fmt: skip
    for line in lines:
        if report.knows("units.toml") and line.superior and line.superior not in seen:
            hint = did_you_mean(line.superior, seen, noun="Posts")
            report.error(
                line.row.file, line.row.line("superior"), "dangling",
                f"post {line.code}: no superior post {line.superior}", hint,
            )  # fmt: skip
    ladder = {code: line.superior for code, line in seen.items()}
    for code in cycles(ladder):
        row = seen[code].row
        message = f"post {code} is its own superior by way of {ladder[code]}"
        report.error(row.file, row.line("superior"), "cycle", message, "A ladder of posts ends at the top.")
    staffed = {line.unit for line in lines}
    for code, row in pack.coded("units.toml", "unit").items():
        if code not in staffed and report.knows("posts.toml"):
            report.warn(row.file, row.line(), "no-post", f"unit {code} has no post", "Nobody can work in it.")


def cycles(parents: dict[str, str]) -> list[str]:
    """Return one member of each loop in a child-to-parent table: the alphabetically first."""
    found = set()
    for start in parents:
        trail: list[str] = []
        node = start
        while node and node in parents and node not in trail:
            trail.append(node)
            node = parents[node]
        if node in trail:
            found.add(min(trail[trail.index(node) :]))
    return sorted(found)


def _check_units(pack: Pack, report: Report) -> None:
    rows = pack.rows("units.toml", "unit")
    units = pack.coded("units.toml", "unit")
    check_duplicates(rows, report)
    for row in rows:
        code = row.values.get("code", "")
        if "." in code:
            report.error(
                row.file, row.line("code"), "bad-value", f"{code!r} has a dot", "Use letters, digits, “-”."
            )
        parent, area = row.values.get("parent", ""), row.values.get("area", "")
        if parent and parent not in units:
            hint = did_you_mean(parent, units)
            report.error(row.file, row.line("parent"), "dangling", f"unit {code}: no parent {parent}", hint)
        where = no_area(pack, area, report) if area else None
        if where is not None:
            report.error(row.file, row.line("area"), "dangling", f"unit {code}: no area {area}", where)
    parents = {code: row.values.get("parent", "") for code, row in units.items()}
    for code in cycles(parents):
        row = units[code]
        message = f"unit {code} is its own parent by way of {parents[code]}"
        report.error(row.file, row.line("parent"), "cycle", message, "The tree of units ends at the top.")


def _check_roles(pack: Pack, report: Report) -> None:
    rows = pack.rows("posts.toml", "role")
    check_duplicates(rows, report, ("key",))
    used = {row.values.get("role") for row in pack.rows("posts.toml", "post")}
    for row in rows:
        key = row.values.get("key", "")
        if key and key not in used:
            report.warn(row.file, row.line("key"), "unused", f"no post has the role {key}")
        offices = [
            name for name, rights in ADMINISTRATORS.items() if rights & set(row.values.get("permissions", []))
        ]
        if len(offices) > 1:
            message = f"role {key} is {' and '.join(offices)} administrator at once"
            hint = "The three are kept apart so that nobody covers up what he did: make a role for each."
            report.warn(row.file, row.line("permissions"), "mixed-rights", message, hint)
        _check_rights(row, "permissions", f"role {key}: ", report)


def _check_rights(row: Row, column: str, prefix: str, report: Report) -> None:
    for name in row.values.get(column, []):
        if name not in PERMISSIONS:
            line, hint = row.line(column, name), did_you_mean(name, PERMISSIONS)
            report.error(row.file, line, "unknown-permission", f"{prefix}no permission {name!r}", hint)


def _check_post_row(pack: Pack, row: Row, report: Report) -> None:
    roles = pack.coded("posts.toml", "role", "key")
    role = row.values.get("role", "")
    if role and role not in roles:
        report.error(row.file, row.line("role"), "dangling", f"no role {role}", did_you_mean(role, roles))
    if not row.values.get("units") and not row.values.get("unit_kinds"):
        hint = 'Write units = ["CODE"] or unit_kinds = ["DEPARTMENT"].'
        report.error(row.file, row.line(), "missing-key", f"the post of role {role} names no unit", hint)
    for key, known in (
        ("units", set(pack.coded("units.toml", "unit"))),
        ("unit_kinds", set(UnitKind.values)),
    ):
        for item in row.values.get(key, []) if report.knows("units.toml") else []:
            if item not in known:
                hint = did_you_mean(item, known, noun="There are")
                what = "unit" if key == "units" else "kind of unit"
                report.error(row.file, row.line(key, item), "dangling", f"no {what} {item}", hint)
