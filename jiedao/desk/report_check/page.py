"""A checked text in pieces: the plain ones, and those that a finding concerns."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jiedao.reports.checker import CheckResult, Claim
from jiedao.reports.checker.labels import KIND_LABELS, VERDICT_LABELS, VERDICT_TONES


@dataclass(frozen=True)
class Piece:
    """A piece of the text, with the findings that it marks and the tone of the first of them."""

    text: str
    findings: tuple[dict[str, Any], ...] = ()

    @property
    def html(self) -> SafeString:
        """The piece with its mark, without a space that the text does not have."""
        if not self.findings:
            return format_html("{}", self.text)
        links = format_html_join(
            "",
            '<a class="rc-ref" href="#finding-{}" title="{}" aria-label="{} {}">{}</a>',
            (
                (
                    finding["number"],
                    finding["reason"],
                    finding["verdict"],
                    finding["number"],
                    finding["number"],
                )
                for finding in self.findings
            ),
        )
        first = self.findings[0]
        return format_html(
            '<mark class="rc-mark rc-mark--{}" id="mark-{}">{}{}</mark>',
            first["tone"],
            first["number"],
            self.text,
            links,
        )


def list_findings(result: CheckResult) -> list[dict[str, Any]]:
    """Return the findings as the page shows them, numbered in the order of the text."""
    return [
        _describe(number, finding)
        for number, finding in enumerate(sorted(result.findings, key=lambda claim: claim.start), start=1)
    ]


def _describe(number: int, finding: Claim) -> dict[str, Any]:
    return {
        "number": number,
        "start": finding.start,
        "end": finding.end,
        "verdict": VERDICT_LABELS[finding.verdict],
        "tone": VERDICT_TONES[finding.verdict],
        "kind": KIND_LABELS[finding.kind],
        "reason": finding.reason,
        "sentence": " ".join(finding.sentence.split()),
        "percent": f"{finding.confidence:.0%}",
    }


def cut_text(text: str, findings: list[dict[str, Any]]) -> list[Piece]:
    """Return the text in pieces. Findings that overlap share a mark, so that no character is shown twice."""
    pieces = []
    position = 0
    for start, end, marked in _join_spans(findings):
        if start > position:
            pieces.append(Piece(text[position:start]))
        for finding in marked:
            finding["mark"] = marked[0]["number"]
        pieces.append(Piece(text[start:end], tuple(marked)))
        position = end
    if position < len(text):
        pieces.append(Piece(text[position:]))
    return pieces


def _join_spans(findings: list[dict[str, Any]]) -> Iterator[tuple[int, int, list[dict[str, Any]]]]:
    joined: list[dict[str, Any]] = []
    end = -1
    for finding in findings:
        if joined and finding["start"] >= end:
            yield joined[0]["start"], end, joined
            joined = []
        joined.append(finding)
        end = max(end, finding["end"]) if len(joined) > 1 else finding["end"]
    if joined:
        yield joined[0]["start"], end, joined
