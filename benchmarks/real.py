"""Import, suggestion and hot matters with the real messages beside the checkout; skipped if these are absent."""

import csv
import json
import os
import random
import tempfile
import time
from pathlib import Path

from benchmarks.report import Line
from benchmarks.servers import Office, prepare_office
from benchmarks.texts import ROOT, SEED


def measure(vendor: str) -> list[Line]:
    """Import both files, group the hot matters, train and evaluate the suggestion."""
    folder = Path(os.environ.get("JIEDAO_SHARED") or ROOT.parent / "shared") / "data" / "messages"
    name = "PostgreSQL" if vendor == "postgresql" else "SQLite"
    if not folder.is_dir():
        return [Line(f"real messages, {name}", f"skipped: {folder} does not exist (JIEDAO_SHARED)")]
    with prepare_office(vendor) as office:
        lines = [_measure_import(name, office, folder / file) for file in ("hotspots.xlsx", "replied.xlsx")]
        lines.append(_measure_hotspots(name, office))
        if vendor == "sqlite":
            lines += _measure_suggestion(office, folder / "labelled.csv")
    return lines


def _measure_import(name: str, office: Office, file: Path) -> Line:
    started = time.perf_counter()
    counts = json.loads(office.run("jiedao", "import", "messages", str(file), "--json"))
    seconds = time.perf_counter() - started
    started = time.perf_counter()
    office.run("jiedao", "import", "messages", "--help")
    start = time.perf_counter() - started
    rate = counts["read"] / seconds
    result = f"{rate:,.0f} messages/s: {counts['created']:,} of {counts['read']:,} made in {seconds:.1f} s"
    has_target = name == "SQLite"
    return Line(
        f"import of {file.name}, {name}, whole command",
        result,
        f"{counts['read'] / (seconds - start):,.0f}/s without the {start:.1f} s that every command needs to start",
        "≥ 1,500/s" if has_target else "",
        met=rate >= 1500 if has_target else None,
    )


def _measure_hotspots(name: str, office: Office) -> Line:
    started = time.perf_counter()
    matters = json.loads(
        office.run(
            "jiedao", "hotspots", "--from", "2017-01-01", "--to", "2020-12-31", "--top", "10", "--json"
        )
    )
    seconds = time.perf_counter() - started
    return Line(
        f"jiedao hotspots over both files, {name}",
        f"{seconds:.1f} s, {len(matters)} matters",
        target="< 60 s",
        met=seconds < 60,
    )


def _measure_suggestion(office: Office, file: Path) -> list[Line]:
    """Train on four fifths and evaluate on the others; the split is random, since only speed is measured here."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    head, body = rows[0], rows[1:]
    random.Random(SEED).shuffle(body)
    cut = len(body) * 4 // 5
    with tempfile.TemporaryDirectory(prefix="jiedao-bench-") as folder:
        for name, part in (("train.csv", body[:cut]), ("eval.csv", body[cut:])):
            with (Path(folder) / name).open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows([head, *part])
        started = time.perf_counter()
        office.run("jiedao", "suggest", "train", f"{folder}/train.csv")
        trained = time.perf_counter() - started
        evaluation = json.loads(office.run("jiedao", "suggest", "eval", f"{folder}/eval.csv", "--json"))
    return [
        Line("suggest train, 5,231 texts", f"{trained:.0f} s", target="< 300 s", met=trained < 300),
        Line(
            "suggestion by the model",
            f"{evaluation['ms_per_item']:.2f} ms",
            target="< 2 ms",
            met=evaluation["ms_per_item"] < 2,
        ),
    ]
