"""The commands `jiedao report`: build a report, verify its figures, check the numbers of a text."""

import json
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import click
from django.utils.translation import gettext as _

from jiedao.indicators.compute import find_place
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import parse_period
from jiedao.reports.binding import KIND, UnboundNumber, find_unbound
from jiedao.reports.building import build_document
from jiedao.reports.checker import Claim, Verdict, check_text
from jiedao.reports.checker.labels import VERDICT_LABELS
from jiedao.reports.document import Document
from jiedao.reports.finishing import finish_document, make_draft_mark
from jiedao.reports.foreign_check import check_foreign_text
from jiedao.reports.output.files import FORMATS, write_file
from jiedao.reports.reading import LONGEST, read_document, refuse_document
from jiedao.reports.selectors import find_report_template, find_stored_report, read_report
from jiedao.reports.verifying import Status, Verification, read_published, verify_figures
from jiedao.reports.word_templates.building import build_draft, build_word
from jiedao.reports.word_templates.filling import open_template

STANDARD_INPUT = Path("-")


@click.group()
def report_group() -> None:
    """Build reports and check the numbers of a text."""


@report_group.command()
@click.argument("key")
@click.option("--area", default="", help="The code of a community, for a report of one community.")
@click.option("--unit", default="", help="The code of a unit, for a report of one unit.")
@click.option(
    "--template",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A .docx file with tags, such as a letterhead, for the Word file.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="A folder.")
def build(key: str, area: str, unit: str, template: Path | None, out: Path) -> None:
    """Build the report KEY as HTML, Word and PDF: a period such as 2020H1, or TEMPLATE:PERIOD."""
    name, document = _read_document(key, area, unit)
    # All files before the first is written: a template that cannot be filled leaves nothing half done.
    files = {suffix: write_file(document, suffix) for suffix in FORMATS if suffix != "docx" or not template}
    if template is not None:
        files["docx"] = _fill_template(template, key, area, unit)
    out.mkdir(parents=True, exist_ok=True)
    for suffix in FORMATS:
        path = out / f"{name}.{suffix}"
        path.write_bytes(files[suffix])
        click.echo(str(path))
    figures = {id(run.figure) for run in document.runs if run.figure is not None}
    click.echo(_("共引用 %(n)s 个指标数。") % {"n": len(figures)})
    for note in document.notes:
        click.echo(_("没有数据：%(note)s") % {"note": note})
    for number in find_unbound(document):
        click.echo(_("不是指标的数：%(words)s") % {"words": number.words})


@report_group.command()
@click.argument("key")
@click.option(
    "--seed", required=True, type=click.Path(path_type=Path), help="A CSV: id,value,qualifier,period."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def verify(key: str, seed: Path, as_json: bool) -> None:
    """Compare the figures of this office in the period KEY with those of a published report."""
    period = parse_period(key.rpartition(":")[2])
    results = verify_figures(read_published(seed), period)
    if as_json:
        click.echo(json.dumps({"figures": list(map(_describe, results))}, ensure_ascii=False, indent=2))
    else:
        for result in results:
            if result.status is Status.DIFFERS:
                words = {"id": result.published.id, "note": result.note, "value": _write(result.value)}
                click.echo(_("%(id)s 不符（%(note)s）：本街道 %(value)s") % words)
        counts = {status: sum(result.status is status for result in results) for status in Status}
        click.echo(
            _("%(all)s 个数：由记录得出 %(reproduced)s，填报 %(entered)s，不符 %(differs)s。")
            % {"all": len(results), **{status.value: count for status, count in counts.items()}}
        )
    if any(result.status is Status.DIFFERS for result in results):
        raise SystemExit(1)


@report_group.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--own", is_flag=True, help="FILE is the key of a report of this office, such as 2020H1.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(file: Path, own: bool, as_json: bool) -> None:
    """Check the numbers of FILE (.txt, .html, .docx, .pdf with text; - for standard input) against one another.

    Of a report of this office, every number must be a figure or be marked as a name.
    """
    if own:
        _check_own(str(file), as_json)
        return
    result = check_foreign_text(read_standard_input() if file == STANDARD_INPUT else read_document(file))
    if as_json:
        document = {
            "findings": [finding.describe() for finding in result.findings],
            "claims": [claim.describe() for claim in result.claims],
            "implied": [claim.describe() for claim in result.implied],
            "quantities": result.quantities,
            "complete": result.is_complete,
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for finding in result.findings:
        click.echo(format_finding(finding))
    if not result.is_complete:
        click.echo(_("文字中的数过于密集，没有全部核对；请按章节分开再核对。"))
    for claim in result.implied:
        click.echo(_("推算：%(reason)s") % {"reason": claim.reason})
    click.echo(
        _("共有 %(numbers)s 个数，核对了 %(count)s 处，其中 %(wrong)s 处有误。")
        % {
            "numbers": result.quantities,
            "count": len(result.claims) + len(result.findings),
            "wrong": len(result.alarms),
        }
    )


def _check_own(key: str, as_json: bool) -> None:
    _name, document = _read_document(key, "", "")
    unbound = find_unbound(document)
    result = check_text(document.text)
    findings = [_describe_unbound(number) for number in unbound]
    if as_json:
        described = findings + [finding.describe() for finding in result.findings]
        click.echo(json.dumps({"findings": described}, ensure_ascii=False, indent=2))
        return
    for number in unbound:
        click.echo(_("不是指标的数：%(words)s") % {"words": number.words})
    for finding in result.findings:
        click.echo(format_finding(finding))
    click.echo(_("不是指标、也不是名称的数：%(n)s 个。") % {"n": len(unbound)})


def _describe_unbound(number: UnboundNumber) -> dict[str, object]:
    return {
        "kind": KIND,
        "verdict": Verdict.UNTESTABLE.value,
        "sentence": number.sentence,
        "reason": _("这个数不是指标，也没有标为名称"),
        "confidence": 1.0,
        "numbers": [number.words],
    }


def _fill_template(path: Path, key: str, area: str, unit: str) -> bytes:
    place = find_place(area, unit)
    template, period = find_report_template(key, place)
    content = path.read_bytes()
    open_template(content, path.name)
    stored = find_stored_report(template, period, place)
    if stored is not None:
        return build_word(content, stored)
    document = build_document(template.text, period, place)
    return build_draft(content, document, period, place, mark=make_draft_mark())


def _read_document(key: str, area: str, unit: str) -> tuple[str, Document]:
    """Return the name for files and the document of a report as it is printed: as stored, else a draft of the
    pack's text.
    """
    place = find_place(area, unit)
    template, period = find_report_template(key, place)
    stored = find_stored_report(template, period, place)
    if stored is not None:
        document = finish_document(stored, read_report(stored))
    else:
        document = replace(build_document(template.text, period, place), header=make_draft_mark())
    return "-".join(filter(None, (template.key, period.text, area or unit))), document


def _describe(result: Verification) -> dict[str, object]:
    return {
        "id": result.published.id,
        "status": result.status.value,
        "value": _write(result.value),
        "expected": f"{result.published.value:f}",
        "rows": result.rows,
        "measure": result.figure.measure.key if result.figure is not None else None,
        "note": result.note,
    }


def _write(number: Decimal | None) -> str | None:
    return None if number is None else f"{number.normalize():f}"


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
