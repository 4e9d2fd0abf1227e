"""The application that the server runs: an event loop receives and sends, and threads run Django.

A thread is occupied only while Django works on a request. The body is received before, with a time limit, and the
answer is sent after by the server, which reads files itself as fast as the client takes them. So clients that send or
read slowly hold a connection but no thread, however many they are.
"""

import asyncio
import logging
import os
import socket
import sys
import tempfile
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

from django.conf import settings
from django.http import FileResponse
from django.http.response import HttpResponseBase

from jiedao.kernel.health import PROBES
from jiedao.kernel.observing import log_endless_request, observe_refusal
from jiedao.kernel.problems import explain_in_text
from jiedao.kernel.received import HourlyBytes
from jiedao.kernel.requests import group_address, read_client_address
from jiedao.kernel.running import READY, SIZE, STARTING, STUCK, RequestTable, Running, set_running

log = logging.getLogger("jiedao.serving")
FIRST_BYTES = 64 * 1024  # a body up to this length is received in one piece
IN_MEMORY = 1 << 20  # a longer body is stored in a temporary file
MOST_IN_MEMORY = 64 << 20  # of all bodies that are on their way; further ones are stored in files, too
SILENCE_SECONDS = 20.0  # without a byte of the body
GRACE_SECONDS = 30.0  # before the rate is judged
LEAST_RATE = 1000.0  # bytes a second: slower than any phone that is worth waiting for
QUEUE_SECONDS = 4.4  # in which a thread must be free: a person has reloaded the page by then
ANONYMOUS_BYTES = 1 << 20  # of a client without a valid session or token
PUBLIC_BYTES = 48 << 20  # of such a client where the public sends photos: nine from a camera
PUBLIC_BYTES_AN_HOUR = 1 << 30  # of such clients of one address, behind which there may be many
MOST_CHECKS = 32  # of sessions and tokens that wait for the thread that looks them up
DISCARDED_BYTES = 64 << 20  # a refused body up to this length is received all the same
MOST_FILES = 20  # in one form (pages.uploads)
BIG_FILE = 256 * 1024  # a longer file is read by the server while it sends
CLOSE_SECONDS = 10.0  # after which the server has opened the file by itself
UNSENT_SECONDS = 60  # in which a client must read something
TCP_USER_TIMEOUT = 18  # of Linux; the constant is missing in some builds of Python

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes] | HttpResponseBase]
CallerCheck = Callable[[dict[str, Any]], bool]
HEADERS_WITHOUT_PREFIX = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


class SlowBody(Exception):  # noqa: N818 (it names what happened)
    """The body did not arrive in time."""


class BusyCheck(Exception):  # noqa: N818 (it names what happened)
    """Whether the client has a session or a token cannot be looked up now."""


class Head:
    """The status and the headers of an answer, set by the application as WSGI's `start_response`."""

    __slots__ = ("headers", "status")

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[str, str]] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self.status = int(status[:3])
        self.headers = [
            (name, value.lstrip()) for name, value in headers
        ]  # Django's cookies begin with a space


class Task:
    """A request that waits for a thread. Of the thread and the sweeper, the one that gets the ticket answers it.

    A request that runs too long is answered by the sweeper, too: it then gets the second ticket.
    """

    __slots__ = ("answer_ticket", "done", "environ", "proto", "queued_at", "ticket")

    def __init__(self, environ: dict[str, Any], proto: Any, done: "asyncio.Future[None]") -> None:
        self.environ, self.proto, self.done = environ, proto, done
        self.queued_at = time.monotonic()
        self.ticket = [True]
        self.answer_ticket = [True]

    def claim(self) -> bool:
        """Take the ticket; return False when it was taken."""
        return take(self.ticket)

    def claim_answer(self) -> bool:
        """Take the ticket of the answer; return False when the sweeper has answered."""
        return take(self.answer_ticket)


def take(ticket: list[bool]) -> bool:
    """Take a ticket; return False when it was taken."""
    try:
        return ticket.pop()  # atomic
    except IndexError:
        return False


class Front:
    """Receives requests from granian (RSGI) and answers them with a WSGI application in threads.

    The probes have a thread of their own: they answer while all others wait for the database. A request that runs
    longer than `JIEDAO_REQUEST_SECONDS` is logged and answered with 504; the first process then replaces this one.

    Args:
        is_known_caller: whether a request has a valid session or token. It may query the database: it is called only
            for bodies that are too large for anybody else, in a thread of its own.
    """

    def __init__(
        self,
        application: Application,
        threads: int,
        table: RequestTable | None = None,
        is_known_caller: CallerCheck = lambda _environ: False,
    ) -> None:
        self.application = application
        self.is_known_caller = is_known_caller
        self.checker = ThreadPoolExecutor(1, thread_name_prefix="callers")
        self.waiting_checks = 0
        self.table = table or RequestTable(bytearray(SIZE))
        self.running: dict[int, tuple[Task, Running]] = {}
        self.open_requests = 0
        self.state = STARTING
        self.pages: SimpleQueue[Task] = SimpleQueue()
        self.probes: SimpleQueue[Task] = SimpleQueue()
        self.waiting: deque[Task] = deque()
        self.stored_bytes = self.memory_bytes = 0
        self.public_bytes: dict[str, int] = {}
        self.hourly_bytes = HourlyBytes(PUBLIC_BYTES_AN_HOUR)
        self.threads = threads
        self.loop: asyncio.AbstractEventLoop

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        for number in range(self.threads):
            threading.Thread(
                target=self._work, args=(self.pages, number), name=f"page-{number}", daemon=True
            ).start()
        probe = (self.probes, self.threads)
        threading.Thread(target=self._work, args=probe, name="probe", daemon=True).start()
        self.state = READY
        self._count_open(0)
        loop.call_later(0.2, self._sweep)
        loop.call_later(0.2, limit_unread_answers)

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        """Answer one request."""
        self._count_open(1)
        try:
            await self._receive_and_answer(scope, proto)
        finally:
            self._count_open(-1)

    def _count_open(self, change: int) -> None:
        self.open_requests += change
        self.table.write_state(self.state, self.open_requests)

    async def _receive_and_answer(self, scope: Any, proto: Any) -> None:
        environ = build_environ(scope)
        if not environ.get("CONTENT_LENGTH"):
            return await self._run(environ, proto)
        size = int(environ["CONTENT_LENGTH"])  # the server has refused anything else
        try:
            limit = await self.choose_limit(environ, size)
        except BusyCheck:
            await self.discard(proto, size)
            return self.refuse(environ, proto, 503)
        if size > limit:
            await self.discard(proto, size)
            if limit != ANONYMOUS_BYTES or not has_credential(environ):
                return self.refuse(environ, proto, 413)
            # The session has ended: without the body, Django answers as it answers each visitor.
            environ["CONTENT_LENGTH"] = "0"
            return await self._run(environ, proto)
        return await self._receive_and_run(environ, proto, size, is_public=limit == PUBLIC_BYTES)

    async def _receive_and_run(
        self, environ: dict[str, Any], proto: Any, size: int, *, is_public: bool
    ) -> None:
        """Receive the body within the limits of what is on its way, then let Django answer."""
        address = group_address(read_client_address(environ)) if is_public and size > ANONYMOUS_BYTES else ""
        if address and not self.hourly_bytes.take(address, size):
            await self.discard(proto, size)
            return self.refuse(environ, proto, 429)
        if not self._reserve(size, address, is_public=is_public):
            await self.discard(proto, size)
            return self.refuse(environ, proto, 503)
        try:
            with await self.receive(proto, size) as body:
                environ["wsgi.input"] = body
                return await self._run(environ, proto)
        except SlowBody:
            return self.refuse(environ, proto, 408)
        except OSError:
            log.exception("a body of %s bytes cannot be stored", size)
            return self.refuse(environ, proto, 507)
        finally:
            self._release(size, address)

    async def _run(self, environ: dict[str, Any], proto: Any) -> None:
        """Let a thread answer the request, and wait until it has."""
        task = Task(environ, proto, self.loop.create_future())
        self.waiting.append(task)
        (self.probes if environ["PATH_INFO"] in PROBES else self.pages).put(task)
        await task.done

    async def choose_limit(self, environ: dict[str, Any], size: int) -> int:
        """Return the number of bytes that a body may have; the public sends files only with the forms of its site.

        A session or token is looked up only where the body of this size needs one. Raise BusyCheck where it cannot be.
        """
        is_form = environ["PATH_INFO"].startswith(settings.JIEDAO_PUBLIC_FORMS)
        limit = PUBLIC_BYTES if is_form else ANONYMOUS_BYTES
        if size <= limit or not has_credential(environ):
            return limit
        if self.waiting_checks >= MOST_CHECKS:
            raise BusyCheck
        self.waiting_checks += 1
        try:
            is_known = await self.loop.run_in_executor(self.checker, self.is_known_caller, environ)
        except Exception as fault:
            log.warning("a caller could not be looked up: %s", fault)
            raise BusyCheck from fault
        finally:
            self.waiting_checks -= 1
        return (MOST_FILES + 1) * int(settings.JIEDAO_UPLOAD_BYTES) if is_known else limit

    def _reserve(self, size: int, address: str, *, is_public: bool) -> bool:
        """Reserve room for a body; False when others that are on their way fill the store, or the public's half of it.

        Args:
            address: of a visitor whose body is stored in a file; it may fill a quarter of the public's half.
        """
        if size <= IN_MEMORY:
            self.memory_bytes += size
            return True
        store = 4 * (MOST_FILES + 1) * settings.JIEDAO_UPLOAD_BYTES
        if self.stored_bytes + size > (store // 2 if is_public else store):
            return False
        of_address = self.public_bytes.get(address, 0) + size
        if address and of_address > max(store // 8, PUBLIC_BYTES):
            return False
        self.stored_bytes += size
        if address:
            self.public_bytes[address] = of_address
        return True

    def _release(self, size: int, address: str) -> None:
        """Release the room of a body."""
        if size <= IN_MEMORY:
            self.memory_bytes -= size
            return
        self.stored_bytes -= size
        if address:
            self.public_bytes[address] -= size
            if not self.public_bytes[address]:
                del self.public_bytes[address]

    async def receive(self, proto: Any, size: int) -> IO[bytes]:
        """Return the body, in memory where it is short and those that are on their way leave room for it.

        Raises:
            SlowBody: nothing arrives, or hardly anything.
            OSError: the disk is full.
        """
        if size <= FIRST_BYTES:
            try:
                async with asyncio.timeout(GRACE_SECONDS):
                    return BytesIO(await proto())
            except TimeoutError as fault:
                raise SlowBody from fault
        if size <= IN_MEMORY and self.memory_bytes <= MOST_IN_MEMORY:
            return await self.receive_parts(proto, size, BytesIO())
        file = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the request is answered)
        try:
            return await self.receive_parts(proto, size, file)
        except BaseException:
            file.close()
            raise

    async def discard(self, proto: Any, size: int) -> None:
        """Receive a body that will be refused, unless it is huge or slow.

        The connection is closed after an answer before the end of the body. A proxy or browser that is still sending
        then reports a broken connection, and the answer is lost.
        """
        if size > DISCARDED_BYTES:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(SILENCE_SECONDS):
                async for _part in proto:
                    pass

    async def receive_parts(self, proto: Any, size: int, file: IO[bytes]) -> IO[bytes]:
        """Write the body into the file, part by part; raise SlowBody."""
        began_at, received = time.monotonic(), 0
        parts = proto.__aiter__()
        while received < size:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    part = await anext(parts)
            except TimeoutError as fault:
                raise SlowBody from fault
            except StopAsyncIteration:
                break
            if not isinstance(file, BytesIO):
                await self.loop.run_in_executor(None, file.write, part)
            else:
                file.write(part)
            received += len(part)
            seconds = time.monotonic() - began_at
            if seconds > GRACE_SECONDS and received < seconds * LEAST_RATE:
                raise SlowBody
        file.seek(0)
        return file

    def refuse(self, environ: dict[str, Any], proto: Any, status: int) -> None:
        """Answer in words without Django, for want of a body, a thread or a disk."""
        headers, body = explain_in_text(
            status,
            environ["PATH_INFO"],
            environ.get("HTTP_ACCEPT_LANGUAGE", ""),
            environ.get("HTTP_ACCEPT", ""),
        )
        observe_refusal(environ, status)
        send(proto.response_bytes, status, headers, body)

    def _work(self, tasks: SimpleQueue[Task], number: int) -> None:
        while True:
            task = tasks.get()
            if not task.claim():
                continue
            words = "{REQUEST_METHOD} {PATH_INFO}".format_map(task.environ)
            running = Running(words, number, threading.get_ident())
            self.running[number] = task, running
            self.table.begin(running)
            set_running(running, self.table)
            try:
                self._answer(task)
            except Exception:
                log.exception("the request could not be answered")
                if task.claim_answer():
                    self.refuse(task.environ, task.proto, 500)
            finally:
                set_running(None, self.table)
                self.table.end(number)
                del self.running[number]
                self.loop.call_soon_threadsafe(finish, task.done)
            del task, running  # its body is released now, not at the next request

    def _answer(self, task: Task) -> None:
        """Run Django and give the complete answer to the server, which sends it."""
        head = Head()
        answer = self.application(task.environ, head)
        if not task.claim_answer():
            getattr(answer, "close", int)()
            return
        if isinstance(answer, list):
            send(task.proto.response_bytes, head.status, head.headers, b"".join(answer))
            return
        path = find_big_file(answer)
        if path is not None:
            send(task.proto.response_file, head.status, head.headers, path)
            self.loop.call_soon_threadsafe(self.loop.call_later, CLOSE_SECONDS, answer.close)  # type: ignore[attr-defined]
            return
        try:
            body = b"".join(answer)
        finally:
            getattr(answer, "close", int)()
        send(task.proto.response_bytes, head.status, head.headers, body)

    def _sweep(self) -> None:
        """Refuse the requests for which no thread was free in time, and those of probes that got no answer."""
        now = time.monotonic()
        waiting = self.waiting
        while waiting and (not waiting[0].ticket or now - waiting[0].queued_at > QUEUE_SECONDS):
            task = waiting.popleft()
            if task.claim():
                self.refuse(task.environ, task.proto, 503)
                finish(task.done)
        if settings.JIEDAO_REQUEST_SECONDS:
            self._give_up_endless(now - settings.JIEDAO_REQUEST_SECONDS)
        self.loop.call_later(0.2, self._sweep)

    def _give_up_endless(self, earliest: float) -> None:
        """Log and answer the requests that began before, and let the first process replace this process."""
        for task, running in list(self.running.values()):
            if running.began_at > earliest or running.is_reported:
                continue
            running.is_reported = True
            frame = sys._current_frames().get(running.thread)
            stack = "".join(traceback.format_stack(frame)) if frame else ""
            log_endless_request(task.environ, running.user_id, time.monotonic() - running.began_at, stack)
            self.state = STUCK
            if task.claim_answer():
                self.refuse(task.environ, task.proto, 504)
                finish(task.done)
            self._count_open(0)


def has_credential(environ: dict[str, Any]) -> bool:
    """Return whether a request has a session or a token, valid or not."""
    cookies = environ.get("HTTP_COOKIE", "")
    return "HTTP_AUTHORIZATION" in environ or f"{settings.SESSION_COOKIE_NAME}=" in cookies


def finish(done: "asyncio.Future[None]") -> None:
    """Resume the coroutine of a request, unless the server has cancelled it."""
    if not done.done():
        done.set_result(None)


def send(method: Callable[..., object], status: int, headers: list[tuple[str, str]], body: object) -> None:
    """Give an answer to the server; a client that has disconnected is no fault."""
    try:
        method(status, headers, body)
    except Exception as fault:
        if type(fault).__name__ != "RSGIProtocolClosed":
            raise


def find_big_file(answer: object) -> str | None:
    """Return the path of the file that the answer consists of, if it is worth sending without reading it here."""
    file = getattr(answer, "file_to_stream", None) if isinstance(answer, FileResponse) else None
    name = getattr(file, "name", None)
    if not isinstance(name, str):
        return None
    try:
        path = Path(name).resolve()
        opened, stored = os.fstat(file.fileno()), path.stat()  # type: ignore[union-attr]
        at_start = file.tell() == 0  # type: ignore[union-attr]
    except (OSError, AttributeError, ValueError):
        return None
    return str(path) if at_start and os.path.samestat(opened, stored) and stored.st_size > BIG_FILE else None


def build_environ(scope: Any) -> dict[str, Any]:
    """Return the WSGI environment of a request. Headers with an underscore are dropped: they could pose as others."""
    host, _colon, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode(errors="surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(),
        "wsgi.errors": None,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.authority:
        environ["HTTP_HOST"] = scope.authority
    for name, value in scope.headers.items():
        if "_" in name:
            continue
        key = HEADERS_WITHOUT_PREFIX.get(name) or "HTTP_" + name.upper().replace("-", "_")
        separator = "; " if name == "cookie" else ","
        environ[key] = environ[key] + separator + value if key in environ else value
    return environ


def limit_unread_answers() -> None:
    """Let the system end connections whose client reads nothing for a minute (Linux).

    The option is set on the listening sockets, from which every connection inherits it.
    """
    folder = Path("/proc/self/fd")
    for entry in list(folder.iterdir()) if folder.is_dir() else []:
        try:
            if not str(entry.readlink()).startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(entry.name))) as candidate:
                if candidate.family not in {socket.AF_INET, socket.AF_INET6}:
                    continue
                if candidate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    candidate.setsockopt(socket.IPPROTO_TCP, TCP_USER_TIMEOUT, UNSENT_SECONDS * 1000)
        except OSError:
            continue  # closed in the meantime
