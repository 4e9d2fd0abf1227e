"""Vendor the front-end libraries, and check offline that they are unchanged.

    tools/vendor.py refresh    fetch the pinned packages with npm, write static/vendor and its lock
    tools/vendor.py fallback   write the static-colour sheet again (after a change of css/tokens.css)
    tools/vendor.py check      hash every file again and compare with the lock; no network

A change of version is a change of PACKAGES below, then `refresh`, then a commit.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # When this file runs as a script, Python would not find the package `tools`.

from tools import css_tools  # noqa: E402

STATIC = ROOT / "jiedao" / "kernel" / "static"
VENDOR = STATIC / "vendor"
LOCK = VENDOR / "vendor.lock.json"
TOKENS = STATIC / "css" / "tokens.css"
FALLBACK = "tabler/tabler-fallback.css"

# name -> (version, licence, {path in the package: path under static/vendor})
PACKAGES: dict[str, tuple[str, str, dict[str, str]]] = {
    "@tabler/core": ("1.6.1", "MIT", {"dist/css/tabler.min.css": "tabler/tabler.min.css"}),
    "@tabler/icons": ("3.51.0", "MIT", {"LICENSE": "icons/LICENSE"}),
    "htmx.org": ("4.0.1", "0BSD", {"dist/htmx.min.js": "htmx/htmx.min.js", "LICENSE": "htmx/LICENSE"}),
    "echarts": (
        "6.1.0",
        "Apache-2.0",
        {
            "dist/echarts.common.min.js": "echarts/echarts.common.min.js",
            "LICENSE": "echarts/LICENSE",
            "NOTICE": "echarts/NOTICE",
            "licenses/LICENSE-d3": "echarts/LICENSE-d3",
        },
    ),
    "maplibre-gl": (
        "5.24.1",
        "BSD-3-Clause",
        {
            "dist/maplibre-gl-csp.js": "maplibre/maplibre-gl-csp.js",
            "dist/maplibre-gl-csp-worker.js": "maplibre/maplibre-gl-csp-worker.js",
            "dist/maplibre-gl.css": "maplibre/maplibre-gl.css",
            "LICENSE.txt": "maplibre/LICENSE.txt",
        },
    ),
}
# Tabler's npm package contains no licence file: this is the text to which the header of its CSS refers.
TABLER_LICENCE = ROOT / "tools" / "licence-tabler.txt"
# Each line is the name of a Tabler outline icon.
ICONS = ROOT / "tools" / "icons.txt"


def compute_digest(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hex digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def unpack(name: str, version: str, folder: Path) -> Path:
    """Fetch one package with `npm pack` and return its unpacked `package/` folder."""
    packed = subprocess.run(
        ["npm", "pack", f"{name}@{version}", "--silent", "--ignore-scripts"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()[-1]
    target = folder / name.replace("/", "+")
    with tarfile.open(folder / packed) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def strip_map(text: str) -> str:
    """Remove source-map comments: the manifest storage would look for files that are not shipped."""
    return re.sub(r"(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\s*", "", text)


def build_sprite(package: Path) -> str:
    """Return an SVG with a <symbol> for each icon, 24 x 24, in outline style, which CSS draws in currentColor."""
    symbols = []
    for name in sorted(set(ICONS.read_text().split())):
        text = (package / "icons" / "outline" / f"{name}.svg").read_text()
        shapes = re.findall(r"<(?:path|circle|rect|line|polyline|ellipse)\b[^>]*/>", text)
        shapes = [s for s in shapes if 'd="M0 0h24v24H0z"' not in s]
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(shapes)}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{chr(10).join(symbols)}\n</svg>\n'


def write(path: str, text: str) -> None:
    """Write one vendored text file."""
    target = VENDOR / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def write_fallback() -> None:
    """Write the sheet for browsers without color-mix() and light-dark()."""
    tabler = (VENDOR / "tabler" / "tabler.min.css").read_text(encoding="utf-8")
    write(FALLBACK, css_tools.build_fallback(tabler, TOKENS.read_text(encoding="utf-8")))


def write_lock() -> None:
    """Write name, version, licence and hash of every vendored file."""
    owners = {target: name for name, (_, _, files) in PACKAGES.items() for target in files.values()}
    owners |= {
        "icons/icons.svg": "@tabler/icons",
        FALLBACK: "@tabler/core",
        "tabler/LICENSE": "@tabler/core",
    }
    files = {}
    for path in sorted(p for p in VENDOR.rglob("*") if p.is_file() and p != LOCK):
        key = path.relative_to(VENDOR).as_posix()
        name = owners[key]
        files[key] = {
            "name": name,
            "version": PACKAGES[name][0],
            "licence": PACKAGES[name][1],
            "sha256": compute_digest(path),
        }
    LOCK.write_text(json.dumps({"files": files}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def refresh() -> int:
    """Fetch every package, write the files and the lock."""
    with tempfile.TemporaryDirectory() as tmp:
        for name, (version, _, files) in PACKAGES.items():
            package = unpack(name, version, Path(tmp))
            for source, target in files.items():
                write(target, strip_map((package / source).read_text(encoding="utf-8")))
            if name == "@tabler/icons":
                write("icons/icons.svg", build_sprite(package))
    tabler = VENDOR / "tabler" / "tabler.min.css"
    tabler.write_text(css_tools.trim(tabler.read_text(encoding="utf-8")), encoding="utf-8")
    write("tabler/LICENSE", TABLER_LICENCE.read_text())
    write_fallback()
    write_lock()
    print(f"{len(json.loads(LOCK.read_text())['files'])} files written to {VENDOR.relative_to(ROOT)}")
    return 0


def find_faults() -> list[str]:
    """Return one line for every difference between the lock and the files."""
    locked = json.loads(LOCK.read_text(encoding="utf-8"))["files"]
    present = {p.relative_to(VENDOR).as_posix(): p for p in VENDOR.rglob("*") if p.is_file() and p != LOCK}
    lines = [f"{key}: in the lock, not on disk" for key in sorted(locked.keys() - present.keys())]
    lines += [f"{key}: on disk, not in the lock" for key in sorted(present.keys() - locked.keys())]
    lines += [
        f"{key}: content differs from the lock"
        for key in sorted(locked.keys() & present.keys())
        if compute_digest(present[key]) != locked[key]["sha256"]
    ]
    tabler = (VENDOR / "tabler" / "tabler.min.css").read_text(encoding="utf-8")
    if (VENDOR / FALLBACK).read_text(encoding="utf-8") != css_tools.build_fallback(
        tabler, TOKENS.read_text("utf-8")
    ):
        lines.append(f"{FALLBACK}: does not follow css/tokens.css; run tools/vendor.py fallback")
    return lines


def check() -> int:
    """Print every fault; return 1 when there is one."""
    faults = find_faults()
    for line in faults:
        print(f"{VENDOR.relative_to(ROOT)}/{line}", file=sys.stderr)
    return 1 if faults else 0


def main() -> int:
    """Run the command named on the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["refresh", "fallback", "check"])
    command = parser.parse_args().command
    if command == "refresh":
        return refresh()
    if command == "fallback":
        write_fallback()
        write_lock()
        return 0
    return check()


if __name__ == "__main__":
    sys.exit(main())
