"""The first process of the server: `python -m jiedao.kernel.launch HOST PORT PROCESSES [LOG_CONFIG] [PARENT]`.

It starts the processes that answer, starts one again that has ended, and takes all of them with it when it ends. With
the id of the process that has started it, it ends with that one. It imports nothing of Django and so needs little
memory.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from granian.constants import Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from jiedao.kernel.parents import END_SECONDS, end_with_parent

TARGET = "jiedao.wsgi:make_front"
CONNECTIONS = 4096  # of one process; each costs some kB
HEADER_SECONDS = 10  # in which a client must have sent the headers of a request
SHORT_LIFE = 5.0  # a process that ended sooner has probably never answered
SHORT_LIVES_IN_ROW = 6  # of each process, after which the server gives up although it has answered before
LONGEST_PAUSE = 30.0


class Server(MPServer):
    """The server of granian, whose processes are started again for as long as it runs."""

    def _serve_loop(self, spawn_target: Callable[..., None], target_loader: Callable[..., Any]) -> None:
        short_lives = dict.fromkeys(range(self.workers), 0)
        has_come_up = False
        while True:
            self.main_loop_interrupt.wait()
            if self.interrupt_signal:
                return
            self.main_loop_interrupt.clear()
            while self.interrupt_children:
                number = self.interrupt_children.pop()
                short = time.monotonic() - self.wrks[number].birth < SHORT_LIFE
                short_lives[number] = short_lives[number] + 1 if short else 0
                has_come_up = has_come_up or not short
                if min(short_lives.values()) >= (SHORT_LIVES_IN_ROW if has_come_up else 1):
                    self.interrupt_children = [number]  # the exit code is 1: no process comes up
                    return
                if short_lives[number]:
                    self.main_loop_interrupt.wait(min(2.0 ** short_lives[number], LONGEST_PAUSE))
                if self._is_stopped():
                    return
                self._respawn_workers([number], spawn_target, target_loader)
            if self.reload_signal:
                self._reload(spawn_target, target_loader)  # type: ignore[no-untyped-call]

    def _is_stopped(self) -> bool:
        return bool(self.interrupt_signal)


def load_front(parent: int, _target: str) -> Callable[..., Any]:
    """Return the application; runs in a new process of the server, which ends when the first process does.

    Otherwise it would hold the port.
    """
    end_with_parent(parent)
    module = import_module("jiedao.wsgi")  # only the processes that answer load Django
    front: Callable[..., Any] = module.make_front()
    return front


def allow_connections() -> None:
    """Raise the limit of open files: a connection is one, and the usual 1024 are less than a process may hold."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS + 512
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def main(host: str, port: str, processes: str, log_config: str = "", parent: str = "") -> None:
    """Serve until stopped, or until the parent ends."""
    if parent:
        end_with_parent(int(parent))
    allow_connections()
    server = Server(
        TARGET,
        address=host,
        port=int(port),
        interface=Interfaces.RSGI,
        workers=int(processes),
        loop=Loops.asyncio,
        websockets=False,
        backlog=1024,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        log_level=LogLevels.warning,
        log_dictconfig=json.loads(Path(log_config).read_text()) if log_config else None,
        workers_kill_timeout=END_SECONDS,
    )
    server.serve(target_loader=partial(load_front, os.getpid()))


if __name__ == "__main__":
    main(*sys.argv[1:])
