"""Texts that join several columns."""

import re
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Template:
    """A text that joins columns, such as "{complaint_type}: {descriptor}"."""

    source: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it names."""
        return tuple(name.strip() for name in PLACEHOLDER.findall(self.source))

    def fill(self, values: dict[str, str]) -> str:
        """Return the text. What stands between two columns is left out where one side is empty."""
        pieces = PLACEHOLDER.split(self.source)
        out = ""
        for before, name in zip(pieces[0::2], pieces[1::2], strict=False):
            if value := values[name.strip()]:
                out += (before if out else pieces[0]) + value
        return out + pieces[-1] if out else ""
