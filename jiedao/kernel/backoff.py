"""Pauses before trying again, which grow with each failure."""

from datetime import timedelta

MOST_DOUBLINGS = 20


def compute_backoff(failures: int, first: timedelta, longest: timedelta) -> timedelta:
    """Return the pause after so many failures in a row: `first`, then twice as long each time, at most `longest`."""
    return min(first * (1 << min(max(failures - 1, 0), MOST_DOUBLINGS)), longest)
