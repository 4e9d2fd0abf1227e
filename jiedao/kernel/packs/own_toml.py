"""Writing values as TOML, to be copied into the files of a pack."""

import json
from collections.abc import Mapping
from typing import Any


def write_value(value: Any) -> str:
    """Return a value in the notation of TOML: texts, numbers, truth values, lists and tables of these."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {write_value(entry)}" for key, entry in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(write_value, value)) + "]"
    # the escapes of JSON are those of a basic string of TOML
    return json.dumps(value, ensure_ascii=False)


def write_table(name: str, values: Mapping[str, Any], *, many: bool = False) -> str:
    """Return a table with its heading, or with `many` one entry of a list of tables; None is left out."""
    heading = f"[[{name}]]" if many else f"[{name}]"
    lines = [f"{key} = {write_value(value)}" for key, value in values.items() if value is not None]
    return "\n".join([heading, *lines]) + "\n"
