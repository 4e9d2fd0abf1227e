"""The small maps on forms and beside cases, as GeoJSON."""

from typing import Any

from jiedao.cases.models import Case
from jiedao.cases.selectors.mapping import GRIDS, MapFilter, build_case_spot, build_premise_names
from jiedao.orgs.actor import Actor
from jiedao.places.selectors import area_text


def build_grid_features(
    parent_path: str | tuple[str, ...] = "", *, chosen_path: str = ""
) -> list[dict[str, Any]]:
    """Return the grids below the path or paths as GeoJSON features, with the chosen grid highlighted. No query."""
    return [
        {
            "type": "Feature",
            "geometry": polygon,
            "properties": {
                "kind": "grid",
                "label": area_text(path),
                "tone": "strong" if path == chosen_path else "",
            },
        }
        for path, _pk, polygon in GRIDS.get()
        if path.startswith(parent_path)
    ]


def build_picking_map(actor: Actor) -> dict[str, Any]:
    """Return the grids in which the user may pick a point, as a FeatureCollection.

    They are those of the town; for a user whom areas confine, those of the areas, with the names of their premises.
    """
    paths = actor.confined_to
    own_features = build_grid_features(paths) if paths else []
    if not own_features:
        return {"type": "FeatureCollection", "features": build_grid_features()}
    names = build_premise_names(actor, MapFilter())
    return {"type": "FeatureCollection", "features": own_features + names}


def build_case_map(case: Case) -> dict[str, Any] | None:
    """Return a map of the case's point, or of its grid, among the neighbouring grids; None if neither is known."""
    if case.lon is not None:
        return build_case_spot(case)
    features = build_grid_features(case.area_path[:-4], chosen_path=case.area_path) if case.area_path else []
    return {"type": "FeatureCollection", "features": features} if features else None
