"""The page on joining a district works as written: two offices that run, and the district above them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jiedao.kernel.serving import wait_until_up
from jiedao.testing.ports import find_free_port
from tests.docs.pages import Page

PROGRAMS = Path(sys.executable).parent
VERSIONS = """
import django, json
django.setup()
from jiedao.district.models import OfficeFigure
versions = {}
for figure in OfficeFigure.objects.all():
    versions.setdefault(figure.measure, set()).add(figure.version)
print(json.dumps({measure: len(different) for measure, different in versions.items()}))
"""


class Shell:
    """Runs commands of the page in a folder with a database of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.environment = {
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "JIEDAO_DATA": str(folder / "data"),
            "JIEDAO_OFFICE_NETWORKS": "127.0.0.0/8",
            "DJANGO_SETTINGS_MODULE": "jiedao.settings",
        }

    def run(self, command: str, *, status: int = 0) -> str:
        done = subprocess.run(
            command,
            shell=True,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == status, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    @contextmanager
    def serve(self) -> Iterator[str]:
        """Serve the database of the folder during the block; return the address."""
        port = find_free_port()
        command = [str(PROGRAMS / "jiedao"), "serve", "--port", str(port)]
        log = (self.folder / "log").open("w")
        server = subprocess.Popen(
            command, cwd=self.folder, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        try:
            assert wait_until_up("127.0.0.1", port, server, 120), (self.folder / "log").read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(60)
            log.close()


def list_commands(side: str) -> list[str]:
    """Return the commands of the page for a side: office or district."""
    commands = Page("join-a-district").find_commands()
    cut = next(number for number, command in enumerate(commands) if command.startswith("jiedao pack new"))
    return commands[:cut] if side == "office" else commands[cut:]


def make_office(folder: Path, code: str, digits: int) -> Shell:
    """Return an office with a first measure of so many decimals, by which its definition differs."""
    office = Shell(folder)
    office.run(f"jiedao pack new town --defaults --code {code}")
    measures = folder / "town/measures.toml"
    text = measures.read_text(encoding="utf-8")
    measures.write_text(text.replace("digits = 1", f"digits = {digits}", 1), encoding="utf-8")
    office.run("jiedao migrate")
    office.run("jiedao pack apply town --yes")
    for command in [*list_commands("office"), *Page("send-orders").find_commands()]:
        office.run(command)
    assert (folder / "orders.token").read_text(encoding="utf-8").startswith("jd_")
    return office


def test_the_district_of_the_page_reads_two_running_offices_and_knows_their_definitions(
    tmp_path: Path,
) -> None:
    buji = make_office(tmp_path / "buji", "440307014", digits=1)
    other = make_office(tmp_path / "other", "440307001", digits=2)
    district = Shell(tmp_path / "district")
    (district.folder / "office.token").write_bytes((buji.folder / "office.token").read_bytes())
    with buji.serve() as address, other.serve() as other_address:
        for command in list_commands("district"):
            district.run(command.replace("https://buji.example.gov.cn", address))
        other_token = (other.folder / "office.token").read_text(encoding="utf-8")
        (district.folder / "other.token").write_text(other_token, encoding="utf-8")
        district.run(
            f"jiedao office add OTHER --name 示例街道办事处 --address {other_address} --area 440307001 "
            "--unit J001 --token-stdin < other.token"
        )
        readings = json.loads(district.run("jiedao office read --period 2020H1 --json"))
        assert [(row["office"], row["figures"], row["fault"]) for row in readings] == [
            ("BUJI", 3, None),
            ("OTHER", 3, None),
        ]
        district.run(f"jiedao office change OTHER --address {address} --token-stdin < office.token")
        readings = json.loads(district.run("jiedao office read OTHER --period 2020H1 --json", status=1))
        assert re.search("440307014.*440307001", readings[0]["fault"])
    offices = json.loads(district.run("jiedao office list --json"))
    assert [row["state"] for row in offices] == ["answers", "faulty"]
    district.run("jiedao office check BUJI", status=1)
    assert json.loads(district.run(f"{sys.executable} -c '{VERSIONS}'")) == {
        "cases.reported": 1,
        "cases.on_time_rate": 2,
        "cases.satisfaction_rate": 1,
    }
