"""Run all rules over a text."""

from jiedao.reports.checker.context import Context, OutOfTimeError
from jiedao.reports.checker.findings import CheckResult, Claim, Verdict
from jiedao.reports.checker.layout import Layout
from jiedao.reports.checker.rules.implied import derive_bases
from jiedao.reports.checker.rules.table import RULES


def check_text(text: str) -> CheckResult:
    """Return what the numbers of a text claim, and which claims do not hold."""
    context = Context(Layout(text))
    claims: dict[tuple[int, str], Claim] = {}
    derived: list[Claim] = []
    is_complete = True
    try:
        for rule in RULES:
            for claim in rule(context):
                key = (claim.start, claim.kind)
                if key not in claims or claims[key].confidence < claim.confidence:
                    claims[key] = claim
        derived = list(derive_bases(context))
    except OutOfTimeError:
        is_complete = False
    for claim in derived:
        if claim.verdict is Verdict.HOLDS:
            claims.setdefault((claim.start, claim.kind), claim)
    ordered = sorted(claims.values(), key=lambda claim: claim.start)
    return CheckResult(
        findings=[claim for claim in ordered if claim.verdict is not Verdict.HOLDS],
        claims=[claim for claim in ordered if claim.verdict is Verdict.HOLDS],
        implied=[claim for claim in derived if claim.verdict is Verdict.UNTESTABLE],
        quantities=len(context.quantities),
        is_complete=is_complete,
    )
