"""A named place is a place: what a premise, a road or a community states of where a matter is."""

import pytest

from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.cases.actions.reporting import report_case
from jiedao.cases.models import Case
from jiedao.cases.moves.perform import perform
from jiedao.cases.placing import list_named_places
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.memo import forget_all
from jiedao.places.models import Premise, Road
from jiedao.places.naming import PlaceKind
from jiedao.testing.cast import Town

pytestmark = pytest.mark.django_db


def report(town: Town, who: str = "registrar", **columns: object) -> Case:
    new = NewCase(channel="HOTLINE", subject="", detail="单元门口路灯坏了", **columns)  # type: ignore[arg-type]
    return Case.objects.get(pk=report_case(new, actor=town.actor(who)).case.id)


def add_premise(town: Town, code: str, name: str, area: str) -> Premise:
    premise = Premise.objects.create(code=code, kind="ESTATE", name=name, area=town.areas[area])
    forget_all()
    return premise


def test_a_chosen_premise_gives_the_case_its_grid_and_point(town: Town) -> None:
    case = report(town, premise_id=town.premises["GARDEN"].pk)
    assert (case.area, case.area_path) == (town.areas["G1"], town.areas["G1"].path)
    assert (case.lon, case.lat, case.coord_system) == (114.105, 22.605, "WGS84")
    assert case.premise == town.premises["GARDEN"]


def test_a_premise_without_a_point_gives_the_grid(town: Town) -> None:
    case = report(town, premise_id=town.premises["VILLAGE"].pk)
    assert (case.area, case.lon, case.coord_system) == (town.areas["G3"], None, "")


def test_a_stated_point_takes_precedence_over_that_of_a_premise(town: Town) -> None:
    case = report(town, premise_id=town.premises["GARDEN"].pk, lon=114.115, lat=22.604)
    assert (case.lon, case.area) == (114.115, town.areas["G2"])


def test_a_point_outside_the_town_leaves_the_premise_its_grid(town: Town) -> None:
    case = report(town, premise_id=town.premises["GARDEN"].pk, lon=116.4, lat=39.9)
    assert (case.area, case.outside) == (town.areas["G1"], False)


def test_a_premise_narrows_a_chosen_community_to_its_grid(town: Town) -> None:
    premise = town.premises["GARDEN"].pk
    assert report(town, premise_id=premise, area_id=town.areas["RIVER"].pk).area == town.areas["G1"]
    elsewhere = report(town, premise_id=premise, area_id=town.areas["G3"].pk)
    assert (elsewhere.area, elsewhere.lon) == (town.areas["G3"], None)


@pytest.mark.parametrize("text", ["临江花园", " 临江 花园 ", "Riverside Garden"])
def test_words_that_are_the_name_of_a_premise_choose_it(town: Town, text: str) -> None:
    case = report(town, place_text=text)
    assert (case.premise, case.area) == (town.premises["GARDEN"], town.areas["G1"])


@pytest.mark.parametrize(
    "text", ["临江花园3栋", "临江花园 三栋2单元501", "临江花园A座", "临江花园12号楼1204室"]
)
def test_the_number_of_a_building_or_room_may_follow_the_name_of_a_premise(town: Town, text: str) -> None:
    case = report(town, place_text=text)
    assert (case.premise, case.area) == (town.premises["GARDEN"], town.areas["G1"])


@pytest.mark.parametrize("text", ["新临江花园3栋", "临江花园3栋东门", "临江花园二期3栋"])
def test_a_number_after_another_name_chooses_nothing(town: Town, text: str) -> None:
    assert report(town, place_text=text).premise is None


def test_words_that_are_the_name_of_a_community_choose_it(town: Town) -> None:
    assert report(town, place_text="望山社区").area == town.areas["HILL"]


def test_words_that_only_contain_a_name_choose_nothing(town: Town) -> None:
    case = report(town, place_text="临江花园东门")
    assert (case.premise, case.area, case.lon) == (None, None, None)


def test_a_name_of_two_premises_chooses_neither(town: Town) -> None:
    add_premise(town, "P8", "临江花园", "G4")
    assert report(town, place_text="临江花园").area is None


def test_an_unknown_premise_is_refused(town: Town) -> None:
    with pytest.raises(UserError) as refusal:
        report(town, premise_id=987_654)
    assert refusal.value.field == "premise"


def test_a_premise_of_another_grid_is_refused_to_a_grid_worker(town: Town) -> None:
    new = NewCase(channel="PATROL", subject="", detail="垃圾", premise_id=town.premises["VILLAGE"].pk)
    with pytest.raises(NotAllowed):
        file_case(new, actor=town.actor("grid1"))
    named = NewCase(channel="PATROL", subject="", detail="垃圾", place_text="望山村")
    case = Case.objects.get(pk=file_case(named, actor=town.actor("grid1")).id)
    assert case.area == town.areas["G3"]


def test_names_within_the_words_are_offered_the_longest_first(town: Town) -> None:
    add_premise(town, "P8", "花园", "G2")
    add_premise(town, "P9", "临江花园东区", "G4")
    places = list_named_places("临江花园东门")
    assert [place.name for place in places] == ["临江花园"]
    assert [place.name for place in list_named_places("临江花园东区3栋")] == ["临江花园东区"]
    assert [place.name for place in list_named_places("路灯", "望山社区的花园里路灯坏了")] == [
        "望山社区",
        "花园",
    ]


def test_a_name_is_offered_while_it_is_being_typed(town: Town) -> None:
    assert [place.name for place in list_named_places("临江")] == ["临江社区", "临江花园"]
    assert [place.name for place in list_named_places("临")] == []


def test_another_name_that_ends_in_the_name_is_not_offered(town: Town) -> None:
    Road.objects.create(name="三号路").areas.set([town.areas["RIVER"]])
    forget_all()
    assert list_named_places("新临江花园") == []
    assert list_named_places("十三号路口") == []
    assert [place.kind for place in list_named_places("三号路口")] == [PlaceKind.ROAD]


def test_a_road_is_offered_in_each_of_its_communities(town: Town) -> None:
    Road.objects.create(name="滨江路").areas.set([town.areas["RIVER"], town.areas["HILL"]])
    forget_all()
    places = list_named_places("滨江路12号")
    assert [place.area_id for place in places] == [town.areas["RIVER"].pk, town.areas["HILL"].pk]
    only = list_named_places("滨江路12号", paths=(town.areas["HILL"].path,))
    assert [place.area_id for place in only] == [town.areas["HILL"].pk]


def test_correcting_the_premise_sets_grid_and_point(town: Town) -> None:
    case = report(town, place_text="临江花园东门")
    data = {"premise": town.premises["GARDEN"].pk, "note": "补定位置"}
    perform(town.actor("registrar"), case.pk, "CORRECT", data=data)
    case.refresh_from_db()
    assert (case.premise, case.area, case.lon) == (town.premises["GARDEN"], town.areas["G1"], 114.105)


def test_correcting_the_grid_drops_a_premise_that_is_elsewhere(town: Town) -> None:
    case = report(town, premise_id=town.premises["GARDEN"].pk)
    perform(town.actor("registrar"), case.pk, "CORRECT", data={"area": town.areas["G4"].pk, "note": "另一处"})
    case.refresh_from_db()
    assert (case.area, case.premise) == (town.areas["G4"], None)


def test_a_premise_outside_the_chosen_grid_is_refused(town: Town) -> None:
    case = report(town)
    data = {"premise": town.premises["GARDEN"].pk, "area": town.areas["G4"].pk, "note": "补定位置"}
    with pytest.raises(UserError) as refusal:
        perform(town.actor("registrar"), case.pk, "CORRECT", data=data)
    assert refusal.value.field == "premise"
