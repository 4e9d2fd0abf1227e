"""The content of the pages of inspections."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.cases.flow import STATE_TONES as CASE_TONES
from jiedao.desk.inspection_lines import FINDING_TONES, VALUE_TONES, build_inspection_line
from jiedao.desk.links import find_record_url, get_attachment_url, get_case_url
from jiedao.desk.sorting import Sort
from jiedao.desk.sorting import build_sorts as build_sort_links
from jiedao.files.models import Attachment
from jiedao.files.selectors import list_attachments
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.pages.choices import get_area_choices, get_unit_choices, translate_person_label
from jiedao.places.models import in_language
from jiedao.places.selectors import area_text
from jiedao.registers.access import readable_registers
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import (
    AnswerValue,
    Finding,
    FindingState,
    Inspection,
    InspectionKind,
    InspectionState,
    Record,
)
from jiedao.registers.selectors.inspection_filters import (
    FINDING_COUNTS,
    INSPECTION_COUNTS,
    READY,
    InspectionFilters,
)
from jiedao.registers.selectors.inspections import Chain, InspectionCounts, read_chain

FIGURE_TONES = {"missed": "bad", "failed": "warn", "open": "warn", "right": "good", "done": "good"}
STATS = ("due", "done", "waiting", "missed", "failed", "items", "open", "right")


def get_default_filters(actor: Actor) -> InspectionFilters:
    """Return the filters of a list without parameters.

    A user who may inspect sees the inspections that can be made now, other users those of the current month: rounds are
    planned a year ahead.
    """
    if actor.can("registers.visit:make"):
        return InspectionFilters(show=READY[0])
    first_day = clock.today().replace(day=1)
    next_month = (first_day + timedelta(days=31)).replace(day=1)
    return InspectionFilters(start=first_day, end=next_month - timedelta(days=1))


def build_stats(figures: InspectionCounts, filters: InspectionFilters) -> list[dict[str, Any]]:
    """Return the figures above the list, each with a link to the rows that it counts."""
    labels = {name: label for name, (label, _which) in {**INSPECTION_COUNTS, **FINDING_COUNTS}.items()}
    return [
        {
            "label": labels[name],
            "value": getattr(figures, name),
            "tone": FIGURE_TONES.get(name, "neutral") if getattr(figures, name) else "neutral",
            "url": f"?{filters.query(show=name, order='')}",
        }
        for name in STATS
    ]


def build_sorts(filters: InspectionFilters) -> dict[str, Sort]:
    """Return the links in the headers of the list; the first click on the day shows the latest first."""
    orders = filters.orders
    columns = {name: (name, f"-{name}") for name in orders if not name.startswith("-")}
    columns["day"] = ("-day", "day")
    falling = {name for name in orders if name.startswith("-")}
    usual = "day" if filters.show in {"waiting", READY[0]} else "-day"
    return build_sort_links(
        columns, filters.order or usual, falling, lambda order: filters.query(order=order), orders
    )


def build_order_select(filters: InspectionFilters) -> dict[str, Any]:
    """Return the control of the order, which a phone needs: its list has no headers."""
    return {
        "name": "order",
        "label": _("按日期"),
        "options": list(filters.orders.items()),
        "value": filters.order,
    }


def build_selects(actor: Actor, filters: InspectionFilters) -> list[dict[str, Any]]:
    """Return the select boxes of the filter form."""
    show_options = [
        READY,
        *((name, label) for name, (label, _which) in {**INSPECTION_COUNTS, **FINDING_COUNTS}.items()),
    ]
    register_options = [
        (info.key, info.label) for info in readable_registers(actor) if info.definition.checklists
    ]
    return [
        {"name": "show", "label": _("状态"), "options": show_options, "value": filters.show},
        {"name": "register", "label": _("台账"), "options": register_options, "value": filters.register},
        {
            "name": "area",
            "label": _("社区、网格"),
            "groups": get_area_choices(paths=actor.confined_to),
            "value": str(filters.area or ""),
        },
        {"name": "unit", "label": _("单位"), "groups": get_unit_choices(), "value": str(filters.unit or "")},
    ]


def build_pager(filters: InspectionFilters, page: Any) -> dict[str, Any]:
    """Return the argument of the template tag `pager`."""

    def get_query(cursor: str) -> str:
        return f"{filters.query()}&{urlencode({'cursor': cursor})}" if cursor else ""

    return {
        "previous": get_query(page.previous),
        "next": get_query(page.next),
        "shown": page.shown,
        "total": page.total,
    }


def list_facts(info: RegisterInfo, record: Record, inspection: Inspection | None) -> list[dict[str, Any]]:
    """Return the facts of the side column."""
    grade = info.definition.grade(record.grade)
    rows: list[tuple[str, Any, str]] = [
        (_("对象"), f"{record.name}（{record.code}）", find_record_url(record)),
        (_("台账"), info.label, ""),
        (_("等级"), grade.label if grade is not None else "", ""),
        (_("所属网格"), _name_area(record, inspection), ""),
        (_("地点"), record.place_text, ""),
    ]
    if inspection is not None:
        rows += [
            (_("类型"), InspectionKind(inspection.kind).label, ""),
            (_("可检查自"), inspection.planned_date.isoformat(), ""),
            (_("最迟"), inspection.due_date.isoformat(), ""),
            (_("检查日期"), inspection.done_date.isoformat() if inspection.done_date else "", ""),
            (_("检查人"), translate_person_label(inspection.done_label), ""),
            (_("说明"), inspection.note, ""),
        ]
    return [{"label": label, "value": value, "href": href} for label, value, href in rows if value]


def _name_area(record: Record, inspection: Inspection | None) -> str:
    """Return the area of the record, or that of then of an inspection that was made."""
    if inspection is None or inspection.done_at is None:
        return area_text(record.area_path) if record.area_path else ""
    return area_text(inspection.area_path, inspection.done_at, with_present=True)


def describe_outcome(inspection: Inspection) -> dict[str, Any]:
    """Return the answers of an inspection, each with its photos and the chain of its finding.

    `before` is the chain of the finding that this inspection rechecks. An answer is `busy` if it failed without a new
    finding, because an earlier finding of the same item is still open.
    """
    files = {row.pk: row for row in list_attachments("registers.visit", inspection.pk)}
    findings = {row.item: row for row in Finding.objects.filter(inspection=inspection).select_related("case")}
    lines = [
        {
            "label": in_language(answer["ask"], answer.get("ask_en", "")),
            "value": AnswerValue(answer["value"]).label,
            "tone": VALUE_TONES[answer["value"]],
            "note": answer["note"],
            "photos": _list_photos([files[pk] for pk in answer["photos"] if pk in files]),
            "chain": build_chain(read_chain(findings[key].pk)) if key in findings else [],
            "busy": answer["value"] == AnswerValue.FAIL and key not in findings,
        }
        for key, answer in inspection.answers.items()
    ]
    rechecked_finding = inspection.finding
    return {
        "lines": lines,
        "before": build_chain(read_chain(rechecked_finding.pk)) if rechecked_finding is not None else [],
    }


def _list_photos(files: list[Attachment]) -> list[dict[str, str]]:
    return [{"url": get_attachment_url(row.pk), "label": row.name, "note": ""} for row in files]


def build_chain(chain: Chain) -> list[dict[str, Any]]:
    """Return the chain of a finding as steps with links: record, inspection, case, rechecks."""
    case, finding = chain.finding.case, chain.finding
    steps = [
        (_("对象"), chain.record.name, find_record_url(chain.record), "", ""),
        (
            _("检查发现"),
            finding.found_date.isoformat(),
            reverse("desk:inspection", args=[chain.inspection.pk]),
            FindingState(finding.state).label,
            FINDING_TONES[finding.state],
        ),
        (
            _("案件"),
            case.number,
            get_case_url(case.number),
            case.get_state_display(),
            CASE_TONES.get(case.state, "neutral"),
        ),
    ]
    for recheck in chain.rechecks:
        line = build_inspection_line(recheck, clock.today())
        due_text = _("最迟 %(day)s") if recheck.state == InspectionState.DUE else "%(day)s"
        steps.append((_("复查"), due_text % {"day": recheck.counted_date}, line.url, line.state, line.tone))
    return [
        {"label": label, "text": text, "url": url, "state": state, "tone": tone}
        for label, text, url, state, tone in steps
    ]
