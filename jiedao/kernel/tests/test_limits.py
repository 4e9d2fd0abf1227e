"""The buckets by which the requests of a caller are limited."""

import pytest

from jiedao.kernel.errors import TooManyRequests
from jiedao.kernel.limits import Buckets


def make_buckets(most: int, minutes: int) -> Buckets:
    return Buckets(lambda: most, minutes, lambda seconds: TooManyRequests("too many", seconds=seconds))


def set_moments(monkeypatch: pytest.MonkeyPatch, *moments: float) -> None:
    left = iter(moments)
    monkeypatch.setattr("jiedao.kernel.limits.time.monotonic", lambda: next(left))


def test_an_empty_bucket_states_when_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    set_moments(monkeypatch, 0.0, 0.0, 0.0, 15.0, 61.0)
    buckets = make_buckets(2, 2)
    for _request in range(2):
        buckets.take("a")
    with pytest.raises(TooManyRequests) as refused:
        buckets.take("a")
    assert refused.value.seconds == 60
    with pytest.raises(TooManyRequests) as refused:
        buckets.check("a")
    assert refused.value.seconds == 45
    buckets.check("a")


def test_checking_counts_nothing_and_counting_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jiedao.kernel.limits.time.monotonic", lambda: 0.0)
    buckets = make_buckets(2, 60)
    for _request in range(5):
        buckets.check("a")
    allowances = [buckets.count("a") for _request in range(3)]
    assert [allowance and allowance.left for allowance in allowances] == [1, 0, 0]
    with pytest.raises(TooManyRequests):
        buckets.check("a")
    buckets.check("b")


def test_full_buckets_are_dropped_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jiedao.kernel.limits.MOST_BUCKETS", 3)
    set_moments(monkeypatch, 0.0, 1.0, 2.0, 300.0)
    buckets = make_buckets(300, 5)
    for key in "abcd":
        buckets.take(key)
    assert list(buckets._buckets) == ["d"]


def test_there_may_be_no_limit() -> None:
    assert make_buckets(0, 5).take("a") is None
