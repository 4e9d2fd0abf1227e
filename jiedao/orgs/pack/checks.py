"""Check the units, roles and posts of a pack, and its calendar."""

import re
from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel.packs.checks import check_duplicates, check_names, find_cycles
from jiedao.kernel.packs.faults import Report, Words, did_you_mean
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row
from jiedao.kernel.packs.successions import check_successions
from jiedao.kernel.packs.tables import WAS
from jiedao.kernel.phrasing import list_names, name_subject
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
ADMINISTRATOR_NAMES = {
    "system": gettext_lazy("系统管理员"),
    "security": gettext_lazy("安全管理员"),
    "audit": gettext_lazy("审计员"),
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
            message = _("没有单位 %(code)s") % {"code": code}
            report.missing_name(row, key, code, message, suggest_unit(pack, code, known))


def suggest_unit(pack: Pack, name: str, known: Iterable[str], *, noun: Words = "") -> str:
    """Return the hint for a code that no unit has: the unit whose name or former code it is, else the nearest codes."""
    for code, unit in pack.by_key(UNITS, "unit").items():
        if name == unit.get("name"):
            return _("这是名称，请写它的代码：%(code)s。") % {"code": f"'{code}'"}
        if name in unit.values.get("was", ()):
            return _("它已改为 %(code)s，请写新的代码。") % {"code": f"'{code}'"}
    return did_you_mean(name, known, noun=noun)


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
            message = _("单位代码 %(code)s 里有点") % {"code": code}
            report.error_at(row, "code", "bad-value", message, _("用字母、数字和“-”。"))
        if parent and parent not in units:
            message = _("单位 %(unit)s：没有上级单位 %(code)s") % {"unit": code, "code": parent}
            report.missing_name(row, "parent", parent, message, suggest_unit(pack, parent, units))
        message = _("单位 %(unit)s：没有区域 %(code)s") % {"unit": code, "code": area}
        check_area(pack, row, area, report, message, key="area")
        _check_duty_phone(row, report)
    parents = {code: row.get("parent") for code, row in units.items()}
    for code in find_cycles(parents):
        message = _("单位 %(code)s 经过 %(parent)s 成了自己的上级")
        message %= {"code": code, "parent": parents[code]}
        hint = _("最上面的单位不写 parent。")
        report.error_at(units[code], "parent", "cycle", message, hint)


def _check_duty_phone(row: Row, report: Report) -> None:
    """Report what is no phone number, and a mobile number: pages show the number to everybody who opens a case."""
    phone = row.get("duty_phone")
    if not phone:
        return
    if not DUTY_PHONE.fullmatch(phone):
        message = _("%(phone)s 不是电话号码") % {"phone": phone}
        hint = _('写数字，如 "0755-12345678" 或 "12345"。')
        report.error_at(row, "duty_phone", "bad-value", message, hint)
    elif MOBILE.fullmatch(re.sub(r"[^0-9]", "", phone)):
        message = _("%(phone)s 是手机号") % {"phone": phone}
        hint = _("写值班座机：个人的号码不给所有人看。")
        report.error_at(row, "duty_phone", "bad-value", message, hint)


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
            message = _("岗位 %(post)s：没有上级岗位 %(code)s")
            message %= {"post": line.code, "code": line.superior}
            report.dangling(line.row, "superior", line.superior, posts, message, noun=_("现有岗位"))
    ladder = {code: line.superior for code, line in posts.items()}
    for code in find_cycles(ladder):
        message = _("岗位 %(code)s 经过 %(superior)s 成了自己的上级")
        message %= {"code": code, "superior": ladder[code]}
        hint = _("最上面的岗位不写 superior。")
        report.error_at(posts[code].row, "superior", "cycle", message, hint)
    staffed = {line.unit for line in lines}
    for code, row in pack.by_key(UNITS, "unit").items():
        if code not in staffed and report.is_sound(POSTS, UNITS):
            message = _("单位 %(code)s 没有岗位") % {"code": code}
            hint = _("没有人能在这个单位里办事：在 posts.toml 加一个 [[post]]。")
            report.warn_at(row, "", "no-post", message, hint)


def _check_post_codes(lines: list[PostLine], report: Report) -> dict[str, PostLine]:
    """Report posts that exist twice, and return the lines by code."""
    posts: dict[str, PostLine] = {}
    for line in lines:
        first = posts.setdefault(line.code, line)
        if first is not line:
            message = _("岗位 %(code)s 出现了两次") % {"code": line.code}
            hint = _("第 %(line)d 行已经给单位 %(unit)s 设了这个岗位。")
            hint %= {"line": first.row.line(), "unit": line.unit}
            report.error_at(line.row, "", "duplicate", message, hint)
    return posts


def _check_roles(pack: Pack, report: Report) -> None:
    rows = pack.rows(POSTS, "role")
    check_duplicates(rows, report, ("key",))
    check_successions(rows, report, key="key")
    keys = {row.get("key") for row in rows}
    used = {row.values.get("role") for row in pack.rows(POSTS, "post")}
    for row in rows:
        for old in keys.intersection(row.get(WAS.name, ())) - {row.get("key")}:
            message = _("角色 %(key)s 还在") % {"key": old}
            hint = _("请删去原来的角色，任职的人随之转到这个角色；仍任原角色的人不用写 was。")
            report.error_at(row, WAS.name, "bad-succession", message, hint, item=old)
        key, rights = row.get("key"), set(row.get("permissions", []))
        if key and key not in used:
            message = _("没有岗位用角色 %(key)s") % {"key": key}
            report.warn_at(row, "key", "unused", message)
        kinds = [name for name, own_rights in ADMINISTRATORS.items() if own_rights & rights]
        if len(kinds) > 1:
            names = list_names(str(ADMINISTRATOR_NAMES[kind]) for kind in kinds)
            message = _("角色 %(key)s 同时是：%(kinds)s") % {"key": key, "kinds": names}
            hint = _("三员分立，谁也不能掩盖自己做过的事：请各设一个角色。")
            report.warn_at(row, "permissions", "mixed-rights", message, hint)
        _check_rights(row, "permissions", _("角色 %(key)s") % {"key": key}, report)


def _check_rights(row: Row, key: str, about: str, report: Report) -> None:
    for name in row.get(key, []):
        if name not in PERMISSIONS:
            message = _("没有权限 %(name)s") % {"name": name}
            message = name_subject(about, message) if about else message
            report.dangling(row, key, name, PERMISSIONS, message, code="unknown-permission")


def _check_post_row(pack: Pack, row: Row, report: Report) -> None:
    roles, role = pack.by_key(POSTS, "role", "key"), row.get("role")
    if role and role not in roles:
        report.dangling(row, "role", role, roles, _("没有角色 %(code)s") % {"code": role})
    if not row.get("units") and not row.get("unit_kinds"):
        message = _("角色 %(role)s 的岗位没有写单位") % {"role": role}
        hint = _('写 units = ["CODE"] 或 unit_kinds = ["DEPARTMENT"]')
        report.error_at(row, "", "missing-key", message, hint)
    check_units_named(pack, row, "units", row.get("units", []), report)
    for name in row.get("unit_kinds", []) if report.has_read(UNITS) else []:
        if name not in UnitKind.values:
            message = _("没有 %(code)s 这类单位") % {"code": name}
            report.dangling(row, "unit_kinds", name, UnitKind.values, message, noun=_("现有"))


# -- calendar --------------------------------------------------------------------------------------------------------


def check_calendar(pack: Pack, report: Report) -> None:
    """Check that office hours run forward, and that each day is within the calendar and occurs once."""
    for row in pack.rows(CALENDAR, "office"):
        _check_hours(row, report)
    first_lines: dict[date | None, int] = {}
    for row in pack.rows(CALENDAR, "day"):
        day: date | None = row.values.get("date")
        if day is not None and day.year not in YEARS:
            message = _("%(day)s 不在日历之内") % {"day": day}
            hint = _("日历从 %(first)d 年到 %(last)d 年。") % {"first": YEARS[0], "last": YEARS[-1]}
            report.error_at(row, "date", "bad-value", message, hint)
        if day is not None and day in first_lines:
            message = _("%(key)s 出现了两次") % {"key": day}
            hint = _("它已经在第 %(line)d 行。") % {"line": first_lines[day]}
            report.error_at(row, "date", "duplicate", message, hint)
        first_lines.setdefault(day, row.line("date"))


def _check_hours(row: Row, report: Report) -> None:
    last_end = ""
    for text in row.get("hours", []):
        start, _dash, end = text.partition("-")
        if not HOURS.fullmatch(text) or start >= end or (last_end and start < last_end):
            message = _("%(text)s 不是办公时间") % {"text": text}
            hint = _('写成 "09:00-12:00"；后一段要在前一段结束以后开始。')
            report.error_at(row, "hours", "bad-value", message, hint, item=text)
        last_end = end
