"""Columns of the case that several moves set: its category and its area."""

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.moves.step import Step
from jiedao.kernel.errors import UserError
from jiedao.places.selectors import area_info


def require_small_class(category_id: int) -> catalogue.CategoryInfo:
    """Return the category that a move names; raise UserError for a 大类, which is too broad to be dispatched."""
    category = catalogue.category_info(category_id)
    if category is None or category.parent_id is None:
        raise UserError(_("请选到小类。"), hint=_("大类太宽，不能派遣。"), field="category")
    return category


def set_area(step: Step) -> None:
    """Move the case to the area that the move names, if it names one."""
    area = area_info(step.data.get("area"))
    if area is not None:
        step.changes.update(area_id=area.id, area_path=area.path, outside=False)
