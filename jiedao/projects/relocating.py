"""Move a project to another area or premise, with an entry in the audit."""

from jiedao.audit.actions import record_entry
from jiedao.orgs.actor import Actor
from jiedao.places.models import Area
from jiedao.projects.models import Project


def relocate_project(
    project: Project, area: Area, premise_id: int | None, actor: Actor, note: str = ""
) -> None:
    """Write the new place of a locked project, in the caller's transaction."""
    before = {"area": project.area_id, "premise": project.premise_id}
    project.area, project.area_path, project.premise_id = area, area.path, premise_id
    project.save(update_fields=["area", "area_path", "premise"])
    record_entry(
        actor=actor,
        action="projects.project:relocate",
        obj_type="projects.project",
        obj_id=project.pk,
        before=before,
        after={"area": area.pk, "premise": premise_id} | ({"why": note} if note else {}),
    )
