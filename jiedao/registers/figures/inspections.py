"""Inspections as a source of figures: the numbers of inspections and of findings.

A spec: `{"source": "inspections", "count": "missed", "register": "rentals"}`. `count` is a key of `INSPECTION_COUNTS`
or `FINDING_COUNTS`; without `register` the inspections of all registers count. An inspection counts once, on the day
it was made, else on its last day; a finding on the day it was found. Splits: area, unit, register, month.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _

from jiedao.kernel import periods
from jiedao.kernel.figures import (
    AREA,
    MONTH,
    UNIT,
    Cell,
    Key,
    Reading,
    RowsLink,
    Spec,
    check_keys,
    check_splits,
    format_month_key,
)
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.periods import Period
from jiedao.kernel.phrasing import name_unknown
from jiedao.orgs.actor import make_system_actor
from jiedao.orgs.figure_keys import (
    NOWHERE,
    find_community,
    find_unit_by_code,
    make_community_key,
    make_unit_key,
)
from jiedao.registers.catalogue import register_by_id, register_info
from jiedao.registers.figures.records import name_missing_register
from jiedao.registers.pack.definitions import find_register_files
from jiedao.registers.selectors.inspection_filters import FINDING_COUNTS, INSPECTION_COUNTS, InspectionFilters
from jiedao.registers.selectors.inspections import count_inspections_by, find_first_inspection_day

ROWS = "registers.inspections"
REGISTER = "register"
COUNTS = (*INSPECTION_COUNTS, *FINDING_COUNTS)
SPLITS = frozenset({AREA, UNIT, REGISTER, MONTH})


def _find_form_faults(spec: Spec) -> list[str]:
    faults = check_keys(spec, {"count", "register"})
    if spec.get("count") not in COUNTS:
        faults.append(name_unknown("count", spec.get("count"), COUNTS))
    return faults


class InspectionSource:
    """Answers the specs whose source is "inspections"."""

    def check(self, spec: Spec) -> list[str]:
        """Return the faults of a spec."""
        faults = _find_form_faults(spec)
        if "register" in spec and register_info(str(spec["register"])) is None:
            faults.append(_("没有台账 %(code)s") % {"code": spec["register"]})
        return faults

    def check_in_pack(self, spec: Spec, pack: Pack, report: Report, splits: tuple[str, ...]) -> list[str]:
        """Return the faults of a measure's spec, compared with the registers of the pack."""
        faults = _find_form_faults(spec)
        if "register" in spec and str(spec["register"]) not in (files := find_register_files(pack)):
            faults.append(name_missing_register(str(spec["register"]), files))
        return faults or check_splits(splits, SPLITS)

    def splits(self, spec: Spec) -> frozenset[str]:
        """Return the splits, the same for every count."""
        return SPLITS

    def reads_present(self, spec: Spec) -> bool:
        """Return whether the count is of a state that changes after the day of the inspection or finding."""
        return spec.get("count") in {"waiting", "open", "right"}

    def reads_by_month(self, spec: Spec) -> bool:
        """Return True: an inspection and a finding count on one day."""
        return True

    def find_beginning(self, spec: Spec) -> date | None:
        """Return the day from which the first inspection was planned, or on which it was made if that is earlier."""
        info = register_info(str(spec["register"])) if "register" in spec else None
        return find_first_inspection_day(info)

    def read(
        self, specs: Sequence[Spec], *, period: Period, splits: tuple[str, ...], viewer: Any
    ) -> list[Reading]:
        """Return the counts: all counts of one register in two statements."""
        actor = viewer or make_system_actor("figures")
        registers = dict.fromkeys(str(spec.get("register", "")) for spec in specs)
        counts = {key: count_inspections_by(actor, _build_filters(key, period), splits) for key in registers}
        return [
            _build_reading(counts[str(spec.get("register", ""))], str(spec["count"]), splits)
            for spec in specs
        ]

    def list_rows(self, spec: Spec, *, period: Period, where: Mapping[str, str]) -> RowsLink:
        """Return the list of inspections, or of findings, that count."""
        filters = _build_filters(where.get(REGISTER, str(spec.get("register", ""))), period)
        changes: dict[str, Any] = {"show": spec["count"]}
        if AREA in where:
            community = find_community(where[AREA])
            changes["area"] = community.id if community is not None else NOWHERE
        if UNIT in where:
            unit = find_unit_by_code(where[UNIT])
            changes["unit"] = unit.id if unit is not None else NOWHERE
        return RowsLink(ROWS, (), tuple(parse_qsl(filters.query(**changes))))


def _build_filters(register: str, period: Period) -> InspectionFilters:
    start = None if period.first == periods.FIRST else period.first
    return InspectionFilters(
        register=register, start=start, end=None if period.last == periods.LAST else period.last
    )


def _build_reading(
    counts: dict[tuple[Any, ...], dict[str, int]], count: str, splits: tuple[str, ...]
) -> Reading:
    rows: dict[Key, int] = {}
    for values, numbers in counts.items():
        key = tuple(_read_key(split, value) for split, value in zip(splits, values, strict=True))
        rows[key] = rows.get(key, 0) + numbers.get(count, 0)
    return Reading(
        splits, tuple(Cell(key, Decimal(number), number) for key, number in sorted(rows.items()) if number)
    )


def _read_key(split: str, value: Any) -> str:
    if split == MONTH:
        return format_month_key(value)
    if split == AREA:
        return make_community_key(value)
    if split == UNIT:
        return make_unit_key(value)
    info = register_by_id(value)
    return info.key if info is not None else ""
