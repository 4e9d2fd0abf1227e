"""Check the projects of a pack: keys, the codes that they name, and each plan."""

from django.utils.translation import gettext as _

from jiedao.kernel.packs.checks import check_duplicates
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.phrasing import name_subject
from jiedao.orgs.pack.tables import UNITS
from jiedao.places.pack.checks import list_area_codes
from jiedao.places.pack.tables import AREAS, GRIDS, PREMISES
from jiedao.projects.pack.plans import PARTS, PlannedProject, read_projects
from jiedao.projects.pack.tables import PROJECTS
from jiedao.projects.plan import KnownCodes, PlanFault, find_plan_faults

FILES_OF_CODES = {
    "unit": [UNITS],
    "area": [AREAS, GRIDS],
    "premise": [PREMISES],
}  # by the field that holds a code of the file


def check_projects(pack: Pack, report: Report) -> None:
    """Check that every row names a project, and that every plan is sound; all faults of all plans are reported."""
    for table in ("project_kind", "project_measure"):
        check_duplicates(pack.rows(PROJECTS, table), report)
    check_duplicates(pack.rows(PROJECTS, "project"), report, ("key",))
    if not report.has_read(PROJECTS):
        return
    keys = pack.by_key(PROJECTS, "project", "key")
    for table in PARTS:
        for row in pack.rows(PROJECTS, table):
            project = row.values.get("project")
            if project is not None and project not in keys:
                message = _("没有项目 %(code)s") % {"code": project}
                report.dangling(row, "project", project, keys, message, noun=_("现有项目"))
    known = read_known_codes(pack)
    for project in read_projects(pack).values():
        for fault in find_plan_faults(project.plan, known):
            if not _follows_from_another(project, fault, report):
                _report_fault(project, fault, report)


def read_known_codes(pack: Pack) -> KnownCodes:
    """Return the codes of the pack that a plan may name."""
    return KnownCodes(
        kinds=pack.by_key(PROJECTS, "project_kind").keys(),
        measures=pack.by_key(PROJECTS, "project_measure").keys(),
        units=pack.by_key(UNITS, "unit").keys(),
        areas=list_area_codes(pack),
        premises=pack.by_key(PREMISES).keys(),
    )


def _follows_from_another(project: PlannedProject, fault: PlanFault, report: Report) -> bool:
    """Return whether the fault is only a consequence of a file or a task that could not be read."""
    if fault.code != "dangling":
        return False
    if fault.field in {"parent", "before", "after"}:
        return not project.complete
    return not report.has_read(*FILES_OF_CODES.get(fault.field, []))


def _report_fault(project: PlannedProject, fault: PlanFault, report: Report) -> None:
    row = project.rows[fault.table][fault.number]
    if fault.field not in row.faulty:
        message = name_subject(project.plan.key, fault.message)
        report.error_at(row, fault.field, fault.code, message, fault.hint)
