"""Find the numbers of one of our own reports that are neither a figure nor marked as a name."""

from collections.abc import Iterable
from dataclasses import dataclass

from jiedao.reports.checker.layout import Layout
from jiedao.reports.checker.quantities import find_quantities
from jiedao.reports.document import Document, Run, read_text
from jiedao.reports.planning.sentences import place_blocks

KIND = "unbound"
_FILLER = "\ue000"  # in place of what is bound, so that digits on both sides are no number together


@dataclass(frozen=True)
class UnboundNumber:
    """A number that nobody can open: the words as printed and the paragraph that they are in."""

    words: str
    sentence: str

    @property
    def snippet(self) -> str:
        """What the text has instead of the words where they are part of a name."""
        return f'{{{{ name("{self.words}") }}}}'


def find_unbound(document: Document) -> list[UnboundNumber]:
    """Return the numbers of headings and paragraphs that come from no figure, in the order of the text.

    Dates, ordinals, numbers of lists and names in quotation marks are no quantities. The numbers of the plan are left
    out: they are targets (`find_targets`).
    """
    return _find(document, is_plan=False)


def find_targets(document: Document) -> list[UnboundNumber]:
    """Return the numbers of the plan that come from no figure: targets, of which there is no figure yet."""
    return _find(document, is_plan=True)


def _find(document: Document, *, is_plan: bool) -> list[UnboundNumber]:
    return [
        number
        for placed in place_blocks(document)
        if placed.is_plan == is_plan
        for number in _find_in_runs(placed.block.runs)
    ]


def _find_in_runs(runs: Iterable[Run]) -> list[UnboundNumber]:
    runs = tuple(runs)
    open_text = "".join(_FILLER * len(run.text) if run.figure or run.is_name else run.text for run in runs)
    sentence = read_text(runs)
    return [
        UnboundNumber(sentence[quantity.start : quantity.end], sentence)
        for quantity in find_quantities(Layout(open_text))
    ]
