"""The tables of the room, each in the folder of its subject."""

from jiedao.publishing.models.consultations import (
    Consultation,
    ConsultationAnswer,
    ConsultationCode,
    ConsultationPoint,
    ConsultationQuestion,
)
from jiedao.publishing.models.reviews import PublicCase, PublicPhoto

__all__ = [
    "Consultation",
    "ConsultationAnswer",
    "ConsultationCode",
    "ConsultationPoint",
    "ConsultationQuestion",
    "PublicCase",
    "PublicPhoto",
]
