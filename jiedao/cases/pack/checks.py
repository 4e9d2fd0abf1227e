"""Check categories, their rules and keywords, the duty list and the reasons of a pack."""

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
            hint = "A 大类 has 2 digits, a 小类 5 (its 大类's 2 and 3 more)."
            if code.isascii() and code.isdigit() and len(code) in {1, 4, 7, 10}:
                hint = f"Excel drops the zero at the beginning: write 0{code}, and format the column as text."
            report.unread.add(CATEGORIES)
            report.error_at(row, "", "bad-category-code", f"{code!r} is not a category code", hint)
        elif kind and len(code) > 2 and (kind, code[:2]) not in keys:
            message = f"category {code} belongs to {code[:2]}, which is not in the table"
            report.error_at(row, "", "dangling", message, f"Add a line {kind},{code[:2]}, with its name.")
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
                report.error_at(row, "", "dangling", f"no {kind} category {code}", hint)
            repeated_words = sorted(
                {word for word in row.values["value"] if row.values["value"].count(word) > 1}
            )
            if repeated_words:
                report.warn_at(row, "", "duplicate", f"{code}: {'、'.join(repeated_words)} occurs twice")
        for row in pack.rows(CATEGORIES) if report.has_read(KEYWORDS) else []:
            code = row.get("code")
            if row.values.get("kind") == kind and code in codes and not words.get(code):
                hint = f"Add it to [{table}] of keywords.toml."
                report.warn_at(row, "", "no-keywords", f"category {code} has no keywords", hint)


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
        ("no-duty", "has no responsible unit", "have no responsible unit"),
        "Add a [[duty]] to duties.toml that covers {} and names a lead.",
        report,
    )
    _report_categories(
        {
            key: row
            for key, row in rows.items()
            if key in town_lines and "HANDLE" not in town_lines[key].limits
        },
        ("no-limit", "has no limit", "have no limit"),
        "Give handle in [limits] or in a [[duty]] of duties.toml.",
        report,
    )


def _report_categories(rows: dict[Key, Row], words: tuple[str, str, str], hint: str, report: Report) -> None:
    """Report what categories lack, each at its line; of many, as a missing general rule leaves them, in one fault.

    Args:
        words: the code of the fault, and what it states of one and of several categories.
        hint: what to do, with {} for the categories.
    """
    code, of_one, of_several = words
    if len(rows) <= MOST_PLACES:
        for (kind, category), row in rows.items():
            report.error_at(row, "", code, f"category {category} {of_one}", hint.format(f"{kind} {category}"))
        return
    listed = ", ".join(f"{kind} {category}" for kind, category in list(rows)[:MOST_PLACES])
    message = f"{len(rows)} categories {of_several}: {listed} and {len(rows) - MOST_PLACES} more"
    report.error(DUTIES, 0, code, message, hint.format("them"))


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
                    hint = suggest_unit(pack, code, known, noun="There are")
                    report.missing_name(row, key, code, f"{key}: no {code}", hint)
        for area in row.get("areas", []):
            check_area(pack, row, area, report, f"areas: no {area}", key="areas", item=area)
        _check_lead(pack, row, report)


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
        known = [*units, BY_COMMUNITY]
        report.missing_name(
            row, "lead", lead, f"lead: no unit {lead}", suggest_unit(pack, lead, known, noun="Units")
        )
    if lead and lead in row.get("helpers", []):
        message = f"{lead} leads and helps at once"
        report.error_at(row, "helpers", "bad-value", message, "Leave it out of helpers.", item=lead)


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
            hint = "A move that asks for one could not be made."
            report.error(REASONS, 0, "missing-key", f"no reason of kind {kind}", hint)
    returns = {row.get("code") for row in rows if row.values.get("kind") == "RETURN"}
    for policy in pack.rows("pack.toml", "policy"):
        for code in policy.get("wrong_reasons", []):
            if code not in returns:
                report.dangling(policy, "wrong_reasons", code, returns, f"no RETURN reason {code}")


# -- stock phrases ---------------------------------------------------------------------------------------------------


def check_phrases(pack: Pack, report: Report) -> None:
    """Check that no phrase has the key of another, and that each names a move that has a text of its kind."""
    rows = pack.rows(PHRASES, "phrase")
    check_duplicates(rows, report, ("kind", "code"))
    for row in rows:
        kind, code = row.values.get("kind"), row.get("move")
        moves = {move.code for move in FLOW.moves.values() if kind in list_phrase_kinds(move)}
        if kind and code and code not in moves:
            message = f"no move {code!r} asks for a text of kind {kind}"
            report.dangling(row, "move", code, moves, message, noun="There are")


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
                    report.dangling(row, key, code, codes, f"{key}: no {code}", noun="There are")
        for key in list_script_keys(row.values):
            if owners.setdefault(key, number) != number:
                hint = "Name each category once; one script may leave them out and applies to all others."
                report.error_at(row, "", "duplicate", f"a second script for {key or 'the town'}", hint)
