"""Tasks: progress, results, faults, and who may see them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import translation

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.jobs import run_pending
from jiedao.kernel.models import Job, JobState
from jiedao.notices.kinds import describe_notice
from jiedao.notices.models import Notice
from jiedao.orgs.models import Holding
from jiedao.tasks import actions, kinds, storage
from jiedao.tasks.actions import start_task
from jiedao.tasks.jobs import erase_old_files
from jiedao.tasks.kinds import TaskKind, TaskResult, TaskRun, register_task_kinds
from jiedao.tasks.models import Task, TaskState
from jiedao.tasks.selectors import find_task, find_tasks, list_tasks
from jiedao.testing.cast import Town, make_town

pytestmark = pytest.mark.django_db
HERE = "jiedao.tasks.tests.test_tasks"


@pytest.fixture
def town(tmp_path: Path, settings: Any) -> Town:
    settings.JIEDAO_DATA = tmp_path
    return make_town()


@pytest.fixture(autouse=True)
def restored_kinds() -> Iterator[None]:
    before = dict(kinds._KINDS)
    yield
    kinds._KINDS.clear()
    kinds._KINDS.update(before)


def meet_a_lock(_run: TaskRun) -> TaskResult:
    raise OperationalError("database is locked")


def make_kind(function: str) -> TaskKind:
    kind = TaskKind(f"tests.{function}", function, f"{HERE}.{function}")
    register_task_kinds(kind)
    return kind


def count_words(run: TaskRun) -> TaskResult:
    words = run.arguments["text"].split()
    run.set_total(len(words))
    for word in words:
        run.advance()
        with run.make_file(".txt").open("w") if word == words[-1] else Path("/dev/null").open("w") as file:
            file.write(f"{len(words)} {run.actor.label}")
    return TaskResult("三个词", "词.txt", "text/plain")


def refuse(_run: TaskRun) -> TaskResult:
    raise UserError("太多了。", hint="请少一点。")


def break_down(run: TaskRun) -> TaskResult:
    run.make_file(".txt").write_text("half")
    raise RuntimeError("broken")


def run_all_attempts() -> None:
    for attempt in range(4):
        Job.objects.filter(state=JobState.PENDING).update(run_at=clock.now() - timedelta(seconds=attempt))
        run_pending()


def test_a_task_stores_its_result_and_notifies_its_user(town: Town) -> None:
    actor = town.actor("dispatcher")
    task = start_task(actor, make_kind("count_words"), title="数词", arguments={"text": "a b c"})
    assert (task.state, task.percent) == (TaskState.WAITING, 0)
    run_pending()
    task = Task.objects.get()
    assert (task.state, task.total, task.done, task.percent) == (TaskState.DONE, 3, 3, 100)
    assert storage.get_path(task.file).read_text() == f"3 {actor.label}"
    assert storage.get_path(task.file).stat().st_mode & 0o077 == 0
    notice = Notice.objects.get(user_id=actor.user_id, kind="tasks.task:done")
    with translation.override("zh-hans"):
        assert describe_notice(notice).startswith("已完成，文件保留到 ")


def test_a_refusal_ends_the_task_with_its_words(town: Town) -> None:
    start_task(town.actor("dispatcher"), make_kind("refuse"), title="x", arguments={})
    run_pending()
    task = Task.objects.get()
    assert (task.state, task.fault, task.hint) == (TaskState.FAILED, "太多了。", "请少一点。")
    assert Job.objects.get(pk=task.job_id).state == JobState.DONE
    assert Notice.objects.filter(kind="tasks.task:failed").count() == 1


def test_a_fault_is_tried_three_times_and_leaves_no_file(town: Town) -> None:
    start_task(town.actor("dispatcher"), make_kind("break_down"), title="x", arguments={})
    run_all_attempts()
    task = Task.objects.get()
    assert (task.state, task.attempts) == (TaskState.FAILED, actions.MAX_ATTEMPTS)
    assert Job.objects.get(pk=task.job_id).state == JobState.FAILED
    assert list(storage.get_folder().iterdir()) == []


def test_a_task_that_a_locked_database_stops_states_so_and_can_be_done_again(town: Town) -> None:
    actor, kind = town.actor("dispatcher"), make_kind("meet_a_lock")
    start_task(actor, kind, title="x", arguments={})
    with translation.override("zh-hans"):
        run_all_attempts()
    task = Task.objects.get()
    assert (task.state, task.fault) == (
        TaskState.FAILED,
        "系统暂时忙不过来或连不上数据库，刚才的操作没有生效。",
    )
    assert "请过一分钟再试" in task.hint


def test_a_user_who_lost_the_post_gets_no_result(town: Town) -> None:
    actor = town.actor("dispatcher")
    start_task(actor, make_kind("count_words"), title="x", arguments={"text": "a"})
    Holding.objects.filter(user_id=actor.user_id).delete()
    run_pending()
    assert Task.objects.get().state == TaskState.FAILED


def test_a_user_sees_only_their_own_tasks(town: Town) -> None:
    task = start_task(town.actor("dispatcher"), make_kind("count_words"), title="x", arguments={"text": "a"})
    other = town.actor("leader")
    assert (find_task(other, task.pk), find_tasks(other, [task.pk]), list_tasks(other)) == (None, [], [])
    assert find_task(town.actor("dispatcher"), task.pk) == task


def test_files_are_erased_after_a_day_and_rows_after_thirty(town: Town) -> None:
    start_task(town.actor("dispatcher"), make_kind("count_words"), title="x", arguments={"text": "a"})
    run_pending()
    path = storage.get_path(Task.objects.get().file)
    with clock.at(clock.now() + timedelta(hours=23)):
        erase_old_files()
        assert path.exists()
    with clock.at(clock.now() + timedelta(hours=25)):
        erase_old_files()
        assert not path.exists()
        assert Task.objects.get().file == ""
    with clock.at(clock.now() + timedelta(days=31)):
        erase_old_files()
        assert not Task.objects.exists()


def test_a_file_of_a_clock_that_was_ahead_does_not_stay_until_then(town: Town) -> None:
    with clock.at(clock.now() + timedelta(days=730)):
        start_task(town.actor("dispatcher"), make_kind("count_words"), title="x", arguments={"text": "a"})
        run_pending()
    erase_old_files()
    assert (Task.objects.get().file, list(storage.get_folder().iterdir())) == ("", [])


def test_who_lost_the_post_after_the_task_may_not_fetch_its_file(town: Town) -> None:
    task = start_task(town.actor("dispatcher"), make_kind("count_words"), title="x", arguments={"text": "a"})
    run_pending()
    user = town.users["dispatcher"]
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    address = f"/desk/tasks/{task.pk}/file/"
    page = client.get(address)
    assert b"".join(page) == f"1 {town.actor('dispatcher').label}".encode()  # type: ignore[call-overload]
    Holding.objects.filter(user=user).delete()
    Holding.objects.create(user=user, post=town.posts["grid3"])
    assert client.get(address).status_code == 403


def test_a_task_whose_workers_died_is_ended(town: Town) -> None:
    task = start_task(town.actor("dispatcher"), make_kind("count_words"), title="x", arguments={"text": "a"})
    erase_old_files()
    assert Task.objects.get().state == TaskState.WAITING
    Job.objects.filter(pk=task.job_id).update(state=JobState.FAILED)
    erase_old_files()
    assert Task.objects.get().state == TaskState.FAILED


def test_a_sixth_unfinished_task_is_refused(town: Town) -> None:
    kind, actor = make_kind("count_words"), town.actor("dispatcher")
    for number in range(actions.MAX_UNFINISHED):
        start_task(actor, kind, title="x", arguments={"text": f"a{number}"})
    with pytest.raises(UserError, match="没有结束"):
        start_task(actor, kind, title="x", arguments={"text": "b"})


def test_a_second_click_starts_no_second_task(town: Town) -> None:
    kind, actor = make_kind("count_words"), town.actor("dispatcher")
    first = start_task(actor, kind, title="x", arguments={"text": "a"})
    assert start_task(actor, kind, title="x", arguments={"text": "a"}).pk == first.pk
    assert start_task(town.actor("leader"), kind, title="x", arguments={"text": "a"}).pk != first.pk
    run_pending()
    assert start_task(actor, kind, title="x", arguments={"text": "a"}).pk != first.pk
