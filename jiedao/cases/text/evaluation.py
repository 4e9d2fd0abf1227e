"""Measure suggestions: accuracy, macro-F1, results per label, confusion and time; also by cross-validation."""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from jiedao.cases.text.near import group_near_duplicates
from jiedao.cases.text.suggestion import Suggester
from jiedao.cases.text.training import SEED, train


def evaluate(model: Suggester, texts: Sequence[tuple[str, str]], labels: Sequence[str]) -> dict[str, Any]:
    """Compare the first suggestion for each (subject, detail) with its label.

    Returns n, accuracy, macro_f1 (over the labels that occur as truth), per_class {label: {precision, recall, f1,
    n}}, confusion {true: {suggested: n}} ("" where nothing was suggested), top3 (the share whose label is among
    three suggestions) and ms_per_item (the time for three suggestions with their words).
    """
    started = time.perf_counter()
    suggested = [model.suggest(subject, detail, 3) for subject, detail in texts]
    spent = time.perf_counter() - started
    guesses = [suggestions[0].label if suggestions else "" for suggestions in suggested]
    labels_of_texts = [{row.label for row in suggestions} for suggestions in suggested]
    hits_in_three = sum(label in names for label, names in zip(labels, labels_of_texts, strict=True))
    return {
        **score_guesses(guesses, labels),
        "top3": hits_in_three / max(1, len(labels)),
        "ms_per_item": round(1000 * spent / max(1, len(texts)), 4),
    }


def score_guesses(guesses: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    """Compare guesses with labels: return everything that `evaluate` returns except the time."""
    confusion: dict[str, Counter[str]] = defaultdict(Counter)
    for label, guess in zip(labels, guesses, strict=True):
        confusion[label][guess] += 1
    guessed = Counter(guesses)
    per_class = {}
    for label in sorted(confusion):
        hit, n = confusion[label][label], confusion[label].total()
        precision = hit / guessed[label] if guessed[label] else 0.0
        f1 = 2 * hit / (n + guessed[label])
        per_class[label] = {"precision": precision, "recall": hit / n, "f1": f1, "n": n}
    hits = sum(confusion[label][label] for label in confusion)
    return {
        "n": len(labels),
        "accuracy": hits / max(1, len(labels)),
        "macro_f1": sum(row["f1"] for row in per_class.values()) / max(1, len(per_class)),
        "per_class": per_class,
        "confusion": {label: dict(confusion[label].most_common()) for label in sorted(confusion)},
    }


def cross_validate(
    texts: Sequence[tuple[str, str]],
    labels: Sequence[str],
    groups: Sequence[int] | None = None,
    folds: int = 5,
) -> dict[str, Any]:
    """Train on all folds but one and measure on that one, in turn; near-duplicates are never split between the two.

    `groups` numbers each text (texts of one number stay in one fold) and defaults to group_near_duplicates. Returns the
    keys of `evaluate` over all texts, and "folds": the macro-F1 of each fold. 6,500 messages take a few minutes.
    """
    from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415

    together = (
        list(groups) if groups is not None else group_near_duplicates([" ".join(text) for text in texts])
    )
    guesses = [""] * len(texts)
    scores, spent = [], 0.0
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=SEED)
    for learn, test in splitter.split(guesses, labels, together):
        model = train([texts[i] for i in learn], [labels[i] for i in learn])
        started = time.perf_counter()
        for i in test:
            subject, detail = texts[i]
            guesses[i] = model.suggest(subject, detail, 1)[0].label
        spent += time.perf_counter() - started
        scores.append(score_guesses([guesses[i] for i in test], [labels[i] for i in test])["macro_f1"])
    return {
        **score_guesses(guesses, labels),
        "folds": scores,
        "ms_per_item": round(1000 * spent / max(1, len(texts)), 4),
    }
