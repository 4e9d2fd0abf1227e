"""Columns of the case that several moves set: its category and its area."""

from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.moves.step import Step
from jiedao.cases.relocating import RELOCATION, forget_last_relocation, make_former_place, make_timeline_entry
from jiedao.kernel.errors import UserError
from jiedao.places.following import find_present_place, is_retired_place
from jiedao.places.naming import premise_info
from jiedao.places.selectors import area_info

PLACE_COLUMNS = {"area_id", "area_path", "premise_id"}


def require_small_class(category_id: int) -> catalogue.CategoryInfo:
    """Return the category that a move names; raise UserError for a 大类, which is too broad to be dispatched."""
    category = catalogue.category_info(category_id)
    if category is None or category.parent_id is None:
        raise UserError(_("请选到小类。"), hint=_("大类太宽，不能派遣。"), field="category")
    return category


def set_area(step: Step) -> None:
    """Move the case to the area or the premise that the move names, if it names one.

    A premise gives the case its grid, and its point where the case has none. A case that moves to an area in which its
    premise is not loses the premise.
    """
    area, premise = area_info(step.data.get("area")), premise_info(step.data.get("premise"))
    if premise is not None:
        if area is not None and not premise.area_path.startswith(area.path):
            raise UserError(
                _("“%(premise)s”不在所选的网格里。") % {"premise": premise.label},
                hint=_("请只选小区、楼栋，网格会随之确定；或只选网格。"),
                field="premise",
            )
        step.changes.update(
            premise_id=premise.id, area_id=premise.area_id, area_path=premise.area_path, outside=False
        )
        if step.case.lon is None and premise.lon is not None:
            step.changes.update(lon=premise.lon, lat=premise.lat, coord_system="WGS84")
    elif area is not None:
        step.changes.update(area_id=area.id, area_path=area.path, outside=False)
        current = premise_info(step.case.premise_id)
        if current is not None and (not current.active or not current.area_path.startswith(area.path)):
            step.changes["premise_id"] = None
    if "area_id" in step.changes and is_retired_place(step.case.area_id, step.case.premise_id):
        keep_former_place(step)


def follow_successors(step: Step) -> None:
    """Move a case that is opened again to the successors of its place, where these are certain.

    It was closed when a pack retired the place, and stayed there. Where a person has to decide, it is on the list of
    undecided cases.
    """
    case = step.case
    area_id = step.changes.get("area_id", case.area_id)
    premise_id = step.changes.get("premise_id", case.premise_id)
    if not is_retired_place(area_id, premise_id):
        return
    area, premise = find_present_place(area_id, premise_id, lon=case.lon, lat=case.lat)
    columns: dict[str, Any] = {}
    if premise is not None and premise.id != premise_id:
        columns = {"premise_id": premise.id, "area_id": premise.area_id, "area_path": premise.area_path}
    elif area is not None and area.id != area_id:
        columns = {"area_id": area.id, "area_path": area.path}
    if columns:
        before = {name: getattr(case, name) for name in columns}
        step.changes.update(columns)
        keep_former_place(step)

        def write_entry() -> None:
            entry = make_timeline_entry(
                case, before, columns, step.actor, RELOCATION, at=step.now, state=step.to_state
            )
            entry.save()

        step.after.append(write_entry)


def keep_former_place(step: Step) -> None:
    """Store the place that the case had, so that figures of past periods stay what they were."""
    columns = {name: value for name, value in step.changes.items() if name in PLACE_COLUMNS}
    former = make_former_place(step.case, columns, step.now)
    step.changes["relocated"] = True
    step.after += [former.save, forget_last_relocation]
