"""Write what jiedao consists of: a CycloneDX bill of materials and the list of licences.

    python tools/make_sbom.py [--to dist]

The packages are those of uv.lock with the extra `text`, as installed in this environment; a wheel is identified by the
address and the SHA-256 of the lock. The libraries of the pages are those of tools/vendor.py.
"""

import argparse
import datetime
import json
import re
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from itertools import product
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # When this file runs as a script, Python would not find the package `tools`.

from tools import vendor  # noqa: E402

UV = Path(sys.executable).with_name("uv")
FORMAT = "1.6"
# What packages write in the old field, or as a classifier, by its SPDX name.
SPDX = {
    "MIT": "MIT",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "BSD 3-Clause": "BSD-3-Clause",
    "BSD-3-Clause": "BSD-3-Clause",
    "BSD-2-Clause": "BSD-2-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "PSFL": "PSF-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "BSD-3-Clause and Public-Domain": "BSD-3-Clause AND LicenseRef-Public-Domain",
}


class SbomError(Exception):
    """A component cannot be described; the text names it."""


def read_project() -> dict[str, Any]:
    """Return the table `project` of pyproject.toml."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def list_locked(*, text: bool) -> str:
    """Return the lock as a requirements file with hashes, without jiedao itself and what only development needs."""
    extra = ("--extra", "text") if text else ()
    return subprocess.run(
        [
            *(UV, "export", "--quiet", "--frozen", "--offline", "--no-dev", *extra),
            *("--no-emit-project", "--no-annotate", "--no-header"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def find_distributions() -> Iterator[Distribution]:
    """Yield the installed packages of the lock; a package with a marker is for another platform if it is absent.

    Raises:
        SbomError: a package is missing or has another version than the lock.
    """
    for line in re.sub(r"\\\n", "", list_locked(text=True)).splitlines():
        name, version, marker = re.findall(
            r"^([^=\[ ]+)(?:\[[^\]]*\])?==(\S+)\s*(;.*?)?\s*(?:--hash|$)", line
        )[0]
        try:
            found = distribution(name)
        except PackageNotFoundError:
            if not marker:
                raise SbomError(f"{name} is not installed. Run: make setup") from None
            continue
        if found.version == version:
            yield found
        elif not marker:
            raise SbomError(f"{name} {found.version} is installed, the lock has {version}. Run: make setup")


def name_licence(package: Distribution) -> str:
    """Return the licence of a package as an SPDX expression; raise SbomError if it states none that is known."""
    meta = package.metadata
    if expression := meta.get("License-Expression"):
        return str(expression)
    classifiers = [
        line.rpartition("::")[2].strip()
        for line in meta.get_all("Classifier") or []
        if line.startswith("License ::")
    ]
    for text in [meta.get("License") or "", *classifiers]:
        if text in SPDX:
            return SPDX[text]
        if text and set(re.split(r" (?:AND|OR) ", text)) <= set(SPDX.values()):
            return text  # an expression in the old field
    raise SbomError(
        f"{meta['Name']}: the licence {[meta.get('License'), *classifiers]} is not in tools/make_sbom.py"
    )


def read_lock() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the packages of uv.lock by name and version."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    return {(row["name"], row["version"]): row for row in packages if "version" in row}


def normalise_name(name: str) -> str:
    """Return a name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def find_wheel(package: Distribution, row: dict[str, Any]) -> dict[str, str] | None:
    """Return address and SHA-256 of the wheel that was installed, None if it was built from its source."""
    tags = set(re.findall(r"^Tag: (\S+)$", package.read_text("WHEEL") or "", re.MULTILINE))
    for wheel in row.get("wheels", []):
        parts = wheel["url"].rpartition("/")[2].removesuffix(".whl").split("-")[-3:]
        if tags == {"-".join(tag) for tag in product(*(part.split(".") for part in parts))}:
            return {"url": wheel["url"], "sha256": wheel["hash"].removeprefix("sha256:")}
    return None


def describe_package(package: Distribution, row: dict[str, Any]) -> dict[str, Any]:
    """Return the component of a Python package."""
    name, version = normalise_name(package.metadata["Name"]), package.version
    purl = f"pkg:pypi/{name}@{version}"
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "licenses": [{"expression": name_licence(package)}],
    }
    if summary := package.metadata.get("Summary"):
        component["description"] = summary
    if wheel := find_wheel(package, row):
        hashes = [{"alg": "SHA-256", "content": wheel["sha256"]}]
        component["hashes"] = hashes
        component["externalReferences"] = [{"type": "distribution", "url": wheel["url"], "hashes": hashes}]
    return component


def describe_vendored() -> Iterator[dict[str, Any]]:
    """Yield the components of the pages' libraries."""
    for name, (version, licence, _files) in vendor.PACKAGES.items():
        purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": name,
            "version": version,
            "purl": purl,
            "licenses": [{"expression": licence}],
            "description": "vendored in jiedao/kernel/static/vendor",
        }


def list_needs(rows: dict[tuple[str, str], dict[str, Any]], refs: dict[str, str]) -> list[dict[str, Any]]:
    """Return which component needs which others, by the lock."""
    needs = []
    for (name, _version), row in rows.items():
        if name not in refs:
            continue
        wanted = [
            *row.get("dependencies", []),
            *(need for extra in row.get("optional-dependencies", {}).values() for need in extra),
        ]
        direct = {refs[need["name"]] for need in wanted if need["name"] in refs}
        needs.append({"ref": refs[name], "dependsOn": sorted(direct)})
    return sorted(needs, key=lambda need: need["ref"])


def build_sbom() -> dict[str, Any]:
    """Return the bill of materials as a CycloneDX document."""
    project, lock = read_project(), read_lock()
    packages = list(find_distributions())
    rows = {}
    for package in packages:
        key = (normalise_name(package.metadata["Name"]), package.version)
        rows[key] = lock[key]
    components = [
        describe_package(package, lock[normalise_name(package.metadata["Name"]), package.version])
        for package in packages
    ]
    ours = {
        "type": "application",
        "bom-ref": f"pkg:pypi/jiedao@{project['version']}",
        "name": "jiedao",
        "version": project["version"],
        "purl": f"pkg:pypi/jiedao@{project['version']}",
        "licenses": [{"expression": project["license"]}],
        "description": project["description"],
    }
    refs = {component["name"]: component["bom-ref"] for component in [ours, *components]}
    vendored = list(describe_vendored())
    needs = list_needs({**rows, ("jiedao", project["version"]): lock["jiedao", project["version"]]}, refs)
    for need in needs:
        if need["ref"] == ours["bom-ref"]:
            need["dependsOn"] += [component["bom-ref"] for component in vendored]
    document = {
        "$schema": f"http://cyclonedx.org/schema/bom-{FORMAT}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": FORMAT,
        "version": 1,
        "metadata": {"component": ours},
        "components": [*components, *vendored],
        "dependencies": [*needs, *({"ref": component["bom-ref"]} for component in vendored)],
    }
    # The same contents give the same number, so that two bills can be compared by it.
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))
    made_at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {
        **document,
        "serialNumber": f"urn:uuid:{number}",
        "metadata": {
            "timestamp": made_at,
            "tools": {"components": [{"type": "application", "name": "tools/make_sbom.py"}]},
            "component": ours,
        },
    }


def format_licences(sbom: dict[str, Any]) -> str:
    """Return the list of licences as text, a component a line."""
    rows = [
        (row["name"], row["version"], row["licenses"][0]["expression"])
        for row in [sbom["metadata"]["component"], *sorted(sbom["components"], key=lambda row: row["name"])]
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"{name:{widths[0]}}  {version:{widths[1]}}  {licence}" for name, version, licence in rows]
    head = (
        "Components of jiedao and their licences (SPDX). Each package contains the text of its licence.\n\n"
    )
    return head + "\n".join(lines) + "\n"


def write_sbom(folder: Path) -> list[Path]:
    """Write both files into the folder; return their paths."""
    sbom = build_sbom()
    name = f"jiedao-{read_project()['version']}"
    files = {
        folder / f"{name}.cdx.json": json.dumps(sbom, indent=2, ensure_ascii=False) + "\n",
        folder / f"{name}-licences.txt": format_licences(sbom),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return list(files)


def main() -> int:
    """Write the files and print their paths; return 1 with the reason if a component cannot be described."""
    parser = argparse.ArgumentParser(description="Write the bill of materials and the list of licences.")
    parser.add_argument("--to", type=Path, default=ROOT / "dist", help="folder of the files (dist)")
    try:
        paths = write_sbom(parser.parse_args().to)
    except SbomError as fault:
        print(f"make sbom: {fault}", file=sys.stderr)
        return 1
    print("\n".join(map(str, paths)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
