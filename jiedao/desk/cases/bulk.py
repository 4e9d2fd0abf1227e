"""Dispatching several cases at once: each by the same move as on its own page, and each with its own result."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.flow import State
from jiedao.cases.moves.perform import perform
from jiedao.cases.selectors.lists import CaseRow, read_rows_by_id
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import unit_info
from jiedao.pages.reading import read_numbers

MAX_CASES = 200


@dataclass
class BulkResult:
    """The result of a bulk dispatch.

    Attributes:
        done: The dispatched cases, each with the label of its unit.
        refused: The other cases, each with the reason.
        lost: The number of ids that the user may not see or that do not exist.
    """

    done: list[tuple[CaseRow, str]] = field(default_factory=list)
    refused: list[tuple[CaseRow, str]] = field(default_factory=list)
    lost: int = 0


def _read_ids(texts: Sequence[str]) -> list[int]:
    numbers = read_numbers(dict.fromkeys(texts))
    if not numbers:
        raise UserError(_("没有选择案件。"), hint=_("请在列表中勾选要派遣的案件。"), field="ids")
    if len(numbers) > MAX_CASES:
        raise UserError(
            _("一次最多派遣 %(most)d 件，选了 %(n)d 件。") % {"most": MAX_CASES, "n": len(numbers)},
            hint=_("请分几次派遣。"),
            field="ids",
        )
    return numbers


def dispatch_cases(actor: Actor, ids: Sequence[str], unit: str, note: str = "") -> BulkResult:
    """Dispatch each case in its own transaction: to the given unit or, if `unit` is "", to the unit of the duty list.

    Every case gets the same note.

    Raise UserError if no case or more than 200 cases are chosen.
    """
    numbers = _read_ids(ids)
    rows = read_rows_by_id(actor, numbers)
    result = BulkResult(lost=len(numbers) - len(rows))
    for row in rows:
        try:
            result.done.append((row, _dispatch_case(actor, row, unit, note)))
        except UserError as fault:
            result.refused.append((row, str(fault)))
    return result


def _dispatch_case(actor: Actor, row: CaseRow, unit: str, note: str) -> str:
    if row.state != State.FILED:
        raise UserError(_("案件现在是“%(state)s”，不能派遣。") % {"state": row.state_label})
    data: dict[str, object] = {"unit": unit}
    if not unit:
        duty = catalogue.find_duty(row.category_id, row.area_path)
        if duty is None:
            raise UserError(_("权责清单里没有对应的单位。"), hint=_("请打开案件，选择主办单位。"))
        data = {"unit": duty.lead_unit_id, "helpers": list(duty.helper_ids)}
    case = perform(actor, row.id, "DISPATCH", version=row.version, data={**data, "note": note})
    lead = unit_info(case.lead_unit_id)
    return lead.label if lead is not None else ""
