"""The process that starts server or worker of every office, restarts those that have ended, and stops them all.

Each office has processes of its own, with the environment of that office: nothing that one caches or reads can reach
another.
"""

import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from jiedao.kernel.backoff import compute_backoff
from jiedao.kernel.errors import UserError
from jiedao.kernel.parents import END_SECONDS
from jiedao.offices.file import Office
from jiedao.offices.running import PROGRAM

log = logging.getLogger("jiedao.offices")
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=1)
LONG_LIFE = 60.0  # seconds; a process that ended later may start again at once
START_SECONDS = 30.0  # that an office may take before the next one is started
WORKER_SECONDS = 1.0  # a worker does not show when it has started
CHECK_SECONDS = 0.5
STOP_SECONDS = END_SECONDS + 10

Offices = Mapping[str, Office]


class OfficeProcess:
    """The server or the worker of an office."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.short_lives = 0
        self.next_start_at = 0.0

    def start(self, words: Sequence[str]) -> None:
        """Start it; a fault of the office, such as a missing password, counts as a process that has ended."""
        self.started_at = time.monotonic()
        try:
            environment = self.office.build_environment()
        except UserError as fault:
            log.error("office %s: %s", self.office.key, fault)
            self.plan_restart()
            return
        # In a group of its own, Ctrl-C reaches only the first process, which stops the others in order.
        self.process = subprocess.Popen([*PROGRAM, *words], env=environment, process_group=0)  # noqa: S603

    def notice_end(self) -> None:
        """Plan its next start if it has ended."""
        if self.process is not None and (code := self.process.poll()) is not None:
            self.process = None
            self.plan_restart()
            pause = max(0.0, self.next_start_at - time.monotonic())
            log.error(
                "office %s: it has ended with code %s and is started again in %.0f s",
                self.office.key,
                code,
                pause,
            )

    def plan_restart(self) -> None:
        """Set the moment of its next start; the pause doubles for a process that ends again and again."""
        is_short = time.monotonic() - self.started_at < LONG_LIFE
        self.short_lives = self.short_lives + 1 if is_short else 0
        pause = compute_backoff(self.short_lives, FIRST_PAUSE, LONGEST_PAUSE) if is_short else timedelta()
        self.next_start_at = time.monotonic() + pause.total_seconds()

    def is_due(self) -> bool:
        """Return whether it is to be started now."""
        return self.process is None and time.monotonic() >= self.next_start_at

    def stop(self) -> None:
        """Ask it to finish its current work and end."""
        if self.process is not None:
            self.process.terminate()

    def wait(self, deadline: float) -> None:
        """Return once it has ended; at the deadline it is killed."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, deadline - time.monotonic()))
        self.process.kill()
        self.process.wait()


class Supervisor:
    """Runs a process for each office that is not stopped.

    Args:
        read: returns the offices; called again when they may have changed.
        build_words: returns the command of an office.
        wait_until_started: waits for an office that was started, so that they start one after the other.
    """

    def __init__(
        self,
        read: Callable[[], Offices],
        build_words: Callable[[Office], Sequence[str]],
        wait_until_started: Callable[[OfficeProcess, threading.Event], None],
    ) -> None:
        self.read = read
        self.build_words = build_words
        self.wait_until_started = wait_until_started
        self.processes: dict[str, OfficeProcess] = {}
        self.stop = threading.Event()
        self.reload = threading.Event()

    def run(self) -> None:
        """Run until `stop` is set; raise UserError if the offices cannot be read at the beginning."""
        self.follow(self.read())
        try:
            while not self.stop.wait(CHECK_SECONDS):
                if self.reload.is_set():
                    self.reload.clear()
                    self.read_again()
                self.check_processes()
        finally:
            self.end(list(self.processes.values()))

    def read_again(self) -> None:
        """Follow the changed file; a file with a fault changes nothing."""
        try:
            offices = self.read()
        except UserError as fault:
            log.error("the offices run on as they were: %s", fault)
            return
        self.follow(offices)

    def follow(self, offices: Offices) -> None:
        """Stop the processes of offices that changed, were stopped or removed; the next check starts new ones."""
        wanted = {key: office for key, office in offices.items() if not office.is_stopped}
        ended = [item for key, item in self.processes.items() if wanted.get(key) != item.office]
        self.end(ended)
        running = {key: item for key, item in self.processes.items() if item not in ended}
        self.processes = {key: running.get(key) or OfficeProcess(office) for key, office in wanted.items()}

    def check_processes(self) -> None:
        """Notice processes that have ended, and start those that are due."""
        for item in self.processes.values():
            item.notice_end()
        for item in self.processes.values():
            if item.is_due() and not self.stop.is_set():
                item.start(self.build_words(item.office))
                self.wait_until_started(item, self.stop)

    def end(self, items: Sequence[OfficeProcess]) -> None:
        """Stop these processes, all at once."""
        deadline = time.monotonic() + STOP_SECONDS
        for item in items:
            item.stop()
        for item in items:
            item.wait(deadline)

    def obey_signals(self) -> None:
        """Stop at SIGTERM and Ctrl-C, and read the file again at SIGHUP."""
        signal.signal(signal.SIGTERM, lambda _number, _frame: self.stop.set())
        signal.signal(signal.SIGINT, lambda _number, _frame: self.stop.set())
        signal.signal(signal.SIGHUP, lambda _number, _frame: self.reload.set())


def make_server_supervisor(read: Callable[[], Offices], host: str) -> Supervisor:
    """Return the supervisor of the servers; each listens at the port of its office."""

    def build_words(office: Office) -> Sequence[str]:
        place = ("--host", host, "--port", str(office.port), "--workers", str(office.processes))
        return ("serve", *place, "--parent", str(os.getpid()))

    def wait_until_started(item: OfficeProcess, stop: threading.Event) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and item.process is not None and item.process.poll() is None:
            with suppress(OSError):
                socket.create_connection((host, item.office.port), timeout=1).close()
                return
            if stop.wait(0.1):
                return

    return Supervisor(read, build_words, wait_until_started)


def make_worker_supervisor(read: Callable[[], Offices]) -> Supervisor:
    """Return the supervisor of the workers."""

    def build_words(_office: Office) -> Sequence[str]:
        return ("worker", "--parent", str(os.getpid()))

    def wait_until_started(item: OfficeProcess, stop: threading.Event) -> None:
        if item.process is not None:
            stop.wait(WORKER_SECONDS)

    return Supervisor(read, build_words, wait_until_started)
