"""Run a program on foreign content in a process of its own, with limits of processor time, memory and wall time.

The process inherits neither the settings nor the secrets that are in the environment of the server.
"""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LAUNCHER = Path(__file__).with_name("confined_child.py")
LENGTH = struct.Struct(">I")
LONGEST_MESSAGE = 256 * 1024 * 1024  # bytes
INHERITED = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "TMPDIR", "SYSTEMROOT")


@dataclass(frozen=True)
class Limits:
    """How much a confined process may take: `seconds` of processor time and `wait` seconds until its answer.

    Attributes:
        niceness: how much less urgent it is than the processes that answer pages.
    """

    seconds: int
    wait: float
    megabytes: int = 768
    niceness: int = 10


class ChildEnded(Exception):  # noqa: N818 (it names what happened)
    """A confined process did not answer: "TIME", "MEMORY" or "DAMAGED"."""


def build_command(program: Path, arguments: list[str], limits: Limits) -> list[str]:
    """Return the command line of a program of ours in its limits."""
    confines = {"seconds": limits.seconds, "megabytes": limits.megabytes, "niceness": limits.niceness}
    return [sys.executable, "-I", str(LAUNCHER), json.dumps(confines), str(program), *arguments]


def build_environment() -> dict[str, str]:
    """Return the few variables that a confined process inherits."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ}


def run_confined(program: Path, arguments: list[str], limits: Limits, content: bytes = b"") -> dict[str, Any]:
    """Return the JSON object that a program of ours prints; `content` is its standard input.

    A program that a limit stops, or that fails, answers `{"fault": "TIME"}`, `"MEMORY"` or `"DAMAGED"`.
    """
    try:
        child = subprocess.run(  # noqa: S603 (our own program, its arguments are paths and JSON)
            build_command(program, arguments, limits),
            input=content,
            capture_output=True,
            timeout=limits.wait,
            check=False,
            env=build_environment(),
        )
    except subprocess.TimeoutExpired:
        return {"fault": "TIME"}
    if child.returncode == -signal.SIGXCPU:
        return {"fault": "TIME"}
    try:
        answer: dict[str, Any] = json.loads(child.stdout)
    except ValueError:  # killed by a limit before it could answer
        return {"fault": "MEMORY" if child.returncode else "DAMAGED"}
    return answer


class Conversation:
    """Messages to and from a confined process, each its length in four bytes and JSON."""

    def __init__(self, child: "subprocess.Popen[bytes]", end: socket.socket, wait: float) -> None:
        self.child, self.end, self.left = child, end, wait

    def send(self, message: dict[str, Any]) -> None:
        """Send a message; raise ChildEnded for a process that does not take it."""
        content = json.dumps(message, ensure_ascii=False).encode("utf-8", "surrogatepass")
        with self._take_time():
            self.end.sendall(LENGTH.pack(len(content)))
            self.end.sendall(content)

    def receive(self) -> dict[str, Any]:
        """Return the next message; raise ChildEnded for a process that sends none."""
        (length,) = LENGTH.unpack(self._receive_bytes(LENGTH.size))
        if length > LONGEST_MESSAGE:
            raise ChildEnded("MEMORY")
        try:
            message = json.loads(self._receive_bytes(length).decode("utf-8", "surrogatepass"))
        except ValueError as fault:
            raise ChildEnded("DAMAGED") from fault
        if not isinstance(message, dict):
            raise ChildEnded("DAMAGED")
        return message

    def _receive_bytes(self, length: int) -> bytes:
        parts: list[bytes] = []
        while length:
            with self._take_time():
                part = self.end.recv(min(length, 1 << 20))
            if not part:
                raise ChildEnded(self._find_cause())
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    @contextmanager
    def _take_time(self) -> Iterator[None]:
        """Let an exchange take what is left of the time; what the parent does in between is not counted."""
        began = time.monotonic()
        self.end.settimeout(max(self.left, 0.001))
        try:
            yield
        except TimeoutError as fault:
            raise ChildEnded("TIME") from fault
        except OSError as fault:  # it has ended
            raise ChildEnded(self._find_cause()) from fault
        finally:
            self.left -= time.monotonic() - began

    def _find_cause(self) -> str:
        try:
            code = self.child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "DAMAGED"
        return "TIME" if code in {-signal.SIGXCPU, -signal.SIGKILL} else "MEMORY"


@contextmanager
def converse(program: Path, limits: Limits) -> Iterator[Conversation]:
    """Start a program of ours whose standard input is a socket, and end it afterwards, whatever it does."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            child = subprocess.Popen(  # noqa: S603 (as above)
                build_command(program, [], limits),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=build_environment(),
            )
        try:
            yield Conversation(child, ours, limits.wait)
        finally:
            child.kill()
            child.wait()
