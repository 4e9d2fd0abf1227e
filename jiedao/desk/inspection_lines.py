"""Inspections and their findings as lines of a list: on the home page, on a record's page and on their own pages."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from jiedao.cases.flow import STATE_TONES as CASE_TONES
from jiedao.desk.links import get_case_url, get_inspections_url
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.pages.choices import translate_person_label
from jiedao.places.selectors import area_text
from jiedao.registers.catalogue import register_by_id
from jiedao.registers.models import AnswerValue, Finding, FindingState, Inspection, InspectionState, Record
from jiedao.registers.selectors.inspection_filters import READY, InspectionFilters
from jiedao.registers.selectors.inspections import find_waiting_inspections, read_inspections

STATE_TONES = {"DUE": "info", "DONE": "good", "MISSED": "bad", "DROPPED": "neutral"}
FINDING_TONES = {"OPEN": "warn", "RIGHT": "good", "REFUSED": "neutral", "WAIVED": "neutral"}
VALUE_TONES = {"OK": "good", "FAIL": "bad", "NA": "neutral"}
MAX_WAITING, MAX_PAST = 5, 6


@dataclass(frozen=True)
class InspectionLine:
    """An inspection in a list."""

    inspection: Inspection
    url: str
    register: str
    checklist: str
    area: str
    inspector: str
    state: str
    tone: str
    late: bool

    @property
    def findings(self) -> list[dict[str, Any]]:
        """The findings of the inspection with their cases, prefetched by the selector."""
        return [build_finding_line(row) for row in self.inspection.findings.all()]


def build_inspection_line(inspection: Inspection, today: date) -> InspectionLine:
    """Return the line of an inspection; its state is the result if the inspection has one."""
    info = register_by_id(inspection.register_id)
    checklist = info.definition.checklist(inspection.checklist) if info is not None else None
    failed = inspection.passed is False
    return InspectionLine(
        inspection,
        reverse("desk:inspection", args=[inspection.pk]),
        info.label if info is not None else "",
        checklist.label if checklist is not None else inspection.checklist,
        area_text(inspection.area_path, inspection.done_at) if inspection.area_path else "",
        translate_person_label(inspection.done_label),
        str(
            AnswerValue.FAIL.label
            if failed
            else AnswerValue.OK.label
            if inspection.passed
            else InspectionState(inspection.state).label
        ),
        "bad" if failed else STATE_TONES[inspection.state],
        inspection.state == InspectionState.DUE and inspection.due_date < today,
    )


def list_waiting_inspections(actor: Actor) -> dict[str, Any]:
    """Return the inspections that the user may make now, for the home page; no query without the right."""
    today = clock.today()
    rows, total = find_waiting_inspections(actor, today, limit=MAX_WAITING)
    url = get_inspections_url(InspectionFilters(show=READY[0]))
    return {
        "rows": [build_inspection_line(inspection, today) for inspection in rows],
        "total": total,
        "url": url,
    }


def build_finding_line(finding: Finding) -> dict[str, Any]:
    """Return the line of a finding, with its case."""
    info = register_by_id(finding.register_id)
    return {
        "finding": finding,
        "register": info.label if info is not None else "",
        "state": FindingState(finding.state).label,
        "tone": FINDING_TONES[finding.state],
        "inspection_url": reverse("desk:inspection", args=[finding.inspection_id]),
        "case_url": get_case_url(finding.case.number),
        "case_state": finding.case.get_state_display(),
        "case_tone": CASE_TONES.get(finding.case.state, "neutral"),
    }


def list_past_inspections(record: Record, current: Inspection | None) -> list[InspectionLine]:
    """Return the latest inspections of a record without the one that the page shows."""
    today = clock.today()
    inspections = [
        inspection
        for inspection in read_inspections(record, most=MAX_PAST + 1)
        if current is None or inspection.pk != current.pk
    ]
    return [build_inspection_line(inspection, today) for inspection in inspections[:MAX_PAST]]
