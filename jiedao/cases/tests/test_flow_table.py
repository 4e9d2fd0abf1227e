"""The table of moves itself: no database."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from jiedao.cases.flow import FINISHED, OPEN, Stage, State
from jiedao.cases.moves.fields import FieldKind
from jiedao.cases.moves.table import FLOW, Flow
from jiedao.kernel.drawing import TONES
from jiedao.orgs.rights import PERMISSIONS


def test_only_the_report_has_no_effect() -> None:
    """A report is made by the writer of new cases, never by `perform`."""
    assert [move.code for move in FLOW.moves.values() if move.effect is None] == ["REPORT"]


def test_two_moves_of_one_code_are_refused() -> None:
    with pytest.raises(ValueError, match="TAKE"):
        Flow.of([FLOW["TAKE"], FLOW["HANDLE"], FLOW["TAKE"]])


@pytest.mark.parametrize("move", FLOW.moves.values(), ids=lambda move: move.code)
def test_a_move_asks_for_a_reason_exactly_when_it_names_its_kind(move) -> None:
    asks = any(field.kind is FieldKind.REASON for field in move.fields)
    assert asks == (move.reason_kind is not None)


@pytest.mark.parametrize("move", FLOW.moves.values(), ids=lambda move: move.code)
def test_a_move_has_an_icon_and_tones_that_exist(move) -> None:
    assert f'id="{move.icon}"' in Path(str(finders.find("vendor/icons/icons.svg"))).read_text(
        encoding="utf-8"
    )
    assert move.tone in {"primary", "good", "plain", "danger"}
    assert move.entry_tone in TONES


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


def test_every_state_is_either_open_or_finished() -> None:
    assert set(State.values) == OPEN | FINISHED
    assert not OPEN & FINISHED


def test_keys_are_unique_in_every_state() -> None:
    for state in State.values:
        keys = [move.key for move in FLOW.from_state(state) if move.key]
        assert len(keys) == len(set(keys)), state
