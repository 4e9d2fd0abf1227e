"""What the comparison of two reports shows: the documents to choose, figures side by side, texts in two colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from jiedao.kernel.errors import NotFoundError
from jiedao.pages.reading import read_number
from jiedao.reports.building import build_document
from jiedao.reports.comparing import DiffKind, DiffRow, Piece, compare_documents, compare_texts
from jiedao.reports.document import Document
from jiedao.reports.freezing import thaw
from jiedao.reports.models import Report, ReportVersion, Signature
from jiedao.reports.selectors import get_version, read_report

FEW = 2  # equal sentences that are shown rather than folded


@dataclass(frozen=True)
class Choice:
    """A document that can be compared; `key` is "7" for the report as it is now, "7:2" for its version 2."""

    key: str
    label: str
    report: Report
    number: int | None = None


@dataclass(frozen=True)
class Side:
    """A chosen document."""

    choice: Choice
    document: Document


def list_choices(report: Report) -> list[Choice]:
    """Return the reports of the template, the latest first, each with its versions."""
    reports = Report.objects.filter(template=report.template_id).select_related("template", "area", "unit")
    numbers: dict[int, list[int]] = {}
    rows = ReportVersion.objects.filter(report__template=report.template_id).order_by("-number")
    for report_id, number in rows.values_list("report_id", "number"):
        numbers.setdefault(report_id, []).append(number)
    signed = set(
        Signature.objects.filter(report__in=reports, withdrawn_at__isnull=True).values_list(
            "report_id", flat=True
        )
    )
    choices = []
    for row in reports:
        state = _("已签发") if row.pk in signed else _("现在的文字")
        choices.append(Choice(str(row.pk), f"{row.label}（{state}）", row))
        choices += [
            Choice(
                f"{row.pk}:{number}",
                _("%(name)s 第 %(n)s 版") % {"name": row.label, "n": number},
                row,
                number,
            )
            for number in numbers.get(row.pk, [])
        ]
    return choices


def read_side(report: Report, choices: Sequence[Choice], key: str, *, is_left: bool) -> Side | None:
    """Return the chosen document; without a key the report on the right, and what is before it on the left.

    Raises:
        NotFoundError: no such document of the template. UserError: its text can no longer be built.
    """
    if not key:
        choice = _find_default(report, choices) if is_left else _find(choices, str(report.pk))
        if choice is None:
            return None
    else:
        choice = _find(choices, key)
        if choice is None:
            raise NotFoundError(_("没有这份报告或这一版。"), hint=_("请从列表中选择同一模板的报告。"))
    return Side(choice, _read_document(choice))


def _find(choices: Sequence[Choice], key: str) -> Choice | None:
    head, _colon, _tail = key.partition(":")
    return next((choice for choice in choices if choice.key == key and read_number(head) is not None), None)


def _find_default(report: Report, choices: Sequence[Choice]) -> Choice | None:
    """Return the report before this one at the same place, else the version before the last."""
    earlier = [
        choice
        for choice in choices
        if choice.number is None
        and choice.report.place_key == report.place_key
        and choice.report.last_date < report.first_date
    ]
    if earlier:
        return max(earlier, key=lambda choice: choice.report.last_date)
    versions = [choice for choice in choices if choice.report.pk == report.pk and choice.number is not None]
    return versions[1] if len(versions) > 1 else None


def _read_document(choice: Choice) -> Document:
    if choice.number is None:
        return read_report(choice.report)
    signature = Signature.objects.filter(report=choice.report, version__number=choice.number).first()
    if signature is not None:
        return thaw(signature.content)
    return build_document(
        get_version(choice.report, choice.number).text, choice.report.period, choice.report.place
    )


def describe_comparison(left: Side, right: Side) -> dict[str, Any]:
    """Return the context of two documents."""
    figures = compare_documents(left.document, right.document)
    rows = compare_texts(left.document, right.document)
    counts = {kind: sum(row.kind is kind for row in rows) for kind in DiffKind}
    return {
        "changed": [row for row in figures if row.is_in_both and row.is_changed],
        "same": [row for row in figures if row.is_in_both and not row.is_changed],
        "only_left": [row for row in figures if row.right is None],
        "only_right": [row for row in figures if row.left is None],
        "groups": _fold(rows),
        "counts": {str(kind): count for kind, count in counts.items()},
        "is_same_text": counts[DiffKind.EQUAL] == len(rows),
    }


def _fold(rows: Sequence[DiffRow]) -> list[dict[str, Any]]:
    """Return the rows as the page shows them: sentences that are equal are folded where there are more than a few."""
    groups: list[dict[str, Any]] = []
    for row in rows:
        is_equal = row.kind is DiffKind.EQUAL and not row.is_heading
        if not groups or groups[-1]["is_equal"] is not is_equal:
            groups.append({"is_equal": is_equal, "rows": []})
        groups[-1]["rows"].append(_describe_row(row))
    for group in groups:
        group["is_folded"] = group["is_equal"] and len(group["rows"]) > FEW
    return groups


def _describe_row(row: DiffRow) -> dict[str, Any]:
    return {
        "kind": row.kind.value,
        "is_heading": row.is_heading,
        "left": _write_pieces(row.left, "del"),
        "right": _write_pieces(row.right, "ins"),
    }


def _write_pieces(pieces: Sequence[Piece], tag: str) -> SafeString:
    return format_html_join(
        "",
        "{}",
        (
            (format_html("<{0}>{1}</{0}>", tag, piece.text) if piece.is_changed else piece.text,)
            for piece in pieces
        ),
    )
