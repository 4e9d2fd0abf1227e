"""The table of moves itself: no database."""

import pytest

from jiedao.cases.actions.effects import EFFECTS
from jiedao.cases.flow import FINISHED, FLOW, OPEN, Stage, State
from jiedao.orgs.rights import PERMISSIONS


def test_every_move_has_an_effect_and_no_effect_is_left_over() -> None:
    assert set(EFFECTS) == set(FLOW.moves) - {"REPORT"}


@pytest.mark.parametrize("move", FLOW.moves.values(), ids=lambda move: move.code)
def test_a_move_names_known_states_stages_and_rights(move) -> None:
    assert move.sources <= set(State.values)
    assert move.target is None or move.target in State.values
    assert set(move.stops) | ({move.starts} - {""}) <= set(Stage.values)
    assert move.permission in PERMISSIONS


def test_every_open_state_can_be_left() -> None:
    stuck = [
        state
        for state in OPEN
        if not any(m.target not in {None, state} or m.code in LEAVING for m in FLOW.from_state(state))
    ]
    assert stuck == []


LEAVING = {"ACCEPT", "CLOSE", "RESUME", "UNMERGE"}


def test_open_and_finished_states_share_nothing_and_leave_out_nothing() -> None:
    assert set(State.values) == OPEN | FINISHED
    assert not OPEN & FINISHED


def test_keys_are_unique_in_every_state() -> None:
    for state in State.values:
        keys = [move.key for move in FLOW.from_state(state) if move.key]
        assert len(keys) == len(set(keys)), state
