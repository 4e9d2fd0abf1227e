"""The tables of the room, each in the folder of its subject."""

from jiedao.publishing.consultations.models import (
    Consultation,
    ConsultationAnswer,
    ConsultationCode,
    ConsultationPoint,
    ConsultationQuestion,
)
from jiedao.publishing.review.models import PublicCase, PublicPhoto

__all__ = [
    "Consultation",
    "ConsultationAnswer",
    "ConsultationCode",
    "ConsultationPoint",
    "ConsultationQuestion",
    "PublicCase",
    "PublicPhoto",
]
