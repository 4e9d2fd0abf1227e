"""The small maps of the intake form and of a case without a point."""

from typing import Any

from jiedao.cases.models import Case
from jiedao.cases.selectors.mapping import GRIDS, build_case_spot
from jiedao.places.selectors import area_text


def grids(below: str = "", *, chosen: str = "") -> list[dict[str, Any]]:
    """Return the grids below a path as GeoJSON features, the chosen one set off; no query."""
    return [
        {
            "type": "Feature",
            "geometry": polygon,
            "properties": {
                "kind": "grid",
                "label": area_text(path),
                "tone": "strong" if path == chosen else "",
            },
        }
        for path, _pk, polygon in GRIDS.get()
        if path.startswith(below)
    ]


def town() -> dict[str, Any]:
    """Return all grids of the town as a FeatureCollection."""
    return {"type": "FeatureCollection", "features": grids()}


def around(case: Case) -> dict[str, Any] | None:
    """Return the case's point, or its grid alone, among the grids near it; None where nothing is known."""
    if case.lon is not None:
        return build_case_spot(case)
    features = grids(case.area_path[:-4], chosen=case.area_path) if case.area_path else []
    return {"type": "FeatureCollection", "features": features} if features else None
