"""Check the score sheets of a pack: weights that do not add up, points that cannot be reached, bands with a gap."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise

from jiedao.evaluation.definition import READS, ItemDefinition, Measured, read_item, read_version
from jiedao.evaluation.models import PeriodKind
from jiedao.evaluation.pack.sections import build_item_spec, build_version_spec
from jiedao.evaluation.pack.tables import SCORESHEETS
from jiedao.evaluation.rules.amounts import InverseRule, RateRule, ThresholdRule
from jiedao.evaluation.rules.bands import BandsRule, sort_bands
from jiedao.evaluation.rules.rule import Rule, RuleFault, format_decimal
from jiedao.evaluation.scoring import find_grade_faults
from jiedao.indicators.models import MeasureKind
from jiedao.indicators.pack.tables import MEASURES
from jiedao.kernel.packs.checks import KEY, KEY_HINT, check_duplicates
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row
from jiedao.orgs.models import UnitKind
from jiedao.orgs.pack.posts import expand_posts
from jiedao.orgs.pack.tables import UNITS
from jiedao.places.pack.checks import list_area_codes

RULE_HINT = "The rules and their keys are in docs/reference/pack-format.md, under score sheets."
HIGHEST_SHARE = Decimal(100)
Rows = dict[tuple[str, str], list[Row]]


def check_scoresheets(pack: Pack, report: Report) -> None:
    """Check that every sheet can be computed, and that its points can be reached and add up."""
    check_duplicates(pack.rows(SCORESHEETS, "scoresheet"), report, ("key",))
    check_duplicates(pack.rows(SCORESHEETS, "scoresheet_version"), report, ("sheet", "key"))
    check_duplicates(pack.rows(SCORESHEETS, "scoresheet_item"), report, ("sheet", "version", "key"))
    sheets = pack.by_key(SCORESHEETS, "scoresheet", "key")
    for row in sheets.values():
        if (key := row.values.get("key")) and not KEY.fullmatch(key):
            report.error_at(row, "key", "bad-value", f"{key!r} cannot be the key of a sheet", KEY_HINT)
    versions = _group_versions(pack, sheets, report)
    items = _group_items(pack, versions, report)
    for key, row in versions.items():
        _check_version(pack, row, sheets[key[0]], items.get(key, []), report)
    _check_dates(versions, report)


def _group_versions(pack: Pack, sheets: dict[str, Row], report: Report) -> dict[tuple[str, str], Row]:
    versions = {}
    for row in pack.rows(SCORESHEETS, "scoresheet_version"):
        sheet = row.get("sheet")
        if sheet in sheets:
            versions[sheet, row.get("key")] = row
        elif sheet:
            report.dangling(row, "sheet", sheet, sheets, f"no sheet {sheet}", noun="Sheets")
    return versions


def _group_items(pack: Pack, versions: dict[tuple[str, str], Row], report: Report) -> Rows:
    items: Rows = defaultdict(list)
    for row in pack.rows(SCORESHEETS, "scoresheet_item"):
        key = (row.get("sheet"), row.get("version"))
        if key in versions:
            items[key].append(row)
        elif all(key):
            names = [" ".join(known) for known in versions]
            report.dangling(
                row, "version", key[1], names, f"no version {key[1]} of the sheet {key[0]}", noun="Versions"
            )
    return items


def _check_version(pack: Pack, row: Row, sheet: Row, items: list[Row], report: Report) -> None:
    total = Decimal(str(row.values.get("total", 100)))
    try:
        definition = read_version(build_version_spec(row.values))
    except RuleFault as fault:
        for line in str(fault).splitlines():
            report.error_at(row, "grades", "bad-value", line, RULE_HINT)
    else:
        for text in find_grade_faults(definition.grades, total):
            report.error_at(row, "grades", "bad-value", text, "A grade reaches up to the next one.")
        _check_subjects(pack, row, sheet, report)
        _check_posts(pack, row, sheet, report)
        if definition.minimum_measure:
            _check_measure(pack, row, ("minimum_measure", definition.minimum_measure), sheet, report)
    read = [(item, _read_rule(pack, item, sheet, report)) for item in items]
    if not items:
        hint = "Write its [[scoresheet_item]] tables."
        report.error_at(row, "key", "missing", f"the version {row.get('key')} has no item", hint)
    elif all(item_definition is not None for _item, item_definition in read):
        _check_total(
            row,
            [item_definition.rule for _item, item_definition in read if item_definition is not None],
            total,
            report,
        )


def _check_total(row: Row, rules: list[Rule], total: Decimal, report: Report) -> None:
    reached = sum((rule.points for rule in rules), Decimal(0))
    if reached != total:
        terms = " + ".join(format_decimal(rule.points) for rule in rules)
        report.error_at(
            row,
            "total",
            "weights",
            f"the items are worth {terms} = {format_decimal(reached)} points, not {format_decimal(total)}",
            "Change the points of an item, or the total.",
        )


def _check_subjects(pack: Pack, row: Row, sheet: Row, report: Report) -> None:
    subject = sheet.get("subject")
    known = set(list_area_codes(pack)) if subject == "area" else set(pack.by_key(UNITS, "unit"))
    if subject == "post":
        known = set(list_post_codes(pack))
    for kind in row.values.get("unit_kinds") or ():
        if kind not in UnitKind.values:
            report.dangling(row, "unit_kinds", kind, UnitKind.values, f"no kind of unit {kind}")
    for name in ("only", "exclude"):
        for code in row.values.get(name) or ():
            if code not in known:
                report.dangling(row, name, code, known, f"no {subject} {code}")


def list_post_codes(pack: Pack) -> list[str]:
    """Return the codes of the posts of a pack, such as "RIVER.GRID"."""
    return [line.code for line in expand_posts(pack)]


def _check_posts(pack: Pack, row: Row, sheet: Row, report: Report) -> None:
    """Report what makes the score of a post that of a person, and keys of posts in a sheet of others."""
    if sheet.get("subject") != "post":
        for name in ("roles", "measured_by", "minimum_holders"):
            if row.values.get(name):
                hint = 'Remove it, or let the sheet have subject = "post".'
                report.error_at(row, name, "bad-value", f"{name!r} is of a sheet of posts", hint)
        return
    roles = {code.partition(".")[2] for code in list_post_codes(pack)}
    if not row.values.get("roles"):
        report.error_at(
            row,
            "roles",
            "missing",
            "'roles' is missing: the roles whose posts are scored",
            'Such as ["GRID"].',
        )
    for role in row.values.get("roles") or ():
        if role not in roles:
            report.dangling(row, "roles", role, roles, f"no post has the role {role}", noun="Roles")
    if row.values.get("black"):
        hint = "Remove it: people are behind a post."
        report.error_at(row, "black", "bad-value", "a black list names no posts", hint)


def _read_rule(pack: Pack, row: Row, sheet: Row, report: Report) -> ItemDefinition | None:
    """Return the definition of an item, None with its faults in the report."""
    spec = build_item_spec(row.values)
    if not isinstance(spec["rule"], dict):
        report.error_at(row, "rule", "missing-key", "'rule' is a table with rule and points", RULE_HINT)
        return None
    try:
        definition = read_item(spec)
    except RuleFault as fault:
        for line in str(fault).splitlines():
            report.error_at(row, "rule", "bad-rule", f"{row.get('key')}: {line}", RULE_HINT)
        return None
    for key in sorted(definition.measures):
        column = "measure" if row.get("measure") == key else "values"
        _check_measure(pack, row, (column, key), sheet, report)
    if definition.scores_of:
        _check_scores_of(pack, row, definition.scores_of, sheet, report)
    _check_reach(pack, row, definition, report)
    return definition


def _check_scores_of(pack: Pack, row: Row, key: str, sheet: Row, report: Report) -> None:
    """Report a sheet whose scores are read that does not exist, scores others, or has no shorter periods."""
    sheets = pack.by_key(SCORESHEETS, "scoresheet", "key")
    source = sheets.get(key)
    if source is None:
        report.dangling(row, "scores_of", key, sheets, f"no sheet {key}", noun="Sheets")
        return
    if source.get("subject") != sheet.get("subject"):
        text = f"the sheet {key} scores each {source.get('subject')}, this one each {sheet.get('subject')}"
        report.error_at(row, "scores_of", "bad-value", text, "Name a sheet with the same subject.")
    lengths = {value: position for position, value in enumerate(PeriodKind.values)}
    own, others = (lengths.get(row.get("period")) for row in (sheet, source))
    if own is not None and others is not None and others >= own:
        text = f"the periods of the sheet {key} are not shorter than those of this one"
        report.error_at(
            row, "scores_of", "bad-value", text, "A quarter is made from months, not the reverse."
        )


def _check_measure(pack: Pack, row: Row, named: tuple[str, str], sheet: Row, report: Report) -> None:
    """Report a measure, named in a column by its key, that does not exist or is not split as the sheet needs it."""
    column, key = named
    measures = pack.by_key(MEASURES, "measure", "key")
    measure = measures.get(key)
    if measure is None:
        report.dangling(row, column, key, measures, f"no measure {key}", noun="Measures")
    elif measure.get("kind") in {MeasureKind.AMOUNT, MeasureKind.RATE}:
        for split in _list_splits(pack, row, sheet):
            if split not in (measure.values.get("splits") or ()):
                hint = f'Add "{split}" to its splits, or use another measure.'
                report.error_at(row, column, "bad-value", f"{key} is not split by {split}", hint)


def _list_splits(pack: Pack, row: Row, sheet: Row) -> list[str]:
    """Return the splits in which the measures of a sheet are read; for posts those of `measured_by`."""
    subject = sheet.get("subject")
    if subject != "post":
        return [subject] if subject else []
    name = row.get("version") or row.get("key")
    version = next(
        (
            other
            for other in pack.rows(SCORESHEETS, "scoresheet_version")
            if (other.get("sheet"), other.get("key")) == (row.get("sheet"), name)
        ),
        None,
    )
    measured_by = (version.get("measured_by") if version is not None else "") or Measured.AREA.value
    return [] if measured_by == Measured.TOWN else [measured_by]


def _check_reach(pack: Pack, row: Row, definition: ItemDefinition, report: Report) -> None:
    """Report points that no value can reach: a rate of something that is no percentage, bands that miss a share."""
    measure = pack.by_key(MEASURES, "measure", "key").get(definition.values.get("value", ""))
    is_share = measure is not None and measure.get("unit") == "%"
    rule = definition.rule
    reads_share = isinstance(rule, RateRule | InverseRule)
    if reads_share and measure is not None and not is_share and definition.reads == READS[0]:
        hint = "Use a measure in %, or another rule."
        text = f"{row.get('key')}: the rule {rule.name} reads a percentage, and {measure.get('key')} is none"
        report.error_at(row, "rule", "bad-rule", text, hint)
    if isinstance(rule, ThresholdRule) and is_share and rule.threshold > HIGHEST_SHARE:
        text = f"{row.get('key')}: no share reaches the threshold {format_decimal(rule.threshold)}"
        report.error_at(row, "rule", "bad-rule", text, "A percentage of its own total is at most 100.")
    if isinstance(rule, BandsRule):
        ordered = sort_bands(rule.bands)
        lowest, highest = ordered[0], ordered[-1]
        least, most = Decimal(0), HIGHEST_SHARE if is_share else None
        if not lowest.contains(least) and (lowest.low is not None and lowest.low >= least):
            report.error_at(
                row, "rule", "bad-rule", f"{row.get('key')}: no band holds 0", "Let the first have no low."
            )
        top_is_missing = highest.high is not None if most is None else not highest.contains(most)
        if top_is_missing:
            text = f"{row.get('key')}: no band holds values above {highest.text}"
            report.error_at(row, "rule", "bad-rule", text, "Let the last band have no high.")


def _check_dates(versions: dict[tuple[str, str], Row], report: Report) -> None:
    """Report versions of one sheet that hold at the same time."""
    by_sheet: dict[str, list[Row]] = defaultdict(list)
    for (sheet, _key), row in versions.items():
        if isinstance(row.values.get("from"), date):
            by_sheet[sheet].append(row)
    for rows in by_sheet.values():
        rows.sort(key=lambda row: row.values["from"])
        for row in rows:
            until = row.values.get("until")
            if until is not None and until < row.values["from"]:
                report.error_at(
                    row, "until", "bad-value", "it ends before it begins", "Correct one of the days."
                )
        for earlier, later in pairwise(rows):
            until = earlier.values.get("until")
            if until is None or until >= later.values["from"]:
                report.error_at(
                    earlier,
                    "until",
                    "overlap",
                    f"the version {earlier.get('key')} still holds when {later.get('key')} begins",
                    f"Write until = the day before {later.values['from']}.",
                )
