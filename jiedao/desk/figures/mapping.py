"""A measure on the map: each community as dark as its value, and a link to the rows behind it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from jiedao.cases.selectors.mapping import COMMUNITIES
from jiedao.indicators.figure import Figure
from jiedao.places.selectors import area_text

LIGHTEST = 0.1  # the shade of the least value; a community without a value has none


def build_figure_map(figures: Sequence[Figure], urls: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the communities as a FeatureCollection; None where no community has an outline or a value.

    Args:
        urls: the address of the rows by the path of a community.
    """
    values = {
        figure.place.area_path: figure
        for figure in figures
        if figure.value is not None and figure.place.area_path
    }
    shapes = COMMUNITIES.get()
    if not values or not shapes:
        return None
    numbers = [figure.value for figure in values.values() if figure.value is not None]
    least, most = min(numbers), max(numbers)
    features = []
    for path, _pk, polygon in shapes:
        figure = values.get(path)
        name = area_text(path)
        text = f"{figure.text} {figure.measure.unit_after}" if figure is not None else "—"
        properties: dict[str, Any] = {
            "kind": "grid",
            "label": f"{name}：{text}",
            "text": name.removesuffix("社区").removesuffix(" Community"),
            "value": _choose_shade(figure.value, least, most) if figure is not None else 0,
        }
        if urls.get(path):
            properties["href"] = urls[path]
        features.append({"type": "Feature", "geometry": polygon, "properties": properties})
    return {"type": "FeatureCollection", "features": features}


def _choose_shade(value: Decimal | None, least: Decimal, most: Decimal) -> float:
    """Return how dark a community is: between the least and the most, because rates differ by little."""
    if value is None:
        return 0
    return LIGHTEST + (1 - LIGHTEST) * float((value - least) / (most - least)) if most > least else LIGHTEST
