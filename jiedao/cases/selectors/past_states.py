"""The state of cases at a past moment, from their timelines."""

from collections.abc import Iterable
from datetime import datetime

from jiedao.cases.models import CaseMove


def read_states_at(case_ids: Iterable[int], moment: datetime) -> dict[int, str]:
    """Return the state of each case just before a moment; a case without a move until then has none."""
    moves = CaseMove.objects.filter(case_id__in=list(case_ids), at__lt=moment)
    return dict(moves.order_by("id").values_list("case_id", "to_state"))
