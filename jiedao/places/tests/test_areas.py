"""The tree of areas, and what lists show of it without a query."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError
from django.utils.translation import override

from jiedao.kernel.memo import forget_all
from jiedao.places.models import Area, choose_text, in_language
from jiedao.places.selectors import AREAS, area_chain, area_info, area_text, community_of
from jiedao.testing.cast import Town

MaxQueries = Callable[[int], object]


@pytest.mark.parametrize(
    ("language", "expected"), [("zh-hans", "街道"), ("en", "Sub-district"), ("en-gb", "Sub-district")]
)
def test_a_name_is_in_the_readers_language(language: str, expected: str) -> None:
    with override(language):
        assert in_language("街道", "Sub-district") == expected


def test_a_name_without_a_translation_stays_chinese() -> None:
    with override("en"):
        assert in_language("街道", "") == "街道"


def test_a_text_of_a_pack_is_in_the_readers_language() -> None:
    values = {"hours": "工作日", "hours_en": "Working days", "address": "东街 1 号", "note": None}
    with override("en"):
        texts = [choose_text(values, key) for key in ("hours", "address", "note", "missing")]
    assert texts == ["Working days", "东街 1 号", "", ""]
    with override("zh-hans"):
        assert choose_text(values, "hours") == "工作日"


def test_an_area_is_labelled_in_the_readers_language(town: Town) -> None:
    assert str(town.areas["RIVER"]) == "临江社区"
    with override("en"):
        assert str(town.areas["RIVER"]) == "Riverside Community"


def test_codes_are_unique(town: Town) -> None:
    with pytest.raises(IntegrityError):
        Area.objects.create(path="00020001", depth=2, kind="GRID", code=town.areas["G1"].code, name="重复")


def test_a_path_has_the_path_of_the_area_around_it(town: Town) -> None:
    grid, community, street = town.areas["G1"], town.areas["RIVER"], town.areas["STREET"]
    assert grid.path.startswith(community.path)
    assert community.path.startswith(street.path)
    inside = Area.objects.filter(path__startswith=community.path).order_by("path")
    assert list(inside) == [community, town.areas["G1"], town.areas["G2"]]


def test_an_area_is_read_by_id(town: Town) -> None:
    grid = town.areas["G3"]
    info = area_info(grid.pk)
    assert info is not None
    assert (info.id, info.path, info.kind, info.code) == (grid.pk, grid.path, "GRID", grid.code)
    assert (info.label, info.parent_path) == ("第1网格", town.areas["HILL"].path)


def test_no_id_and_an_unknown_id_are_no_area(town: Town) -> None:
    assert area_info(None) is None
    assert area_info(987654) is None


def test_a_retired_area_is_not_listed(town: Town) -> None:
    grid = town.areas["G3"]
    Area.objects.filter(pk=grid.pk).update(active=False)
    forget_all()
    assert area_info(grid.pk) is None
    assert grid.pk not in AREAS.get()
    # displayed history names it
    assert [area.code for area in area_chain(grid.path)][-1] == grid.code
    assert area_text(grid.path).endswith("第1网格")


def test_a_chain_leads_from_the_district_down(town: Town) -> None:
    chain = area_chain(town.areas["G1"].path)
    assert [area.label for area in chain] == ["清江区", "云溪街道", "临江社区", "第1网格"]
    assert area_chain("") == []


@pytest.mark.parametrize(("name", "community"), [("G2", "RIVER"), ("RIVER", "RIVER"), ("STREET", None)])
def test_the_community_of_an_area(town: Town, name: str, community: str | None) -> None:
    area = community_of(town.areas[name].path)
    assert (area.code if area is not None else None) == (town.areas[community].code if community else None)


@pytest.mark.parametrize(
    ("name", "chinese", "english"),
    [
        ("G2", "临江社区 · 第2网格", "Riverside Community · Grid 2"),
        ("HILL", "望山社区", "Hillview Community"),
        ("STREET", "云溪街道", "Yunxi Sub-district"),
    ],
)
def test_an_area_in_words(town: Town, name: str, chinese: str, english: str) -> None:
    path = town.areas[name].path
    assert area_text(path) == chinese
    with override("en"):
        assert area_text(path) == english


def test_an_unknown_path_has_no_words(town: Town) -> None:
    assert area_text("") == area_text("99999999") == ""


def test_lists_read_areas_in_one_statement(town: Town, django_assert_num_queries: MaxQueries) -> None:
    forget_all()
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        for name in ("G1", "G2", "G3", "G4", "RIVER"):
            area = town.areas[name]
            area_info(area.pk)
            area_chain(area.path)
            area_text(area.path)
            community_of(area.path)
