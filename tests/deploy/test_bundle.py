"""The bundle installs jiedao without a network; its installer refuses what cannot work, and changes nothing then."""

import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.deploy.elsewhere import ROOT, check_installation, run
from tools.make_bundle import BundleError, find_glibc, make_bundle

INSTALLER = ROOT / "deploy" / "install.py"
THIS = {
    "version": "9.9.9",
    "python": "{}.{}".format(*sys.version_info[:2]),
    "system": platform.system(),
    "machine": platform.machine(),
    "glibc": "",
    "pip": "pip-1-py3-none-any.whl",
}


@pytest.fixture
def installer() -> ModuleType:
    """The installer as a module."""
    spec = importlib.util.spec_from_file_location("install", INSTALLER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_bundle_for_this_machine_is_accepted(installer: ModuleType) -> None:
    installer.check_machine(THIS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"python": "3.99"}, "make bundle PYTHON="),
        ({"machine": "pdp11"}, "Make the bundle on a machine of that kind"),
        ({"glibc": "99.1"}, "the packages need 99.1 or newer"),
    ],
)
def test_a_bundle_for_another_machine_is_refused(
    installer: ModuleType, change: dict[str, Any], words: str
) -> None:
    if "glibc" in change and platform.libc_ver()[0] != "glibc":
        pytest.skip("this system has no glibc")
    with pytest.raises(installer.InstallError, match=words):
        installer.check_machine({**THIS, **change})


def test_an_incomplete_bundle_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    bundle, target = tmp_path / "bundle", tmp_path / "opt"
    (bundle / "wheels").mkdir(parents=True)
    shutil.copy(INSTALLER, bundle)
    command = [sys.executable, bundle / "install.py", "--to", target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "no complete bundle" in done.stderr) == (1, True)
    (bundle / "bundle.json").write_text(json.dumps(THIS))  # the wheels are still missing
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "could not be installed" in done.stderr) == (1, True)
    assert list(target.iterdir()) == []


def test_the_first_version_is_used_until_the_operator_changes_the_link(
    installer: ModuleType, tmp_path: Path
) -> None:
    for version in ("0.1.0", "0.2.0"):
        (tmp_path / version).mkdir()
        assert installer.link_first(tmp_path / version) == "0.1.0"
    assert (tmp_path / "current").resolve() == tmp_path / "0.1.0"
    (tmp_path / "0.1.0").rmdir()
    assert installer.link_first(tmp_path / "0.2.0") == "0.2.0"


def test_the_needed_glibc_is_the_newest_that_a_wheel_needs(tmp_path: Path) -> None:
    for name in (
        "a-1-py3-none-any",
        "b-1-cp311-cp311-manylinux_2_17_x86_64.manylinux_2_28_x86_64",
        "c-1-x-y-manylinux_2_9_x86_64",
    ):
        (tmp_path / f"{name}.whl").touch()
    assert find_glibc(tmp_path) == "2.17"


@pytest.mark.skipif(not os.environ.get("CI"), reason="downloads 110 MB: run it with CI=true")
def test_the_bundle_installs_and_runs_without_an_index(tmp_path: Path) -> None:
    try:
        archive = make_bundle(tmp_path / "dist")
    except BundleError as fault:
        pytest.skip(f"the packages cannot be downloaded here: {str(fault)[-300:]}")
    with tarfile.open(archive) as file:
        file.extractall(tmp_path, filter="data")
    bundle = tmp_path / archive.name.removesuffix(".tar")
    base = Path(sys.base_prefix) / "bin" / f"python{THIS['python']}"
    # An index that does not exist: a program that queries it fails.
    nowhere = {"PATH": "/usr/bin:/bin", "PIP_INDEX_URL": "http://127.0.0.1:9/", "HOME": str(tmp_path)}
    for option in ("", "--without-text"):
        target = tmp_path / f"opt{option}"
        done = subprocess.run(
            [base, bundle / "install.py", "--to", target, *filter(None, [option])],
            env=nowhere,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    check_installation(tmp_path / "opt" / "current" / "bin" / "jiedao", tmp_path / "data")
    core = tmp_path / "opt--without-text" / "current" / "bin" / "jiedao"
    refused = run(core, tmp_path / "data", "hotspots", "--from", "2020-01-01", "--to", "2020-01-31")
    assert refused.returncode == 1
    assert "jiedao[text]" in refused.stderr
    assert (core.parents[1] / "share" / "jiedao" / "packs" / "buji" / "pack.toml").is_file()
