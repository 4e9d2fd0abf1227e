"""Warn of a town that passes the check and in which work would stop: rights that no post holds, posts that see nothing.

Nothing here refuses a pack: a town may be written file by file, and an administrator may add posts on pages.
"""

from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.orgs.pack.posts import PostLine, expand_posts
from jiedao.orgs.pack.tables import POSTS, UNITS

# What nobody could do without the right, in the order of the loop.
NEEDED = {
    "cases.case:report": "report a case",
    "cases.case:view": "open a case",
    "cases.case:accept": "accept a report",
    "cases.case:reject": "refuse a report that is no matter of the office",
    "cases.case:verify": "verify a report on site",
    "cases.case:dispatch": "dispatch a case to a unit",
    "cases.case:handle": "handle a case",
    "cases.case:check": "check that a case was handled",
    "cases.case:close": "close a case",
    "cases.case:reply": "answer a reporter",
    "cases.case:visit": "call a reporter back",
    "orgs.user:manage": "create accounts",
    "orgs.post:manage": "give posts to users",
    "packs.pack:apply": "apply the next version of the pack on a page",
    "audit.entry:view": "read the audit",
}
# One user asks or drafts, and another one decides: the first right is of no use without the second.
DECIDED_BY = {
    "cases.case:return": "cases.case:redispatch",
    "cases.case:ask_extension": "cases.case:decide_extension",
    "cases.case:suspend": "cases.case:resume",
    "indicators.figure:enter": "indicators.figure:confirm",
    "evaluation.appeal:make": "evaluation.appeal:decide",
    "reports.report:edit": "reports.report:sign",
    "reports.form:fill": "reports.form:confirm",
    "projects.promise:edit": "projects.promise:confirm",
}
# Files of a pack, by their name or folder, and the rights without which their rows are of no use.
NEEDED_BY_FILES = {
    "registers/": ("registers.record:view", "registers.record:edit"),
    "projects.toml": ("projects.project:view", "projects.project:edit"),
    "promises.toml": ("projects.promise:view", "projects.promise:edit"),
    "measures.toml": ("indicators.figure:view",),
    "scoresheets.toml": ("evaluation.score:view", "evaluation.score:publish"),
}
HINT = "Give {right} to a [[role]] that a [[post]] names: docs/reference/rights.md."


def check_staffing(pack: Pack, report: Report) -> None:
    """Warn of rights that no post holds and of posts with scope AREA whose unit has no area."""
    if not report.has_read(POSTS, UNITS):
        return
    lines = expand_posts(pack)
    held = {right for line in lines for right in line.permissions}
    if lines:
        _warn_of_missing_rights(pack, held, report)
    _warn_of_posts_without_area(pack, lines, report)


def _warn_of_missing_rights(pack: Pack, held: set[str], report: Report) -> None:
    for right, deed in NEEDED.items():
        if right not in held:
            report.warn(POSTS, 0, "no-holder", f"nobody may {deed}", HINT.format(right=right))
    for asking, deciding in DECIDED_BY.items():
        if asking in held and deciding not in held:
            message = f"posts hold {asking}, and nobody holds {deciding}, which decides on it"
            report.warn(POSTS, 0, "no-holder", message, HINT.format(right=deciding))
    for name, rights in NEEDED_BY_FILES.items():
        if not any(file.startswith(name) and rows for (file, _table), rows in pack.tables.items()):
            continue
        for right in rights:
            if right not in held:
                message = f"the pack has {name}, and nobody holds {right}"
                report.warn(POSTS, 0, "no-holder", message, HINT.format(right=right))


def _warn_of_posts_without_area(pack: Pack, lines: list[PostLine], report: Report) -> None:
    """Warn once for each unit and [[post]]: who holds the post sees no case until they are given areas by hand."""
    units = pack.by_key(UNITS, "unit")
    for line in lines:
        unit = units[line.unit]
        if line.scope == "AREA" and not unit.get("area"):
            message = f"post {line.code} has the scope AREA, and the unit {line.unit} has no area"
            hint = (
                f'Its holders see only what their unit handles. Write area = "{pack.town}" (the town) or the code of a '
                f'community at [[unit]] {line.unit}, or scope = "UNIT" at the role.'
            )
            report.warn_at(line.row, "", "no-area", message, hint)
