"""Decide where the open cases belong whose place a pack retired, and which no rule could move."""

from django.db.models import QuerySet

from jiedao.cases.models import Case
from jiedao.cases.moves.perform import perform
from jiedao.orgs.actor import Actor
from jiedao.places.following import PREMISE
from jiedao.places.undecided import OldPlace, Undecided, build_retired_filter, find_old_place

RIGHT = "cases.case:correct"


def _find_undecided(actor: Actor) -> QuerySet[Case]:
    condition = build_retired_filter() if actor.can(RIGHT) else None
    cases: QuerySet[Case] = Case.objects.visible_to(actor).open()
    return cases.filter(condition) if condition is not None else cases.none()


def count_undecided(actor: Actor) -> int:
    """Return how many cases `list_undecided` lists; no query while no place is retired."""
    return _find_undecided(actor).count()


def list_undecided(actor: Actor) -> list[Undecided]:
    """Return the open cases at retired places that the actor may correct, the oldest first; one statement."""
    columns = ("id", "version", "number", "subject", "place_text", "lon", "lat", "area_id", "premise_id")
    return [
        Undecided(
            row["id"],
            row["version"],
            find_old_place(row["area_id"], row["premise_id"]),
            row["number"],
            row["subject"],
            row["place_text"],
            row["lon"],
            row["lat"],
        )
        for row in _find_undecided(actor).order_by("id").values(*columns)
    ]


def decide(*, actor: Actor, case_id: int, version: int, place: OldPlace, note: str) -> Case:
    """Correct the place of a case; its history and the audit state who did so and why.

    Args:
        place: the area or premise to which the case belongs now.

    Raises: as `perform`.
    """
    name = "premise" if place.kind == PREMISE else "area"
    return perform(actor, case_id, "CORRECT", version=version, data={name: place.id, "note": note})
