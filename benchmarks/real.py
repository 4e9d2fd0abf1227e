"""The real messages beside the checkout: import, suggestion and hot matters. Skipped where they are absent."""

import csv
import json
import os
import random
import tempfile
import time
from pathlib import Path

from benchmarks.report import Line
from benchmarks.servers import House, house
from benchmarks.texts import ROOT, SEED


def measure(vendor: str) -> list[Line]:
    """Import both files, group the hot matters, train and evaluate the suggestion."""
    folder = Path(os.environ.get("JIEDAO_SHARED") or ROOT.parent / "shared") / "data" / "messages"
    name = "PostgreSQL" if vendor == "postgresql" else "SQLite"
    if not folder.is_dir():
        return [Line(f"real messages, {name}", f"skipped: {folder} does not exist (JIEDAO_SHARED)")]
    with house(vendor) as home:
        lines = [_import(name, home, folder / file) for file in ("hotspots.xlsx", "replied.xlsx")]
        lines.append(_hotspots(name, home))
        if vendor == "sqlite":
            lines += _suggestion(home, folder / "labelled.csv")
    return lines


def _import(name: str, home: House, file: Path) -> Line:
    begun = time.perf_counter()
    said = json.loads(home.run("jiedao", "import", "messages", str(file), "--json"))
    seconds = time.perf_counter() - begun
    begun = time.perf_counter()
    home.run("jiedao", "import", "messages", "--help")
    start = time.perf_counter() - begun
    rate = said["read"] / seconds
    seen = f"{rate:,.0f} messages/s: {said['created']:,} of {said['read']:,} made in {seconds:.1f} s"
    aimed = name == "SQLite"
    return Line(
        f"import of {file.name}, {name}, whole command",
        seen,
        f"{said['read'] / (seconds - start):,.0f}/s without the {start:.1f} s in which any command starts",
        "≥ 1,500/s" if aimed else "",
        met=rate >= 1500 if aimed else None,
    )


def _hotspots(name: str, home: House) -> Line:
    begun = time.perf_counter()
    found = json.loads(
        home.run("jiedao", "hotspots", "--from", "2017-01-01", "--to", "2020-12-31", "--top", "10", "--json")
    )
    seconds = time.perf_counter() - begun
    return Line(
        f"jiedao hotspots over both files, {name}",
        f"{seconds:.1f} s, {len(found)} matters",
        target="< 60 s",
        met=seconds < 60,
    )


def _suggestion(home: House, file: Path) -> list[Line]:
    """Train on four fifths, evaluate on the rest (split blindly: a speed, not a quality, is measured here)."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    head, body = rows[0], rows[1:]
    random.Random(SEED).shuffle(body)
    cut = len(body) * 4 // 5
    with tempfile.TemporaryDirectory(prefix="jiedao-bench-") as folder:
        for name, part in (("train.csv", body[:cut]), ("eval.csv", body[cut:])):
            with (Path(folder) / name).open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows([head, *part])
        begun = time.perf_counter()
        home.run("jiedao", "suggest", "train", f"{folder}/train.csv")
        trained = time.perf_counter() - begun
        said = json.loads(home.run("jiedao", "suggest", "eval", f"{folder}/eval.csv", "--json"))
    return [
        Line("suggest train, 5,231 texts", f"{trained:.0f} s", target="< 300 s", met=trained < 300),
        Line(
            "suggestion by the model",
            f"{said['ms_per_item']:.2f} ms",
            target="< 2 ms",
            met=said["ms_per_item"] < 2,
        ),
    ]
