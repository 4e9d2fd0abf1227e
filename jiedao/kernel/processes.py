"""Processes that do a part of the work of a command, each with its own connection to the database."""

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import django

from jiedao.kernel.parents import end_with_parent

# New processes ("spawn"), because forked ones would share the connection and the locks. Each takes seconds to start.
SPAWN = multiprocessing.get_context("spawn")


def make_processes(
    number: int, set_up: Callable[..., object] = django.setup, *arguments: Any
) -> ProcessPoolExecutor:
    """Return processes that run functions of the rooms; they end with this one.

    Args:
        set_up: called with the arguments in each process before its first function.
    """
    return ProcessPoolExecutor(number, SPAWN, _start, (os.getpid(), set_up, arguments))


def _start(parent: int, set_up: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    end_with_parent(parent)
    set_up(*arguments)
