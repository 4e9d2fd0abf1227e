"""Servers on this machine that tests send to: one for mail (SMTP), one for HTTP."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer


@dataclass
class MailServer:
    """What a mail server got, and what it answers to a receiver or to a mail."""

    port: int = 0
    mails: list[bytes] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    answer_receiver: str = "250 OK"
    answer_mail: str = "250 OK"
    answer_password: str = "235 OK"
    passwords: list[str] = field(default_factory=list)
    drips: str = ""  # the verb to which it answers one letter after the other, without end


class MailHandler(socketserver.StreamRequestHandler):
    """Answers one connection to a `MailServer`."""

    state: MailServer

    def reply(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def drip(self, verb: str) -> None:
        while verb == self.state.drips:
            self.wfile.write(b"2")  # fails when the other side is gone, which ends the thread
            time.sleep(0.05)

    def handle(self) -> None:
        self.reply("220 test")
        while line := self.rfile.readline().decode().strip():
            verb = line[:4].upper()
            self.drip(verb)
            if verb == "EHLO":
                self.reply("250-test")
                self.reply("250 AUTH PLAIN")
            elif verb == "AUTH":
                self.state.passwords.append(line)
                self.reply(self.state.answer_password)
            elif verb == "RCPT":
                self.state.receivers.append(line)
                self.reply(self.state.answer_receiver)
            elif verb == "DATA":
                self.receive_text()
            elif verb == "QUIT":
                self.reply("221 bye")
                return
            else:
                self.reply("250 OK")

    def receive_text(self) -> None:
        self.reply("354 go on")
        lines = []
        while (row := self.rfile.readline()) != b".\r\n":
            lines.append(row)
        self.state.mails.append(b"".join(lines))
        self.drip("TEXT")
        self.reply(self.state.answer_mail)


@contextmanager
def run_mail_server() -> Iterator[MailServer]:
    """Run a mail server without encryption during the block."""
    state = MailServer()

    class Server(socketserver.ThreadingTCPServer):
        def handle_error(self, *_args: object) -> None:
            pass

    handler = type("Handler", (MailHandler,), {"state": state})
    with _serve(Server(("127.0.0.1", 0), handler)) as port:
        state.port = port
        yield state


@dataclass
class WebServer:
    """What a web server got (path, headers, body), and what it answers."""

    port: int = 0
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    closes: bool = False
    pause: float = 0.0  # seconds before it answers


@contextmanager
def run_web_server() -> Iterator[WebServer]:
    """Run a web server during the block."""
    state = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            state.requests.append((self.path, dict(self.headers), self.rfile.read(length)))
            if state.closes:
                self.close_connection = True
                return
            time.sleep(state.pause)
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            self.wfile.write(state.body)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_args: object) -> None:
            pass

    with _serve(HTTPServer(("127.0.0.1", 0), Handler)) as port:
        state.port = port
        yield state


@contextmanager
def _serve(server: socketserver.TCPServer) -> Iterator[int]:
    server.daemon_threads, server.block_on_close = True, False  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def run_dripping_server(*, greets: bool = False) -> Iterator[int]:
    """Run a server that sends the beginning of an encrypted record and then a byte now and then, without end.

    With `greets` it is a mail server up to the command STARTTLS.
    """

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                if greets:
                    self.wfile.write(b"220 test\r\n")
                    while line := self.rfile.readline():
                        is_last = line.upper().startswith(b"STARTTLS")
                        self.wfile.write(b"220 go on\r\n" if is_last else b"250-test\r\n250 STARTTLS\r\n")
                        if is_last:
                            break
                self.wfile.write(b"\x16\x03\x03\x40\x00")
                while True:
                    self.wfile.write(b"\x00")
                    time.sleep(0.05)

    with _serve(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        yield port
