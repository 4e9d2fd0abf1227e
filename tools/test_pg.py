"""Run the tests on a PostgreSQL cluster that exists only while they run.

    python tools/test_pg.py [--require] [--all] [-- PYTEST-ARGUMENTS]

Tests that do not use the database, and those in a browser, are left out unless `--all` is given; the rule is in
`jiedao/testing/databases.py`.
The server's programs come from the system's `postgresql` package. Where they are absent the run is skipped
with a reason and exit code 0; `--require` makes that a failure.
`throwaway_postgres()` serves other tools too.
"""

import argparse
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import quote

import psycopg

ROOT = Path(__file__).resolve().parent.parent
HINT = "Install it with: apt-get install postgresql (any version from 15 on)"
# The socket is in a folder of its own and no TCP port is opened, so any port number is free.
PORT = 5432
# For tests: no durability, no autovacuum, which would find nothing but uncommitted rows, and no compilation of queries,
# which takes longer than the queries themselves as long as the planner has no statistics.
FOR_TESTS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
}


class NoPostgresError(Exception):
    """The server's programs are not installed, or there is no account to run them under."""


def find_server_programs() -> Path:
    """Return the folder with `initdb` and `postgres` of the newest version.

    Raise NoPostgresError with a hint if there is none.
    """
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True
    )
    if pg_config := shutil.which("pg_config"):
        result = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(result.stdout.strip()))
    folders += [Path(folder) for folder in ("/usr/local/pgsql/bin", "/opt/homebrew/bin")]
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgresError(f"PostgreSQL's server programs were not found. {HINT}")


def find_server_account() -> pwd.struct_passwd | None:
    """Return the account to run the server under, None for our own: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgresError("PostgreSQL does not run as root, and there is neither a user postgres nor nobody.")


def start_server(
    programs: Path, home: Path, account: pwd.struct_passwd | None, options: dict[str, str]
) -> subprocess.Popen[bytes]:
    """Make a cluster in `home` and start it; the server listens on a socket in `home` only."""
    run_as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
    cluster = home / "cluster"
    shape = ["-U", "jiedao", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    result = subprocess.run(
        [programs / "initdb", "-D", cluster, *shape],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        **run_as,
    )
    if result.returncode:
        raise RuntimeError(f"initdb failed:\n{result.stdout}{result.stderr}")
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(home),
        "port": str(PORT),
        "max_connections": "200",
        **options,
    }
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (home / "log").open("wb") as log:
        # A session of its own: Ctrl-C reaches only the tests, and the cluster is stopped after them.
        return subprocess.Popen(
            [programs / "postgres", "-D", cluster, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            start_new_session=True,
            **run_as,
        )


def wait_until_ready(server: subprocess.Popen[bytes], home: Path, seconds: float = 60) -> None:
    """Return once the server answers; RuntimeError with its log if it stops or stays silent."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.poll() is None:
        try:
            psycopg.connect(
                host=str(home), port=PORT, user="jiedao", dbname="postgres", connect_timeout=5
            ).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start:\n{(home / 'log').read_text(errors='replace')}")


def stop_server(server: subprocess.Popen[bytes]) -> None:
    """Stop the server: fast first, immediately if it does not answer."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait(20)


@contextmanager
def throwaway_postgres(*, durable: bool = False, options: dict[str, str] | None = None) -> Iterator[str]:
    """Yield the `postgresql://` address of a new cluster with an empty database `jiedao`; remove it afterwards.

    Args:
        durable: True keeps the server's default settings, for measurements; the default is faster and loses data in a
            crash.
        options: further server settings.

    Raises:
        NoPostgresError: no server is installed.
    """
    programs, account = find_server_programs(), find_server_account()
    # The path of a socket may have at most 107 bytes, which a long TMPDIR could exceed.
    home = Path(tempfile.mkdtemp(prefix="jiedao-pg-", dir="/tmp"))
    server = None
    try:
        if account:
            os.chown(home, account.pw_uid, account.pw_gid)
        server = start_server(programs, home, account, {**({} if durable else FOR_TESTS), **(options or {})})
        wait_until_ready(server, home)
        with psycopg.connect(
            host=str(home), port=PORT, user="jiedao", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute("CREATE DATABASE jiedao")
        yield f"postgresql://jiedao@/jiedao?host={quote(str(home), safe='')}&port={PORT}"
    finally:
        if server is not None:
            stop_server(server)
        shutil.rmtree(home, ignore_errors=True)


def end_in_order(_number: int, _frame: FrameType | None) -> None:
    """Raise an exception on a signal to end, so that the cluster is removed."""
    raise SystemExit(143)


def main() -> int:
    """Run pytest with the arguments after `--`; return its exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--require", action="store_true", help="fail where PostgreSQL is not installed")
    parser.add_argument(
        "--all", action="store_true", help="run every test, also those that do not use the database"
    )
    parser.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, end_in_order)
    try:
        with throwaway_postgres() as address:
            environment = {**os.environ, "JIEDAO_DATABASE_URL": address}
            selection = [] if chosen.all else ["--second-database"]
            return subprocess.run(
                [sys.executable, "-m", "pytest", *selection, *chosen.pytest],
                env=environment,
                cwd=ROOT,
                check=False,
            ).returncode
    except NoPostgresError as reason:
        print(f"{'Failed' if chosen.require else 'Skipped'}: {reason}", file=sys.stderr)
        return 1 if chosen.require else 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
