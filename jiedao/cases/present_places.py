"""Decide where the closed cases of split areas belong by the places of now: by premise, else by point."""

from django.db.models import Exists, Max, OuterRef, QuerySet

from jiedao.cases.models import Case, PresentPlace
from jiedao.cases.selectors.former_places import SPLIT_PATHS
from jiedao.kernel import clock
from jiedao.kernel.models import SuccessionRow
from jiedao.places.following import PRESENT_KINDS, find_present_place

BATCH = 1000


def _find_waiting() -> QuerySet[Case]:
    """Return the cases at split areas that were not decided since the last succession."""
    last = SuccessionRow.objects.filter(kind__in=PRESENT_KINDS).aggregate(last=Max("at"))["last"]
    decided = PresentPlace.objects.filter(case=OuterRef("pk"), at__gte=last)
    cases: QuerySet[Case] = Case.objects.filter(~Exists(decided), area_path__in=list(SPLIT_PATHS.get()))
    return cases.order_by("pk")


def place_cases_of_split_areas(most: int = 100 * BATCH) -> int:
    """Store the present places of cases that have none yet; return how many were decided, also for no place.

    Without a query in a town where no area was split. A run ends after `most` cases, and the next one continues.
    """
    if not SPLIT_PATHS.get():
        return 0
    done, columns = 0, ("pk", "area_id", "premise_id", "lon", "lat")
    while done < most and (cases := list(_find_waiting().values_list(*columns)[:BATCH])):
        rows = []
        for pk, area_id, premise_id, lon, lat in cases:
            area, _premise = find_present_place(area_id, premise_id, lon=lon, lat=lat)
            rows.append(
                PresentPlace(case_id=pk, area_path=area.path if area is not None else "", at=clock.now())
            )
        PresentPlace.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["case"], update_fields=["area_path", "at"]
        )
        done += len(rows)
    return done
