"""Check the units, roles and posts of a pack, and its calendar."""

import re
from collections.abc import Iterable
from datetime import date

from jiedao.kernel.packs.checks import check_duplicates, check_names, find_cycles
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row
from jiedao.kernel.packs.successions import check_successions
from jiedao.kernel.packs.tables import WAS
from jiedao.orgs.models import UnitKind
from jiedao.orgs.office import YEARS
from jiedao.orgs.pack.posts import PostLine, expand_posts
from jiedao.orgs.pack.tables import CALENDAR, POSTS, UNITS
from jiedao.orgs.rights import PERMISSIONS
from jiedao.places.pack.checks import check_area

ADMINISTRATORS = {
    "system": {"orgs.user:manage", "kernel.calendar:manage", "cases.category:manage", "packs.pack:apply"},
    "security": {"orgs.post:manage"},
    "audit": {"audit.entry:view"},
}
DUTY_PHONE = re.compile(r"[0-9+() -]{3,29}[0-9]|[0-9]{3,30}")
MOBILE = re.compile(r"(?:86)?1[3-9][0-9]{9}")
HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


# -- for rooms whose rows name units ---------------------------------------------------------------------------------


def check_units_named(
    pack: Pack, row: Row, key: str, codes: Iterable[str], report: Report, *, kinds: bool = False
) -> None:
    """Report each code that no unit has, at its line in the value of a key; `kinds` also allows kinds of units."""
    known = {*pack.by_key(UNITS, "unit"), *(UnitKind.values if kinds else ())}
    for code in codes if report.has_read(UNITS) else ():
        if code not in known:
            report.dangling(row, key, code, known, f"no unit {code}")


# -- units -----------------------------------------------------------------------------------------------------------


def check_units(pack: Pack, report: Report) -> None:
    """Check codes, parents and areas of units, and that the tree of units has no loop."""
    units = pack.by_key(UNITS, "unit")
    check_duplicates(pack.rows(UNITS, "unit"), report)
    check_names(pack.rows(UNITS, "unit"), report)
    check_successions(pack.rows(UNITS, "unit"), report)
    for row in pack.rows(UNITS, "unit"):
        code, parent, area = row.get("code"), row.get("parent"), row.get("area")
        if "." in code:
            report.error_at(row, "code", "bad-value", f"{code!r} has a dot", "Use letters, digits, “-”.")
        if parent and parent not in units:
            report.dangling(row, "parent", parent, units, f"unit {code}: no parent {parent}")
        check_area(pack, row, area, report, f"unit {code}: no area {area}", key="area")
        _check_duty_phone(row, report)
    parents = {code: row.get("parent") for code, row in units.items()}
    for code in find_cycles(parents):
        message = f"unit {code} is its own parent by way of {parents[code]}"
        report.error_at(units[code], "parent", "cycle", message, "The tree of units ends at the top.")


def _check_duty_phone(row: Row, report: Report) -> None:
    """Report what is no phone number, and a mobile number: pages show the number to everybody who opens a case."""
    phone = row.get("duty_phone")
    if not phone:
        return
    if not DUTY_PHONE.fullmatch(phone):
        hint = 'Write digits, such as "0755-12345678" or "12345".'
        report.error_at(row, "duty_phone", "bad-value", f"{phone!r} is no phone number", hint)
    elif MOBILE.fullmatch(re.sub(r"[^0-9]", "", phone)):
        hint = "Give the landline of the duty desk: a person's own number is not shown to everybody."
        report.error_at(row, "duty_phone", "bad-value", f"{phone!r} is a mobile number", hint)


# -- posts -----------------------------------------------------------------------------------------------------------


def check_posts(pack: Pack, report: Report) -> None:
    """Check roles, posts and the ladder of superiors, and the rights that policies name."""
    _check_roles(pack, report)
    for policy in pack.rows("pack.toml", "policy"):
        _check_rights(policy, "second_factor_rights", "", report)
    for row in pack.rows(POSTS, "post"):
        _check_post_row(pack, row, report)
    lines = expand_posts(pack)
    posts = _check_post_codes(lines, report)
    for line in lines:
        if report.has_read(UNITS) and line.superior and line.superior not in posts:
            message = f"post {line.code}: no superior post {line.superior}"
            report.dangling(line.row, "superior", line.superior, posts, message, noun="Posts")
    ladder = {code: line.superior for code, line in posts.items()}
    for code in find_cycles(ladder):
        message = f"post {code} is its own superior by way of {ladder[code]}"
        hint = "A ladder of posts ends at the top."
        report.error_at(posts[code].row, "superior", "cycle", message, hint)
    staffed = {line.unit for line in lines}
    for code, row in pack.by_key(UNITS, "unit").items():
        if code not in staffed and report.has_read(POSTS):
            report.warn_at(row, "", "no-post", f"unit {code} has no post", "Nobody can work in it.")


def _check_post_codes(lines: list[PostLine], report: Report) -> dict[str, PostLine]:
    """Report posts that exist twice, and return the lines by code."""
    posts: dict[str, PostLine] = {}
    for line in lines:
        first = posts.setdefault(line.code, line)
        if first is not line:
            hint = f"Line {first.row.line()} already gives this role to the unit {line.unit}."
            report.error_at(line.row, "", "duplicate", f"post {line.code} occurs twice", hint)
    return posts


def _check_roles(pack: Pack, report: Report) -> None:
    rows = pack.rows(POSTS, "role")
    check_duplicates(rows, report, ("key",))
    check_successions(rows, report, key="key")
    keys = {row.get("key") for row in rows}
    used = {row.values.get("role") for row in pack.rows(POSTS, "post")}
    for row in rows:
        for old in keys.intersection(row.get(WAS.name, ())) - {row.get("key")}:
            hint = "Delete the old role: its holders follow to this one. People who keep it need no `was`."
            report.error_at(row, WAS.name, "bad-succession", f"{old} is still a role", hint, item=old)
        key, rights = row.get("key"), set(row.get("permissions", []))
        if key and key not in used:
            report.warn_at(row, "key", "unused", f"no post has the role {key}")
        kinds = [name for name, own_rights in ADMINISTRATORS.items() if own_rights & rights]
        if len(kinds) > 1:
            message = f"role {key} is {' and '.join(kinds)} administrator at once"
            hint = "The three are separate so that nobody can cover up their own acts: make a role for each."
            report.warn_at(row, "permissions", "mixed-rights", message, hint)
        _check_rights(row, "permissions", f"role {key}: ", report)


def _check_rights(row: Row, key: str, prefix: str, report: Report) -> None:
    for name in row.get(key, []):
        if name not in PERMISSIONS:
            message = f"{prefix}no permission {name!r}"
            report.dangling(row, key, name, PERMISSIONS, message, code="unknown-permission")


def _check_post_row(pack: Pack, row: Row, report: Report) -> None:
    roles, role = pack.by_key(POSTS, "role", "key"), row.get("role")
    if role and role not in roles:
        report.dangling(row, "role", role, roles, f"no role {role}")
    if not row.get("units") and not row.get("unit_kinds"):
        hint = 'Write units = ["CODE"] or unit_kinds = ["DEPARTMENT"].'
        report.error_at(row, "", "missing-key", f"the post of role {role} names no unit", hint)
    for key, what, known in (
        ("units", "unit", set(pack.by_key(UNITS, "unit"))),
        ("unit_kinds", "kind of unit", set(UnitKind.values)),
    ):
        for name in row.get(key, []) if report.has_read(UNITS) else []:
            if name not in known:
                report.dangling(row, key, name, known, f"no {what} {name}", noun="There are")


# -- calendar --------------------------------------------------------------------------------------------------------


def check_calendar(pack: Pack, report: Report) -> None:
    """Check that office hours run forward, and that each day is within the calendar and occurs once."""
    for row in pack.rows(CALENDAR, "office"):
        _check_hours(row, report)
    first_lines: dict[date | None, int] = {}
    for row in pack.rows(CALENDAR, "day"):
        day: date | None = row.values.get("date")
        if day is not None and day.year not in YEARS:
            hint = f"The calendar covers {YEARS[0]} to {YEARS[-1]}."
            report.error_at(row, "date", "bad-value", f"{day} lies outside the calendar", hint)
        if day is not None and day in first_lines:
            hint = f"It is already in line {first_lines[day]}."
            report.error_at(row, "date", "duplicate", f"{day} occurs twice", hint)
        first_lines.setdefault(day, row.line("date"))


def _check_hours(row: Row, report: Report) -> None:
    last_end = ""
    for text in row.get("hours", []):
        start, _, end = text.partition("-")
        if not HOURS.fullmatch(text) or start >= end or (last_end and start < last_end):
            hint = 'Write "09:00-12:00"; each begins after the one before has ended.'
            report.error_at(row, "hours", "bad-value", f"{text!r} are no office hours", hint, item=text)
        last_end = end
