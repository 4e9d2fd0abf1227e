"""Who answers for a case: the people who should make the next move, and the posts above which the ladder begins."""

from jiedao.cases.flow import Stage, State
from jiedao.cases.models import Assignment, Case
from jiedao.orgs.people import holders_in_units, holders_of, posts_in_units, posts_of

# The right of those who make the move that ends a stage.
RIGHT_OF_STAGE = {
    Stage.ACCEPT: "cases.case:accept",
    Stage.VERIFY: "cases.case:verify",
    Stage.DISPATCH: "cases.case:dispatch",
    Stage.HANDLE: "cases.case:handle",
    Stage.HELP: "cases.case:handle",
    Stage.CHECK: "cases.case:check",
    Stage.FINISH: "cases.case:close",
    Stage.VISIT: "cases.case:visit",
    Stage.CLOSE: "cases.case:close",
}
STAGE_OF_STATE = {
    State.REPORTED: Stage.ACCEPT,
    State.TO_VERIFY: Stage.VERIFY,
    State.FILED: Stage.DISPATCH,
    State.DISPATCHED: Stage.HANDLE,
    State.HANDLING: Stage.HANDLE,
    State.HANDLED: Stage.CHECK,
    State.CHECKED: Stage.FINISH,
    State.CLOSED: Stage.VISIT,
}


def of_stage(stage: str, unit_id: int | None, area_path: str) -> tuple[list[int], list[int]]:
    """Return (user ids, post ids) of those who answer for a stage; handling and helping are a unit's own."""
    right = RIGHT_OF_STAGE[Stage(stage)]
    if stage in {Stage.HANDLE, Stage.HELP} and unit_id is not None:
        return holders_in_units([unit_id], right), posts_in_units([unit_id], right)
    return holders_of(right, area_path), posts_of(right, area_path)


def working_units(case: Case) -> list[int]:
    """Return the units that have the case in hand now, the lead and its helpers."""
    return list(Assignment.objects.filter(case=case, ended_at__isnull=True).values_list("unit_id", flat=True))


def of_case(case: Case, state: str) -> tuple[list[int], list[int]]:
    """Return (user ids, post ids) of those whose turn it is: working units, else who holds the right."""
    units = working_units(case)
    if units:
        right = RIGHT_OF_STAGE[Stage.HANDLE]
        return holders_in_units(units, right), posts_in_units(units, right)
    stage = STAGE_OF_STATE.get(State(state))
    return of_stage(stage.value, None, case.area_path) if stage is not None else ([], [])
