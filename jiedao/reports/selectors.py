"""Read templates, reports and their documents."""

from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from jiedao.indicators.figure import TOWN, Place
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.periods import Period, parse_period
from jiedao.orgs.actor import Actor
from jiedao.places.models import in_language
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


@dataclass(frozen=True)
class ReportLine:
    """A report in a list, with its last version and the signature that is in force."""

    report: Report
    last: ReportVersion
    signature: Signature | None


def list_templates() -> list[ReportTemplate]:
    """Return the templates in the order of the pack."""
    return list(ReportTemplate.objects.filter(active=True))


def list_reports(actor: Actor) -> list[ReportLine]:
    """Return the reports, the latest period first, in three statements."""
    actor.require(VIEW)
    versions = ReportVersion.objects.select_related("author").defer("text")
    reports = Report.objects.select_related("template", "area", "unit").prefetch_related(
        Prefetch("versions", versions), Prefetch("signatures", _select_in_force())
    )
    return [
        ReportLine(
            report,
            max(report.versions.all(), key=lambda version: version.number),
            next(iter(report.signatures.all()), None),
        )
        for report in reports
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
    period = parse_period(written if colon else name)
    scope = _find_scope(place)
    templates = [
        template
        for template in list_templates()
        if (template.key == name if colon else template.scope == scope and fits_period(template, period))
    ]
    if not templates:
        known = "、".join(
            f"{template.key}（{in_language(template.name, template.name_en)}）"
            for template in list_templates()
        )
        raise UserError(
            _("没有“%(key)s”这样的报告。") % {"key": key[:60]},
            hint=_("请写 2020H1 或 monthly:2020-06 这样的时段。可用的模板：%(known)s")
            % {"known": known or _("无")},
            field="key",
        )
    require_fit(templates[0], period, place)
    return templates[0], period


def require_fit(template: ReportTemplate, period: Period, place: Place) -> None:
    """Raise UserError where a template is not of such a period or place."""
    if not fits_period(template, period):
        raise UserError(
            _("“%(name)s”是%(kind)s，不能用于 %(period)s。")
            % {"name": template.label, "kind": template.get_period_kind_display(), "period": period.label},
            hint=_("例如：2020、2020H1、2020Q2、2020-06、2020-W26、2020-06-30。"),
            field="period",
        )
    if template.scope != _find_scope(place):
        raise UserError(
            _("“%(name)s”是%(scope)s的报告。")
            % {"name": template.label, "scope": template.get_scope_display()},
            hint=_("社区的报告要选社区，单位的报告要选单位，街道的都不选。"),
            field="area",
        )


def fits_period(template: ReportTemplate, period: Period) -> bool:
    """Return whether the period has the length that the template is for."""
    whole = PERIOD_OF[PeriodKind(template.period_kind)](period.first)
    return (whole.first, whole.last) == (period.first, period.last)


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
