"""Reports over JSON: the list, one report with its text and figures, and its files."""

from typing import Any, Literal
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import gettext as _
from ninja import Query, Router

from jiedao.api.auth import READ_REPORTS
from jiedao.api.filters import build_page_link, check_names, check_single
from jiedao.api.schemas_problems import READ
from jiedao.api.schemas_reports import ReportDetailOut, ReportFileIn, ReportIn, ReportsIn, ReportsOut
from jiedao.files.storage import open_content
from jiedao.indicators.compute import find_place
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.periods import parse_period
from jiedao.orgs.actor import Actor
from jiedao.reports.describing import describe_document
from jiedao.reports.downloading import record_report_download
from jiedao.reports.finishing import finish_document
from jiedao.reports.models import VIEW, Report, ReportVersion, Signature
from jiedao.reports.output.files import FORMATS, write_file
from jiedao.reports.selectors import (
    find_readable_report,
    find_signature,
    get_version,
    list_templates,
    list_word_templates,
    read_report,
    read_report_page,
)
from jiedao.reports.word_templates.building import build_word

router = Router(tags=["reports"])
ROOT = "/api/v1/reports"
BINARY = {"schema": {"type": "string", "format": "binary"}}
FILES = {
    "responses": {
        200: {
            "description": "The file",
            "content": {kind.partition(";")[0]: BINARY for kind in FORMATS.values()},
        }
    }
}


def _require_reader(request: HttpRequest) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]
    actor.require(VIEW)
    return actor


@router.get(
    "/reports",
    auth=READ_REPORTS,
    response={200: ReportsOut, **READ},
    summary="List the reports",
    operation_id="list_reports",
)
def reports(request: HttpRequest, query: Query[ReportsIn]) -> Any:
    """List the reports, the latest period first, 50 a page, and the kinds of reports."""
    actor = _require_reader(request)
    check_names(request.GET, list(ReportsIn.model_fields))
    check_single(request.GET)
    kinds = list_templates()
    if query.report and query.report not in {kind.key for kind in kinds}:
        raise UserError(
            _("没有“%(key)s”这样的报告。") % {"key": query.report[:60]},
            hint=_("可用：%(keys)s") % {"keys": "、".join(kind.key for kind in kinds)},
            field="report",
        )
    number = int(query.cursor[1:]) if query.cursor else query.page
    page = read_report_page(actor, key=query.report or "", number=number)
    return {
        "reports": [_describe(line.report, line.last, line.signature) for line in page.lines],
        "kinds": [
            {"report": kind.key, "name": kind.label, "period_kind": kind.period_kind, "scope": kind.scope}
            for kind in kinds
        ],
        "total": page.total,
        "next": build_page_link(request, f"n{number + 1}" if page.has_next else ""),
        "previous": build_page_link(request, f"p{number - 1}" if number > 1 else ""),
    }


@router.get(
    "/reports/{key}/{period}",
    auth=READ_REPORTS,
    response={200: ReportDetailOut, **READ},
    summary="Read a report",
    operation_id="read_report",
)
def report(request: HttpRequest, key: str, period: str, query: Query[ReportIn]) -> Any:
    """Return a report with its text and every figure in it: as it was signed, or as the draft is now."""
    actor = _require_reader(request)
    check_names(request.GET, list(ReportIn.model_fields))
    check_single(request.GET)
    stored = _find_report(actor, key, period, query)
    own = _describe(stored, get_version(stored), find_signature(stored))
    templates = [
        {"name": row.name, "url": _add_query(own["files"]["docx"], template=row.name)}
        for row in list_word_templates(actor, stored.template)
    ]
    return own | describe_document(read_report(stored)) | {"word_templates": templates}


@router.get(
    "/reports/{key}/{period}/files/{suffix}",
    auth=READ_REPORTS,
    response=READ,
    openapi_extra=FILES,
    summary="Download a report",
    operation_id="download_report",
)
def report_file(
    request: HttpRequest,
    key: str,
    period: str,
    suffix: Literal["html", "docx", "pdf"],
    query: Query[ReportFileIn],
) -> Any:
    """Return a report as HTML, Word or PDF; `template` names a Word template of the office."""
    actor = _require_reader(request)
    check_names(request.GET, list(ReportFileIn.model_fields))
    check_single(request.GET)
    stored = _find_report(actor, key, period, query)
    if query.template:
        content = _fill_template(actor, stored, query.template, suffix)
    else:
        content = write_file(finish_document(stored, read_report(stored)), suffix)
    record_report_download(
        actor=actor,
        report=stored,
        suffix=suffix,
        is_draft=find_signature(stored) is None,
        word_template=query.template or "",
    )
    answer = HttpResponse(content, content_type=FORMATS[suffix])
    name = f"{stored.template.key}-{stored.period.text}.{suffix}"
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer


def _find_report(actor: Actor, key: str, period: str, query: ReportIn) -> Report:
    return find_readable_report(
        actor, key, parse_period(period), find_place(query.area or "", query.unit or "")
    )


def _fill_template(actor: Actor, stored: Report, name: str, suffix: str) -> bytes:
    if suffix != "docx":
        raise UserError(
            _("Word 模板只用于 docx。"), hint=_("请去掉 template，或下载 docx。"), field="template"
        )
    templates = {row.name: row for row in list_word_templates(actor, stored.template)}
    if name not in templates:
        raise NotFoundError(
            _("没有“%(name)s”这个 Word 模板。") % {"name": name[:60]},
            hint=_("可用：%(names)s") % {"names": "、".join(templates) or _("无")},
            field="template",
        )
    with open_content(templates[name].blob.sha256) as file:
        return build_word(file.read(), stored)


def _describe(stored: Report, version: ReportVersion, signature: Signature | None) -> dict[str, Any]:
    place, period = stored.place, stored.period.text
    query = {name: code for name, code in (("area", place.area_code), ("unit", place.unit_code)) if code}
    url = f"{ROOT}/{quote(stored.template.key)}/{quote(period)}"
    return {
        "report": stored.template.key,
        "name": stored.label,
        "period": period,
        "area": place.area_code,
        "unit_code": place.unit_code,
        "state": "draft" if signature is None else "signed",
        "version": version.number,
        "signed_at": None if signature is None else signature.signed_at,
        "signed_by": "" if signature is None else signature.signed_by.full_name,
        "digest": "" if signature is None else signature.digest,
        "url": _add_query(url, **query),
        "files": {suffix: _add_query(f"{url}/files/{suffix}", **query) for suffix in FORMATS},
    }


def _add_query(url: str, **query: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}" if query else url
