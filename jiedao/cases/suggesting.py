"""Suggesting the category of a text: by the trained model where there is one, else by the keywords of the pack."""

import logging
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from jiedao.cases import catalogue
from jiedao.cases.text.keywords import KeywordSuggester
from jiedao.cases.text.suggestion import Suggestion
from jiedao.kernel.memo import Memo

if TYPE_CHECKING:
    from jiedao.cases.text.classifier import Model

MAX_SUGGESTIONS = 3
LOG = logging.getLogger(__name__)


def get_model_path() -> Path:
    """Return the path of the trained model."""
    return Path(settings.JIEDAO_DATA) / "models" / "suggest.npz"


@lru_cache(maxsize=1)
def _read_model(path: Path, _changed_ns: int) -> "Model | None":
    """Read the model; the time of its last change makes a new file be read again."""
    from jiedao.cases.text.classifier import Model  # noqa: PLC0415 (numpy is needed only with a model)

    try:
        return Model.load(path)
    except (ValueError, OSError) as fault:
        # A case must be filed whatever the state of the model: the keywords suggest, and the log states why.
        LOG.warning("suggesting by keywords, the model cannot be used: %s", fault)
        return None


def _load_model() -> "Model | None":
    path = get_model_path()
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return None
    return _read_model(path, changed)


def _load_keywords() -> KeywordSuggester:
    rows = [
        (str(info.id), list(info.keywords) or [info.name])
        for info in catalogue.CATEGORIES.get().values()
        if info.active and info.parent_id is not None
    ]
    return KeywordSuggester(rows)


def _load_labels() -> dict[str, int]:
    """Return the category id of each label of training data, a name or a code; small classes win over large ones."""
    labels: dict[str, int] = {}
    for info in sorted(catalogue.CATEGORIES.get().values(), key=lambda row: row.parent_id is not None):
        if info.active:
            labels[info.name] = info.id
            labels[f"{info.kind}:{info.code}"] = info.id
    return labels


MODEL: "Memo[Model | None]" = Memo(_load_model, seconds=60.0)
KEYWORDS: Memo[KeywordSuggester] = Memo(_load_keywords, seconds=60.0)
LABELS: Memo[dict[str, int]] = Memo(_load_labels, seconds=60.0)


def _make_entry(suggestion: Suggestion, category_id: int | None, by: str) -> dict[str, Any]:
    return {
        "category": category_id,
        "label": "" if category_id is not None else suggestion.label,
        "confidence": round(float(suggestion.confidence), 3),
        "words": list(suggestion.words),
        "by": by,
    }


def suggest(subject: str, detail: str) -> list[dict[str, Any]]:
    """Return up to three suggestions, the most confident first.

    Each is {"category": id or None, "label": the label where no category has that name, "confidence": 0 to 1,
    "words": what led to it, "by": "model" or "keywords"}. Of a model whose labels are no categories of the pack (a
    foreign scheme) the best label is a hint, and the keywords suggest categories.
    """
    model = MODEL.get()
    entries: list[dict[str, Any]] = []
    if model is not None:
        labels = LABELS.get()
        ranked = [
            _make_entry(row, labels.get(row.label), "model")
            for row in model.suggest(subject, detail, top=MAX_SUGGESTIONS)
        ]
        entries = [entry for entry in ranked if entry["category"] is not None] or ranked[:1]
    if len(entries) < MAX_SUGGESTIONS:
        known = {entry["category"] for entry in entries}
        for row in KEYWORDS.get().suggest(subject, detail, top=MAX_SUGGESTIONS):
            if int(row.label) not in known and len(entries) < MAX_SUGGESTIONS:
                entries.append(_make_entry(row, int(row.label), "keywords"))
    return entries
