"""Answers of an office to a request for its published figures."""

import json
from typing import Any


def make_figure(
    measure: str = "cases.on_time_rate", value: str | None = "90.5", **fields: Any
) -> dict[str, Any]:
    definition = {
        "version": "v1",
        "digits": 1,
        "meaning": "按期处置数除以应处置数。",
        **fields.pop("definition", {}),
    }
    return {
        "measure": measure,
        "name": "按期处置率",
        "name_en": "Handled on time",
        "value": value,
        "unit": "%",
        "better": "more",
        "ended": True,
        "definition": definition,
        **fields,
    }


def make_answer(*figures: dict[str, Any], code: str = "440307002", **fields: Any) -> bytes:
    document = {
        "first": "2020-01-01",
        "last": "2020-06-30",
        "as_of": "2020-07-01T08:00:00+08:00",
        "towns": [{"code": code, "name": "布吉街道"}],
        "figures": list(figures),
        **fields,
    }
    return json.dumps(document).encode()
