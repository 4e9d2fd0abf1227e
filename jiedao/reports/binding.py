"""Find the numbers of one of our own reports that are neither a figure nor marked as a name."""

from collections.abc import Iterable
from dataclasses import dataclass

from jiedao.reports.checker.layout import Layout
from jiedao.reports.checker.quantities import find_quantities
from jiedao.reports.document import Document, Heading, Paragraph, Run, read_text

KIND = "unbound"
_FILLER = "\ue000"  # in place of what is bound, so that digits on both sides are no number together


@dataclass(frozen=True)
class UnboundNumber:
    """A number that nobody can open: the words as printed and the paragraph that they are in."""

    words: str
    sentence: str


def find_unbound(document: Document) -> list[UnboundNumber]:
    """Return the numbers of headings and paragraphs that come from no figure, in the order of the text.

    Dates, ordinals, numbers of lists and names in quotation marks are no quantities.
    """
    unbound = []
    for block in document.blocks:
        if isinstance(block, Heading | Paragraph):
            unbound += _find_in_runs(block.runs)
    return unbound


def _find_in_runs(runs: Iterable[Run]) -> list[UnboundNumber]:
    runs = tuple(runs)
    open_text = "".join(_FILLER * len(run.text) if run.figure or run.is_name else run.text for run in runs)
    sentence = read_text(runs)
    return [
        UnboundNumber(sentence[quantity.start : quantity.end], sentence)
        for quantity in find_quantities(Layout(open_text))
    ]
