"""The bill of materials names every component with its licence and what it needs, as CycloneDX requires."""

import re
import tomllib
from typing import Any

import pytest

from tests.deploy.elsewhere import ROOT
from tools import vendor
from tools.make_sbom import build_sbom, format_licences

# Licences under which an office may use and pass on the whole; a new one is a decision.
ACCEPTED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "LGPL-3.0-only",  # psycopg, used as a library of its own
    "LicenseRef-Public-Domain",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "MPL-2.0",
    "MulanPSL-2.0",
    "PSF-2.0",
    "Zlib",
}


@pytest.fixture(scope="module")
def sbom() -> dict[str, Any]:
    return build_sbom()


def test_the_document_has_the_fields_that_cyclonedx_requires(sbom: dict[str, Any]) -> None:
    assert (sbom["bomFormat"], sbom["specVersion"], sbom["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", sbom["serialNumber"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", sbom["metadata"]["timestamp"])
    assert sbom["metadata"]["component"]["type"] == "application"
    for component in sbom["components"]:
        assert component["type"] == "library"
        assert re.fullmatch(r"pkg:(pypi|npm)/[^@]+@\S+", component["purl"])
        assert component["bom-ref"] == component["purl"]
        for digest in component.get("hashes", []):
            assert digest["alg"] == "SHA-256"
            assert re.fullmatch(r"[0-9a-f]{64}", digest["content"])


def test_references_are_unique_and_every_need_is_a_component(sbom: dict[str, Any]) -> None:
    references = [row["bom-ref"] for row in [sbom["metadata"]["component"], *sbom["components"]]]
    assert len(set(references)) == len(references)
    assert sorted(need["ref"] for need in sbom["dependencies"]) == sorted(references)
    assert {name for need in sbom["dependencies"] for name in need.get("dependsOn", [])} <= set(references)


def test_every_dependency_and_vendored_library_is_a_component(sbom: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["text"]]
    declared = {re.split(r"[\[=>]", line)[0].lower() for line in lines}
    names = {component["name"] for component in sbom["components"]}
    assert declared | set(vendor.PACKAGES) <= names
    assert "pytest" not in names
    ours = next(
        need for need in sbom["dependencies"] if need["ref"] == sbom["metadata"]["component"]["bom-ref"]
    )
    assert len(ours["dependsOn"]) == len(declared) + len(vendor.PACKAGES)


def test_every_licence_is_one_that_was_decided_on(sbom: dict[str, Any]) -> None:
    for component in [sbom["metadata"]["component"], *sbom["components"]]:
        expression = component["licenses"][0]["expression"]
        licences = set(re.findall(r"[\w.-]+", expression)) - {"AND", "OR", "WITH"}
        assert licences <= ACCEPTED, (component["name"], expression)


def test_wheels_are_identified_by_the_hash_of_the_lock(sbom: dict[str, Any]) -> None:
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    hashed = [component for component in sbom["components"] if "hashes" in component]
    assert len(hashed) > 40
    assert all(f"sha256:{component['hashes'][0]['content']}" in lock for component in hashed)


def test_the_list_of_licences_has_a_line_for_each_component(sbom: dict[str, Any]) -> None:
    lines = format_licences(sbom).splitlines()
    assert re.fullmatch(r"jiedao +\S+ +MulanPSL-2.0", lines[2])
    assert len(lines) == 3 + len(sbom["components"])
    assert any(re.fullmatch(r"htmx\.org +4\.\S+ +0BSD", line) for line in lines)
