"""Cached values: loaded again when they are too old, and in a server before a reader waits for them."""

import threading

import pytest

from jiedao.kernel.memo import Memo, WarmMemo

LONG = 3600.0


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WarmMemo, "is_serving", True)


def test_a_value_is_loaded_once_until_it_is_forgotten() -> None:
    loads: list[int] = []
    memo = Memo(lambda: loads.append(1) or len(loads), seconds=LONG)
    assert [memo.get(), memo.get()] == [1, 1]
    memo.forget()
    assert memo.get() == 2


def test_a_server_loads_a_value_again_without_a_reader(serving: None) -> None:
    loads, reached = [], threading.Event()

    def load() -> int:
        loads.append(threading.current_thread())
        if len(loads) == 3:
            reached.set()
        return len(loads)

    memo = WarmMemo(load, seconds=0.01)
    assert memo.get() == 1
    assert reached.wait(30)
    memo.stop()
    assert loads[0] is threading.current_thread()
    assert loads[2] is not threading.current_thread()


def test_a_value_that_nobody_reads_is_no_longer_loaded(
    serving: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WarmMemo, "idle", 0.0)
    memo = WarmMemo(lambda: 1, seconds=0.01)
    memo.get()
    keeper = memo._keeper
    if keeper is not None:
        keeper.join(30)
    assert memo._keeper is None


def test_an_error_in_the_background_ends_it_and_the_next_reader_loads(serving: None) -> None:
    results = iter([1, ZeroDivisionError(), 3])

    def load() -> int:
        result = next(results)
        if isinstance(result, Exception):
            raise result
        return result

    memo = WarmMemo(load, seconds=0.01)
    memo.get()
    keeper = memo._keeper
    if keeper is not None:
        keeper.join(30)
    memo.forget()
    assert memo.get() == 3
    memo.stop()


def test_outside_a_server_no_thread_is_started() -> None:
    memo = WarmMemo(lambda: 1, seconds=0.01)
    memo.get()
    assert memo._keeper is None
