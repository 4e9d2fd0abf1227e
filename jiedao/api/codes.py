"""Codes of a pack in requests and answers: ids are of one database, codes are the same for every reader."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.kernel.errors import UserError
from jiedao.kernel.folding import fold_key
from jiedao.kernel.memo import Memo
from jiedao.orgs.units import UNITS, unit_info
from jiedao.places.following import list_premise_successors, list_retired_premises, name_successors
from jiedao.places.models import Area
from jiedao.places.naming import PREMISES
from jiedao.places.selectors import AREAS


def _load_category_ids() -> dict[str, int]:
    return {f"{row.kind}:{row.code}": row.id for row in catalogue.CATEGORIES.get().values()}


CATEGORY_IDS: Memo[dict[str, int]] = Memo(_load_category_ids)


def get_category_id(code: str | None, field: str = "category") -> int | None:
    """Return the id of a category written KIND:CODE; raise UserError when it does not exist."""
    if code is None:
        return None
    pk = CATEGORY_IDS.get().get(code)
    if pk is None:
        raise UserError(
            _("没有类别 %(code)s。") % {"code": code[:40]},
            hint=_("请用 MATTER:01003 的写法，代码见类别表。"),
            field=field,
        )
    return pk


def get_premise_id(code: str | None, field: str = "premise") -> int | None:
    """Return the id of a premise in use by its code; raise UserError when it does not exist."""
    if code is None:
        return None
    folded = fold_key(code)
    for premise in PREMISES.get().values():
        if premise.active and fold_key(premise.code) == folded:
            return premise.id
    for premise in list_retired_premises():
        successors = list_premise_successors(premise.id) if fold_key(premise.code) == folded else []
        if len(successors) == 1:
            return successors[0].id
        if successors:
            raise UserError(
                _("小区或楼栋 %(code)s 已随辖区调整撤销。") % {"code": code},
                hint=_("现在是：%(places)s。请写其中一个。") % {"places": name_successors(successors)},
                field=field,
            )
    raise UserError(
        _("没有小区或楼栋 %(code)s。") % {"code": code[:40]},
        hint=_("请用数据包 premises.csv 里的编码，或只写地点。"),
        field=field,
    )


def get_area_id(code: str | None, field: str = "area") -> int | None:
    """Return the id of an area in use by its code; raise UserError when it does not exist."""
    return _get_id(code, {row.code: row.id for row in AREAS.get().values()}, field) if code else None


def get_unit_id(code: str | None, field: str = "unit") -> int | None:
    """Return the id of a unit by its code; raise UserError when it does not exist."""
    return _get_id(code, {row.code: row.id for row in UNITS.get().values()}, field) if code else None


def get_area(code: str | None, field: str = "area") -> Area | None:
    """Return the row of an area by its code, None without a code; raise UserError when it does not exist."""
    pk = get_area_id(code, field)
    return Area.objects.get(pk=pk) if pk is not None else None


def _get_id(code: str, ids: Mapping[str, int], field: str) -> int:
    if code not in ids:
        raise UserError(
            _("没有代码 %(code)s。") % {"code": code[:40]},
            hint=_("请核对代码：area 和 unit 用数据包里的代码。"),
            field=field,
        )
    return ids[code]


def format_category_code(pk: int | None) -> str | None:
    """Return a category as KIND:CODE, None without one."""
    category = catalogue.category_info(pk)
    return f"{category.kind}:{category.code}" if category else None


def get_unit_code(pk: int | None) -> str:
    """Return the code of a unit; "" without one."""
    unit = unit_info(pk)
    return unit.code if unit is not None else ""


def add_field_prefix(fault: UserError, prefix: str, names: Any) -> None:
    """Name the field of a refusal as the request does, where it is one of an object within the request."""
    if fault.field in names:
        fault.field = f"{prefix}.{fault.field}"
