"""The commands `migrate` and `serve`: prepare the database, and start the server."""

import ctypes
import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.kernel.keymark import confirm_key
from jiedao.kernel.logs import announce
from jiedao.kernel.standstill import require_home

log = logging.getLogger("jiedao.serving")
MAX_THREADS = {"postgresql": 4, "sqlite": 12}
# Seconds that a request waits for a lock or a connection. Two such waits in a row, one of them for a thread, are less
# than the 5 seconds after which people reload a page.
LONGEST_WAIT = 2.2
PR_SET_PDEATHSIG = 1


def count_threads() -> int:
    """Return the number of threads of a server process, at most twice the number of processors and one."""
    return min(MAX_THREADS[connection.vendor], 2 * (os.cpu_count() or 1) + 1)


def shorten_waits() -> None:
    """Let requests of this process wait for the database for some seconds only; call it before the first connection.

    Commands and the worker have nobody who waits, so they keep the half minute of the settings.
    """
    options: dict[str, Any] = connection.settings_dict["OPTIONS"]
    if connection.vendor == "postgresql":
        options["options"] += f" -c lock_timeout={int(LONGEST_WAIT * 1000)}"
        options["pool"]["timeout"] = LONGEST_WAIT
        if settings.JIEDAO_REQUEST_SECONDS:  # else the server goes on with what a killed process has begun
            longest = 1000 * (settings.JIEDAO_REQUEST_SECONDS + 10)
            options["options"] += f" -c statement_timeout={longest}"
    else:
        options["timeout"] = LONGEST_WAIT


def build_server_command(
    host: str, port: int, workers: int | None = None, parent: int | None = None
) -> list[str]:
    """Return the command line of the server (`kernel.launch`); with a parent, the server ends when that process does.

    With PostgreSQL it has 2 processes of 4 threads. SQLite has one writer at a time, so it has one process of up to
    12 threads, whose writes share their commits.
    """
    count = workers or (2 if connection.vendor == "postgresql" else 1)
    log_config = str(Path(__file__).with_name("granian-log.json")) if settings.JIEDAO_LOG_JSON else ""
    options = (log_config, "" if parent is None else str(parent), str(settings.JIEDAO_REQUEST_SECONDS))
    return [sys.executable, "-m", "jiedao.kernel.launch", host, str(port), str(count), *options]


def prepare_to_serve(host: str, port: int) -> None:
    """Create the folder of static files, and check that no other program listens at the address.

    The server's processes share their port (SO_REUSEPORT), so a second server would start without an error and
    receive half of the requests.

    Raises:
        UserError: the address is in use, does not belong to this machine, or may not be used.
    """
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    address_parts = {"host": host, "port": port}
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as fault:
        if fault.errno == errno.EADDRINUSE:
            hint = _("用 --port 换一个端口，如 --port %(port)d；或先停掉占用它的程序。") % {
                "port": port % 65535 + 1
            }
            raise UserError(_("%(host)s 的 %(port)d 端口已被占用。") % address_parts, hint=hint) from fault
        if fault.errno == errno.EACCES:
            hint = _("1024 以下的端口要有管理员权限，请换一个，如 --port 8000。")
            raise UserError(_("不能使用 %(port)d 端口。") % address_parts, hint=hint) from fault
        hint = _("用 --host 写本机的地址：127.0.0.1 只供本机，0.0.0.0 供所有网络。")
        raise UserError(_("本机没有 %(host)s 这个地址。") % address_parts, hint=hint) from fault


def build_server_environment(port: int) -> dict[str, str]:
    """Return the environment of the server, with a new empty folder in which its processes count for /metrics.

    Without space for the folder each process counts for itself.
    """
    folder: Path = settings.JIEDAO_DATA / "metrics" / str(port)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old_file in folder.glob("*.db"):  # of a server that has ended: its port is free
            old_file.unlink(missing_ok=True)
    except OSError as fault:
        log.warning("no folder for the counts of /metrics: %s", fault)
        return {key: text for key, text in os.environ.items() if key != "PROMETHEUS_MULTIPROC_DIR"}
    return {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}


def tie_to_parent(parent: int) -> None:
    """Let a process that is being started end when its parent ends, however that happens (Linux only).

    Call it in the new process (`preexec_fn`): without it a killed parent leaves a server that holds the port.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it has ended in between
        os._exit(1)


def wait_until_up(host: str, port: int, server: subprocess.Popen[bytes], seconds: float = 60) -> bool:
    """Wait until the server accepts connections; return False when it ends or the time runs out first."""
    deadline = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False


def prepare_database(*, verbosity: int, new_key: bool = False) -> None:
    """Create the database (for SQLite also its folder), or migrate it to this version.

    Args:
        new_key: accept the present field key, although the database was written with another.

    Raises:
        UserError: the database was written with another field key, or `jiedao move` has marked it.
    """
    settings.JIEDAO_DATA.mkdir(parents=True, exist_ok=True)
    protect_database_file()
    require_home()
    if not new_key:
        confirm_key()
    call_command("migrate", verbosity=verbosity, interactive=False)
    confirm_key(accept=new_key)


def protect_database_file() -> None:
    """Let only the owner read and write the file of an SQLite database; SQLite gives its other files the same mode."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or name == ":memory:" or "mode=memory" in name:
        return
    for path in (Path(name), Path(f"{name}-wal"), Path(f"{name}-shm")):
        if path == Path(name):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        if path.exists() and path.stat().st_mode & 0o077:
            path.chmod(0o600)


@click.command()
@click.option(
    "--new-key",
    is_flag=True,
    help="Accept the present field key after the old one was lost: what it encrypted stays unreadable.",
)
def migrate(*, new_key: bool) -> None:
    """Prepare the database: create it or bring it to this version."""
    prepare_database(verbosity=1, new_key=new_key)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers", type=click.IntRange(1, 64), help="Processes; by default 2 on PostgreSQL, 1 on SQLite."
)
@click.option("--parent", type=int, metavar="PID", help="End when this process, which started it, ends.")
def serve(host: str, port: int, workers: int | None, parent: int | None) -> None:
    """Serve pages and API until stopped. Run `jiedao worker` beside it."""
    if connection.vendor == "sqlite" and Path(str(connection.settings_dict["NAME"])).exists():
        protect_database_file()
    prepare_to_serve(host, port)
    announce(log, f"jiedao: http://{host}:{port}/")
    command = build_server_command(host, port, workers, parent)
    os.execve(sys.executable, command, build_server_environment(port))  # noqa: S606 (our own command line)
