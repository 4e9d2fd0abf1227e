"""Pauses before trying again."""

from datetime import timedelta

from jiedao.kernel.backoff import compute_backoff


def test_pauses_double_up_to_the_longest() -> None:
    first, longest = timedelta(seconds=10), timedelta(hours=1)
    pauses = [compute_backoff(failures, first, longest) for failures in (1, 2, 6, 31, 100_000)]
    assert [pause.seconds for pause in pauses] == [10, 20, 320, 3600, 3600]
