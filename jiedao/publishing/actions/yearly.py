"""Enter the numbers of a yearly report on open information, and make a publication of it."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from jiedao.audit.actions import record_entry
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, Stale, UserError
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.publishing.actions.writing import record_publication
from jiedao.publishing.models import EDIT, Publication, PublicationKind, PublicationState, YearlyReport
from jiedao.publishing.yearly import (
    APPLICANTS,
    CARRIED_IN,
    DISPUTES,
    MATTERS,
    OUTCOMES,
    PUBLISHED,
    ROWS,
    SOURCE,
    TYPED,
    YearFault,
    find_coverage,
    find_faults,
    is_running,
    read_matters,
    read_published,
)
from jiedao.publishing.yearly_document import build_yearly_document
from jiedao.reports.building import LANGUAGE
from jiedao.reports.forms.filling import find_office_name
from jiedao.reports.freezing import freeze

FIRST_YEAR = 2008  # since when the law requires the report
MOST_NUMBER, MOST_TEXT, MOST_SOURCE = 1_000_000, 20_000, 200
TEXTS = ("overview", "problems", "other")


def save_yearly_report(
    *,
    actor: Actor,
    year: int,
    version: int,
    applications: Any,
    disputes: Any,
    texts: Mapping[str, str],
    typed: Mapping[str, Mapping[str, Any]] | None = None,
) -> YearlyReport:
    """Save what was entered for a year, also while its sums do not balance yet, and return it.

    Args:
        version: the version that the form showed; 0 for a year without a report.
        typed: numbers of what the records do not cover, each section with its source; see `yearly.TYPED`.

    Raises:
        NotAllowed: no right. Stale: another user saved it since. UserError: the year is impossible, a number is
            negative or too large, or typed numbers have no source.
    """
    actor.require(EDIT)
    if not FIRST_YEAR <= year <= clock.today().year:
        words = {"first": FIRST_YEAR, "last": clock.today().year}
        raise UserError(
            _("没有这一年的年报。"),
            hint=_("年度从 %(first)d 年到 %(last)d 年。") % words,
            field="year",
        )
    values: dict[str, Any] = {
        "applications": _clean_numbers(applications, ROWS, APPLICANTS),
        "disputes": _clean_numbers(disputes, DISPUTES, OUTCOMES),
        "typed": _clean_typed(typed or {}),
        **{name: _clean_text(name, texts.get(name, "")) for name in TEXTS},
    }
    with transaction.atomic():
        report = YearlyReport.objects.select_for_update().filter(year=year).first()
        if (report.version if report is not None else 0) != version:
            raise Stale(_("这份年报刚被别人改过。"), hint=_("请刷新页面，看过新的内容再办。"))
        before = {"version": report.version} if report is not None else None
        report = report or YearlyReport(year=year, version=0)
        for name, value in values.items():
            setattr(report, name, value)
        report.version += 1
        report.changed_by_id, report.changed_at = actor.user_id, clock.now()
        report.save()
        record_entry(
            actor=actor,
            action="publishing.yearly_report:edit",
            obj_type="publishing.yearlyreport",
            obj_id=report.pk,
            before=before,
            after={"version": report.version, "year": year},
        )
    return report


def list_faults(report: YearlyReport) -> list[YearFault]:
    """Return every reason why a year's report cannot be published yet."""
    before = YearlyReport.objects.filter(year=report.year - 1).first()
    matters = read_matters(report.year, report.typed.get(MATTERS, {}))
    faults = find_faults(report.applications, before.applications if before is not None else None, matters)
    if is_running(report.year):
        faults.append(YearFault(_("这一年还没有过完，年报要到下一年才能公布。")))
    return faults


def make_yearly_publication(*, actor: Actor, year: int) -> Publication:
    """Make the draft of a publication of a year's report, whose sums must balance, and return it.

    Raises:
        NotAllowed: no right. NotFoundError: nothing was entered for the year. UserError: the sums do not balance, the
            year is not over, or a publication of it is under way or public.
    """
    actor.require(EDIT)
    with transaction.atomic():
        report = YearlyReport.objects.select_for_update().filter(year=year).first()
        if report is None:
            raise NotFoundError(_("还没有填这一年的年报。"), hint=_("请先填写并保存。"))
        if report.publication is not None and report.publication.state != PublicationState.WITHDRAWN:
            raise UserError(
                _("这一年的年报已经生成。"), hint=_("请打开它；要改数字，请先删除草稿或撤下已公布的。")
            )
        if faults := list_faults(report):
            raise UserError("；".join(map(str, faults[:3])), hint=_("请改正后再生成。"))
        publication = _create(actor, report)
        report.publication = publication
        report.save(update_fields=["publication"])
        record_publication(actor, "edit", publication, before=None)
    return publication


def _create(actor: Actor, report: YearlyReport) -> Publication:
    with override(LANGUAGE):  # the language of every report
        office = find_office_name()
        title = _("%(office)s%(year)d年政府信息公开工作年度报告") % {"office": office, "year": report.year}
        document = build_yearly_document(
            report,
            title,
            read_published(report.year, report.typed.get(PUBLISHED, {})),
            read_matters(report.year, report.typed.get(MATTERS, {})),
            {section: find_coverage(section, report.year) for section in TYPED},
        )
    return Publication.objects.create(
        kind=PublicationKind.YEARLY,
        title=title[:200],
        source=office[:120],
        document_date=clock.today(),
        content=freeze(document),
        written_by_id=actor.user_id,
        written_at=clock.now(),
    )


def _clean_numbers(
    numbers: Any, rows: Mapping[str, Any], columns: Mapping[str, Any]
) -> dict[str, dict[str, int]]:
    """Return the numbers of the filled cells; raise UserError for one that is no count."""
    cleaned: dict[str, dict[str, int]] = {}
    for row in rows:
        cells = numbers.get(row, {})
        filled = {column: cells[column] for column in columns if cells.get(column) is not None}
        if filled:
            cleaned[row] = {
                column: _clean_number(f"{row}-{column}", number) for column, number in filled.items()
            }
    return cleaned


def _clean_number(field: str, number: Any) -> int:
    if not 0 <= int(number) <= MOST_NUMBER:
        raise UserError(
            _("%(n)d 不是合理的件数。") % {"n": int(number)},
            hint=_("请填 0 到 %(most)d 的整数。") % {"most": MOST_NUMBER},
            field=field,
        )
    return int(number)


def _clean_typed(typed: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the sections that have a number, each with its source; raise UserError where the source is missing."""
    cleaned: dict[str, dict[str, Any]] = {}
    for section, rows in TYPED.items():
        cells = typed.get(section, {})
        numbers: dict[str, Any] = {
            row: _clean_number(f"{section}-{row}", cells[row]) for row in rows if cells.get(row) is not None
        }
        source = " ".join(make_storable(str(cells.get(SOURCE) or "")).split())[:MOST_SOURCE]
        if numbers and not source:
            raise UserError(
                _("自己填的数字要写明来源。"),
                hint=_("例如当年的登记簿、上报的报表。"),
                field=f"{section}-{SOURCE}",
            )
        missing = [row for row in rows if row != CARRIED_IN and row not in numbers]
        if section == MATTERS and numbers and missing:
            raise UserError(
                _("没有填“%(name)s”。") % {"name": rows[missing[0]]},
                hint=_("要填就填全；上年未结没有记录的可以不填。"),
                field=f"{section}-{missing[0]}",
            )
        if numbers:
            cleaned[section] = {**numbers, SOURCE: source}
    return cleaned


def _clean_text(field: str, text: str) -> str:
    cleaned = make_storable(text).replace("\r\n", "\n").strip()
    if len(cleaned) > MOST_TEXT:
        raise UserError(
            _("文字太长，最多 %(most)d 字。") % {"most": MOST_TEXT}, hint=_("请写得短些。"), field=field
        )
    return cleaned
