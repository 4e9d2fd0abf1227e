"""What the checker reports about a text."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from jiedao.reports.checker.layout import Layout


class Kind(StrEnum):
    """The kinds of claims that are computed."""

    RATIO = "ratio"
    SUM = "sum"
    PART_WHOLE = "part_whole"
    GROWTH = "growth"
    IMPLIED = "implied"
    CONFLICT = "conflict"
    PERIOD = "period"
    PERCENT = "percent"
    RANK = "rank"
    SHARE = "share"
    BALANCE = "balance"
    UNBOUND = "unbound"


class Verdict(StrEnum):
    """What became of a claim."""

    WRONG = "wrong"
    UNTESTABLE = "untestable"
    OTHER_BASE = "other_base"
    HOLDS = "holds"


@dataclass(frozen=True)
class Claim:
    """A claim of the text with its verdict.

    Attributes:
        start: the offset in the text of the number that is claimed.
        end: the offset behind it.
        sentence: the exact part of the text that makes the claim.
        numbers: the numbers that take part, as printed; the claimed one comes last.
        reason: the computation with the numbers filled in, in the reader's language.
        confidence: from 0 to 1.
        distance: how far a printed percentage is from the computed one, where that is known.
    """

    kind: Kind
    verdict: Verdict
    start: int
    end: int
    sentence: str
    numbers: tuple[str, ...]
    reason: str
    confidence: float
    distance: Decimal | None = None

    def describe(self) -> dict[str, Any]:
        """Return the claim as JSON."""
        return {
            "kind": self.kind,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "reason": self.reason,
            "confidence": self.confidence,
            "numbers": list(self.numbers),
            "start": self.start,
            "end": self.end,
        }


Finding = Claim


def claim_span(  # noqa: PLR0917 (in the order of the fields of a claim)
    layout: Layout,
    kind: Kind,
    verdict: Verdict,
    span: tuple[int, int],
    reason: str,
    numbers: tuple[str, ...],
    confidence: float,
) -> Claim:
    """Return a claim of words that are not a single number, such as a period or a structure of shares."""
    start, end = span
    return Claim(kind, verdict, start, end, layout.quote(start, start), numbers, reason, confidence)


@dataclass(frozen=True)
class CheckResult:
    """Everything that was checked in a text, in its order.

    Attributes:
        findings: the claims that do not hold, cannot be tested or fit another base.
        claims: the claims that hold.
        implied: the plans and earlier amounts that rates imply and the text does not print.
        quantities: the number of quantities in the text.
        is_complete: whether every rule has read the complete text within its time.
    """

    findings: list[Claim] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    implied: list[Claim] = field(default_factory=list)
    quantities: int = 0
    is_complete: bool = True

    @property
    def alarms(self) -> list[Claim]:
        """The findings that are wrong by every reading."""
        return [finding for finding in self.findings if finding.verdict is Verdict.WRONG]
