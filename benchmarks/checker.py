"""Measure the checker of reports on labelled texts: precision, recall, spoiled sentences, seconds.

`python -m benchmarks.checker [--show] [--folder FOLDER] [--only ID]`. The texts lie outside the project
(`../shared/data/reports`), because their licence is not stated.

`python -m benchmarks.checker --spoil FOLDER [--show]` takes any folder of texts without labels: it lists the alarms, to
be judged by a reader, and spoils the sentences whose numbers fit one another (`benchmarks/spoiling.py`).
"""

import argparse
import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django

from benchmarks.spoiling import Spoiled, spoil
from jiedao.reports.checker import CheckResult, Claim, check_text

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "reports"
Row = dict[str, Any]


@dataclass
class Corpus:
    """Texts with labelled claims and spoiled sentences."""

    texts: dict[str, str]
    false_labels: dict[str, list[Row]]
    mutations: list[Row]


@dataclass
class Outcome:
    """What the checker made of a corpus."""

    verdicts: Counter[str] = field(default_factory=Counter)
    alarms: list[tuple[str, Claim]] = field(default_factory=list)
    true_alarms: int = 0
    missed: list[Row] = field(default_factory=list)
    spoiled: dict[str, list[Row | None]] = field(default_factory=lambda: defaultdict(list))
    slowest: tuple[float, str] = (0.0, "")


def read_lines(path: Path) -> Iterator[Row]:
    """Yield the objects of a file with one JSON object a line."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def read_corpus(folder: Path, only: str | None = None) -> Corpus:
    """Return the texts of a folder, with the labels that are not ambiguous."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt"))}
    if only:
        texts = {only: texts[only]}
    false_labels = defaultdict(list)
    for label in read_lines(folder / "labels.jsonl"):
        if not label["holds"] and not label.get("ambiguous") and label["id"] in texts:
            false_labels[label["id"]].append(label)
    mutations = [row for row in read_lines(folder / "mutations.jsonl") if row["id"] in texts]
    return Corpus(texts, false_labels, mutations)


def concerns(text: str, claim: Claim, sentence: str) -> bool:
    """Return whether a finding concerns a labelled sentence."""
    sentence = sentence.strip()
    if sentence in claim.sentence or claim.sentence in sentence:
        return True
    begin = text.find(sentence)
    return begin >= 0 and begin <= claim.start < begin + len(sentence)


def check_corpus(corpus: Corpus) -> Outcome:
    """Run the checker over each text, and over each text with one spoiled sentence."""
    outcome = Outcome()
    for key, text in corpus.texts.items():
        began = time.perf_counter()
        result = check_text(text)
        outcome.slowest = max(outcome.slowest, (time.perf_counter() - began, key))
        _compare(outcome, key, text, result, corpus.false_labels[key])
    for mutation in corpus.mutations:
        text = corpus.texts[mutation["id"]].replace(mutation["original"], mutation["mutated"], 1)
        result = check_text(text)
        is_noticed = any(concerns(text, claim, mutation["mutated"]) for claim in result.alarms)
        outcome.spoiled[f"{mutation['kind']} {mutation['how']}"].append(None if is_noticed else mutation)
    return outcome


def _compare(outcome: Outcome, key: str, text: str, result: CheckResult, labels: list[Row]) -> None:
    outcome.verdicts.update(str(finding.verdict) for finding in result.findings)
    outcome.verdicts["holds"] += len(result.claims)
    for label in labels:
        if not any(concerns(text, claim, label["sentence"]) for claim in result.alarms):
            outcome.missed.append(label)
    for claim in result.alarms:
        if any(concerns(text, claim, label["sentence"]) for label in labels):
            outcome.true_alarms += 1
        else:
            outcome.alarms.append((key, claim))


def print_outcome(corpus: Corpus, outcome: Outcome) -> None:
    """Print the measures."""
    labels = sum(map(len, corpus.false_labels.values()))
    spoiled = [row for rows in outcome.spoiled.values() for row in rows]
    unnoticed = [row for row in spoiled if row]
    print(f"{len(corpus.texts)} texts, {dict(outcome.verdicts)}")
    print(f"alarms outside false labels: {len(outcome.alarms)}, on false labels: {outcome.true_alarms}")
    print(f"false labels found: {labels - len(outcome.missed)} of {labels}")
    print(f"spoiled sentences found: {len(spoiled) - len(unnoticed)} of {len(spoiled)}")
    for name, rows in sorted(outcome.spoiled.items()):
        print(f"  {name}: {sum(row is None for row in rows)} of {len(rows)}")
    print(f"slowest text: {outcome.slowest[1]} {outcome.slowest[0]:.2f} s")


def print_details(outcome: Outcome) -> None:
    """Print each alarm outside the labels, each false label missed, and each spoiled sentence not noticed."""
    for key, claim in outcome.alarms:
        print("ALARM", key, claim.kind, claim.confidence, claim.reason, "|", claim.sentence[:300])
    for label in outcome.missed:
        print("MISSED", label["id"], label["kind"], label["sentence"], "|", label["why"])
    for row in (row for rows in outcome.spoiled.values() for row in rows if row):
        print("UNNOTICED", row["id"], row["kind"], row["how"], row["mutated"], row["was"], "→", row["now"])


@dataclass
class SpoiledOutcome:
    """What the checker made of texts that were spoiled."""

    alarms: list[tuple[str, Claim]] = field(default_factory=list)
    holds: Counter[str] = field(default_factory=Counter)
    noticed: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    missed: list[tuple[str, Spoiled]] = field(default_factory=list)


def check_folder(folder: Path) -> SpoiledOutcome:
    """Run the checker over each text of a folder, and over each part of it with one number spoiled."""
    outcome = SpoiledOutcome()
    for path in sorted(folder.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        result = check_text(text)
        outcome.alarms += [(path.stem, claim) for claim in result.alarms]
        outcome.holds.update(str(claim.kind) for claim in result.claims)
        for spoiled in spoil(text):
            is_noticed = _is_noticed(spoiled)
            outcome.noticed[f"{spoiled.kind} {spoiled.how}"].append(is_noticed)
            if not is_noticed:
                outcome.missed.append((path.stem, spoiled))
    return outcome


def _is_noticed(spoiled: Spoiled) -> bool:
    """Return whether the error brings an alarm that names its sentence, or one of the numbers beside it."""
    known = {(claim.kind, claim.reason) for claim in check_text(spoiled.before).alarms}
    line_start = spoiled.text.rfind("\n", 0, spoiled.position) + 1
    line_end = spoiled.text.find("\n", spoiled.position)
    line = spoiled.text[line_start : line_end if line_end >= 0 else len(spoiled.text)]
    return any(
        (claim.kind, claim.reason) not in known and concerns(spoiled.text, claim, line)
        for claim in check_text(spoiled.text).alarms
    )


def print_folder(outcome: SpoiledOutcome, *, show: bool) -> None:
    """Print the measures of a folder without labels."""
    noticed = [found for results in outcome.noticed.values() for found in results]
    print(f"claims that hold: {sum(outcome.holds.values())} {dict(outcome.holds)}")
    print(f"alarms, to be judged by a reader: {len(outcome.alarms)}")
    print(f"spoiled sentences found: {sum(noticed)} of {len(noticed)}")
    for name, results in sorted(outcome.noticed.items()):
        print(f"  {name}: {sum(results)} of {len(results)}")
    if show:
        for key, claim in outcome.alarms:
            print("ALARM", key, claim.kind, claim.confidence, claim.reason, "|", claim.sentence[:300])
        for key, spoiled in outcome.missed:
            around = spoiled.text[max(0, spoiled.position - 160) : spoiled.position + 60].replace("\n", "⏎")
            print("UNNOTICED", key, spoiled.kind, spoiled.how, spoiled.change, "|", around)


def main() -> None:
    """Print the measures, and with --show every miss and alarm."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--show", action="store_true", help="print each alarm and each miss, too")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--only", metavar="ID", help="check only this text")
    parser.add_argument(
        "--spoil", type=Path, metavar="FOLDER", help="spoil the texts of a folder without labels"
    )
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
    django.setup()
    if chosen.spoil:
        print_folder(check_folder(chosen.spoil), show=chosen.show)
        return
    corpus = read_corpus(chosen.folder, chosen.only)
    outcome = check_corpus(corpus)
    print_outcome(corpus, outcome)
    if chosen.show:
        print_details(outcome)


if __name__ == "__main__":
    main()
