#!/usr/bin/env python3
"""Install jiedao from this folder. It needs only python3 and no network.

    python3 install.py [--to /opt/jiedao] [--without-text] [--replace]

Each version has a folder of its own, DIR/VERSION, and the link DIR/current names the one in use. The first installation
makes the link; a later one leaves it, because the database must be migrated when the version changes.
"""

import argparse
import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
COPIED = ("packs", "deploy", "docs", "LICENSE", "CHANGELOG.md")


class InstallError(Exception):
    """Something that the person who installs must mend; the text states what to do."""


def read_bundle(folder):
    """Return the description of the bundle; raise InstallError if this is not an unpacked bundle."""
    try:
        return json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        message = (
            f"{folder} is no complete bundle ({fault}). Unpack the archive again and run its install.py."
        )
        raise InstallError(message) from fault


def check_machine(bundle):
    """Raise InstallError if the bundle was made for another Python, processor or C library."""
    version = "{}.{}".format(*sys.version_info[:2])
    if version != bundle["python"]:
        raise InstallError(
            f"This bundle is for Python {bundle['python']}, and this is {version}. Run it with "
            f"python{bundle['python']}, or make the bundle with Python {version}: make bundle PYTHON=python{version}"
        )
    machine = (platform.system(), platform.machine())
    if machine != (bundle["system"], bundle["machine"]):
        raise InstallError(
            f"This bundle is for {bundle['system']} on {bundle['machine']}, and this machine is "
            f"{' on '.join(machine)}. Make the bundle on a machine of that kind."
        )
    library, found = platform.libc_ver()
    if library == "glibc" and bundle["glibc"] and split_version(found) < split_version(bundle["glibc"]):
        raise InstallError(
            f"This system has glibc {found}, and the packages need {bundle['glibc']} or newer. Use a newer system, or "
            "the container."
        )


def split_version(text):
    """Return the numbers of a version."""
    return [int(part) for part in text.split(".") if part.isdigit()]


def install_packages(home, bundle, with_text):
    """Make the environment in `home` and install the wheels of the bundle, each checked by its SHA-256."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / "bin" / "python"
    pip = HERE / "wheels" / bundle["pip"] / "pip"  # a wheel can be run as it is, so the system needs no pip
    requirements = HERE / ("requirements.txt" if with_text else "requirements-core.txt")
    done = subprocess.run(
        [
            *(
                str(python),
                "-I",
                str(pip),
                "install",
                "--quiet",
                "--isolated",
                "--no-index",
                "--no-cache-dir",
            ),
            *("--disable-pip-version-check", "--find-links", str(HERE / "wheels")),
            *("--require-hashes", "--requirement", str(requirements)),
        ],
        check=False,
    )
    if done.returncode:
        raise InstallError("The packages could not be installed, for the reason above. Nothing was changed.")
    subprocess.run([str(home / "bin" / "jiedao"), "--version"], check=True, cwd=home)


def copy_extras(home):
    """Copy the reference pack, the files for services and the documents beside the program."""
    share = home / "share" / "jiedao"
    share.mkdir(parents=True)
    for name in COPIED:
        source = HERE / name
        if source.is_dir():
            shutil.copytree(source, share / name)
        elif source.exists():
            shutil.copy2(source, share / name)


def link_first(home):
    """Let `current` name this version if it names none; return the version in use."""
    link = home.parent / "current"
    if not link.exists():
        link.unlink(missing_ok=True)  # it named a version that was removed
        link.symlink_to(home.name)
    return link.resolve().name if link.is_symlink() else str(link)


def install(target, with_text, replace):
    """Install this bundle into `target` and return the folder of its version."""
    bundle = read_bundle(HERE)
    check_machine(bundle)
    home = target / bundle["version"]
    if home.exists():
        if not replace:
            raise InstallError(
                f"{home} exists already. To install it again, stop the services and add --replace."
            )
        shutil.rmtree(home)
    target.mkdir(parents=True, exist_ok=True)
    try:
        install_packages(home, bundle, with_text)
        copy_extras(home)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)  # what is half installed must not be used
        raise
    return home


def main():
    """Install and state the next steps; return 1 with a reason if it cannot be done."""
    parser = argparse.ArgumentParser(description="Install jiedao from this folder, without a network.")
    parser.add_argument(
        "--to", type=Path, default=Path("/opt/jiedao"), metavar="DIR", help="default: /opt/jiedao"
    )
    parser.add_argument(
        "--without-text", action="store_true", help="leave out hot matters and training (200 MB less)"
    )
    parser.add_argument("--replace", action="store_true", help="install this version again")
    chosen = parser.parse_args()
    target = chosen.to.absolute()
    try:
        home = install(target, not chosen.without_text, chosen.replace)
    except InstallError as fault:
        print(f"install.py: {fault}", file=sys.stderr)
        return 1
    except (OSError, subprocess.CalledProcessError) as fault:
        print(f"install.py: {fault}. Nothing was changed.", file=sys.stderr)
        return 1
    used = link_first(home)
    share = home / "share" / "jiedao"
    print(f"jiedao {home.name} is installed in {home}.")
    if used == home.name:
        print(f"To look around:  {target / 'current' / 'bin' / 'jiedao'} demo")
        print(f"For an office:   {share / 'docs' / 'how-to' / 'run-in-production.md'}")
    else:
        print(f"In use is still {used}. How to change to it: {share / 'docs' / 'how-to' / 'upgrade.md'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
