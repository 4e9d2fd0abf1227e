"""Suggest a label with a trained linear model. Suggesting needs numpy only; scikit-learn is needed for training.

docs/explanation/suggestion.md explains how the model was chosen and how well it performs.
"""

import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiedao.cases.text.features import (
    Floats,
    Hashes,
    Ints,
    compute_fingerprint,
    find_indexes,
    hash_grams,
    join_subject_and_detail,
    mark_beginning,
    weigh_grams,
)
from jiedao.cases.text.suggestion import Suggestion

FORMAT = 2
HEAD_SHARE = 0.5
MAX_WORDS = 4
STRONGEST = 12

# Positions of the grams in the text (G), their weights (G), and their rows of the weight matrix (G, K).
Block = tuple[Ints, Floats, Floats]

_ARRAYS = ("vocabulary", "rarity", "whole", "head", "offset", "seen")


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model: labels (K), gram hashes (V), their rarity (V), weights (V, K) for text and beginning.

    `offset` (K) is added to the margins. `sureness` turns margins into logits, so that confidence is calibrated.
    `seen` holds the sorted fingerprints of the texts that the model was trained on.
    """

    labels: list[str]
    vocabulary: Hashes
    rarity: Floats
    whole: Floats
    head: Floats
    offset: Floats
    seen: Hashes
    sureness: float
    meta: dict[str, Any]

    def knows(self, subject: str, detail: str) -> bool:
        """Return whether the model was trained on this text."""
        known = np.array([compute_fingerprint(subject, detail)], np.uint64)
        return bool(find_indexes(self.seen, known)[0] >= 0)

    def suggest(self, subject: str, detail: str, top: int = 3) -> list[Suggestion]:
        """Return the `top` likeliest labels with calibrated confidence and the fragments that support each."""
        text, head = join_subject_and_detail(subject, detail)
        blocks = self._make_blocks(text, head)
        share = _softmax(self.sureness * self._add_margins(blocks))
        best = np.argsort(-share, kind="stable")[:top]
        influence = np.zeros((best.size, 3 * len(text)), np.float32)
        for where, weights, rows in blocks:
            influence[:, where] += weights * rows[:, best].T
        return [
            Suggestion(self.labels[k], float(share[k]), _join_fragments(text, row))
            for k, row in zip(best.tolist(), influence, strict=True)
        ]

    def compute_margins(self, subject: str, detail: str) -> Floats:
        """Compute the raw score of every label (K), the offsets included."""
        return self._add_margins(self._make_blocks(*join_subject_and_detail(subject, detail)))

    def predict(self, texts: Sequence[tuple[str, str]]) -> list[str]:
        """Name the likeliest label of each (subject, detail)."""
        return [self.labels[int(self.compute_margins(*text).argmax())] for text in texts]

    def save(self, path: Path | str) -> None:
        """Write the model as one .npz file of number arrays and a JSON text; replace an existing file atomically."""
        target = Path(path)
        about = {"format": FORMAT, "labels": self.labels, "sureness": self.sureness, "meta": self.meta}
        arrays: dict[str, NDArray[Any]] = {name: getattr(self, name) for name in _ARRAYS}
        arrays["about"] = np.frombuffer(json.dumps(about, ensure_ascii=False).encode(), np.uint8)
        fresh = target.with_name(f".{target.name}.new")
        with fresh.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        fresh.replace(target)

    @classmethod
    def load(cls, path: Path | str) -> "Model":
        """Read a model file; raise ValueError if it is no model of this format, FileNotFoundError if it is missing."""
        try:
            with np.load(Path(path), allow_pickle=False) as file:
                about = json.loads(file["about"].tobytes())
                arrays = {name: file[name] for name in _ARRAYS}
        except (zipfile.BadZipFile, KeyError, EOFError, UnicodeDecodeError, ValueError) as error:
            raise ValueError(f"{path} is no model file: {error}") from error
        if not isinstance(about, dict) or about.get("format") != FORMAT:
            raise ValueError(f"{path} has another format: train the model again")
        model = cls(labels=about["labels"], sureness=float(about["sureness"]), meta=about["meta"], **arrays)
        model._check(str(path))
        return model

    def _check(self, path: str) -> None:
        size, labels = len(self.vocabulary), len(self.labels)
        shapes = [self.rarity.shape, self.whole.shape, self.head.shape, self.offset.shape]
        if shapes != [(size,), (size, labels), (size, labels), (labels,)]:
            raise ValueError(f"{path} is damaged: its arrays do not fit each other")

    def _make_blocks(self, text: str, head: int) -> list[Block]:
        index = find_indexes(self.vocabulary, hash_grams(text))
        known = np.flatnonzero(index >= 0)
        early = known[mark_beginning(len(text), head)[known]]
        return [
            (known, weigh_grams(index[known], self.rarity), self.whole[index[known]]),
            (early, HEAD_SHARE * weigh_grams(index[early], self.rarity), self.head[index[early]]),
        ]

    def _add_margins(self, blocks: list[Block]) -> Floats:
        (_, weights, rows), (_, early_weights, early_rows) = blocks
        margins: Floats = weights @ rows + early_weights @ early_rows + self.offset
        return margins


def _softmax(logits: Floats) -> Floats:
    shares: Floats = np.exp(logits - logits.max())
    shares /= shares.sum()
    return shares


def _join_fragments(text: str, influence: Floats) -> list[str]:
    """Join the pairs and triples with the most influence on a label into the longest spans of the text, best first."""
    length = len(text)
    strong = length + np.argsort(-influence[length:], kind="stable")[:STRONGEST]
    spans = []
    for gram in strong[influence[strong] > 0].tolist():
        pair = gram < 2 * length - 1
        start = gram - length if pair else gram - 2 * length + 1
        spans.append((start, start + (2 if pair else 3), float(influence[gram])))
    joined: list[tuple[int, int, float]] = []
    for start, end, value in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]), joined[-1][2] + value)
        else:
            joined.append((start, end, value))
    words: list[str] = []
    for start, end, _ in sorted(joined, key=lambda span: (-span[2], span[0])):
        word = text[start:end].strip()
        if len(word) > 1 and not any(word in other for other in words):
            words.append(word)
    return words[:MAX_WORDS]
