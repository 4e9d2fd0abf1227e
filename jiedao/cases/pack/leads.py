"""Warn of units to which cases are dispatched and in which nobody may handle or help."""

from django.utils.translation import gettext as _

from jiedao.cases.pack.duties import DutyLine, DutyList
from jiedao.cases.pack.tables import CATEGORIES, DUTIES
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row
from jiedao.orgs.pack.posts import expand_posts
from jiedao.orgs.pack.tables import POSTS, UNITS


def check_leads(pack: Pack, report: Report) -> None:
    """Warn of each lead or helping unit in which, and above which, no post holds the right to handle."""
    if not report.is_sound(CATEGORIES, DUTIES, POSTS, UNITS):
        return
    posts = expand_posts(pack)
    if not posts:
        return
    units = pack.by_key(UNITS, "unit")
    handling = {line.unit for line in posts if "cases.case:handle" in line.permissions}
    duties = DutyList(pack, Report())  # its own faults have been reported by `check_duties`
    first_lines: dict[
        str, tuple[bool, DutyLine]
    ] = {}  # whether the unit leads, and the first line that names it
    for line in duties.lines:
        first_lines.setdefault(line.lead, (True, line))
        for helper in line.helpers:
            first_lines.setdefault(helper, (False, line))
    hint = _("给这个单位设一个角色可以处置的 [[post]]，或在 duties.toml 里改写别的单位。")
    for code, (leads, line) in first_lines.items():
        if code in units and not _find_handling_unit(code, units, handling):
            message = _("单位 %(unit)s 协办 %(kind)s %(code)s，却没有岗位持有权限 cases.case:handle")
            if leads:
                message = _("单位 %(unit)s 主办 %(kind)s %(code)s，却没有岗位持有权限 cases.case:handle")
            words = {"unit": code, "kind": line.kind, "code": line.code}
            report.warn_at(units[code], "", "no-handler", message % words, hint)


def _find_handling_unit(code: str, units: dict[str, Row], handling: set[str]) -> str:
    """Return the unit, or the nearest one above it, in which a post may handle; "" for none."""
    passed: set[str] = set()
    while code in units and code not in passed:
        if code in handling:
            return code
        passed.add(code)
        code = units[code].get("parent")
    return ""
