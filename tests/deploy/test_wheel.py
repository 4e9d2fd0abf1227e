"""The built wheel runs outside the checkout, with the reference pack in it, and without the text packages."""

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.deploy.elsewhere import ROOT, check_installation, run
from tools.make_bundle import build_wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network."""
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture
def program(wheel: Path, tmp_path: Path) -> Path:
    """The command of a new environment with the wheel, and with the packages of this one, but not the checkout."""
    home = tmp_path / "home"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python, uv = home / "bin" / "python", Path(sys.executable).with_name("uv")
    install = (uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel)
    subprocess.run(install, check=True)
    site = next((home / "lib").glob("python*/site-packages"))
    # A path named in a .pth file does not have its own .pth files read, and so the checkout stays unknown.
    (site / "packages.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return home / "bin" / "jiedao"


def test_the_wheel_contains_pack_and_translations_but_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    folder = ROOT / "packs" / "buji"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    shipped = "jiedao/packs/shipped/buji/"
    assert {name.removeprefix(shipped) for name in names if name.startswith(shipped)} == files
    assert {name for name in names if "/tests/" in name or name.startswith("jiedao/testing/")} == set()
    catalogues = {
        path.relative_to(ROOT).with_suffix(".mo").as_posix() for path in ROOT.glob("jiedao/*/locale/*/*/*.po")
    }
    assert catalogues <= names


def test_the_installed_wheel_serves_a_page_from_nothing(program: Path, tmp_path: Path) -> None:
    check_installation(program, tmp_path / "data")


def test_the_demonstration_finds_its_town_and_an_unknown_one_is_refused(
    program: Path, tmp_path: Path
) -> None:
    shown = run(program, tmp_path / "data", "demo", "--help")
    assert "buji" in shown.stdout
    refused = run(program, tmp_path / "data", "demo", "--no-serve", "--pack", "atlantis")
    assert refused.returncode == 2
    assert "packs shipped with jiedao: buji" in refused.stderr
