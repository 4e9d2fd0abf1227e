"""Check categories, their rules, keywords and the duty list."""

from jiedao.kernel.expressions import ExpressionFault
from jiedao.packs.check_areas import check_duplicates, no_area
from jiedao.packs.duties import BY_COMMUNITY, DutyList, category_facts
from jiedao.packs.expressions import Condition
from jiedao.packs.faults import Report, did_you_mean
from jiedao.packs.pack import Pack
from jiedao.packs.reading import Row

TABLE_OF_KIND = {"COMPONENT": "component", "MATTER": "matter"}


def check_categories(pack: Pack, report: Report) -> None:
    """Check codes, parents, rules, keywords and that every 小类 has somebody responsible and a limit."""
    rows = pack.rows("categories.csv")
    check_duplicates(rows, report, ("kind", "code"))
    keys = {(row.values.get("kind"), row.values.get("code")) for row in rows}
    for row in rows:
        kind, code = row.values.get("kind"), row.values.get("code", "")
        if code and not (code.isascii() and code.isdigit() and len(code) in {2, 5, 8, 11}):
            hint = "A 大类 has 2 digits, a 小类 5 (its 大类's 2 and 3 more)."
            report.error(row.file, row.line(), "bad-category-code", f"{code!r} is not a category code", hint)
        elif kind and len(code) > 2 and (kind, code[:2]) not in keys:
            message = f"category {code} belongs to {code[:2]}, which is not in the table"
            report.error(
                row.file, row.line(), "dangling", message, f"Add a line {kind},{code[:2]}, with its name."
            )
    _check_rules(pack, report)
    _check_keywords(pack, report)
    check_duties(pack, report)


def _check_rules(pack: Pack, report: Report) -> None:
    for row in pack.rows("rules.toml", "rules"):
        for key, text in row.values.items():
            try:
                condition = Condition(text)
                for facts in category_facts(pack).values():
                    condition.holds(facts)
            except ExpressionFault as fault:
                report.error(row.file, row.line(key), "expression", f"{key} {fault}", fault.hint)


def _check_keywords(pack: Pack, report: Report) -> None:
    facts = category_facts(pack)
    for kind, table in TABLE_OF_KIND.items():
        codes = {code for of_kind, code in facts if of_kind == kind}
        words = pack.coded("keywords.toml", table)
        for code, row in words.items():
            if code not in codes and report.knows("categories.csv"):
                hint = did_you_mean(code, codes)
                report.error(row.file, row.line(), "dangling", f"no {kind} category {code}", hint)
            doubled = sorted({word for word in row.values["value"] if row.values["value"].count(word) > 1})
            if doubled:
                report.warn(row.file, row.line(), "duplicate", f"{code}: {'、'.join(doubled)} stands twice")
        for row in pack.rows("categories.csv") if report.knows("keywords.toml") else []:
            code = row.values.get("code", "")
            if row.values.get("kind") == kind and code in codes and not words.get(code):
                hint = f"Add it to [{table}] of keywords.toml."
                report.warn(row.file, row.line(), "no-keywords", f"category {code} has no keywords", hint)


def check_duties(pack: Pack, report: Report) -> None:
    """Check the codes that rules name, then that every 小类 has a lead unit and a limit."""
    _check_rule_codes(pack, report)
    duties = DutyList(pack, report)
    if not report.knows("categories.csv", "units.toml", "duties.toml") or _rules_at_fault(report):
        return
    towns = {(line.kind, line.code): line for line in duties.lines if not line.area}
    for category in pack.rows("categories.csv"):
        key = (category.values.get("kind", ""), category.values.get("code", ""))
        if key not in duties.facts:
            continue
        if key not in towns:
            report.error(
                category.file, category.line(), "no-duty", f"category {key[1]} has no responsible unit",
                f"Add a [[duty]] to duties.toml that covers {key[0]} {key[1]} and names a lead.",
            )  # fmt: skip
        elif "HANDLE" not in towns[key].limits:
            hint = "Give handle in [limits] or in a [[duty]] of duties.toml."
            report.error(category.file, category.line(), "no-limit", f"category {key[1]} has no limit", hint)


def _rules_at_fault(report: Report) -> bool:
    """Tell whether a rule gave something that was not taken: what is missing for it says nothing more."""
    codes = {"unknown-key", "bad-type", "expression"}
    return any(fault.file == "duties.toml" and fault.code in codes for fault in report.errors)


def _check_rule_codes(pack: Pack, report: Report) -> None:
    facts = category_facts(pack)
    known: dict[str, set[str]] = {}
    if report.knows("units.toml"):
        known["helpers"] = set(pack.coded("units.toml", "unit"))
    if report.knows("categories.csv"):
        known["majors"] = {code[:2] for _, code in facts}
    for row in pack.rows("duties.toml", "duty"):
        codes = {code for kind, code in facts if row.values.get("kind", kind) == kind}
        small = {"categories": codes} if report.knows("categories.csv") else {}
        for key, names in {**known, **small}.items():
            for item in row.values.get(key, []):
                if item not in names:
                    hint = did_you_mean(item, names, noun="There are")
                    report.error(row.file, row.line(key, item), "dangling", f"{key}: no {item}", hint)
        for area in row.values.get("areas", []):
            where = no_area(pack, area, report)
            if where is not None:
                report.error(row.file, row.line("areas", area), "dangling", f"areas: no {area}", where)
        _check_lead(pack, row, report)


def _check_lead(pack: Pack, row: Row, report: Report) -> None:
    units, lead = pack.coded("units.toml", "unit"), row.values.get("lead", "")
    if report.knows("units.toml") and lead and lead not in units and lead != BY_COMMUNITY:
        hint = did_you_mean(lead, [*units, BY_COMMUNITY], noun="Units")
        report.error(row.file, row.line("lead"), "dangling", f"lead: no unit {lead}", hint)
    if lead and lead in row.values.get("helpers", []):
        message = f"{lead} leads and helps at once"
        report.error(row.file, row.line("helpers", lead), "bad-value", message, "Leave it out of helpers.")
