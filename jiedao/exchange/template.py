"""Templates for texts that join several columns."""

import re
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Template:
    """A text that joins columns, such as "{complaint_type}: {descriptor}"."""

    source: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the template names."""
        return tuple(name.strip() for name in PLACEHOLDER.findall(self.source))

    def fill(self, values: dict[str, str]) -> str:
        """Return the filled text; the text between two columns is left out when one of them is empty."""
        pieces = PLACEHOLDER.split(self.source)
        text = ""
        for separator, name in zip(pieces[0::2], pieces[1::2], strict=False):
            if value := values[name.strip()]:
                text += (separator if text else pieces[0]) + value
        return text + pieces[-1] if text else ""
