"""Actions of several users at the same moment, for tests of races."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections

from jiedao.kernel.errors import UserError


def run_at_once(*calls: Callable[[], object]) -> list[Any]:
    """Start the calls together in threads of their own and return results or refusals, None for any other error."""
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], object]) -> None:
        gate.wait(timeout=10)
        try:
            results[place] = call()
        except UserError as fault:
            results[place] = fault
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results
