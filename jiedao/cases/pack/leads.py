"""Warn of units to which cases are dispatched and in which nobody may handle or help."""

from jiedao.cases.pack.duties import DutyList
from jiedao.cases.pack.tables import CATEGORIES, DUTIES
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row
from jiedao.orgs.pack.posts import expand_posts
from jiedao.orgs.pack.tables import POSTS, UNITS


def check_leads(pack: Pack, report: Report) -> None:
    """Warn of each lead or helping unit in which, and above which, no post holds the right to handle."""
    if not report.has_read(CATEGORIES, DUTIES, POSTS, UNITS):
        return
    posts = expand_posts(pack)
    if not posts:
        return
    units = pack.by_key(UNITS, "unit")
    handling = {line.unit for line in posts if "cases.case:handle" in line.permissions}
    duties = DutyList(pack, Report())  # its own faults have been reported by `check_duties`
    named: dict[str, str] = {}
    for line in duties.lines:
        named.setdefault(line.lead, f"leads {line.kind} {line.code}")
        for helper in line.helpers:
            named.setdefault(helper, f"helps with {line.kind} {line.code}")
    for code, task in named.items():
        if code in units and not _find_handling_unit(code, units, handling):
            message = f"unit {code} {task}, and no post of it holds cases.case:handle"
            hint = "Give the unit a [[post]] whose role may handle, or name another unit in duties.toml."
            report.warn_at(units[code], "", "no-handler", message, hint)


def _find_handling_unit(code: str, units: dict[str, Row], handling: set[str]) -> str:
    """Return the unit, or the nearest one above it, in which a post may handle; "" for none."""
    passed: set[str] = set()
    while code in units and code not in passed:
        if code in handling:
            return code
        passed.add(code)
        code = units[code].get("parent")
    return ""
