"""Begin a report, import one that was written elsewhere, and save versions of the text."""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.indicators.figure import Place
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, Stale, UserError
from jiedao.kernel.periods import Period
from jiedao.kernel.snapshots import read_snapshot
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit
from jiedao.places.models import Area
from jiedao.reports.building import build_document
from jiedao.reports.importing import convert_text
from jiedao.reports.models import EDIT, Report, ReportTemplate, ReportVersion
from jiedao.reports.selectors import find_signature, find_stored_report, get_version, require_fit

LONGEST = 100_000


def begin_report(*, actor: Actor, template: ReportTemplate, period: Period, place: Place) -> Report:
    """Return the new report of a period and a place; its first version is the text of the template.

    Raises:
        NotAllowed: no right. UserError: the template is for other periods or places, or the report exists.
    """
    actor.require(EDIT)
    require_fit(template, period, place)
    version = {"text": template.text}
    return _create_report(actor, template, period, place, version)


def import_report(
    *, actor: Actor, template: ReportTemplate, period: Period, place: Place, text: str, name: str
) -> Report:
    """Return the report of a period and a place that was written elsewhere; its numbers are no figures.

    Args:
        text: the plain text of its document. name: the name of the file.

    Raises:
        NotAllowed: no right. UserError: the template is for other periods or places, the report exists, or the text
            is empty or too long.
    """
    actor.require(EDIT)
    require_fit(template, period, place)
    name = make_storable(name).strip()[:200]
    version = {"text": clean_text(convert_text(text))}
    return _create_report(actor, template, period, place, version, imported_from=name)


def _create_report(
    actor: Actor,
    template: ReportTemplate,
    period: Period,
    place: Place,
    version: dict[str, str],
    **columns: str,
) -> Report:
    author_id = actor.user_id if columns else None  # the pack's text has no author
    try:
        with transaction.atomic():
            report = Report.objects.create(
                template=template,
                first_date=period.first,
                last_date=period.last,
                place_key=place.key,
                area=Area.objects.get(code=place.area_code) if place.area_code else None,
                unit=Unit.objects.get(code=place.unit_code) if place.unit_code else None,
                created_by_id=actor.user_id,
                created_at=clock.now(),
                **columns,
            )
            ReportVersion.objects.create(
                report=report, number=1, author_id=author_id, created_at=clock.now(), **version
            )
            record_entry(
                actor=actor,
                action=f"reports.report:{'import' if columns else 'begin'}",
                obj_type="reports.report",
                obj_id=report.pk,
                after={
                    "report": report.template.key,
                    "period": period.text,
                    "place": place.key,
                    **columns,
                },
            )
    except IntegrityError:
        if find_stored_report(template, period, place) is None:
            raise
        raise UserError(_("这份报告已经有了。"), hint=_("请在列表中打开它。"), field="template") from None
    return report


def save_version(*, actor: Actor, report_id: int, base: int, text: str, note: str = "") -> ReportVersion:
    """Save a text as the next version; it must be possible to build it.

    Args:
        base: the number of the version that the text was edited from.

    Raises:
        NotAllowed: no right. Stale: another person saved a version meanwhile. UserError: the report is signed, the text
            is empty, too long, unchanged or cannot be built.
    """
    actor.require(EDIT)
    text, note = clean_text(text), make_storable(note).strip()[:200]
    report = get_report(report_id)
    _require_new_text(report, base, text)
    with read_snapshot():  # before the lock: a text may take seconds, in which no other person could write
        build_document(text, report.period, report.place)
    with transaction.atomic():
        report = lock_report(report_id)
        last = _require_new_text(report, base, text)
        version = ReportVersion.objects.create(
            report=report,
            number=last.number + 1,
            text=text,
            note=note,
            author_id=actor.user_id,
            created_at=clock.now(),
        )
        record_entry(
            actor=actor,
            action="reports.report:save",
            obj_type="reports.report",
            obj_id=report.pk,
            after={"version": version.number, "note": note},
        )
    return version


def clean_text(text: str) -> str:
    """Return a text as it is stored; raise UserError for an empty or too long one."""
    text = make_storable(text).replace("\r\n", "\n").strip() + "\n"
    if not text.strip():
        raise UserError(_("报告没有文字。"), hint=_("请写正文，或取回上一版。"), field="text")
    if len(text) > LONGEST:
        raise UserError(
            _("报告文字超过 %(n)s 字。") % {"n": LONGEST}, hint=_("请分成几份报告。"), field="text"
        )
    return text


def _require_new_text(report: Report, base: int, text: str) -> ReportVersion:
    """Return the last version; raise an error unless it is the base, differs from the text, and is not signed."""
    if find_signature(report) is not None:
        raise UserError(_("已签发的报告不能改。"), hint=_("要改，请先由签发人撤回签发。"), field="text")
    last = get_version(report)
    if last.number != base:
        raise Stale(
            _("%(who)s已保存第 %(n)s 版。")
            % {"who": last.author.full_name if last.author else _("同事"), "n": last.number},
            hint=_("请先看新版，再把您的改动合进去。您的文字还在下面。"),
            field="text",
        )
    if last.text == text:
        raise UserError(_("文字没有改动。"), hint=_("改动后再保存。"), field="text")
    return last


def get_report(report_id: int) -> Report:
    """Return a report; raise NotFoundError if there is none."""
    return _find_report(Report.objects.all(), report_id)


def lock_report(report_id: int) -> Report:
    """Return a report, locked; raise NotFoundError if there is none."""
    return _find_report(Report.objects.select_for_update(of=("self",)), report_id)


def _find_report(reports: QuerySet[Report], report_id: int) -> Report:
    report = reports.select_related("template", "area", "unit").filter(pk=report_id).first()
    if report is None:
        raise NotFoundError(_("没有这份报告。"), hint=_("请回到报告列表再选。"))
    return report
