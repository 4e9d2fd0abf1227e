"""Run one text of a report or Word template in the sandbox, and ask the parent for what its functions return.

Run by `confined_child.py`. Standard input is a socket; each message on it is the length in four bytes and JSON. The
parent sends the text, the child any number of calls, each of which the parent answers, and at last the printed text or
the fault. The process has no database, no settings and no secrets, and can open neither a file nor a connection.
"""

import json
import os
import resource
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from traceback import walk_tb
from types import FrameType
from typing import Any

SOCKET = 0
LENGTH = struct.Struct(">I")


class HostFault(Exception):  # noqa: N818 (the parent knows what it was)
    """A function of the parent has failed."""


def receive() -> Any:
    """Return the next message of the parent."""
    (length,) = LENGTH.unpack(_receive_bytes(LENGTH.size))
    return json.loads(_receive_bytes(length).decode("utf-8", "surrogatepass"))


def _receive_bytes(length: int) -> bytes:
    parts = []
    while length:
        part = os.read(SOCKET, min(length, 1 << 20))
        if not part:
            os._exit(1)  # the parent has ended
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def send(message: Any, default: Callable[[Any], Any] | None = None) -> None:
    """Send a message to the parent."""
    content = json.dumps(message, ensure_ascii=False, default=default).encode("utf-8", "surrogatepass")
    for part in (LENGTH.pack(len(content)), content):
        rest = memoryview(part)
        while rest:
            rest = rest[os.write(SOCKET, rest) :]


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    import jinja2.debug  # noqa: PLC0415 (loaded at the first fault otherwise, when no file can be opened any more)
    import jinja2.meta  # noqa: F401, PLC0415

    import jiedao.reports.sandbox  # noqa: F401, PLC0415 (needs the path)

    load_lazy_modules()
    order = receive()
    lock_files()
    try:
        answer = run(order)
    except MemoryError:
        answer = {"kind": "RAISED", "raised": "MemoryError", "words": "", "line": 0}
    send(answer)


def load_lazy_modules() -> None:
    """Let Python and Jinja load what they load at first use: an encoding for a constant, the words of a fault."""
    limits = {"functions": [], "values": {}, "escapes": True, "longest": 1000}
    for text in ("{% for a in '\\n' %}{{ a ~ 1 }}{% endfor %}", "{{ 1 / 0 }}", "{{ a }}", "{{"):
        run({"text": text, **limits})


def lock_files() -> None:
    """Let this process open no file and no connection, and write none: what it needs is loaded."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def run(order: dict[str, Any]) -> dict[str, Any]:
    """Return the printed text and the names in it, or its fault."""
    from jinja2 import TemplateError, UndefinedError  # noqa: PLC0415 (slow)
    from jinja2.exceptions import SecurityError  # noqa: PLC0415
    from jinja2.meta import find_undeclared_variables  # noqa: PLC0415

    from jiedao.reports.sandbox import RefusedValue, Sandbox, WorkLimit  # noqa: PLC0415 (needs the path)

    values = dict(order["values"]) | {name: make_function(name) for name in order["functions"]}
    pieces, length = [], 0
    try:
        sandbox = Sandbox(escapes=order["escapes"])
        names = sorted(find_undeclared_variables(sandbox.parse(order["text"])))
        for piece in sandbox.from_string(order["text"]).generate(values):
            length += len(piece)
            if length > order["longest"]:
                return {"kind": "LONG", "line": 0}
            pieces.append(piece)
        return {"printed": "".join(pieces), "names": names}
    except HostFault as fault:
        return {"kind": "HOST", "line": find_line(fault)}
    except RefusedValue as fault:
        return {"kind": "REFUSED", "words": str(fault), "line": find_line(fault)}
    except TemplateError as fault:
        kinds = {WorkLimit: "LIMIT", UndefinedError: "UNDEFINED", SecurityError: "SECURITY"}
        kind = next((name for known, name in kinds.items() if isinstance(fault, known)), "TEMPLATE")
        return {"kind": kind, "words": str(fault.message or fault)[:400], "line": find_line(fault)}
    except Exception as fault:  # Python's own: a wrong argument, a macro that calls itself, too little memory
        raised, line = type(fault).__name__, find_line(fault)
        return {"kind": "RAISED", "raised": raised, "words": str(fault)[:400], "line": line}


def make_function(name: str) -> Callable[..., Any]:
    """Return a function that the parent runs."""

    def call_host(*args: Any, **kwargs: Any) -> Any:
        send({"call": name, "args": args, "kwargs": kwargs}, refuse_argument)
        answer = receive()
        if "result" not in answer:
            raise HostFault
        return answer["result"]

    return call_host


def refuse_argument(value: Any) -> Any:
    """Refuse an argument that is no text, number or list: an unknown name raises what Jinja states of it."""
    str(value)
    raise TypeError("an argument is neither a text, a number nor a list")


def find_line(fault: BaseException) -> int:
    """Return the line of a text in which a fault arose, 0 where it is not known."""
    line = getattr(fault, "lineno", None)
    if isinstance(line, int) and not isinstance(fault, SyntaxError):
        return line
    lines = [number for frame, number in walk_tb(fault.__traceback__) if is_of_template(frame)]
    return lines[-1] if lines else 0


def is_of_template(frame: FrameType) -> bool:
    """Return whether a frame is one of those by which Jinja names the lines of a text."""
    return "__jinja_exception__" in frame.f_globals


if __name__ == "__main__":
    main()
