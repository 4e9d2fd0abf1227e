"""The commands `jiedao report`: check the numbers of a text."""

import json
import sys
from pathlib import Path

import click
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError
from jiedao.reports.checker import Claim, check_text
from jiedao.reports.checker.labels import VERDICT_LABELS
from jiedao.reports.reading import LONGEST, read_document, refuse_document

STANDARD_INPUT = Path("-")


@click.group()
def report_group() -> None:
    """Build reports and check the numbers of a text."""


@report_group.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(file: Path, as_json: bool) -> None:
    """Check the numbers of FILE (.txt, .html, .docx, .pdf with text; - for standard input) against one another."""
    result = check_text(read_standard_input() if file == STANDARD_INPUT else read_document(file))
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


def read_standard_input() -> str:
    """Return the text of standard input, in UTF-8 or GB 18030; raise UserError where it is no text, or too long."""
    data: bytes = sys.stdin.buffer.read(LONGEST * 4 + 1)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if len(text) > LONGEST:
            raise refuse_document("LONG", "-")
        if not text.strip():
            raise refuse_document("EMPTY", "-")
        return text
    raise UserError(_("标准输入不是文字。"), hint=_("请用 UTF-8 编码的文字。"), field="file")


def format_finding(finding: Claim) -> str:
    """Return a finding as lines of text: verdict, reason, and the sentence."""
    verdict = VERDICT_LABELS[finding.verdict]
    percent = f"{finding.confidence:.0%}"
    return _("%(verdict)s（把握 %(confidence)s）：%(reason)s\n    %(sentence)s") % {
        "verdict": verdict,
        "confidence": percent,
        "reason": finding.reason,
        "sentence": " ".join(finding.sentence.split()),
    }
