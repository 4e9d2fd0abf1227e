"""The form of a suggestion, whether it comes from the keywords of a pack or from a trained model."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One proposed label: its confidence (0 to 1), and the fragments of the text that led to it, strongest first."""

    label: str
    confidence: float
    words: list[str]


class Suggester(Protocol):
    """Anything that can propose labels for a message."""

    def suggest(self, subject: str, detail: str, top: int = 3) -> list[Suggestion]:
        """Return at most `top` labels, the likeliest first."""
        ...
