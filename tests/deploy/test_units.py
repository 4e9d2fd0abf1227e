"""The units of systemd are understood by it, shut off what jiedao does not need, and run commands that exist."""

import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from jiedao.cli import COMMANDS
from jiedao.offices.commands import offices_group
from tests.deploy.elsewhere import ROOT

FOLDER = ROOT / "deploy" / "systemd"
OF_ONE = ("jiedao@.service", "jiedao-backup.service", "jiedao-verify.service")
OF_MANY = ("jiedao-offices@.service", "jiedao-offices-backup.service", "jiedao-offices-verify.service")
SERVICES = OF_ONE + OF_MANY
PROGRAM = "/opt/jiedao/current/bin/jiedao"
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(
    ANALYZE is None, reason="systemd-analyze is not installed (apt-get install systemd)"
)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """A folder with the units, whose program exists on this machine; the template as the server and the worker."""
    for path in FOLDER.iterdir():
        text = path.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true")
        for name in ("serve", "worker") if "@." in path.name else ("",):
            (tmp_path / path.name.replace("@.", f"@{name}.")).write_text(text, encoding="utf-8")
    return tmp_path


@needs_systemd
def test_systemd_understands_every_line(units: Path) -> None:
    assert ANALYZE is not None
    names = sorted(units.iterdir())
    assert len(names) == 12
    done = subprocess.run([ANALYZE, "verify", *names], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "jiedao" in line]
    assert (ours, done.returncode) == ([], 0), done.stderr


@needs_systemd
@pytest.mark.parametrize(
    "name", ["jiedao@serve.service", "jiedao-offices@serve.service", *OF_ONE[1:], *OF_MANY[1:]]
)
def test_the_exposure_is_low(units: Path, name: str) -> None:
    assert ANALYZE is not None
    command = [ANALYZE, "security", "--offline=true", "--no-pager", units / name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "unrecognized option" in done.stderr:
        pytest.skip("systemd-analyze is older than 250")
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found is not None, done.stderr
    assert float(found[1]) < 2.0


def read_service(name: str) -> dict[str, list[str]]:
    """Return the values of each key of the section Service."""
    section = (FOLDER / name).read_text(encoding="utf-8").partition("[Service]")[2].partition("\n[")[0]
    values: dict[str, list[str]] = {}
    for key, value in re.findall(r"^(\w+)=(.*)$", section, re.MULTILINE):
        values.setdefault(key, []).append(value)
    return values


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_runs_a_command_that_exists_as_the_user_of_the_office(name: str) -> None:
    service = read_service(name)
    assert service["User"] == ["jiedao"]
    assert service.get("EnvironmentFile", []) == (["/etc/jiedao/env"] if name in OF_ONE else [])
    assert service["UMask"] == ["0077"]
    [line] = service["ExecStart"]
    words = r"([%\w]+)" if name in OF_ONE else r"offices (\S+) /etc/jiedao/offices.toml"
    command = re.findall(rf"{PROGRAM} {words}", line)
    assert command in (["%i"], ["backup"], ["audit"], ["run"])
    assert {"serve", "worker", "backup", "audit", "offices"} <= set(COMMANDS)
    assert {"serve", "worker", "run"} <= set(offices_group.commands)


def test_the_services_share_their_hardening() -> None:
    first, *others = (read_service(name) for name in SERVICES)
    own = {
        "ExecStart",
        "ExecStartPost",
        "ExecStopPost",
        "Type",
        "Nice",
        "IOSchedulingClass",
        "ReadWritePaths",
    }
    own |= {
        "EnvironmentFile",
        "ExecReload",
        "Restart",
        "RestartSec",
        "TimeoutStopSec",
        "LimitNOFILE",
        "MemoryMax",
        "TasksMax",
    }
    for other in others:
        assert {key: first.get(key) for key in first | other if key not in own} == {
            key: other.get(key) for key in first | other if key not in own
        }


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.timer")), ids=lambda path: path.name)
def test_a_timer_has_a_service_and_catches_up(path: Path) -> None:
    timer = ConfigParser()
    timer.optionxform = str  # type: ignore[assignment,method-assign]
    timer.read(path)
    assert path.with_suffix(".service").is_file()
    assert timer["Timer"]["Persistent"] == "true"
    assert re.fullmatch(r"\d\d:\d\d", timer["Timer"]["OnCalendar"])
    assert timer["Install"]["WantedBy"] == "timers.target"


def test_logs_are_stored_for_six_months() -> None:
    journal = (ROOT / "deploy" / "logs" / "journald@jiedao.conf").read_text(encoding="utf-8")
    rotate = (ROOT / "deploy" / "logs" / "nginx-jiedao.logrotate").read_text(encoding="utf-8")
    kept = re.search(r"^MaxRetentionSec=(\d+)day$", journal, re.MULTILINE)
    times = re.search(r"^ +daily\n +rotate (\d+)$", rotate, re.MULTILINE)
    assert kept is not None
    assert times is not None
    assert min(int(kept[1]), int(times[1])) >= 184
    assert "Storage=persistent" in journal
    assert read_service("jiedao@.service")["LogNamespace"] == ["jiedao"]


@pytest.mark.skipif(shutil.which("logrotate") is None, reason="logrotate is not installed")
def test_logrotate_understands_its_file(tmp_path: Path) -> None:
    text = (ROOT / "deploy" / "logs" / "nginx-jiedao.logrotate").read_text(encoding="utf-8")
    path = tmp_path / "jiedao"
    path.write_text(text.replace("create 0640 www-data adm", "create 0640"), encoding="utf-8")
    path.chmod(0o644)
    command = ["logrotate", "--debug", "--state", tmp_path / "state", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "error" in done.stderr) == (0, False), done.stderr
