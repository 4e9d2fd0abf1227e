"""What the pages of inspections show, put into words and components."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.cases.selectors.lists import TONES as CASE_TONES
from jiedao.desk.inspection_lines import FINDING_TONES, VALUE_TONES, build_inspection_line
from jiedao.desk.links import find_record_url, get_attachment_url, get_case_url
from jiedao.files.models import Attachment
from jiedao.files.selectors import attachments_of
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.pages.choices import get_area_choices, get_unit_choices
from jiedao.places.models import in_language
from jiedao.places.selectors import area_text
from jiedao.registers.access import readable
from jiedao.registers.catalogue import RegisterInfo
from jiedao.registers.models import Finding, FindingState, Record, Value, Visit, VisitKind, VisitState
from jiedao.registers.selectors.inspection_filters import FINDINGS, READY, VISITS, InspectionFilters
from jiedao.registers.selectors.inspections import Chain, Figures, chain_of

FIGURE_TONES = {"missed": "bad", "failed": "warn", "open": "warn", "right": "good", "done": "good"}
SHOWN = ("due", "done", "waiting", "missed", "failed", "items", "open", "right")


def first_shown(actor: Actor) -> InspectionFilters:
    """Return what the list shows unasked: what may be inspected now to who inspects, else the month of today."""
    if actor.can("registers.visit:make"):
        return InspectionFilters(show=READY[0])
    first = clock.today().replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    return InspectionFilters(start=first, end=after - timedelta(days=1))


def stats(found: Figures, filters: InspectionFilters) -> list[dict[str, Any]]:
    """Return the figures over the list, each with the address of the rows it counts."""
    labels = {name: label for name, (label, _which) in {**VISITS, **FINDINGS}.items()}
    return [
        {
            "label": labels[name],
            "value": getattr(found, name),
            "tone": FIGURE_TONES.get(name, "neutral") if getattr(found, name) else "neutral",
            "url": f"?{filters.query(show=name)}",
        }
        for name in SHOWN
    ]


def selects(actor: Actor, filters: InspectionFilters) -> list[dict[str, Any]]:
    """Return the select boxes of the filter form."""
    shows = [READY, *((name, label) for name, (label, _which) in {**VISITS, **FINDINGS}.items())]
    registers = [(info.key, info.label) for info in readable(actor) if info.definition.checklists]
    return [
        {"name": "show", "label": _("状态"), "options": shows, "value": filters.show},
        {"name": "register", "label": _("台账"), "options": registers, "value": filters.register},
        {
            "name": "area",
            "label": _("社区、网格"),
            "groups": get_area_choices(paths=actor.confined_to),
            "value": str(filters.area or ""),
        },
        {"name": "unit", "label": _("单位"), "groups": get_unit_choices(), "value": str(filters.unit or "")},
    ]


def pager(filters: InspectionFilters, page: Any) -> dict[str, Any]:
    """Return what the pager tag takes."""

    def at(cursor: str) -> str:
        return f"{filters.query()}&{urlencode({'cursor': cursor})}" if cursor else ""

    return {
        "previous": at(page.previous),
        "next": at(page.next),
        "shown": page.shown,
        "total": page.total,
    }


def facts(info: RegisterInfo, record: Record, visit: Visit | None) -> list[dict[str, Any]]:
    """Return the facts of the side column."""
    grade = info.definition.grade(record.grade)
    rows: list[tuple[str, Any, str]] = [
        (_("对象"), f"{record.name}（{record.code}）", find_record_url(record)),
        (_("台账"), info.label, ""),
        (_("等级"), grade.label if grade is not None else "", ""),
        (_("所属网格"), area_text(record.area_path) if record.area_path else "", ""),
        (_("地点"), record.place_text, ""),
    ]
    if visit is not None:
        rows += [
            (_("类型"), VisitKind(visit.kind).label, ""),
            (_("可检查自"), visit.planned_date.isoformat(), ""),
            (_("最迟"), visit.due_date.isoformat(), ""),
            (_("检查日期"), visit.done_date.isoformat() if visit.done_date else "", ""),
            (_("检查人"), visit.done_label, ""),
            (_("说明"), visit.note, ""),
        ]
    return [{"label": label, "value": value, "href": href} for label, value, href in rows if value]


def outcome(visit: Visit) -> dict[str, Any]:
    """Return the answers of an inspection that was made, each with its photos and the chain of what it found."""
    files = {row.pk: row for row in attachments_of("registers.visit", visit.pk)}
    found = {row.item: row for row in Finding.objects.filter(visit=visit).select_related("case")}
    lines = [
        {
            "label": in_language(answer["ask"], answer.get("ask_en", "")),
            "value": Value(answer["value"]).label,
            "tone": VALUE_TONES[answer["value"]],
            "note": answer["note"],
            "photos": _photos([files[pk] for pk in answer["photos"] if pk in files]),
            "chain": links(chain_of(found[key].pk)) if key in found else [],
            "busy": answer["value"] == Value.FAIL and key not in found,
        }
        for key, answer in visit.answers.items()
    ]
    before = visit.finding
    return {"lines": lines, "before": links(chain_of(before.pk)) if before is not None else []}


def _photos(files: list[Attachment]) -> list[dict[str, str]]:
    return [{"url": get_attachment_url(row.pk), "label": row.name, "note": ""} for row in files]


def links(chain: Chain) -> list[dict[str, Any]]:
    """Return the chain of a finding as steps with links: record, inspection, case, recheck."""
    case, finding = chain.finding.case, chain.finding
    steps = [
        (_("对象"), chain.record.name, find_record_url(chain.record), "", ""),
        (
            _("检查发现"),
            finding.found_date.isoformat(),
            reverse("desk:inspection", args=[chain.visit.pk]),
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
    for visit in chain.rechecks:
        line = build_inspection_line(visit, clock.today())
        words = _("最迟 %(day)s") if visit.state == VisitState.DUE else "%(day)s"
        steps.append((_("复查"), words % {"day": visit.counted_date}, line.url, line.state, line.tone))
    return [
        {"label": label, "text": text, "url": url, "state": state, "tone": tone}
        for label, text, url, state, tone in steps
    ]
