"""What the office publishes: publications with their views, open data, and yearly reports on open information."""

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
from jiedao.publishing.models.yearly import YearlyReport

__all__ = [
    "EDIT",
    "PUBLISH",
    "REVIEW",
    "DataSet",
    "Publication",
    "PublicationKind",
    "PublicationState",
    "ViewCount",
    "YearlyReport",
]
