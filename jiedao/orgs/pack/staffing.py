"""Warn of a town that passes the check and in which work would stop: rights that no post holds, posts that see nothing.

Nothing here refuses a pack: a town may be written file by file, and an administrator may add posts on pages.
"""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.orgs.pack.posts import PostLine, expand_posts
from jiedao.orgs.pack.tables import POSTS, UNITS

# What nobody could do without the right, in the order of the loop.
NEEDED = {
    "cases.case:report": gettext_lazy("没有人可以上报案件"),
    "cases.case:view": gettext_lazy("没有人可以查看案件"),
    "cases.case:accept": gettext_lazy("没有人可以受理"),
    "cases.case:reject": gettext_lazy("没有人可以不予受理"),
    "cases.case:verify": gettext_lazy("没有人可以到现场核实"),
    "cases.case:dispatch": gettext_lazy("没有人可以把案件派遣给单位"),
    "cases.case:handle": gettext_lazy("没有人可以处置案件"),
    "cases.case:check": gettext_lazy("没有人可以核查处置结果"),
    "cases.case:close": gettext_lazy("没有人可以结案"),
    "cases.case:reply": gettext_lazy("没有人可以答复反映人"),
    "cases.case:visit": gettext_lazy("没有人可以回访"),
    "orgs.user:manage": gettext_lazy("没有人可以开账号"),
    "orgs.post:manage": gettext_lazy("没有人可以给用户任职"),
    "packs.pack:apply": gettext_lazy("没有人可以在页面上应用下一版数据包"),
    "audit.entry:view": gettext_lazy("没有人可以查看审计"),
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
HINT = gettext_lazy("给一个有岗位的 [[role]] 写上权限 %(right)s：docs/reference/rights.md。")


def check_staffing(pack: Pack, report: Report) -> None:
    """Warn of rights that no post holds and of posts with scope AREA whose unit has no area."""
    if not report.is_sound(POSTS, UNITS):
        return
    lines = expand_posts(pack)
    held = {right for line in lines for right in line.permissions}
    if lines:
        _warn_of_missing_rights(pack, held, report)
    _warn_of_posts_without_area(pack, lines, report)


def _warn_of_missing_rights(pack: Pack, held: set[str], report: Report) -> None:
    for right, lack in NEEDED.items():
        if right not in held:
            report.warn(POSTS, 0, "no-holder", lack, HINT % {"right": right})
    for asking, deciding in DECIDED_BY.items():
        if asking in held and deciding not in held:
            message = _("有岗位持有权限 %(asking)s，却没有岗位持有作决定的权限 %(deciding)s")
            message %= {"asking": asking, "deciding": deciding}
            report.warn(POSTS, 0, "no-holder", message, HINT % {"right": deciding})
    for name, rights in NEEDED_BY_FILES.items():
        if not any(file.startswith(name) and rows for (file, _table), rows in pack.tables.items()):
            continue
        for right in rights:
            if right not in held:
                message = _("数据包里有 %(file)s，却没有岗位持有权限 %(right)s")
                report.warn(
                    POSTS, 0, "no-holder", message % {"file": name, "right": right}, HINT % {"right": right}
                )


def _warn_of_posts_without_area(pack: Pack, lines: list[PostLine], report: Report) -> None:
    """Warn once for each unit and [[post]]: who holds the post sees no case until they are given areas by hand."""
    units = pack.by_key(UNITS, "unit")
    for line in lines:
        unit = units[line.unit]
        if line.scope == "AREA" and not unit.get("area"):
            message = _("岗位 %(post)s 的范围是 AREA，单位 %(unit)s 却没有写区域")
            hint = _(
                "任职的人只看得到本单位办理的案件。给 [[unit]] %(unit)s 写上 area = "
                '"%(town)s"（全街道）或一个社区的代码，或把角色的范围改为 scope = "UNIT"'
            )
            words = {"post": line.code, "unit": line.unit, "town": pack.town}
            report.warn_at(line.row, "", "no-area", message % words, hint % words)
