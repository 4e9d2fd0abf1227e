"""Publications with their views, open data, yearly reports, reviews of cases, and consultations."""

from jiedao.publishing.models.consultations import (
    Consultation,
    ConsultationAnswer,
    ConsultationCode,
    ConsultationPoint,
    ConsultationQuestion,
)
from jiedao.publishing.models.open_data import DataSet
from jiedao.publishing.models.publications import (
    EDIT,
    PUBLISH,
    REVIEW,
    Publication,
    PublicationKind,
    PublicationState,
    ViewCount,
)
from jiedao.publishing.models.reviews import PublicCase, PublicPhoto
from jiedao.publishing.models.yearly import YearlyReport

__all__ = [
    "EDIT",
    "PUBLISH",
    "REVIEW",
    "Consultation",
    "ConsultationAnswer",
    "ConsultationCode",
    "ConsultationPoint",
    "ConsultationQuestion",
    "DataSet",
    "PublicCase",
    "PublicPhoto",
    "Publication",
    "PublicationKind",
    "PublicationState",
    "ViewCount",
    "YearlyReport",
]
