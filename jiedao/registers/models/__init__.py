"""Every table of the room."""

from jiedao.registers.models.inspections import (
    AnswerValue,
    Finding,
    FindingState,
    Inspection,
    InspectionKind,
    InspectionQuerySet,
    InspectionState,
)
from jiedao.registers.models.records import (
    KEEPERS,
    LONG_AGO,
    Record,
    RecordQuerySet,
    RecordState,
    RecordVersion,
    Register,
    in_scope,
    within_area,
)

__all__ = [
    "KEEPERS",
    "LONG_AGO",
    "AnswerValue",
    "Finding",
    "FindingState",
    "Inspection",
    "InspectionKind",
    "InspectionQuerySet",
    "InspectionState",
    "Record",
    "RecordQuerySet",
    "RecordState",
    "RecordVersion",
    "Register",
    "in_scope",
    "within_area",
]
