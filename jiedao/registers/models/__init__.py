"""Every table of the room."""

from jiedao.registers.models.inspections import (
    Finding,
    FindingState,
    InspectionQuerySet,
    Value,
    Visit,
    VisitKind,
    VisitState,
)
from jiedao.registers.models.records import (
    KEEPERS,
    LONG_AGO,
    Record,
    RecordQuerySet,
    RecordState,
    RecordVersion,
    Register,
    below,
    in_scope,
)

__all__ = [
    "KEEPERS",
    "LONG_AGO",
    "Finding",
    "FindingState",
    "InspectionQuerySet",
    "Record",
    "RecordQuerySet",
    "RecordState",
    "RecordVersion",
    "Register",
    "Value",
    "Visit",
    "VisitKind",
    "VisitState",
    "below",
    "in_scope",
]
