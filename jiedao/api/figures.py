"""Figures over JSON: the catalogue with the figures of a period, and one figure with what it is compared with."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router

from jiedao.api.auth import READ_FIGURES
from jiedao.api.filters import check_names, check_single, read_period
from jiedao.api.schemas_figures import FigureDetailOut, FigureIn, FiguresIn, FiguresOut
from jiedao.api.schemas_problems import READ
from jiedao.indicators.comparison import compare_figures
from jiedao.indicators.compute import compute_figures, compute_split, find_place, read_measures
from jiedao.indicators.describing import describe_comparison, describe_figure, describe_measure
from jiedao.indicators.figure import Figure
from jiedao.indicators.models import VIEW, Theme
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.figures import count_by_present_places
from jiedao.orgs.actor import Actor

router = Router(tags=["figures"])
ROOT = "/api/v1/figures"


def _require_reader(request: HttpRequest) -> Actor:
    actor: Actor = request.auth  # type: ignore[attr-defined]
    actor.require(VIEW)
    return actor


def _build_row(figure: Figure) -> dict[str, Any]:
    return describe_figure(figure) | {
        "theme": figure.measure.theme.key,
        "url": f"{ROOT}/{figure.measure.key}",
    }


@router.get(
    "/figures",
    auth=READ_FIGURES,
    response={200: FiguresOut, **READ},
    summary="List the figures",
    operation_id="list_figures",
)
def figures(request: HttpRequest, query: Query[FiguresIn]) -> Any:
    """List every measure with its figure in a period, of the town, one community or one unit."""
    _require_reader(request)
    check_names(request.GET, list(FiguresIn.model_fields))
    check_single(request.GET)
    period, place = read_period(query.period), find_place(query.area or "", query.unit or "")
    measures = list(read_measures().values())
    if query.theme:
        themes = list(Theme.objects.filter(active=True).values_list("key", flat=True))
        if query.theme not in themes:
            raise UserError(
                _("没有指标类别“%(key)s”。") % {"key": query.theme[:40]},
                hint=_("可用：%(names)s") % {"names": "、".join(themes)},
                field="theme",
            )
        measures = [measure for measure in measures if measure.theme.key == query.theme]
    with count_by_present_places(query.places == "now"):
        computed = compute_figures(measures, period, place)
    return {
        "period": period.text,
        "area": place.area_code,
        "unit_code": place.unit_code,
        "figures": [_build_row(computed[measure.key]) for measure in measures],
    }


@router.get(
    "/figures/{key}",
    auth=READ_FIGURES,
    response={200: FigureDetailOut, **READ},
    summary="Read a figure",
    operation_id="read_figure",
)
def figure(request: HttpRequest, key: str, query: Query[FigureIn]) -> Any:
    """Return a figure with its definition, target and changes; with `by`, also of each part of the split."""
    _require_reader(request)
    check_names(request.GET, list(FigureIn.model_fields))
    check_single(request.GET)
    measure = read_measures().get(key)
    if measure is None:
        raise NotFoundError(
            _("没有指标“%(key)s”。") % {"key": key[:60]},
            hint=_("可用的指标见 /api/v1/figures。"),
            field="key",
        )
    period, place = read_period(query.period), find_place(query.area or "", query.unit or "")
    with count_by_present_places(query.places == "now"):
        comparison = compare_figures([measure], period, place)[measure.key]
        split = compute_split(measure, period, query.by, with_rest=True) if query.by else []
    return (
        _build_row(comparison.figure)
        | describe_comparison(comparison)
        | {"definition": describe_measure(measure), "split": [describe_figure(item) for item in split]}
    )
