"""Make one archive that installs jiedao on a machine like this one without a network.

    python tools/make_bundle.py [--to dist]

It contains the wheels of uv.lock for this Python and processor, jiedao's own wheel, pip, the reference pack, the files
for services, the documents, the bill of materials and `install.py`. The wheels are downloaded with their hashes from
the lock; the archive can be made again from the same lock.
"""

import argparse
import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # When this file runs as a script, Python would not find the package `tools`.

from tools.make_sbom import SbomError, list_locked, read_project, write_sbom  # noqa: E402

UV = Path(sys.executable).with_name("uv")
PIP = "25.3"
COPIED = ("LICENSE", "CHANGELOG.md", "docs", "deploy")


class BundleError(Exception):
    """The bundle cannot be made; the text states why."""


def run(*command: str | Path) -> None:
    """Run a command in the checkout; raise BundleError with its output if it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BundleError(
            f"{' '.join(map(str, command[:4]))} ... failed:\n{(done.stdout + done.stderr).strip()}"
        )


def build_wheel(folder: Path) -> Path:
    """Build jiedao's wheel with the build backend of the lock, so without a network; return its path."""
    run(UV, "build", "--quiet", "--wheel", "--no-build-isolation", "--offline", "--out-dir", folder)
    (folder / ".gitignore").unlink(missing_ok=True)
    return next(folder.glob("jiedao-*.whl"))


def download_wheels(folder: Path) -> None:
    """Download pip and the wheels of the lock for this platform."""
    pip = (sys.executable, "-m", "pip")
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:
        pip = ("python3", "-m", "pip", "--python", sys.executable)  # `make setup` makes .venv without pip
    download = (*pip, "download", "--quiet", "--only-binary", ":all:", "--dest", folder)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write(list_locked(text=True))
        requirements.flush()
        run(*download, "--require-hashes", "--requirement", requirements.name)
    run(*download, "--no-deps", f"pip=={PIP}")


def find_glibc(folder: Path) -> str:
    """Return the newest version of the C library that a wheel in the folder needs, "" if none names one."""
    needed = []
    for path in folder.glob("*.whl"):
        versions = [(int(a), int(b)) for a, b in re.findall(r"manylinux_(\d+)_(\d+)", path.name)]
        needed += [min(versions)] if versions else []
    return ".".join(map(str, max(needed))) if needed else ""


def write_requirements(folder: Path, wheel: Path) -> None:
    """Write the lists that the installer gives to pip: with the extra, and without it."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    version = read_project()["version"]
    for name, text in (("requirements.txt", True), ("requirements-core.txt", False)):
        extra = "[text]" if text else ""
        line = f"jiedao{extra}=={version} --hash=sha256:{digest}\n"
        (folder / name).write_text(list_locked(text=text) + line, encoding="utf-8")


def fill(folder: Path) -> None:
    """Write everything that the archive contains."""
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    wheel = build_wheel(wheels)
    download_wheels(wheels)
    write_requirements(folder, wheel)
    description = {
        "version": read_project()["version"],
        "python": "{}.{}".format(*sys.version_info[:2]),
        "system": platform.system(),
        "machine": platform.machine(),
        "glibc": find_glibc(wheels),
        "pip": next(wheels.glob("pip-*.whl")).name,
    }
    (folder / "bundle.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "images"))
        else:
            shutil.copy2(source, folder / name)
    shutil.copytree(ROOT / "packs", folder / "packs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.move(folder / "deploy" / "install.py", folder / "install.py")
    write_sbom(folder)


def make_bundle(target: Path) -> Path:
    """Write the archive and its SHA-256 into the folder `target`; return the path of the archive."""
    python = "py{}{}".format(*sys.version_info[:2])
    name = f"jiedao-{read_project()['version']}-{platform.system().lower()}-{platform.machine()}-{python}"
    target.mkdir(parents=True, exist_ok=True)
    archive = target / f"{name}.tar"  # wheels are compressed already
    with tempfile.TemporaryDirectory(prefix="jiedao-bundle-") as home:
        fill(Path(home) / name)
        part = archive.with_suffix(".part")
        with tarfile.open(part, "w") as file:
            file.add(Path(home) / name, arcname=name)
        part.replace(archive)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    archive.with_suffix(".tar.sha256").write_text(f"{digest}  {archive.name}\n", encoding="utf-8")
    return archive


def main() -> int:
    """Make the bundle and print its path and size."""
    parser = argparse.ArgumentParser(description="Make an archive that installs jiedao without a network.")
    parser.add_argument("--to", type=Path, default=ROOT / "dist", help="folder of the archive (dist)")
    try:
        archive = make_bundle(parser.parse_args().to.absolute())
    except (BundleError, SbomError) as fault:
        print(f"make bundle: {fault}", file=sys.stderr)
        return 1
    print(f"{archive} ({archive.stat().st_size / 1e6:.0f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
