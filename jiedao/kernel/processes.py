"""Processes that do a part of the work of a command, each with its own connection to the database."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

import django

from jiedao.kernel.parents import end_with_parent


def make_processes(number: int) -> ProcessPoolExecutor:
    """Return processes that can run functions of the rooms; they end with this one.

    They are started anew, as copies of this process would share its connection. That takes each some seconds.
    """
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(number, context, _set_up, (os.getpid(),))


def _set_up(parent: int) -> None:
    end_with_parent(parent)
    django.setup()
