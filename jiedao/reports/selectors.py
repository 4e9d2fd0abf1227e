"""Read templates, reports and their documents."""

from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from jiedao.accounts.models import User
from jiedao.indicators.figure import TOWN, Place
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.periods import Period, parse_period
from jiedao.orgs.actor import Actor
from jiedao.reports.building import build_document
from jiedao.reports.document import Document
from jiedao.reports.freezing import thaw
from jiedao.reports.models import (
    PERIOD_OF,
    VIEW,
    PeriodKind,
    Report,
    ReportScope,
    ReportTemplate,
    ReportVersion,
    Signature,
    WordTemplate,
)

PAGE_SIZE = 50


@dataclass(frozen=True)
class ReportLine:
    """A report in a list, with its last version and the signature that is in force."""

    report: Report
    last: ReportVersion
    signature: Signature | None


def list_templates() -> list[ReportTemplate]:
    """Return the templates in the order of the pack."""
    return list(ReportTemplate.objects.filter(active=True))


def list_reports(actor: Actor, key: str = "") -> list[ReportLine]:
    """Return the reports, the latest period first, in three statements; with a key those of one template."""
    actor.require(VIEW)
    return _read_lines(_select_reports(key))


@dataclass(frozen=True)
class ReportPage:
    """A page of the list of reports, and how many reports there are in all."""

    lines: list[ReportLine]
    total: int
    has_next: bool


def read_report_page(actor: Actor, *, key: str = "", number: int = 1, size: int = PAGE_SIZE) -> ReportPage:
    """Return a page of the reports, the latest period first; pages begin at 1.

    Raise UserError for a page that does not exist.
    """
    actor.require(VIEW)
    reports, first = _select_reports(key), (number - 1) * size
    total = reports.count()
    if number < 1 or (first >= total and number > 1):
        raise UserError(
            _("没有第 %(n)s 页。") % {"n": number},
            hint=_("共 %(pages)s 页。") % {"pages": max(1, -(-total // size))},
            field="page",
        )
    return ReportPage(_read_lines(reports[first : first + size]), total, total > first + size)


def _select_reports(key: str) -> QuerySet[Report]:
    reports = Report.objects.select_related("template", "area", "unit")
    return reports.filter(template__key=key) if key else reports


def _read_lines(reports: QuerySet[Report]) -> list[ReportLine]:
    versions = ReportVersion.objects.select_related("author").defer("text")
    return [
        ReportLine(
            report,
            max(report.versions.all(), key=lambda version: version.number),
            next(iter(report.signatures.all()), None),
        )
        for report in reports.prefetch_related(
            Prefetch("versions", versions), Prefetch("signatures", _select_in_force())
        )
    ]


def get_report(actor: Actor, report_id: int) -> Report:
    """Return a report; raise NotFoundError if there is none."""
    actor.require(VIEW)
    report = Report.objects.select_related("template", "area", "unit").filter(pk=report_id).first()
    if report is None:
        raise NotFoundError(_("没有这份报告。"), hint=_("请回到报告列表再选。"))
    return report


def get_version(report: Report, number: int | None = None) -> ReportVersion:
    """Return a version of a report, the last one by default; raise NotFoundError if there is none."""
    versions = report.versions.select_related("author")
    version = (versions.filter(number=number) if number is not None else versions).first()
    if version is None:
        raise NotFoundError(_("没有第 %(n)s 版。") % {"n": number}, hint=_("请从版本列表中选择。"))
    return version


def find_signature(report: Report) -> Signature | None:
    """Return the signature in force, None for a draft."""
    return _select_in_force().filter(report=report).first()


def find_drafter(report: Report, version: ReportVersion) -> User | None:
    """Return who wrote a version; for the text of a template the user who began the report."""
    return version.author or report.created_by


def list_signatures(report: Report) -> list[Signature]:
    """Return every signature of a report, the latest first, without what was signed."""
    return list(
        report.signatures.select_related("signed_by", "withdrawn_by", "version").defer(
            "content", "version__text"
        )
    )


def read_report(report: Report) -> Document:
    """Return the document of a report: as it was signed, or the last version built now."""
    signature = find_signature(report)
    if signature is not None:
        return thaw(signature.content)
    return build_document(get_version(report).text, report.period, report.place)


def find_report_template(key: str, place: Place = TOWN) -> tuple[ReportTemplate, Period]:
    """Return the template and the period of a written key.

    The key is a period such as 2020H1, which chooses the first template of that length for such a place, or the key of
    a template and a period, such as "monthly:2020-06". Raise UserError where there is none.
    """
    name, colon, written = key.partition(":")
    scope, templates = _find_scope(place), list_templates()
    own = [template for template in templates if template.key == name]
    if colon and not own:
        raise _make_unknown_error(_("没有“%(key)s”这样的报告。") % {"key": name[:60]}, templates)
    possible = own if colon else [template for template in templates if template.scope == scope]
    try:
        period = parse_period(written if colon else name)
    except UserError as fault:
        raise _make_unknown_error(fault.message, possible) from fault
    if not colon:
        own = [template for template in possible if fits_period(template, period)]
    if not own:
        message = _("没有 %(period)s 这样时段的报告。") % {"period": period.label}
        raise _make_unknown_error(message, possible)
    require_fit(own[0], period, place)
    return own[0], period


def _make_unknown_error(message: object, templates: list[ReportTemplate]) -> UserError:
    """Return the refusal of a written key, which lists what is possible with the present period of each kind."""
    known = "、".join(
        f"{template.key}:{PERIOD_OF[PeriodKind(template.period_kind)](clock.today()).text}（{template.label}）"
        for template in templates
    )
    hint = _("可以写：%(known)s。冒号前是报告，只写时段也可以。") % {"known": known}
    return UserError(message, hint=hint if templates else _("数据包里还没有这种报告。"), field="key")


def require_fit(template: ReportTemplate, period: Period, place: Place) -> None:
    """Raise UserError where a template is not of such a period or place."""
    if not fits_period(template, period):
        raise UserError(
            _("“%(name)s”是%(kind)s，不能用于 %(period)s。")
            % {"name": template.label, "kind": template.get_period_kind_display(), "period": period.label},
            hint=_("例如：%(period)s。")
            % {"period": PERIOD_OF[PeriodKind(template.period_kind)](clock.today()).text},
            field="period",
        )
    if template.scope != _find_scope(place):
        raise UserError(
            _("“%(name)s”是%(scope)s的报告。")
            % {"name": template.label, "scope": template.get_scope_display()},
            hint=_("社区的报告要选社区，单位的报告要选单位，街道的都不选。"),
            field="unit" if template.scope == ReportScope.UNIT else "area",
        )


def fits_period(template: ReportTemplate, period: Period) -> bool:
    """Return whether the period has the length that the template is for."""
    whole = PERIOD_OF[PeriodKind(template.period_kind)](period.first)
    return (whole.first, whole.last) == (period.first, period.last)


def find_readable_report(actor: Actor, key: str, period: Period, place: Place) -> Report:
    """Return the report of a template's key, a period and a place; raise NotFoundError if nobody began it."""
    actor.require(VIEW)
    template = ReportTemplate.objects.filter(key=key).first()
    if template is None:
        raise NotFoundError(
            _("没有“%(key)s”这样的报告。") % {"key": key[:60]},
            hint=_("可用：%(keys)s") % {"keys": "、".join(row.key for row in list_templates()) or _("无")},
        )
    report = find_stored_report(template, period, place)
    if report is None:
        raise NotFoundError(
            _("还没有人起草 %(period)s 的“%(name)s”。") % {"period": period.label, "name": template.label},
            hint=_("请在报告页面起草，或换一个时段。"),
        )
    return report


def find_stored_report(template: ReportTemplate, period: Period, place: Place) -> Report | None:
    """Return the report of a template, period and place, None if nobody began it."""
    return (
        Report.objects.select_related("template", "area", "unit")
        .filter(template=template, first_date=period.first, last_date=period.last, place_key=place.key)
        .first()
    )


def list_word_templates(actor: Actor, template: ReportTemplate | None = None) -> list[WordTemplate]:
    """Return the offices' own Word templates, those of one kind of report or all."""
    actor.require(VIEW)
    stored = WordTemplate.objects.filter(active=True, template__active=True)
    if template is not None:
        stored = stored.filter(template=template)
    return list(stored.select_related("template", "uploaded_by", "blob"))


def get_word_template(actor: Actor, template_id: int) -> WordTemplate:
    """Return a Word template; raise NotFoundError if there is none."""
    actor.require(VIEW)
    stored = (
        WordTemplate.objects.filter(pk=template_id, active=True).select_related("template", "blob").first()
    )
    if stored is None:
        raise NotFoundError(_("没有这个 Word 模板。"), hint=_("请从列表中选择。"))
    return stored


def find_latest_report(template: ReportTemplate) -> Report | None:
    """Return the latest report of a kind, None before the first one."""
    return template.reports.select_related("template", "area", "unit").order_by("-last_date").first()


def _find_scope(place: Place) -> str:
    if place.area_code:
        return ReportScope.COMMUNITY.value
    return ReportScope.UNIT.value if place.unit_code else ReportScope.TOWN.value


def _select_in_force() -> QuerySet[Signature]:
    return Signature.objects.filter(withdrawn_at__isnull=True).select_related(
        "signed_by", "version", "report"
    )
