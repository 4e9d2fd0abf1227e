"""The version of a measure's definition: a digest over what makes its number.

Two offices whose measures have one key but count differently have different versions. Names are left out, and so is
`since`: it states from which day the office has data, not how they are counted. The definition in words is part of the
version of an entered measure only, because nothing else states what is entered.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from jiedao.indicators.models import Measure, MeasureKind

DIGITS = 16  # of the hexadecimal digest


def compute_versions(measures: Mapping[str, Measure]) -> dict[str, str]:
    """Return the version of each measure by key; `measures` also holds those that their formulas name."""
    return {key: _compute_version(measure, measures, ()) for key, measure in measures.items()}


def _compute_version(measure: Measure, measures: Mapping[str, Measure], above: tuple[str, ...]) -> str:
    parts: dict[str, Any] = {
        "kind": measure.kind,
        "unit": measure.unit_label,
        "digits": measure.digits,
        "spec": {name: _normalise(value) for name, value in measure.spec.items() if name != "since"},
    }
    if measure.kind == MeasureKind.ENTERED:
        parts["meaning"] = "".join(measure.meaning.split())
    if measure.kind == MeasureKind.FORMULA:
        inner = (*above, measure.key)
        parts["terms"] = {
            name: _compute_version(measures[key], measures, inner)
            if key in measures and key not in inner
            else key
            for name, key in measure.spec.get("terms", {}).items()
        }
        parts["spec"].pop("terms", None)
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _normalise(value: Any) -> Any:
    """Return a value in which 1 and 1.0, and a single spec and a list of one, are the same."""
    if isinstance(value, Mapping):
        return {str(name): _normalise(part) for name, part in value.items()}
    if isinstance(value, list):
        parts = [_normalise(part) for part in value]
        return parts[0] if len(parts) == 1 else parts
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
