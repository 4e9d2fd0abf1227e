"""Projects as a source of figures: how many there are, what a measure adds up to, their money by month.

A spec: `{"source": "projects", "kind": "parking", "light": "RED"}` counts projects; with `"sum": "spaces"` it adds up a
measure over them, with `"money": "paid"` (or "budget") the yuan of the months whose first day is in the period.
With `"permit": "项目批复"` only projects count to which a permit of this name was granted in the period.

Which projects are in use and their lights are those of the end of the period, or of now while it lasts; names and dates
of a plan are read as they are now. Money and permits are flows. Splits: area, unit, kind, light and, of money, month.
The rows are projects: one with money in two months counts in both, but once in the total.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

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
from jiedao.kernel.readers.numbers import YUAN
from jiedao.kernel.snapshots import is_in_read_snapshot, read_once
from jiedao.orgs.actor import Actor, make_system_actor
from jiedao.orgs.figure_keys import (
    NOWHERE,
    find_community,
    find_unit_by_code,
    make_community_key,
    make_unit_key,
)
from jiedao.projects.models import Project, ProjectKind, ProjectMeasure
from jiedao.projects.pack.tables import PROJECTS
from jiedao.projects.selectors.history import find_first_project_day, is_past
from jiedao.projects.selectors.lights import Colour, read_lights
from jiedao.projects.selectors.projects import (
    MONEY,
    ProjectFilters,
    find_first_money_month,
    find_projects,
    read_money,
)

ROWS = "projects.projects"
KIND, LIGHT = "kind", "light"


class ProjectSource:
    """Answers the specs whose source is "projects"."""

    def check(self, spec: Spec) -> list[str]:
        """Return what is wrong with a spec."""
        measures = ProjectMeasure.objects.filter(active=True).values_list("code", flat=True)
        kinds = ProjectKind.objects.filter(active=True).values_list("code", flat=True)
        return _check_spec(spec, list(measures), list(kinds))

    def check_in_pack(self, spec: Spec, pack: Pack, report: Report, splits: tuple[str, ...]) -> list[str]:
        """Return what is wrong with a measure's spec, compared with the kinds and measures of the pack."""
        kinds, measures = (pack.by_key(PROJECTS, table) for table in ("project_kind", "project_measure"))
        return _check_spec(spec, list(measures), list(kinds)) or check_splits(splits, self.splits(spec))

    def read_unit_in_pack(self, spec: Spec, pack: Pack) -> str:
        """Return the unit of the measure that is summed, yuan for money, "" for a count."""
        if "money" in spec:
            return YUAN
        row = pack.by_key(PROJECTS, "project_measure").get(str(spec.get("sum")))
        return row.get("unit") if row is not None else ""

    def splits(self, spec: Spec) -> frozenset[str]:
        """Return the splits; only money has months."""
        return frozenset({AREA, UNIT, KIND, LIGHT} | ({MONTH} if "money" in spec else set()))

    def find_beginning(self, spec: Spec) -> date | None:
        """Return the first day on which a project was in use; of money the first month that has any, of any kind."""
        return find_first_money_month() if "money" in spec else find_first_project_day()

    def read(
        self, specs: Sequence[Spec], *, period: Period, splits: tuple[str, ...], viewer: Any
    ) -> list[Reading]:
        """Return the amounts, added up here and not in the database: a town has only some dozens of projects."""
        return [_read(spec, period, splits, viewer or make_system_actor("figures")) for spec in specs]

    def list_rows(self, spec: Spec, *, period: Period, where: Mapping[str, str]) -> RowsLink:
        """Return the list of projects, narrowed to those that count."""
        unit = find_unit_by_code(where.get(UNIT, ""))
        community = find_community(where.get(AREA, ""))
        query = {
            "kind": where.get(KIND, str(spec.get(KIND, ""))),
            "colour": where.get(LIGHT, str(spec.get(LIGHT, ""))),
            "unit": str(unit.id) if unit is not None else "",
            "measure": str(spec.get("sum", "")),
        }
        if AREA in where:
            query["area"] = str(community.id if community is not None else NOWHERE)
        if "money" in spec:
            query["money"] = str(spec["money"])
            query["from"] = "" if period.first == periods.FIRST else period.first.isoformat()
            query["to"] = "" if period.last == periods.LAST else period.last.isoformat()
        if "permit" in spec:
            query["permit"] = str(spec["permit"])
            query["from"], query["to"] = period.first.isoformat(), period.last.isoformat()
        if is_past(period.last):
            query["as_of"] = period.last.isoformat()
        return RowsLink(ROWS, (), tuple((name, value) for name, value in query.items() if value))


def _check_spec(spec: Spec, measures: list[str], kinds: list[str]) -> list[str]:
    faults = check_keys(spec, {"sum", "money", "permit", KIND, LIGHT})
    if "sum" in spec and "money" in spec:
        faults.append(_("sum 和 money 只写一个"))
    if "permit" in spec and ("money" in spec or not str(spec["permit"]).strip()):
        faults.append(_("permit 写报批事项的名称，不和 money 一起写"))
    for name, known in (("sum", measures), (KIND, kinds), ("money", MONEY), (LIGHT, Colour.values)):
        if name in spec and spec[name] not in set(known):
            faults.append(name_unknown(name, spec[name], known))
    return faults


def _read(spec: Spec, period: Period, splits: tuple[str, ...], actor: Actor) -> Reading:
    filters = ProjectFilters(
        kind=str(spec.get(KIND, "")),
        measure=str(spec.get("sum", "")),
        permit=str(spec.get("permit", "")),
        first_date=period.first,
        last_date=period.last,
        day=period.last if is_past(period.last) else None,
    )
    projects: dict[int, Project] = {project.pk: project for project in find_projects(actor, filters)}
    colours: dict[int, str] = {}
    if LIGHT in spec or LIGHT in splits:
        colours = _read_colours(actor, filters)
    if LIGHT in spec:
        projects = {pk: project for pk, project in projects.items() if colours[pk] == spec[LIGHT]}
    amounts: dict[Key, Decimal] = {}
    rows: dict[Key, set[int]] = {}
    for pk, month, amount in _list_amounts(spec, period, projects):
        keys = {MONTH: month, LIGHT: colours.get(pk, "")}
        key = tuple(keys[split] if split in keys else _read_key(split, projects[pk]) for split in splits)
        amounts[key] = amounts.get(key, Decimal(0)) + amount
        rows.setdefault(key, set()).add(pk)
    cells = tuple(Cell(key, amounts[key], len(rows[key])) for key in sorted(amounts))
    if MONTH not in splits:
        return Reading(splits, cells)
    all_ids = set().union(*rows.values())
    return Reading(splits, cells, Cell((), sum(amounts.values(), Decimal(0)), len(all_ids)))


def _read_colours(actor: Actor, filters: ProjectFilters) -> dict[int, str]:
    """Return the colours of the projects by id; where several readings see one state, of all projects once."""
    if not is_in_read_snapshot():
        return {light.project.pk: light.colour.value for light in read_lights(actor, filters=filters)}
    on_the_day = ProjectFilters(day=filters.day)
    return read_once(
        ("projects.colours", actor.user_id, actor.post_id, actor.represents_id, filters.day),
        lambda: {light.project.pk: light.colour.value for light in read_lights(actor, filters=on_the_day)},
    )


def _list_amounts(
    spec: Spec, period: Period, projects: Mapping[int, Project]
) -> Iterable[tuple[int, str, Decimal]]:
    """Yield id of a project, month and amount."""
    if "money" in spec:
        for pk, month, amount in read_money(projects, str(spec["money"]), period.first, period.last):
            yield pk, format_month_key(month), amount
        return
    for pk, project in projects.items():
        yield pk, "", Decimal(str(project.facts[spec["sum"]])) if "sum" in spec else Decimal(1)


def _read_key(split: str, project: Project) -> str:
    if split == AREA:
        return make_community_key(project.area_path)
    return make_unit_key(project.unit_id) if split == UNIT else project.kind.code
