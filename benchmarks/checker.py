"""Measure the checker of reports on labelled texts: precision, recall, spoiled sentences, seconds.

The texts lie outside the project (`../shared/data/reports`), because their licence is not stated.
"""

import argparse
import csv
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jiedao.reports.checker import Claim, Verdict, check_text

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "reports"


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file with one JSON object a line."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def overlaps(text: str, claim: Claim, sentence: str) -> bool:
    """Return whether a finding concerns a labelled sentence."""
    sentence = sentence.strip()
    if sentence in claim.sentence or claim.sentence in sentence:
        return True
    begin, own = text.find(sentence), text.find(claim.sentence)
    return begin >= 0 and own >= 0 and begin <= claim.start < begin + len(sentence)


def main() -> None:
    """Print the measures, and with --show every miss and alarm."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--only", help="the id of one text")
    chosen = parser.parse_args()
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(chosen.folder.glob("*.txt"))}
    if chosen.only:
        texts = {chosen.only: texts[chosen.only]}
    labels = [
        label
        for label in read_lines(chosen.folder / "labels.jsonl")
        if not label.get("ambiguous") and label["id"] in texts
    ]
    false_labels = defaultdict(list)
    for label in labels:
        if not label["holds"]:
            false_labels[label["id"]].append(label)
    alarms, slowest, verdicts = [], (0.0, ""), Counter()
    found, missed = Counter(), []
    for key, text in texts.items():
        began = time.perf_counter()
        result = check_text(text)
        slowest = max(slowest, (time.perf_counter() - began, key))
        verdicts.update(finding.verdict for finding in result.findings)
        verdicts["holds"] += len(result.claims)
        for label in false_labels[key]:
            hits = [claim for claim in result.alarms if overlaps(text, claim, label["sentence"])]
            found[label["kind"]] += bool(hits)
            if not hits:
                missed.append(label)
        for claim in result.alarms:
            if not any(overlaps(text, claim, label["sentence"]) for label in false_labels[key]):
                alarms.append((key, claim))
    true_count = sum(found.values())
    false_count = sum(map(len, false_labels.values()))
    mutations = [one for one in read_lines(chosen.folder / "mutations.jsonl") if one["id"] in texts]
    by_kind: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    unseen = []
    for mutation in mutations:
        text = texts[mutation["id"]].replace(mutation["original"], mutation["mutated"], 1)
        result = check_text(text)
        hit = any(overlaps(text, claim, mutation["mutated"]) for claim in result.alarms)
        by_kind[f"{mutation['kind']} {mutation['how']}"][0] += hit
        by_kind[f"{mutation['kind']} {mutation['how']}"][1] += 1
        if not hit:
            unseen.append(mutation)
    print(f"{len(texts)} texts, {verdicts}")
    print(f"alarms outside false labels: {len(alarms)}")
    print(f"false labels found: {true_count} of {false_count} {dict(found)}")
    print(
        f"spoiled sentences found: {len(mutations) - len(unseen)} of {len(mutations)} = {1 - len(unseen) / max(1, len(mutations)):.3f}"
    )
    for name, (hits, count) in sorted(by_kind.items()):
        print(f"  {name}: {hits} of {count}")
    print(f"slowest text: {slowest[1]} {slowest[0]:.2f} s")
    if chosen.show:
        for key, claim in alarms:
            print("ALARM", key, claim.kind, claim.confidence, claim.reason, "|", claim.sentence[:300])
        for label in missed:
            print("MISSED", label["id"], label["kind"], label["sentence"], "|", label["why"])
        for mutation in unseen:
            print(
                "UNSEEN",
                mutation["id"],
                mutation["kind"],
                mutation["how"],
                mutation["mutated"],
                mutation["was"],
                mutation["now"],
            )


if __name__ == "__main__":
    main()
