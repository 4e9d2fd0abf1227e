"""What a suggestion is, whoever makes it: the keywords of a pack or a model trained on labelled messages."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One proposed label: how sure (0 to 1), and the fragments of the text that led to it, strongest first."""

    label: str
    confidence: float
    words: list[str]


class Suggester(Protocol):
    """Whatever can propose labels for a message."""

    def suggest(self, subject: str, detail: str, top: int = 3) -> list[Suggestion]:
        """Propose at most `top` labels, the likeliest first."""
        ...
