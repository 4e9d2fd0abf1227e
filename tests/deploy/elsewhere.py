"""Running an installed jiedao outside the checkout."""

import os
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jiedao.kernel.serving import wait_until_up
from jiedao.testing.ports import find_free_port

ROOT = Path(__file__).resolve().parents[2]


def make_environment(data: Path) -> dict[str, str]:
    """Return an environment that knows nothing of the checkout."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(data),
        "LANG": "C.UTF-8",
        "JIEDAO_DATA": str(data),
        **{name: text for name, text in os.environ.items() if name.startswith("OPENBLAS")},
    }


def run(program: Path, data: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the installed jiedao in an empty folder."""
    data.mkdir(exist_ok=True)
    return subprocess.run(
        [program, *arguments],
        cwd=data,
        env=make_environment(data),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@contextmanager
def serve(program: Path, data: Path) -> Iterator[str]:
    """Run the server of the installed jiedao; yield its address."""
    port = find_free_port()
    process = subprocess.Popen([program, "serve", "--port", str(port)], cwd=data, env=make_environment(data))
    try:
        assert wait_until_up("127.0.0.1", port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def fetch(address: str, language: str = "zh-hans") -> str:
    """Return the text of a page."""
    request = urllib.request.Request(address, headers={"Accept-Language": language})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return str(answer.read().decode())


def check_installation(program: Path, data: Path) -> None:
    """Take the installed jiedao from nothing to a page in both languages, with the reference pack."""
    checked = run(program, data, "pack", "check", "buji")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert str(ROOT) not in checked.stderr  # it is the pack that was installed
    assert run(program, data, "migrate").returncode == 0
    applied = run(program, data, "pack", "apply", "buji", "--yes")
    assert applied.returncode == 0, applied.stderr
    assert run(program, data, "user", "create", "zhang", "--name", "张三").returncode == 0
    with serve(program, data) as address:
        assert "登录" in fetch(f"{address}/accounts/sign-in/")
        assert "Sign in" in fetch(f"{address}/accounts/sign-in/", "en")
        assert "--" in fetch(f"{address}/static/css/tokens.css")
