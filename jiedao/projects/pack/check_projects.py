"""Check the projects of a pack: keys, codes they name, and each plan as a whole."""

from django.utils import translation

from jiedao.packs.check_areas import area_codes, check_duplicates
from jiedao.packs.faults import Report, did_you_mean
from jiedao.packs.pack import Pack
from jiedao.packs.projects import FILE, PARTS, Planned, planned
from jiedao.projects.plan import Known, PlanFault, faults_of


def check_projects(pack: Pack, report: Report) -> None:
    """Check that every row has its project and every plan is sound; all faults of all plans are told."""
    for table in ("project_kind", "project_measure"):
        check_duplicates(pack.rows(FILE, table), report)
    check_duplicates(pack.rows(FILE, "project"), report, ("key",))
    if not report.knows(FILE):
        return
    keys = pack.coded(FILE, "project", "key")
    for table in PARTS:
        for row in pack.rows(FILE, table):
            project = row.values.get("project")
            if project is not None and project not in keys:
                hint = did_you_mean(project, keys, noun="Projects")
                report.error(FILE, row.line("project"), "dangling", f"no project {project}", hint)
    known = known_of(pack)
    with translation.override("en"):
        for one in planned(pack).values():
            for fault in faults_of(one.plan, known):
                if not _elsewhere(one, fault, report):
                    _tell(one, fault, report)


def known_of(pack: Pack) -> Known:
    """Return the codes of the pack that a plan may name."""
    return Known(
        kinds=pack.coded(FILE, "project_kind").keys(),
        measures=pack.coded(FILE, "project_measure").keys(),
        units=pack.coded("units.toml", "unit").keys(),
        areas=area_codes(pack),
        premises=pack.coded("premises.csv").keys(),
    )


def _elsewhere(one: Planned, fault: PlanFault, report: Report) -> bool:
    """Tell whether the fault only follows from a file or a task that could not be read."""
    files = {
        "unit": ["units.toml"],
        "area": ["areas.csv", "grids.geojson"],
        "premise": ["premises.csv"],
    }
    if fault.code == "dangling" and fault.field in {"parent", "before", "after"}:
        return not one.whole
    return fault.code == "dangling" and not report.knows(*files.get(fault.field, []))


def _tell(one: Planned, fault: PlanFault, report: Report) -> None:
    row = one.rows[fault.table][fault.number]
    if fault.field in row.faulty:
        return
    line = row.line(fault.field)
    report.error(FILE, line, fault.code, f"{one.plan.key}: {fault.message}", fault.hint)
