"""Inspections and what they found as lines of a list: on home, on the page of a record and on their own pages."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from jiedao.cases.flow import STATE_TONES as CASE_TONES
from jiedao.desk.links import case_url, inspections_url
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.places.selectors import area_text
from jiedao.registers.catalogue import register_by_id
from jiedao.registers.models import Finding, FindingState, Record, Value, Visit, VisitState
from jiedao.registers.selectors.inspection_filters import READY, InspectionFilters
from jiedao.registers.selectors.inspections import find_waiting_inspections, read_inspections

STATE_TONES = {"DUE": "info", "DONE": "good", "MISSED": "bad", "DROPPED": "neutral"}
FINDING_TONES = {"OPEN": "warn", "RIGHT": "good", "REFUSED": "neutral", "WAIVED": "neutral"}
VALUE_TONES = {"OK": "good", "FAIL": "bad", "NA": "neutral"}
HOME, PAST = 5, 6


@dataclass(frozen=True)
class VisitLine:
    """An inspection as lists show it."""

    visit: Visit
    url: str
    register: str
    checklist: str
    area: str
    state: str
    tone: str
    late: bool

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What it found, with the cases; of `selectors.inspections.visits_of`, which read them."""
        return [finding_line(row) for row in self.visit.findings.all()]


def visit_line(visit: Visit, today: date) -> VisitLine:
    """Return an inspection in words; a failed one says so."""
    info = register_by_id(visit.register_id)
    checklist = info.definition.checklist(visit.checklist) if info is not None else None
    failed = visit.passed is False
    return VisitLine(
        visit,
        reverse("desk:inspection", args=[visit.pk]),
        info.label if info is not None else "",
        checklist.label if checklist is not None else visit.checklist,
        area_text(visit.area_path) if visit.area_path else "",
        str(
            Value.FAIL.label if failed else Value.OK.label if visit.passed else VisitState(visit.state).label
        ),
        "bad" if failed else STATE_TONES[visit.state],
        visit.state == VisitState.DUE and visit.due_date < today,
    )


def waiting_inspections(actor: Actor) -> dict[str, Any]:
    """Return what waits to be inspected by the person, for home: no statement without the right."""
    today = clock.today()
    rows, total = find_waiting_inspections(actor, today, limit=HOME)
    url = inspections_url(InspectionFilters(show=READY[0]))
    return {"rows": [visit_line(visit, today) for visit in rows], "total": total, "url": url}


def finding_line(finding: Finding) -> dict[str, Any]:
    """Return a finding with its case, in words."""
    info = register_by_id(finding.register_id)
    return {
        "finding": finding,
        "register": info.label if info is not None else "",
        "state": FindingState(finding.state).label,
        "tone": FINDING_TONES[finding.state],
        "visit_url": reverse("desk:inspection", args=[finding.visit_id]),
        "case_url": case_url(finding.case.number),
        "case_state": finding.case.get_state_display(),
        "case_tone": CASE_TONES.get(finding.case.state, "neutral"),
    }


def past(record: Record, but: Visit | None) -> list[VisitLine]:
    """Return the latest inspections of a record, without the one that is shown."""
    today = clock.today()
    rows = [visit for visit in read_inspections(record, most=PAST + 1) if but is None or visit.pk != but.pk]
    return [visit_line(visit, today) for visit in rows[:PAST]]
