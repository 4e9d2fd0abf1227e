"""The commands `jiedao report`: check the numbers of a text."""

import json
from pathlib import Path

import click
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.reports.checker import Claim, Verdict, check_text
from jiedao.reports.reading import read_document

VERDICTS = {
    Verdict.WRONG: gettext_lazy("有误"),
    Verdict.UNTESTABLE: gettext_lazy("无法核对"),
    Verdict.OTHER_BASE: gettext_lazy("另有口径"),
}


@click.group()
def report_group() -> None:
    """Build reports and check the numbers of a text."""


@report_group.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(file: Path, as_json: bool) -> None:
    """Check the numbers of FILE (.txt, .html, .docx, .pdf with text) against one another."""
    result = check_text(read_document(file))
    if as_json:
        document = {
            "findings": [finding.describe() for finding in result.findings],
            "claims": [claim.describe() for claim in result.claims],
            "quantities": result.quantities,
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for finding in result.findings:
        click.echo(format_finding(finding))
    click.echo(
        _("共有 %(numbers)s 个数，核对了 %(count)s 处，其中 %(wrong)s 处有误。")
        % {
            "numbers": result.quantities,
            "count": len(result.claims) + len(result.findings),
            "wrong": len(result.alarms),
        }
    )


def format_finding(finding: Claim) -> str:
    """Return a finding as lines of text: verdict, reason, and the sentence."""
    verdict = VERDICTS[finding.verdict]
    percent = f"{finding.confidence:.0%}"
    return _("%(verdict)s（把握 %(confidence)s）：%(reason)s\n    %(sentence)s") % {
        "verdict": verdict,
        "confidence": percent,
        "reason": finding.reason,
        "sentence": " ".join(finding.sentence.split()),
    }
