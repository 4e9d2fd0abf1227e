"""Check categories, their rules and keywords, the duty list and the reasons of a pack."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from jiedao.cases.models import ReasonKind
from jiedao.cases.moves.table import FLOW
from jiedao.cases.pack.duties import BY_COMMUNITY, DutyList, Key, check_condition, read_category_facts
from jiedao.cases.pack.tables import (
    CATEGORIES,
    DUTIES,
    KEYWORD_TABLES,
    KEYWORDS,
    PHRASES,
    REASONS,
    RULES_FILE,
    VISITS,
)
from jiedao.cases.phrases import list_phrase_kinds
from jiedao.cases.scripts import list_script_keys
from jiedao.kernel.packs.checks import check_duplicates, check_names
from jiedao.kernel.packs.faults import MOST_PLACES, Report, did_you_mean
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row, Values
from jiedao.kernel.phrasing import list_names
from jiedao.orgs.pack.checks import suggest_unit
from jiedao.orgs.pack.tables import UNITS
from jiedao.places.pack.checks import check_area

# -- categories ------------------------------------------------------------------------------------------------------


def check_categories(pack: Pack, report: Report) -> None:
    """Check codes and parents, then the rules and keywords of categories."""
    rows = pack.rows(CATEGORIES)
    check_duplicates(rows, report, ("kind", "code"))
    check_names(rows, report, lambda row: (row.values.get("kind"), row.get("code")[:-3]))
    keys = {(row.values.get("kind"), row.values.get("code")) for row in rows}
    for row in rows:
        kind, code = row.values.get("kind"), row.get("code")
        if code and not (code.isascii() and code.isdigit() and len(code) in {2, 5, 8, 11}):
            message = _("%(code)s 不是类别代码") % {"code": code}
            hint = _("大类是 2 位数字，小类是 5 位（大类的 2 位再加 3 位）。")
            if code.isascii() and code.isdigit() and len(code) in {1, 4, 7, 10}:
                hint = _("Excel 去掉了开头的 0：写 0%(code)s，并把这一列设为“文本”。") % {"code": code}
            report.unread.add(CATEGORIES)
            report.error_at(row, "", "bad-category-code", message, hint)
        elif kind and len(code) > 2 and (kind, code[:2]) not in keys:
            words = {"code": code, "major": code[:2], "kind": kind}
            message = _("类别 %(code)s 属于大类 %(major)s，表里没有这个大类")
            hint = _("加一行：%(kind)s,%(major)s 和它的名称。")
            report.error_at(row, "", "dangling", message % words, hint % words)
    _check_rules(pack, report)
    _check_keywords(pack, report)


def _check_rules(pack: Pack, report: Report) -> None:
    for row in pack.rows(RULES_FILE, "rules"):
        for key in row.values:
            check_condition(pack, row, key, report)


def _check_keywords(pack: Pack, report: Report) -> None:
    facts = read_category_facts(pack)
    for kind, table in KEYWORD_TABLES.items():
        codes = {code for of_kind, code in facts if of_kind == kind}
        words = pack.by_key(KEYWORDS, table)
        for code, row in words.items():
            if code not in codes and report.has_read(CATEGORIES):
                hint = did_you_mean(code, codes)
                message = _("%(kind)s 里没有类别 %(code)s") % {"kind": kind, "code": code}
                report.error_at(row, "", "dangling", message, hint)
            repeated_words = sorted(
                {word for word in row.values["value"] if row.values["value"].count(word) > 1}
            )
            if repeated_words:
                message = _("%(code)s 的关键词写了两次：%(words)s")
                report.warn_at(
                    row, "", "duplicate", message % {"code": code, "words": list_names(repeated_words)}
                )
        for row in pack.rows(CATEGORIES) if report.has_read(KEYWORDS) else []:
            code = row.get("code")
            if row.values.get("kind") == kind and code in codes and not words.get(code):
                message = _("类别 %(code)s 没有关键词") % {"code": code}
                hint = _("写到 keywords.toml 的 [%(table)s] 里。") % {"table": table}
                report.warn_at(row, "", "no-keywords", message, hint)


# -- duties ----------------------------------------------------------------------------------------------------------


def check_duties(pack: Pack, report: Report) -> None:
    """Check the codes that rules name, then that every 小类 has a lead unit and a limit."""
    _check_rule_codes(pack, report)
    duties = DutyList(pack, report)
    if not report.has_read(CATEGORIES, UNITS, DUTIES) or _has_ignored_values(report):
        return
    town_lines = {(line.kind, line.code): line for line in duties.lines if not line.area}
    rows = {(row.get("kind"), row.get("code")): row for row in pack.rows(CATEGORIES)}
    rows = {key: row for key, row in rows.items() if key in duties.facts}
    _report_categories(
        {key: row for key, row in rows.items() if key not in town_lines},
        ("no-duty", _("类别 %(names)s 没有主办单位")),
        _("在 duties.toml 里加一个包含 %(names)s 的 [[duty]]，写上 lead。"),
        report,
    )
    _report_categories(
        {
            key: row
            for key, row in rows.items()
            if key in town_lines and "HANDLE" not in town_lines[key].limits
        },
        ("no-limit", _("类别 %(names)s 没有处置时限")),
        _("在 duties.toml 的 [limits] 或 [[duty]] 里写上 handle。"),
        report,
    )


def _report_categories(rows: dict[Key, Row], words: tuple[str, str], hint: str, report: Report) -> None:
    """Report what categories lack, each at its line; of many, as a missing general rule leaves them, in one fault.

    Args:
        words: the code of the fault, and its message with the place of the names.
        hint: what to do, also with the place of the names.
    """
    code, message = words
    names = {key: f"{key[0]} {key[1]}" for key in rows}
    if len(rows) <= MOST_PLACES:
        for key, row in rows.items():
            values = {"names": names[key]}
            report.error_at(row, "", code, message % values, hint % values)
        return
    values = {"names": list_names(names.values(), MOST_PLACES)}
    report.error(DUTIES, 0, code, message % values, hint % values)


def _has_ignored_values(report: Report) -> bool:
    """Return whether a faulty value of a rule was ignored: a lead or a limit may be missing only because of it."""
    codes = {"unknown-key", "bad-type", "expression"}
    return any(fault.file == DUTIES and fault.code in codes for fault in report.errors)


def _check_rule_codes(pack: Pack, report: Report) -> None:
    facts = read_category_facts(pack)
    for row in pack.rows(DUTIES, "duty"):
        for key, known in _list_known_codes(pack, row, facts, report).items():
            for code in row.get(key, []):
                if code not in known:
                    # units suggest nothing for the code of a category
                    hint = suggest_unit(pack, code, known, noun=_("现有"))
                    report.missing_name(row, key, code, _name_missing(key, code), hint)
        for area in row.get("areas", []):
            check_area(pack, row, area, report, _name_missing("areas", area), key="areas", item=area)
        _check_lead(pack, row, report)


def _name_missing(key: str, code: str) -> str:
    return _("%(key)s：没有 %(code)s") % {"key": key, "code": code}


def _list_known_codes(pack: Pack, row: Row, facts: dict[Key, Values], report: Report) -> dict[str, set[str]]:
    """Return the codes that a rule may name by key, without those of files that could not be read."""
    known: dict[str, set[str]] = {}
    if report.has_read(UNITS):
        known["helpers"] = set(pack.by_key(UNITS, "unit"))
    if report.has_read(CATEGORIES):
        known["majors"] = {code[:2] for _kind, code in facts}
        known["categories"] = {code for kind, code in facts if row.values.get("kind", kind) == kind}
    return known


def _check_lead(pack: Pack, row: Row, report: Report) -> None:
    units, lead = pack.by_key(UNITS, "unit"), row.get("lead")
    if report.has_read(UNITS) and lead and lead not in units and lead != BY_COMMUNITY:
        message = _("lead：没有单位 %(code)s") % {"code": lead}
        hint = suggest_unit(pack, lead, [*units, BY_COMMUNITY], noun=_("现有单位"))
        report.missing_name(row, "lead", lead, message, hint)
    if lead and lead in row.get("helpers", []):
        message = _("%(code)s 既是主办又是协办") % {"code": lead}
        hint = _("从 helpers 里删去它。")
        report.error_at(row, "helpers", "bad-value", message, hint, item=lead)


# -- reasons ---------------------------------------------------------------------------------------------------------


# A move that asks for one of these could not be made. A return visit can do without causes: it then offers to redo.
REQUIRED_REASONS = (ReasonKind.REJECT, ReasonKind.RETURN, ReasonKind.SUSPEND, ReasonKind.VOID)


def check_reasons(pack: Pack, report: Report) -> None:
    """Check that every kind of reason has a reason, and that policies name reasons that exist."""
    rows = pack.rows(REASONS, "reason")
    check_duplicates(rows, report, ("kind", "code"))
    if not report.has_read(REASONS):
        return
    for kind in REQUIRED_REASONS:
        if not any(row.values.get("kind") == kind for row in rows):
            message = _("没有 %(kind)s 这一类的理由") % {"kind": kind}
            hint = _("没有它，需要选理由的那一步就办不成：加一个 [[reason]]。")
            report.error(REASONS, 0, "missing-key", message, hint)
    returns = {row.get("code") for row in rows if row.values.get("kind") == "RETURN"}
    for policy in pack.rows("pack.toml", "policy"):
        for code in policy.get("wrong_reasons", []):
            if code not in returns:
                message = _("没有 RETURN 类的理由 %(code)s") % {"code": code}
                report.dangling(policy, "wrong_reasons", code, returns, message)


# -- stock phrases ---------------------------------------------------------------------------------------------------


def check_phrases(pack: Pack, report: Report) -> None:
    """Check that no phrase has the key of another, and that each names a move that has a text of its kind."""
    rows = pack.rows(PHRASES, "phrase")
    check_duplicates(rows, report, ("kind", "code"))
    for row in rows:
        kind, code = row.values.get("kind"), row.get("move")
        moves = {move.code for move in FLOW.moves.values() if kind in list_phrase_kinds(move)}
        if kind and code and code not in moves:
            message = _("%(code)s 这一步不需要 %(kind)s 类的文字")
            message %= {"code": code, "kind": kind}
            report.dangling(row, "move", code, moves, message, noun=_("现有"))


# -- return visits ---------------------------------------------------------------------------------------------------


def check_scripts(pack: Pack, report: Report) -> None:
    """Check that the scripts of return visits name categories that exist, and no category twice."""
    known = {(row.values.get("kind"), row.get("code")) for row in pack.rows(CATEGORIES)}
    owners: dict[str, int] = {}
    for number, row in enumerate(pack.rows(VISITS, "script"), start=1):
        kind = row.values.get("kind") or "MATTER"
        for key in ("majors", "categories"):
            for code in row.get(key, []):
                if report.has_read(CATEGORIES) and (kind, code) not in known:
                    codes = {code for of_kind, code in known if of_kind == kind}
                    report.dangling(row, key, code, codes, _name_missing(key, code), noun=_("现有"))
        for key in list_script_keys(row.values):
            if owners.setdefault(key, number) != number:
                message = _("%(key)s 有了第二份回访提纲") % {"key": key or pgettext("rule", "全街道")}
                hint = _("一个类别只写一次；只有一份提纲可以不写类别，用于其余所有类别。")
                report.error_at(row, "", "duplicate", message, hint)
