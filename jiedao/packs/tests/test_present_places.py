"""Closed cases of an area that was split count by the places of now where a premise or a point decides."""

import pytest

from jiedao.cases.jobs import place_closed_cases
from jiedao.cases.models import Case, PresentPlace
from jiedao.cases.selectors.counting import PLACES_OF, count_measures
from jiedao.cases.selectors.former_places import NOW
from jiedao.kernel import clock, periods
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import make_system_actor
from jiedao.packs.tests.test_apply import apply
from jiedao.packs.tests.test_successions import EAST_GRID, OLD_GRID, WEST_GRID, case_in, split_grid
from jiedao.packs.tests.tiny import TinyPack
from jiedao.places.models import Area

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(tiny: TinyPack) -> list[Case]:
    """Three closed cases in the west, one in the east and one without a point, in a grid that was split since."""
    apply(tiny)
    points = [114.112, 114.112, 114.113, 114.117, None]
    cases = [
        case_in(OLD_GRID, state="CLOSED", lon=lon, lat=22.605 if lon is not None else None) for lon in points
    ]
    split_grid(tiny)
    apply(tiny)
    forget_all()
    return cases


def count_reported(code: str, *where: tuple[str, str]) -> int:
    counts = count_measures(
        make_system_actor(), ["reported"], periods.year_of(clock.today()), (), (("area", code), *where)
    )
    return sum(counts.cells["reported"].values())


def test_points_decide_for_which_part_a_closed_case_counts_now(closed: list[Case]) -> None:
    assert place_closed_cases() == len(closed)

    assert (count_reported(WEST_GRID, (PLACES_OF, NOW)), count_reported(EAST_GRID, (PLACES_OF, NOW))) == (
        3,
        1,
    )
    assert count_reported(OLD_GRID, (PLACES_OF, NOW)) == 1  # nothing decides
    assert (count_reported(WEST_GRID), count_reported(OLD_GRID)) == (0, len(closed))  # places of then
    closed[0].refresh_from_db()
    assert closed[0].area.code == OLD_GRID


def test_a_second_run_decides_nothing_again(closed: list[Case]) -> None:
    place_closed_cases()
    assert place_closed_cases() == 0


def test_a_later_succession_decides_anew(closed: list[Case], tiny: TinyPack) -> None:
    place_closed_cases()
    later = f"{WEST_GRID[:-3]}008"
    text = (tiny.folder / "grids.geojson").read_text(encoding="utf-8")
    text = text.replace(
        f'"code": "{WEST_GRID}", "was": "{OLD_GRID}"', f'"code": "{later}", "was": "{WEST_GRID}"'
    )
    tiny.write("grids.geojson", text)
    apply(tiny)
    forget_all()

    assert place_closed_cases() == len(closed)

    assert count_reported(later, (PLACES_OF, NOW)) == 3
    path = Area.objects.get(code=later).path
    assert PresentPlace.objects.filter(area_path=path).count() == 3


def test_a_town_without_a_split_area_decides_nothing(tiny: TinyPack) -> None:
    apply(tiny)
    case_in(OLD_GRID, state="CLOSED", lon=114.112, lat=22.605)
    assert place_closed_cases() == 0
    assert not PresentPlace.objects.exists()
