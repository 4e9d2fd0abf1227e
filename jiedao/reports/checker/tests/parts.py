"""What the tests of the checker share."""

from jiedao.reports.checker import Claim, Kind, Verdict, check_text


def list_kinds(text: str) -> list[Kind]:
    """Return the kinds of the alarms of a text."""
    return [claim.kind for claim in check_text(text).alarms]


def list_reasons(text: str) -> list[str]:
    """Return the reasons of the alarms of a text."""
    return [claim.reason for claim in check_text(text).alarms]


def find_claim(text: str, kind: Kind, verdict: Verdict) -> Claim:
    """Return the only claim of a kind with a verdict."""
    result = check_text(text)
    matches = [
        claim
        for claim in (*result.findings, *result.claims)
        if (claim.kind, claim.verdict) == (kind, verdict)
    ]
    assert len(matches) == 1, [
        (claim.kind, claim.verdict, claim.reason) for claim in (*result.findings, *result.claims)
    ]
    return matches[0]
