"""Columns of the case that several moves set: its category and its area."""

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.moves.step import Step
from jiedao.kernel.errors import UserError
from jiedao.places.naming import premise_info
from jiedao.places.selectors import area_info


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
        if current is not None and not current.area_path.startswith(area.path):
            step.changes["premise_id"] = None
