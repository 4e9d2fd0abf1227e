"""Clicks at once start one task, and no more than a user may have."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.tasks import actions, kinds
from jiedao.tasks.actions import start_task
from jiedao.tasks.kinds import TaskKind, register_task_kinds
from jiedao.tasks.models import Task
from jiedao.testing.cast import make_town
from jiedao.testing.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
KIND = TaskKind("tests.race", "race", "jiedao.tasks.tests.test_tasks.count_words")


@pytest.fixture(autouse=True)
def own_kind(tmp_path: Path, settings: Any) -> Iterator[None]:
    settings.JIEDAO_DATA = tmp_path
    before = dict(kinds._KINDS)
    register_task_kinds(KIND)
    yield
    kinds._KINDS.clear()
    kinds._KINDS.update(before)


def start_at_once(actor: Actor, arguments: list[dict[str, Any]]) -> int:
    """Start a task with each of the arguments in a thread of its own; return how many were refused."""
    results = run_at_once(
        *(partial(start_task, actor, KIND, title="x", arguments=values) for values in arguments)
    )
    assert all(result is not None for result in results), results
    return sum(isinstance(result, UserError) for result in results)


def test_clicks_at_once_start_one_task() -> None:
    actor = make_town().actor("dispatcher")
    assert start_at_once(actor, [{"text": "a"}] * 6) == 0
    assert Task.objects.count() == 1


def test_the_limit_holds_for_tasks_that_are_started_at_once() -> None:
    actor = make_town().actor("dispatcher")
    assert start_at_once(actor, [{"text": f"a{number}"} for number in range(8)]) == 8 - actions.MAX_UNFINISHED
    assert Task.objects.count() == actions.MAX_UNFINISHED
