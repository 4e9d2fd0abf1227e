"""One move on several cases of a matter: each in its own transaction, with its own result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases.moves.perform import perform
from jiedao.cases.selectors.lists import CaseRow, read_rows_by_id
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.reading import read_numbers

MAX_CASES = 100


@dataclass
class MoveResult:
    """The cases that made the move, and the others with the reason."""

    moved: list[CaseRow] = field(default_factory=list)
    refused: list[tuple[CaseRow, str]] = field(default_factory=list)


def move_cases(
    actor: Actor, texts: Sequence[str], code: str, data: Mapping[str, Any], *, leave_out: str = ""
) -> MoveResult:
    """Make one move on each of the chosen cases.

    Args:
        texts: the ids of the cases, as a form sends them.
        leave_out: the number of a case that is not moved, although it may be chosen.

    Raises:
        UserError: no case or more than 100 are chosen.
    """
    ids = read_numbers(dict.fromkeys(texts))
    rows = [row for row in read_rows_by_id(actor, ids[:MAX_CASES]) if row.number != leave_out]
    if len(ids) > MAX_CASES:
        raise UserError(
            _("一次最多 %(most)d 件，选了 %(n)d 件。") % {"most": MAX_CASES, "n": len(ids)},
            hint=_("请分几次办理。"),
        )
    if not rows:
        raise UserError(_("没有选择案件。"), hint=_("请在下面的列表中勾选。"))
    result = MoveResult()
    for row in rows:
        try:
            perform(actor, row.id, code, version=row.version, data=data)
        except UserError as fault:
            result.refused.append((row, str(fault)))
        else:
            result.moved.append(row)
    return result
