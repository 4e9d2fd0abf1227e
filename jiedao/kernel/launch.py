"""The first process of the server: `python -m jiedao.kernel.launch HOST PORT PROCESSES [LOG] [PARENT] [SECONDS]`.

It starts the processes that answer, starts one again that has ended, replaces one that has run a request for too many
SECONDS, and takes all of them with it when it ends. With
the id of the process that has started it, it ends with that one. It imports nothing of Django and so needs little
memory.
"""

import copy
import faulthandler
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from granian.constants import Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LOGGING_CONFIG, LogLevels, logger
from granian.server.mp import MPServer, WorkerProcess

from jiedao.kernel.backoff import compute_backoff
from jiedao.kernel.parents import END_SECONDS, end_with_parent
from jiedao.kernel.running import STARTING, STUCK, RequestTable, create_table

TARGET = "jiedao.wsgi:make_front"
CONNECTIONS = 4096  # of one process; each costs some kB
HEADER_SECONDS = 10  # in which a client must have sent the headers of a request
SHORT_LIFE = 5.0  # a process that ended sooner has probably never answered
SHORT_LIVES_IN_ROW = 6  # of each process, after which the server gives up although it has answered before
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(seconds=30)
REACTION_SECONDS = 5.0  # in which a process reports by itself that a request does not end
START_SECONDS = 60.0  # in which a replacement must be ready
DRAIN_SECONDS = 30.0  # that a replaced process has for its other requests
SENDING_SECONDS = 10.0  # of these, for sending the last answers


class Server(MPServer):
    """The server of granian, whose processes are started again for as long as it runs, and replaced when stuck."""

    def __init__(self, *args: Any, request_seconds: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request_seconds = request_seconds
        self.tables: dict[int, tuple[RequestTable, int]] = {}  # of the processes by their numbers
        self.stuck: set[int] = set()

    def _spawn_worker(  # type: ignore[override]  # as in granian itself
        self, idx: int, target: Callable[..., None], callback_loader: Any
    ) -> WorkerProcess:
        if sys.platform == "linux":
            if idx in self.tables:
                os.close(self.tables[idx][1])
            table, path, descriptor = create_table()
            self.tables[idx] = table, descriptor
            callback_loader = partial(callback_loader, path)
        worker: WorkerProcess = super()._spawn_worker(idx, target, callback_loader)
        return worker

    def watch_requests(self) -> None:
        """Notice processes with a request that does not end, for as long as the server runs."""
        while not self.interrupt_signal:
            time.sleep(0.5)
            for number, (table, _descriptor) in list(self.tables.items()):
                is_mute = bool(table.list_longer_than(self.request_seconds + REACTION_SECONDS))
                if number not in self.stuck and (is_mute or table.read_state()[0] == STUCK):
                    self.stuck.add(number)
                    self.main_loop_interrupt.set()

    def _replace_stuck(self, spawn_target: Callable[..., None], target_loader: Callable[..., Any]) -> None:
        """Start a new process beside each that is stuck, then let the old one finish its other requests."""
        for number in list(self.stuck):
            old, (table, descriptor) = self.wrks[number], self.tables[number]
            # It has ended by itself, and is started again like every process that ends.
            if not old.inner.is_alive():
                self.stuck.discard(number)
                continue
            is_mute = table.read_state()[0] != STUCK
            if is_mute:
                self._report_mute(old, table)
            old.interrupt_by_parent = True
            self.tables.pop(number)  # the old table is still read
            new = self._spawn_worker(number, spawn_target, target_loader)
            new.start()  # type: ignore[no-untyped-call]
            self.wrks[number] = new
            self._wait_until_ready(number)
            self._drain(old, table, is_mute=is_mute)
            os.close(descriptor)
            self.stuck.discard(number)
            logger.warning("process %s was replaced by %s", old.inner.pid, new.inner.pid)

    def _report_mute(self, worker: WorkerProcess, table: RequestTable) -> None:
        """Log the requests of a process that does nothing any more, and let it print in which calls it is."""
        for running in table.list_longer_than(self.request_seconds):
            seconds = time.monotonic() - running.began_at
            logger.error(
                "%s of user %s has run for %.0f s, and process %s does not react; it will be replaced",
                ascii(running.words)[1:-1],
                running.user_id,
                seconds,
                worker.inner.pid,
            )
        os.kill(worker.inner.pid, signal.SIGUSR1)
        time.sleep(0.2)

    def _wait_until_ready(self, number: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while (
            time.monotonic() < deadline and not self.interrupt_signal and self.wrks[number].inner.is_alive()
        ):
            if self.tables[number][0].read_state()[0] != STARTING:
                return
            time.sleep(0.1)

    def _drain(self, worker: WorkerProcess, table: RequestTable, *, is_mute: bool) -> None:
        """Stop a process once its other requests are answered, or after some time."""
        worker.inner.terminate()  # it accepts no more connections
        deadline = time.monotonic() + (0 if is_mute else DRAIN_SECONDS)
        while time.monotonic() < deadline and worker.inner.is_alive() and not self.interrupt_signal:
            if not table.read_state()[1]:
                worker.inner.join(SENDING_SECONDS)
                break
            time.sleep(0.1)
        if worker.inner.is_alive():
            worker.inner.kill()
        worker.inner.join()

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
                    pause = compute_backoff(short_lives[number], FIRST_PAUSE, LONGEST_PAUSE)
                    self.main_loop_interrupt.wait(pause.total_seconds())
                if self._is_stopped():
                    return
                self.stuck.discard(number)
                self._respawn_workers([number], spawn_target, target_loader)
            self._replace_stuck(spawn_target, target_loader)
            if self.reload_signal:
                self._reload(spawn_target, target_loader)  # type: ignore[no-untyped-call]

    def _is_stopped(self) -> bool:
        return bool(self.interrupt_signal)


def load_front(parent: int, _target: str, table: str = "") -> Callable[..., Any]:
    """Return the application; runs in a new process of the server, which ends when the first process does.

    Otherwise it would hold the port.

    Args:
        table: the path of the table into which it writes what its threads run.
    """
    end_with_parent(parent)
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    module = import_module("jiedao.wsgi")  # only the processes that answer load Django
    front: Callable[..., Any] = module.make_front(RequestTable.open(table) if table else None)
    return front


def allow_connections() -> None:
    """Raise the limit of open files: a connection is one, and the usual 1024 are less than a process may hold."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS + 512
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def read_log_config(path: str, office: str) -> dict[str, Any]:
    """Return the configuration of the server's own lines, which name the office.

    Args:
        path: of a configuration for lines of JSON, "" for plain lines.
        office: the schema of the office among several, "" for one alone.
    """
    if path:
        config: dict[str, Any] = json.loads(Path(path).read_text())
        config["formatters"]["json"]["office"] = office
        return config
    plain: dict[str, Any] = copy.deepcopy(LOGGING_CONFIG)
    if office:
        plain["formatters"]["generic"]["fmt"] += f" office={office}"
    return plain


def main(  # noqa: PLR0917 (the words of the command line)
    host: str, port: str, processes: str, log_config: str = "", parent: str = "", seconds: str = "0"
) -> None:
    """Serve until stopped, or until the parent ends; a process with a request of more than `seconds` is replaced."""
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
        log_dictconfig=read_log_config(log_config, os.environ.get("JIEDAO_DATABASE_SCHEMA", "")),
        workers_kill_timeout=END_SECONDS,
        request_seconds=float(seconds),
    )
    if float(seconds):
        threading.Thread(target=server.watch_requests, name="watch", daemon=True).start()
    server.serve(target_loader=partial(load_front, os.getpid()))


if __name__ == "__main__":
    main(*sys.argv[1:])
