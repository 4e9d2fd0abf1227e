"""The figures that the office publishes to the district above it: numbers and definitions, no rows and no cases."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import override
from ninja import Query, Router

from jiedao.api.auth import READ_PUBLISHED
from jiedao.api.filters import check_names, check_single, read_period
from jiedao.api.schemas_problems import READ_LIST
from jiedao.api.schemas_published import PublishedFiguresOut, PublishedIn
from jiedao.indicators.describing import write_number
from jiedao.indicators.models import VIEW_PUBLISHED
from jiedao.indicators.published import PublishedFigure, read_published_figures
from jiedao.kernel.wordings import Wording
from jiedao.places.selectors import list_streets

router = Router(tags=["figures"])


@router.get(
    "/published-figures",
    auth=READ_PUBLISHED,
    response={200: PublishedFiguresOut, **READ_LIST},
    summary="List the published figures",
    operation_id="list_published_figures",
)
def published_figures(request: HttpRequest, query: Query[PublishedIn]) -> Any:
    """List the figures of the complete town that the office publishes, each with the version of its definition."""
    request.auth.require(VIEW_PUBLISHED)  # type: ignore[attr-defined]
    check_names(request.GET, list(PublishedIn.model_fields))
    check_single(request.GET)
    period = read_period(query.period)
    published = read_published_figures(period)
    return {
        "period": period.text,
        "first": period.first,
        "last": period.last,
        "as_of": published.as_of,
        "towns": [{"code": area.code, "name": area.name} for area in list_streets()],
        "figures": [_describe_figure(item) for item in published.figures],
    }


def _describe_figure(item: PublishedFigure) -> dict[str, Any]:
    figure, measure = item.figure, item.measure
    return {
        "measure": measure.key,
        "name": measure.name,
        "name_en": measure.name_en,
        "value": write_number(figure.rounded),
        "numerator": write_number(figure.numerator),
        "denominator": write_number(figure.denominator),
        "denominator_name": figure.denominator_name,
        "unit": measure.unit_label,
        "unit_en": measure.unit_label_en,
        "better": measure.better,
        "status": figure.status.value,
        "ended": item.is_ended,
        "locked": item.is_locked,
        "note": _write_note(item.note, "zh-hans"),
        "note_en": _write_note(item.note, "en"),
        "definition": {
            "version": item.version,
            "kind": measure.kind,
            "digits": measure.digits,
            "meaning": measure.meaning,
            "meaning_en": measure.meaning_en,
        },
    }


def _write_note(note: Wording | None, language: str) -> str:
    with override(language):
        return str(note) if note is not None else ""
