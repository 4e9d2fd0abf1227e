"""Train a suggestion model from labelled messages (needs scikit-learn, which is imported only when called).

Two linear learners use the same features and are averaged into one matrix: a support vector machine, and one whose
features are scaled by the log-count ratio of naive Bayes (Wang and Manning 2012). Their results on held-out messages
(near-duplicates stay on one side) set an offset for each label, so that rare labels are not neglected (macro-F1), and
calibrate the confidence of the model (temperature scaling, Guo et al. 2017).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from jiedao.cases.text.classifier import FORMAT, HEAD_SHARE, Model
from jiedao.cases.text.features import (
    Floats,
    Ints,
    build_vocabulary,
    compute_fingerprint,
    find_indexes,
    hash_grams,
    join_subject_and_detail,
    mark_beginning,
    weigh_grams,
)
from jiedao.cases.text.near import group_near_duplicates

SVM_C, RATIO_C = 1.5, 0.4
TOLERANCE = 0.01
HOLDOUTS = 4
FEW_TEXTS = 100
MANY_LABELS = 40
MOST_GRAMS = 250_000
CALM = 0.01
DEFAULT_SURENESS = 2.5
SEED = 7


def train(
    texts: Sequence[tuple[str, str]],
    labels: Sequence[str],
    progress: Callable[[int, int], None] | None = None,
) -> Model:
    """Train a model from (subject, detail) pairs and their labels.

    Raise ValueError if the lengths differ or fewer than two labels occur. 6,500 messages of 7 labels take under a
    minute. The same input gives the same model. `progress` is called with the number of steps done and of all.
    """
    if len(texts) != len(labels):
        raise ValueError(f"{len(texts)} texts but {len(labels)} labels")
    names = sorted(set(labels))
    if len(names) < 2:
        raise ValueError("training needs messages of at least two labels")
    target = np.array([names.index(label) for label in labels])
    composed = [join_subject_and_detail(*text) for text in texts]
    vocabulary, counts = build_vocabulary([text for text, _ in composed], 2 if len(texts) > FEW_TEXTS else 1)
    rarity = (np.log((1 + len(texts)) / (1 + counts)) + 1).astype(np.float32)
    matrix = _build_matrix(composed, vocabulary, rarity)
    groups = np.array(group_near_duplicates([f"{subject} {detail}" for subject, detail in texts]))
    folds = _count_folds(target, groups, len(names))
    steps = _ProgressCounter(progress, len(names) * (1 + folds))
    weights, start = _fit_learners(matrix, target, len(names), steps)
    offset, sureness, checked = _calibrate(matrix, target, groups, folds, steps)
    whole, head = np.split(weights, 2)
    keep = _select_strongest(rarity[:, None] * np.hstack((whole, HEAD_SHARE * head)))
    return Model(
        labels=names,
        vocabulary=vocabulary[keep],
        rarity=rarity[keep],
        whole=whole[keep],
        head=head[keep],
        offset=(start + offset).astype(np.float32),
        seen=np.unique(np.array([compute_fingerprint(*text) for text in texts], np.uint64)),
        sureness=sureness,
        meta={"format": FORMAT, "rows": len(texts), "grams": len(keep), "held_out": checked},
    )


class _ProgressCounter:
    """The number of fits done, for a progress bar."""

    def __init__(self, progress: Callable[[int, int], None] | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def advance(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._total)


def _build_matrix(
    composed: Sequence[tuple[str, int]], vocabulary: NDArray[np.uint64], rarity: Floats
) -> sparse.csr_matrix:
    """Build the training matrix, one row a message: the columns of the complete text, then those of the beginning."""
    columns: list[Ints] = []
    values: list[Floats] = []
    starts = [0]
    for text, head in composed:
        index = find_indexes(vocabulary, hash_grams(text))
        early = index[mark_beginning(len(text), head)]
        whole, early = index[index >= 0], early[early >= 0]
        columns += [whole, early + len(vocabulary)]
        values += [weigh_grams(whole, rarity), HEAD_SHARE * weigh_grams(early, rarity)]
        starts.append(starts[-1] + len(whole) + len(early))
    matrix = sparse.csr_matrix(
        (np.concatenate(values), np.concatenate(columns), starts), shape=(len(composed), 2 * len(vocabulary))
    )
    matrix.sum_duplicates()
    return matrix


def _select_strongest(influence: Floats) -> Ints:
    """Return the grams with the most influence, in order; dropping the weakest two fifths changes no result."""
    order = np.argsort(-np.abs(influence).max(axis=1), kind="stable")
    return np.sort(order[:MOST_GRAMS])


def _fit_learners(
    matrix: sparse.csr_matrix, target: Ints, labels: int, steps: _ProgressCounter
) -> tuple[Floats, Floats]:
    """Fit both learners, one label against the rest, and average them: weights (features, labels), offsets (labels)."""
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    present = matrix.copy()
    present.data = np.ones_like(present.data)
    weights = np.zeros((matrix.shape[1], labels), np.float32)
    offsets = np.zeros(labels, np.float32)
    learners = ((SVM_C, False), (RATIO_C, True)) if labels <= MANY_LABELS else ((SVM_C, False),)
    for label in range(labels):
        side = np.where(target == label, 1, -1)
        steps.advance()
        if side.max() < 0:
            offsets[label] = -1.0
            continue
        for c, by_ratio in learners:
            ratio = _compute_ratio(present, side > 0) if by_ratio else None
            features = matrix if ratio is None else _scale_columns(matrix, ratio)
            learner = LinearSVC(C=c, tol=TOLERANCE, random_state=SEED).fit(features, side)
            learned = learner.coef_[0].astype(np.float32) / len(learners)
            weights[:, label] += learned if ratio is None else ratio * learned
            offsets[label] += float(learner.intercept_[0]) / len(learners)
    return weights - weights.mean(axis=1, keepdims=True), offsets


def _compute_ratio(present: sparse.csr_matrix, is_label: NDArray[np.bool_]) -> Floats:
    """Return how much likelier each feature is on one side than on the other: |log ratio|, add-one smoothed."""
    inside = np.asarray(present[is_label].sum(axis=0)).ravel() + 1.0
    outside = np.asarray(present[~is_label].sum(axis=0)).ravel() + 1.0
    ratio: Floats = np.abs(np.log((inside / inside.sum()) / (outside / outside.sum()))).astype(np.float32)
    return ratio


def _scale_columns(matrix: sparse.csr_matrix, by: Floats) -> sparse.csr_matrix:
    """Multiply each column by its number, ten times faster than the product with a diagonal matrix."""
    return sparse.csr_matrix((matrix.data * by[matrix.indices], matrix.indices, matrix.indptr), matrix.shape)


def _count_folds(target: Ints, groups: Ints, labels: int) -> int:
    """Return into how many parts the messages are split to be held out; 0 if they are too few."""
    folds = min(HOLDOUTS, len(set(groups.tolist())), int(np.bincount(target).min()))
    if folds < 2 or len(target) < FEW_TEXTS:
        return 0
    return folds if labels <= MANY_LABELS else 2


def _calibrate(
    matrix: sparse.csr_matrix, target: Ints, groups: Ints, folds: int, steps: _ProgressCounter
) -> tuple[NDArray[np.float64], float, dict[str, Any]]:
    """Find offsets and sureness from the margins of held-out messages, and return the macro-F1 on them."""
    from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415

    labels = int(target.max()) + 1
    if not folds:
        return np.zeros(labels), DEFAULT_SURENESS, {}
    margins = np.zeros((len(target), labels))
    for learn, test in StratifiedGroupKFold(folds, shuffle=True, random_state=SEED).split(
        matrix, target, groups
    ):
        weights, start = _fit_learners(matrix[learn], target[learn], labels, steps)
        margins[test] = matrix[test] @ weights + start
    offset = find_offset(margins, target)
    sureness = find_sureness(margins + offset, target)
    return (
        offset,
        sureness,
        {"macro_f1": round(compute_macro_f1(margins + offset, target), 4), "rows": len(target)},
    )


def find_offset(margins: NDArray[np.float64], target: Ints) -> NDArray[np.float64]:
    """Raise or lower each label's margin for the best macro-F1, less a small cost on large offsets."""
    scale = float((margins - margins.mean(axis=1, keepdims=True)).std())
    offset = np.zeros(margins.shape[1])
    best = compute_macro_f1(margins, target)
    for step in (0.2, 0.1, 0.05):
        for label, sign in [(k, s) for _ in range(3) for k in range(len(offset)) for s in (-1, 1)]:
            trial = offset.copy()
            trial[label] += sign * step
            value = compute_macro_f1(margins + scale * trial, target) - CALM * float(trial @ trial)
            if value > best:
                best, offset = value, trial
    return scale * offset


def find_sureness(margins: NDArray[np.float64], target: Ints) -> float:
    """Find the factor that makes softmax(factor x margins) the likeliest for the true labels (log scale, 0.3 to 30)."""
    factors = np.geomspace(0.3, 30, 60)
    rows = np.arange(len(target))

    def loss(factor: float) -> float:
        logits = factor * margins
        top = logits.max(axis=1, keepdims=True)
        return float(np.mean(top[:, 0] + np.log(np.exp(logits - top).sum(axis=1)) - logits[rows, target]))

    return float(min(factors, key=loss))


def compute_macro_f1(margins: NDArray[np.float64], target: Ints) -> float:
    """Return the average F1 of all labels, each with the same weight."""
    guess = margins.argmax(axis=1)
    size = margins.shape[1]
    hit = np.bincount(target[guess == target], minlength=size)
    return float(
        np.mean(
            2 * hit / np.maximum(1, np.bincount(guess, minlength=size) + np.bincount(target, minlength=size))
        )
    )
