"""A district and an office as two systems with processes of their own, over real HTTP, with kills at every step."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.serving.test_outages import serve

pytestmark = pytest.mark.database  # by processes of their own
NETWORKS = {"JIEDAO_OFFICE_NETWORKS": "127.0.0.0/8"}


@dataclass
class System:
    """The data of a district or of an office."""

    folder: Path

    def run(self, step: str, *arguments: str, killed: bool = False) -> Any:
        """Do one step of `two_systems` in a process; return what it printed."""
        environment = {key: text for key, text in os.environ.items() if not key.startswith("JIEDAO_")}
        done = subprocess.run(
            [sys.executable, "-m", "tests.serving.two_systems", step, *arguments],
            env={
                **environment,
                **NETWORKS,
                "JIEDAO_DATA": str(self.folder),
                "DJANGO_SETTINGS_MODULE": "jiedao.settings",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == (-9 if killed else 0), done.stderr
        return None if killed else json.loads(done.stdout)


@pytest.fixture
def systems(tmp_path: Path) -> tuple[System, System]:
    """A district and an office, each with a folder."""
    made = []
    for name in ("district", "office"):
        (tmp_path / name).mkdir()
        made.append(System(tmp_path / name))
    return made[0], made[1]


def test_orders_survive_kills_on_both_sides_and_a_restored_office(systems: tuple[System, System]) -> None:
    district, office = systems
    token = office.run("prepare_office")["token"]
    yesterday = office.folder.with_name("yesterday")
    with serve(office.folder) as server:
        district.run("prepare_district", f"http://127.0.0.1:{server.port}", token)
        shutil.copytree(office.folder, yesterday)
        district.run("send_order", "dies", killed=True)  # between writing and sending
        district.run("exchange", "dies", killed=True)  # between the answer and its record
        assert district.run("read_cases")["orders"] == ["WAITING"]
        assert office.run("read_cases")["cases"] == ["REPORTED"]
        assert district.run("exchange")["orders"] == ["SENT"]
        assert office.run("read_cases")["cases"] == ["REPORTED"]
    state = district.run("exchange")  # the office is down
    assert (state["orders"], state["faults"]) == (["SENT"], ["连不上对方服务器"])
    shutil.rmtree(office.folder)
    shutil.copytree(yesterday, office.folder)
    with serve(office.folder, port=server.port):
        assert office.run("read_cases")["cases"] == []
        district.run("exchange")
        assert office.run("read_cases")["cases"] == ["REPORTED"]
        office.run("close_orders")
        state = district.run("exchange")
    assert (state["orders"], state["cases"]) == (["REPLIED"], ["HANDLED"])
