"""The process that runs the others: one that ends is started again, and a changed file is followed."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from jiedao.kernel.errors import UserError
from jiedao.offices import supervising
from jiedao.offices.file import PASSWORD_FILE, Office
from jiedao.offices.supervising import OfficeProcess, Supervisor

SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """An office whose command is a line of Python."""
    monkeypatch.setattr(supervising, "PROGRAM", (sys.executable, "-c"))
    monkeypatch.setattr(supervising, "CHECK_SECONDS", 0.02)
    (tmp_path / PASSWORD_FILE).write_text("secret")
    return Office("a", ("a.example",), 8101, "office_a", tmp_path, "postgresql://localhost/jiedao")


@contextmanager
def run(
    read: Callable[[], dict[str, Office]], lines: Callable[[Office], str] = lambda _office: SLEEP
) -> Iterator[Supervisor]:
    """Run a supervisor in a thread."""
    supervisor = Supervisor(read, lambda office: [lines(office)], lambda _item, _stop: None)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield supervisor
    finally:
        supervisor.stop.set()
        thread.join(20)
        assert not thread.is_alive()


def wait_for_process(supervisor: Supervisor, key: str, other_than: int = 0) -> int:
    """Return the id of the process of an office once it runs."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        item = supervisor.processes.get(key)
        process = item.process if item else None
        if process is not None and process.pid != other_than:
            return process.pid
        time.sleep(0.01)
    raise AssertionError("it does not run")


def test_a_process_that_was_killed_is_started_again_alone(office: Office) -> None:
    other = replace(office, key="b", port=8102)
    with run(lambda: {"a": office, "b": other}) as supervisor:
        first, second = wait_for_process(supervisor, "a"), wait_for_process(supervisor, "b")
        process = supervisor.processes["a"].process
        assert process is not None
        process.kill()
        assert wait_for_process(supervisor, "a", first) != first
        assert wait_for_process(supervisor, "b") == second


def test_pauses_grow_for_an_office_that_does_not_come_up(office: Office) -> None:
    item = OfficeProcess(office)
    pauses = []
    for _start in range(8):
        item.started_at = time.monotonic()
        item.plan_restart()
        pauses.append(round(item.next_start_at - time.monotonic()))
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    item.started_at = time.monotonic() - 100
    item.plan_restart()
    assert item.is_due()


def test_an_office_without_a_password_stops_none_of_the_others(office: Office, tmp_path: Path) -> None:
    lacking = replace(office, key="b", port=8102, data=tmp_path / "none")
    with run(lambda: {"b": lacking, "a": office}) as supervisor:
        assert wait_for_process(supervisor, "a")
        assert supervisor.processes["b"].process is None
        assert supervisor.processes["b"].short_lives > 0


def test_an_office_with_an_unreadable_password_stops_none_of_the_others(
    office: Office, tmp_path: Path
) -> None:
    (tmp_path / "faulty" / PASSWORD_FILE).mkdir(parents=True)
    faulty = replace(office, key="b", port=8102, data=tmp_path / "faulty")
    with run(lambda: {"b": faulty, "a": office}) as supervisor:
        assert wait_for_process(supervisor, "a")
        assert supervisor.processes["b"].process is None


def test_a_changed_file_is_followed_and_a_faulty_one_is_not(office: Office) -> None:
    other = replace(office, key="b", port=8102)
    offices = {"a": office, "b": other}
    faults: list[UserError] = []

    def read() -> dict[str, Office]:
        if faults:
            raise faults[0]
        return dict(offices)

    with run(read) as supervisor:
        first, second = wait_for_process(supervisor, "a"), wait_for_process(supervisor, "b")
        faults.append(UserError("a fault"))
        supervisor.reload.set()
        wait_until(lambda: not supervisor.reload.is_set())
        assert (wait_for_process(supervisor, "a"), wait_for_process(supervisor, "b")) == (first, second)
        faults.clear()
        offices.update(a=replace(office, processes=2), b=replace(other, is_stopped=True))
        offices["c"] = replace(office, key="c", port=8103)
        supervisor.reload.set()
        assert wait_for_process(supervisor, "c")
        assert wait_for_process(supervisor, "a") != first
        assert list(supervisor.processes) == ["a", "c"]


def wait_until(is_true: Callable[[], bool]) -> None:
    """Return once it is true."""
    until = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_processes_stop_with_the_supervisor(office: Office) -> None:
    with run(lambda: {"a": office}) as supervisor:
        wait_for_process(supervisor, "a")
        process = supervisor.processes["a"].process
        assert process is not None
    assert process.poll() is not None
