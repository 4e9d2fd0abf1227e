"""Check the score sheets of a pack: weights that do not add up, points that cannot be reached, bands with a gap."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
from jiedao.kernel.phrasing import name_subject
from jiedao.orgs.models import UnitKind
from jiedao.orgs.pack.posts import expand_posts
from jiedao.orgs.pack.tables import POSTS, UNITS
from jiedao.places.pack.checks import list_area_codes
from jiedao.places.pack.tables import AREAS, GRIDS

RULE_HINT = gettext_lazy("各种规则和它们的写法，见 docs/reference/pack-format.md 的“score sheets”。")
SUBJECTS = {  # what a sheet scores -> the fault of a code that is none
    "area": gettext_lazy("没有区域 %(code)s"),
    "unit": gettext_lazy("没有单位 %(code)s"),
    "post": gettext_lazy("没有岗位 %(code)s"),
}
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
            message = _("%(key)s 不能用作评分表的代码") % {"key": key}
            report.error_at(row, "key", "bad-value", message, KEY_HINT)
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
            report.dangling(row, "sheet", sheet, sheets, _name_missing_sheet(sheet), noun=_("现有评分表"))
    return versions


def _name_missing_sheet(key: str) -> str:
    return _("没有评分表 %(code)s") % {"code": key}


def _group_items(pack: Pack, versions: dict[tuple[str, str], Row], report: Report) -> Rows:
    items: Rows = defaultdict(list)
    for row in pack.rows(SCORESHEETS, "scoresheet_item"):
        key = (row.get("sheet"), row.get("version"))
        if key in versions:
            items[key].append(row)
        elif all(key):
            names = [" ".join(known) for known in versions]
            message = _("评分表 %(sheet)s 没有版本 %(version)s")
            message %= {"sheet": key[0], "version": key[1]}
            report.dangling(row, "version", key[1], names, message, noun=_("现有版本"))
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
            hint = _("一个等次到上一个等次为止。")
            report.error_at(row, "grades", "bad-value", text, hint)
        _check_subjects(pack, row, sheet, report)
        _check_posts(pack, row, sheet, report)
        if definition.minimum_measure:
            _check_measure(pack, row, ("minimum_measure", definition.minimum_measure), sheet, report)
    read = [(item, _read_rule(pack, item, sheet, report)) for item in items]
    if not items:
        message = _("版本 %(key)s 没有项目") % {"key": row.get("key")}
        hint = _("写它的 [[scoresheet_item]]。")
        report.error_at(row, "key", "missing", message, hint)
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
        message = _("各项合计 %(terms)s = %(sum)s 分，不是 %(total)s 分")
        message %= {
            "terms": " + ".join(format_decimal(rule.points) for rule in rules),
            "sum": format_decimal(reached),
            "total": format_decimal(total),
        }
        hint = _("改某一项的分值，或改总分。")
        report.error_at(row, "total", "weights", message, hint)


def _check_subjects(pack: Pack, row: Row, sheet: Row, report: Report) -> None:
    subject = sheet.get("subject")
    known = set(list_area_codes(pack)) if subject == "area" else set(pack.by_key(UNITS, "unit"))
    if subject == "post":
        known = set(list_post_codes(pack))
    for kind in row.values.get("unit_kinds") or ():
        if kind not in UnitKind.values:
            message = _("没有 %(code)s 这类单位") % {"code": kind}
            report.dangling(row, "unit_kinds", kind, UnitKind.values, message)
    for name in ("only", "exclude") if report.has_read(AREAS, GRIDS, POSTS, UNITS) else ():
        for code in row.values.get(name) or ():
            if code not in known:
                message = SUBJECTS.get(subject, SUBJECTS["unit"]) % {"code": code}
                report.dangling(row, name, code, known, message)


def list_post_codes(pack: Pack) -> list[str]:
    """Return the codes of the posts of a pack, such as "RIVER.GRID"."""
    return [line.code for line in expand_posts(pack)]


def _check_posts(pack: Pack, row: Row, sheet: Row, report: Report) -> None:
    """Report what makes the score of a post that of a person, and keys of posts in a sheet of others."""
    if sheet.get("subject") != "post":
        for name in ("roles", "measured_by", "minimum_holders"):
            if row.values.get(name):
                message = _("%(key)s 只用于岗位的评分表") % {"key": name}
                hint = _('删去它，或给评分表写 subject = "post"')
                report.error_at(row, name, "bad-value", message, hint)
        return
    roles = {code.partition(".")[2] for code in list_post_codes(pack)}
    if not row.values.get("roles"):
        message = _("缺少 roles：给哪些角色的岗位评分")
        report.error_at(row, "roles", "missing", message, _('如 roles = ["GRID"]'))
    for role in row.values.get("roles") or ():
        if role not in roles and report.has_read(POSTS, UNITS):
            message = _("没有岗位用角色 %(key)s") % {"key": role}
            report.dangling(row, "roles", role, roles, message, noun=_("现有角色"))
    if row.values.get("black"):
        message = _("岗位的评分表不列黑榜")
        hint = _("删去 black：岗位后面是人。")
        report.error_at(row, "black", "bad-value", message, hint)


def _read_rule(pack: Pack, row: Row, sheet: Row, report: Report) -> ItemDefinition | None:
    """Return the definition of an item, None with its faults in the report."""
    spec = build_item_spec(row.values)
    if not isinstance(spec["rule"], dict):
        message = _("rule 应是写有 rule 和 points 的表")
        report.error_at(row, "rule", "missing-key", message, RULE_HINT)
        return None
    try:
        definition = read_item(spec)
    except RuleFault as fault:
        for line in str(fault).splitlines():
            report.error_at(row, "rule", "bad-rule", name_subject(row.get("key"), line), RULE_HINT)
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
        report.dangling(row, "scores_of", key, sheets, _name_missing_sheet(key), noun=_("现有评分表"))
        return
    if source.get("subject") != sheet.get("subject"):
        message = _("评分表 %(key)s 的 subject 是 %(other)s，这张是 %(subject)s")
        message %= {"key": key, "other": source.get("subject"), "subject": sheet.get("subject")}
        hint = _("写 subject 相同的评分表。")
        report.error_at(row, "scores_of", "bad-value", message, hint)
    lengths = {value: position for position, value in enumerate(PeriodKind.values)}
    own, others = (lengths.get(row.get("period")) for row in (sheet, source))
    if own is not None and others is not None and others >= own:
        message = _("评分表 %(key)s 的时段不比这张短")
        hint = _("季度由月份合成，不能反过来。")
        report.error_at(row, "scores_of", "bad-value", message % {"key": key}, hint)


def _check_measure(pack: Pack, row: Row, named: tuple[str, str], sheet: Row, report: Report) -> None:
    """Report a measure, named in a column by its key, that does not exist or is not split as the sheet needs it."""
    column, key = named
    measures = pack.by_key(MEASURES, "measure", "key")
    measure = measures.get(key)
    if measure is None:
        message = _("没有指标 %(code)s") % {"code": key}
        report.dangling(row, column, key, measures, message, noun=_("现有指标"))
    elif measure.get("kind") in {MeasureKind.AMOUNT, MeasureKind.RATE}:
        for split in _list_splits(pack, row, sheet):
            if split not in (measure.values.get("splits") or ()):
                words = {"key": key, "split": split}
                message = _("指标 %(key)s 没有按 %(split)s 分组")
                hint = _('在它的 splits 里加 "%(split)s"，或改用别的指标。')
                report.error_at(row, column, "bad-value", message % words, hint % words)


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
        text = _("规则 %(rule)s 用百分数，%(measure)s 却不是")
        text = name_subject(row.get("key"), text % {"rule": rule.name, "measure": measure.get("key")})
        report.error_at(row, "rule", "bad-rule", text, _("用单位是百分数的指标，或换一种规则。"))
    if isinstance(rule, ThresholdRule) and is_share and rule.threshold > HIGHEST_SHARE:
        text = _("没有百分数能到 %(threshold)s")
        text = name_subject(row.get("key"), text % {"threshold": format_decimal(rule.threshold)})
        hint = _("占自己总数的百分数最多是 100。")
        report.error_at(row, "rule", "bad-rule", text, hint)
    if isinstance(rule, BandsRule):
        ordered = sort_bands(rule.bands)
        lowest, highest = ordered[0], ordered[-1]
        least, most = Decimal(0), HIGHEST_SHARE if is_share else None
        if not lowest.contains(least) and (lowest.low is not None and lowest.low >= least):
            text = name_subject(row.get("key"), _("没有一段包含 0"))
            report.error_at(row, "rule", "bad-rule", text, _("第一段不写 low。"))
        top_is_missing = highest.high is not None if most is None else not highest.contains(most)
        if top_is_missing:
            text = _("没有一段包含 %(band)s 以上的值") % {"band": highest.text}
            hint = _("最后一段不写 high。")
            report.error_at(row, "rule", "bad-rule", name_subject(row.get("key"), text), hint)


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
                message = _("结束早于开始")
                hint = _("改正其中一个日期。")
                report.error_at(row, "until", "bad-value", message, hint)
        for earlier, later in pairwise(rows):
            until = earlier.values.get("until")
            if until is None or until >= later.values["from"]:
                message = _("版本 %(earlier)s 还没结束，%(later)s 就开始了")
                message %= {"earlier": earlier.get("key"), "later": later.get("key")}
                hint = _("写 until = %(day)s")
                last_day = later.values["from"] - timedelta(days=1)
                report.error_at(earlier, "until", "overlap", message, hint % {"day": last_day})
