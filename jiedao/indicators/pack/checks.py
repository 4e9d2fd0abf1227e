"""Check the measures, targets and stated figures of a pack."""

import re

from django.utils.translation import override

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
from jiedao.orgs.pack.tables import UNITS
from jiedao.places.pack.checks import check_area

KEY = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*")
KEY_HINT = 'Write small letters, digits and _, in parts joined by dots, such as "cases.on_time".'
SPEC_HINT = "The sources and their keys are in docs/reference/pack-format.md, under measures."
STANDS_FOR_HINT = 'Write "F020", or { id = "F021", part = "completion" }, or a list of these.'
OVERLAP_HINT = "Let the periods follow one another, or let one lie inside the other."
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
            report.dangling(row, "theme", theme, themes, f"no theme {theme}", noun="Themes")
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
            hint = 'Only measures of the kind "entered" take figures; the others are computed from records.'
            report.error_at(row, "measure", "bad-value", f"{measure.get('key')} is computed", hint)
        if not {"value", "growth", "rank"} & set(row.values):
            report.error_at(
                row, "value", "missing", "the figure states nothing", "Write value, growth or rank."
            )


def _check_tiles(pack: Pack, measures: dict[str, Row], report: Report) -> None:
    check_duplicates(pack.rows(MEASURES, "tile"), report, ("measure", "span"))
    for row in pack.rows(MEASURES, "tile"):
        if (key := row.values.get("measure")) is not None and key not in measures:
            report.dangling(row, "measure", key, measures, f"no measure {key}", noun="Measures")


def _check_key(row: Row, report: Report) -> None:
    key = row.values.get("key")
    if key and not KEY.fullmatch(key):
        report.error_at(row, "key", "bad-value", f"{key!r} cannot be the key of a measure", KEY_HINT)
    if key in RESERVED_KEYS:
        report.error_at(row, "key", "bad-value", f"{key!r} is an address of the pages", "Choose another key.")


def _check_definition(pack: Pack, row: Row, measures: dict[str, Row], report: Report) -> None:
    kind, spec = row.values.get("kind"), build_spec(row.values)
    if kind is None:
        return
    faults = find_definition_faults(kind, spec)
    if not faults:
        definition = read_definition(kind, spec)
        for read_spec in definition.specs:
            faults += figures.check_in_pack(read_spec, pack, report, splits=row.values.get("splits") or ())
        if definition.kind is MeasureKind.DURATION:
            duration = definition.numerator[0].spec
            faults += figures.check_duration_in_pack(duration, pack, report, row.values.get("splits") or ())
        for key in definition.terms.values():
            if key not in measures:
                report.dangling(row, "terms", key, measures, f"no measure {key}", noun="Measures")
        if not faults:
            units = {key: other.get("unit") for key, other in measures.items()}
            faults += find_unit_faults(definition, row.get("unit"), pack, units)
        faults += _find_split_faults(definition, row, measures)
    splits = row.values.get("splits") or ()
    faults += [f"no split {split!r}; known: {', '.join(SPLITS)}" for split in splits if split not in SPLITS]
    for fault in faults:
        report.words_at(row, "kind", "bad-value", fault, SPEC_HINT, about=row.get("key"))


def _find_split_faults(definition: MeasureDefinition, row: Row, measures: dict[str, Row]) -> list[str]:
    """Return a fault for each split of a formula that one of its terms does not have."""
    return [
        f"it is split by {split}, but its term {key} is not"
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
                spans = f"{row.get('period')} and {other.get('period')}"
                message = f"the targets of {row.get('measure')} for {spans} overlap"
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
                faults.append(f"{reference['figure']} is the figure of {other}")
        for fault in faults:
            report.error_at(row, "figure", "bad-value", f"{key}: {fault}", STANDS_FOR_HINT)


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
            report.error_at(
                row, "terms", "circle", f"the formula of {key} needs its own result", "Remove one term."
            )


def _check_placed(pack: Pack, row: Row, measures: dict[str, Row], report: Report) -> None:
    key, area, unit = (row.values.get(name) for name in ("measure", "area", "unit"))
    if key is not None and key not in measures:
        report.dangling(row, "measure", key, measures, f"no measure {key}", noun="Measures")
    if area is not None and unit is not None:
        report.error_at(
            row, "unit", "bad-value", "it is of an area or of a unit, not both", "Remove one of them."
        )
    if area is not None:
        check_area(pack, row, area, report, f"no area {area}", key="area")
    units = pack.by_key(UNITS, "unit")
    if unit is not None and unit not in units:
        report.dangling(row, "unit", unit, units, f"no unit {unit}", noun="Units")
    if (text := row.values.get("period")) is not None:
        try:
            with override("en"):
                parse_period(text)
        except UserError as fault:
            report.error_at(row, "period", "bad-value", str(fault.message), str(fault.hint))
