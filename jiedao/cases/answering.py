"""Who is responsible for a case: the users who should make the next move, and the posts where the ladder begins."""

from collections.abc import Sequence
from dataclasses import dataclass

from jiedao.cases.flow import WITH_UNIT, Stage, State
from jiedao.cases.models import Assignment, Case
from jiedao.cases.remote_units import is_remote_unit
from jiedao.orgs.people import (
    DeputyOnDuty,
    find_holders,
    find_holders_in_units,
    find_posts_in_units,
    find_posts_with_right,
    list_posts_on_duty,
)
from jiedao.orgs.units import UnitInfo, unit_info

# The right needed for the move that ends a stage.
RIGHT_OF_STAGE = {
    Stage.ACCEPT: "cases.case:accept",
    Stage.VERIFY: "cases.case:verify",
    Stage.DISPATCH: "cases.case:dispatch",
    Stage.HANDLE: "cases.case:handle",
    Stage.HELP: "cases.case:handle",
    Stage.CHECK: "cases.case:check",
    Stage.FINISH: "cases.case:close",
    Stage.VISIT: "cases.case:visit",
    Stage.CONFIRM: "cases.case:confirm_visit",
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
    State.TO_CONFIRM: Stage.CONFIRM,
}


def find_responsible_for_stage(
    stage: str, unit_id: int | None, area_path: str
) -> tuple[list[int], list[int]]:
    """Return (user ids, post ids) of those responsible for a stage; the unit itself handles and helps."""
    right = RIGHT_OF_STAGE[Stage(stage)]
    if stage in {Stage.HANDLE, Stage.HELP} and unit_id is not None:
        return find_holders_in_units([unit_id], right), find_posts_in_units([unit_id], right)
    return find_holders(right, area_path), find_posts_with_right(right, area_path)


def list_working_units(case: Case) -> list[int]:
    """Return the units that work on the case now: the lead and its helpers."""
    return list(Assignment.objects.filter(case=case, ended_at__isnull=True).values_list("unit_id", flat=True))


def find_responsible(case: Case, state: str) -> tuple[list[int], list[int]]:
    """Return (user ids, post ids) of those whose turn it is: the working units, else the holders of the right."""
    unit_ids = list_working_units(case)
    if unit_ids:
        right = RIGHT_OF_STAGE[Stage.HANDLE]
        return find_holders_in_units(unit_ids, right), find_posts_in_units(unit_ids, right)
    stage = STAGE_OF_STATE.get(State(state))
    return find_responsible_for_stage(stage.value, None, case.area_path) if stage is not None else ([], [])


@dataclass(frozen=True)
class Turn:
    """A unit whose turn it is: its posts that may make the next move. Without posts, nobody works there today."""

    unit: UnitInfo
    posts: tuple[str, ...]
    helps: bool = False  # beside the lead
    deputies: tuple[DeputyOnDuty, ...] = ()

    @property
    def is_staffed(self) -> bool:
        """Whether a user holds one of the posts today, or the unit works in a system of its own."""
        return bool(self.posts) or self.is_remote

    @property
    def is_remote(self) -> bool:
        """Whether the unit works in a system of its own."""
        return is_remote_unit(self.unit.id)


def list_turns(case: Case, unit_ids: Sequence[int]) -> list[Turn]:
    """Return whose turn it is, in at most two statements; [] for a case that nobody moves on.

    Args:
        unit_ids: the units that work on the case now, the lead first; they matter while the case is with its unit.
    """
    state = case.previous_state if case.state == State.SUSPENDED else case.state
    stage = STAGE_OF_STATE.get(State(state)) if state else None
    if stage is None:
        return []
    if state in WITH_UNIT:
        posts = list_posts_on_duty(RIGHT_OF_STAGE[Stage.HANDLE], unit_ids=unit_ids)
        wanted = list(unit_ids)
    else:
        posts = list_posts_on_duty(RIGHT_OF_STAGE[stage], case.area_path)
        wanted = [post.unit_id for post in posts]
    units = [unit for pk in dict.fromkeys(wanted) if (unit := unit_info(pk)) is not None]
    return [
        Turn(
            unit,
            tuple(dict.fromkeys(post.label for post in posts if post.unit_id == unit.id)),
            helps=state in WITH_UNIT and position > 0,
            deputies=tuple(
                dict.fromkeys(post.deputy for post in posts if post.unit_id == unit.id and post.deputy)
            ),
        )
        for position, unit in enumerate(units)
    ]
