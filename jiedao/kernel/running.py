"""The requests that a process of the server runs at the moment, in memory that its first process reads.

A request that never ends is noticed by its own process, which logs it. Where that process can do nothing any more, as
code that does not release the interpreter keeps it busy, the first process notices. The module imports nothing of
Django, as the first process does not load it.
"""

import mmap
import os
import struct
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

MOST_THREADS = 64
HEADER, SLOT = (
    struct.Struct("<BxxxI"),
    struct.Struct("<dqH"),
)  # state, open requests; begin, user, length of the words
SLOT_BYTES = 256
SIZE = HEADER.size + MOST_THREADS * SLOT_BYTES
STARTING, READY, STUCK = range(3)
NOBODY = -1
_thread = threading.local()


@dataclass
class Running:
    """A request that a thread runs.

    Attributes:
        words: its method and path.
        began_at: seconds of the monotonic clock, which all processes share.
        thread: the thread, by its number in the pool and by its identity in Python.
        is_reported: it has run too long and was logged.
    """

    words: str
    number: int
    thread: int
    began_at: float = field(default_factory=time.monotonic)
    user_id: int | None = None
    is_reported: bool = False


class RequestTable:
    """What each thread of one process runs, written by the process and read by the first process."""

    def __init__(self, memory: mmap.mmap | bytearray) -> None:
        self.memory = memory

    @classmethod
    def open(cls, path: str) -> "RequestTable":
        """Return the table of a file that another process has created."""
        with Path(path).open("r+b") as file:
            return cls(mmap.mmap(file.fileno(), SIZE))

    def write_state(self, state: int, open_requests: int = 0) -> None:
        """Write what the process does, and how many requests it has accepted and not answered."""
        HEADER.pack_into(self.memory, 0, state, open_requests)

    def read_state(self) -> tuple[int, int]:
        """Return the state and the number of requests that are not answered."""
        state, open_requests = HEADER.unpack_from(self.memory, 0)
        return state, open_requests

    def begin(self, running: Running) -> None:
        """Write a request that begins."""
        words = running.words.encode(errors="replace")[: SLOT_BYTES - SLOT.size]
        start = HEADER.size + running.number * SLOT_BYTES
        self.memory[start + SLOT.size : start + SLOT.size + len(words)] = words
        SLOT.pack_into(self.memory, start, running.began_at, NOBODY, len(words))

    def write_user(self, running: Running) -> None:
        """Write whose request it is."""
        start = HEADER.size + running.number * SLOT_BYTES
        user_id = NOBODY if running.user_id is None else running.user_id
        struct.pack_into("<q", self.memory, start + 8, user_id)

    def end(self, number: int) -> None:
        """Write that a thread runs nothing."""
        SLOT.pack_into(self.memory, HEADER.size + number * SLOT_BYTES, 0.0, NOBODY, 0)

    def list_longer_than(self, seconds: float) -> list[Running]:
        """Return the requests that have run longer than this."""
        now, requests = time.monotonic(), []
        for number in range(MOST_THREADS):
            start = HEADER.size + number * SLOT_BYTES
            began_at, user_id, length = SLOT.unpack_from(self.memory, start)
            if not began_at or now - began_at <= seconds:
                continue
            words = bytes(self.memory[start + SLOT.size : start + SLOT.size + length]).decode(
                errors="replace"
            )
            user = None if user_id == NOBODY else user_id
            requests.append(Running(words, number, 0, began_at=began_at, user_id=user))
        return requests


def create_table() -> tuple[RequestTable, str, int]:
    """Return a table that a child of this process can open at the path, and its descriptor; Linux only."""
    descriptor = os.memfd_create("jiedao-requests")
    os.ftruncate(descriptor, SIZE)
    return RequestTable(mmap.mmap(descriptor, SIZE)), f"/proc/{os.getpid()}/fd/{descriptor}", descriptor


def set_running(running: Running | None, table: RequestTable) -> None:
    """Let `note_user` know the request that this thread runs."""
    _thread.running, _thread.table = running, table


def note_user(user_id: int | None) -> None:
    """Note whose request this thread runs, for the log of requests that do not end."""
    running: Running | None = getattr(_thread, "running", None)
    if running is not None:
        running.user_id = user_id
        _thread.table.write_user(running)
