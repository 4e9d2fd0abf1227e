"""Check the measures, targets and stated figures of a pack."""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.indicators.definition import MeasureDefinition, find_definition_faults, read_definition
from jiedao.indicators.models import MeasureKind
from jiedao.indicators.pack.sections import build_spec
from jiedao.indicators.pack.stands_for import find_stands_for_faults, read_stands_for
from jiedao.indicators.pack.tables import FIGURES, MEASURES
from jiedao.indicators.pack.units import find_unit_faults
from jiedao.kernel import figures
from jiedao.kernel.errors import UserError
from jiedao.kernel.figures import AREA, CATEGORY, CHANNEL, UNIT
from jiedao.kernel.packs.checks import check_duplicates
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row
from jiedao.kernel.periods import Period, parse_period
from jiedao.kernel.phrasing import name_subject
from jiedao.orgs.pack.checks import check_units_named
from jiedao.places.pack.checks import check_area

KEY = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")
KEY_HINT = gettext_lazy('用小写字母、数字和下划线，各段之间写点，如 "cases.on_time"')
SPEC_HINT = gettext_lazy("数据来源和各项的写法，见 docs/reference/pack-format.md 的“measures”。")
STANDS_FOR_HINT = gettext_lazy('写 "F020"，或 { id = "F021", part = "completion" }，或由它们组成的列表。')
OVERLAP_HINT = gettext_lazy("时段要前后相接，或一个在另一个里面。")
SPLITS = (AREA, UNIT, CATEGORY, CHANNEL)
RESERVED_KEYS = frozenset({"entries", "export"})  # words of addresses beside those of the measures


def check_measures(pack: Pack, report: Report) -> None:
    """Check that every measure can be computed from what the pack declares, and that targets and figures name one."""
    for table in ("theme", "measure"):
        check_duplicates(pack.rows(MEASURES, table), report, ("key",))
    themes, measures = (pack.by_key(MEASURES, table, "key") for table in ("theme", "measure"))
    for row in measures.values():
        _check_key(row, report)
        theme = row.values.get("theme")
        if theme is not None and theme not in themes:
            message = _("没有指标类别 %(code)s") % {"code": theme}
            report.dangling(row, "theme", theme, themes, message, noun=_("现有指标类别"))
        _check_definition(pack, row, measures, report)
    _check_circles(measures, report)
    _check_stands_for(measures, report)
    for file, table in ((MEASURES, "target"), (FIGURES, "figure")):
        check_duplicates(pack.rows(file, table), report, ("measure", "period", "area", "unit"))
        for row in pack.rows(file, table):
            _check_placed(pack, row, measures, report)
    _check_target_overlaps(pack, report)
    _check_tiles(pack, measures, report)
    for row in pack.rows(FIGURES, "figure"):
        measure = measures.get(row.get("measure"))
        if measure is not None and measure.get("kind") != MeasureKind.ENTERED:
            message = _("%(key)s 是算出来的") % {"key": measure.get("key")}
            hint = _('只有 kind = "entered" 的指标才能写数字，其他指标由记录算出。')
            report.error_at(row, "measure", "bad-value", message, hint)
        if not {"value", "growth", "rank"} & set(row.values):
            hint = _("写 value、growth 或 rank。")
            report.error_at(row, "value", "missing", _("这一条没有写数字"), hint)


def _check_tiles(pack: Pack, measures: dict[str, Row], report: Report) -> None:
    check_duplicates(pack.rows(MEASURES, "tile"), report, ("measure", "span"))
    for row in pack.rows(MEASURES, "tile"):
        if (key := row.values.get("measure")) is not None:
            _check_named(row, "measure", key, measures, report)


def _check_named(row: Row, column: str, key: str, measures: dict[str, Row], report: Report) -> None:
    """Report a measure that the pack does not declare."""
    if key not in measures:
        message = _("没有指标 %(code)s") % {"code": key}
        report.dangling(row, column, key, measures, message, noun=_("现有指标"))


def _check_key(row: Row, report: Report) -> None:
    key = row.values.get("key")
    if key and not KEY.fullmatch(key):
        message = _("%(key)s 不能用作指标的代码") % {"key": key}
        report.error_at(row, "key", "bad-value", message, KEY_HINT)
    if key in RESERVED_KEYS:
        message = _("%(key)s 是页面的地址") % {"key": key}
        report.error_at(row, "key", "bad-value", message, _("换一个代码。"))


def _check_definition(pack: Pack, row: Row, measures: dict[str, Row], report: Report) -> None:
    kind, spec = row.values.get("kind"), build_spec(row.values)
    if kind is None:
        return
    faults = find_definition_faults(kind, spec)
    splits = _read_splits(row, report)
    if not faults:
        definition = read_definition(kind, spec)
        for read_spec in definition.specs:
            faults += figures.check_in_pack(read_spec, pack, report, splits=splits)
        if definition.kind is MeasureKind.DURATION:
            duration = definition.numerator[0].spec
            faults += figures.check_duration_in_pack(duration, pack, report, splits)
        for key in definition.terms.values():
            _check_named(row, "terms", key, measures, report)
        if not faults:
            units = {key: other.get("unit") for key, other in measures.items()}
            faults += find_unit_faults(definition, row.get("unit"), pack, units)
        faults += _find_split_faults(definition, row, measures)
    for fault in faults:
        report.words_at(row, "kind", "bad-value", fault, SPEC_HINT, about=row.get("key"))


def _read_splits(row: Row, report: Report) -> list[str]:
    """Return the splits of a measure; those that no source has are reported."""
    splits = row.values.get("splits") or ()
    for split in splits:
        if split not in SPLITS:
            report.dangling(row, "splits", split, SPLITS, _("不能按 %(split)s 分组") % {"split": split})
    return [split for split in splits if split in SPLITS]


def _find_split_faults(definition: MeasureDefinition, row: Row, measures: dict[str, Row]) -> list[str]:
    """Return a fault for each split of a formula that one of its terms does not have."""
    message = _("指标按 %(split)s 分组，它的 %(key)s 却没有这样分")
    return [
        message % {"split": split, "key": key}
        for key in definition.terms.values()
        if key in measures and measures[key].get("kind") != MeasureKind.ENTERED
        for split in row.values.get("splits") or ()
        if split not in (measures[key].values.get("splits") or ())
    ]


def _check_target_overlaps(pack: Pack, report: Report) -> None:
    """Report targets of one measure and place whose periods are the same or cross.

    A period inside another is no fault: a year has the targets of its quarters, too.
    """
    targets: dict[tuple[str, str, str], list[tuple[Row, Period]]] = {}
    for row in pack.rows(MEASURES, "target"):
        period = _read_period(row)
        if period is None or not row.values.get("measure"):
            continue
        known = targets.setdefault((row.get("measure"), row.get("area"), row.get("unit")), [])
        for other, other_period in known:
            first, last = max(period.first, other_period.first), min(period.last, other_period.last)
            shorter = min(period.days, other_period.days)
            is_inside = (last - first).days + 1 == shorter and period.days != other_period.days
            if first <= last and not is_inside and row.get("period") != other.get("period"):
                message = _("%(measure)s 的目标，%(period)s 和 %(other)s 有重叠")
                message %= {
                    "measure": row.get("measure"),
                    "period": row.get("period"),
                    "other": other.get("period"),
                }
                report.error_at(row, "period", "overlap", message, OVERLAP_HINT)
        known.append((row, period))


def _read_period(row: Row) -> Period | None:
    """Return the period of a target or figure; None where it cannot be read, which is another fault."""
    try:
        return parse_period(row.get("period"))
    except UserError:
        return None


def _check_stands_for(measures: dict[str, Row], report: Report) -> None:
    """Report references to a published report's figures that cannot be read, and figures that two measures claim."""
    claimed: dict[str, str] = {}
    for key, row in measures.items():
        value = row.values.get("figure")
        faults = find_stands_for_faults(value)
        for reference in read_stands_for(value) if not faults else []:
            other = claimed.setdefault(reference["figure"], key)
            if other != key:
                message = _("%(figure)s 已经是 %(measure)s 的数字")
                faults.append(message % {"figure": reference["figure"], "measure": other})
        for fault in faults:
            report.error_at(row, "figure", "bad-value", name_subject(key, fault), STANDS_FOR_HINT)


def _check_circles(measures: dict[str, Row], report: Report) -> None:
    """Report each formula that needs its own result."""
    needs = {
        key: [name for name in (row.values.get("terms") or {}).values() if name in measures]
        for key, row in measures.items()
    }

    def reaches(start: str) -> bool:
        waiting, done = list(needs[start]), set[str]()
        while waiting:
            key = waiting.pop()
            if key == start:
                return True
            if key not in done:
                done.add(key)
                waiting += needs[key]
        return False

    for key, row in measures.items():
        if reaches(key):
            message = _("%(key)s 的公式要用它自己的结果") % {"key": key}
            report.error_at(row, "terms", "circle", message, _("去掉其中一项。"))


def _check_placed(pack: Pack, row: Row, measures: dict[str, Row], report: Report) -> None:
    key, area, unit = (row.values.get(name) for name in ("measure", "area", "unit"))
    if key is not None:
        _check_named(row, "measure", key, measures, report)
    if area is not None and unit is not None:
        message = _("area 和 unit 只写一个")
        report.error_at(row, "unit", "bad-value", message, _("删去其中一个。"))
    if area is not None:
        check_area(pack, row, area, report, _("没有区域 %(code)s") % {"code": area}, key="area")
    if unit is not None:
        check_units_named(pack, row, "unit", [unit], report)
    if (text := row.values.get("period")) is not None:
        try:
            parse_period(text)
        except UserError as fault:
            report.error_at(row, "period", "bad-value", str(fault.message), str(fault.hint))
