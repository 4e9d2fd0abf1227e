"""Every table of the room."""

from jiedao.registers.models.imports import RegisterImport
from jiedao.registers.models.inspections import (
    AnswerValue,
    Finding,
    FindingState,
    Inspection,
    InspectionKind,
    InspectionQuerySet,
    InspectionState,
)
from jiedao.registers.models.record_codes import RecordCode, RecordRequest
from jiedao.registers.models.records import (
    LONG_AGO,
    REGISTER_IDS_BY_UNIT,
    Record,
    RecordQuerySet,
    RecordState,
    RecordVersion,
    Register,
    in_scope,
    within_area,
)

__all__ = [
    "LONG_AGO",
    "REGISTER_IDS_BY_UNIT",
    "AnswerValue",
    "Finding",
    "FindingState",
    "Inspection",
    "InspectionKind",
    "InspectionQuerySet",
    "InspectionState",
    "Record",
    "RecordCode",
    "RecordQuerySet",
    "RecordRequest",
    "RecordState",
    "RecordVersion",
    "Register",
    "RegisterImport",
    "in_scope",
    "within_area",
]
