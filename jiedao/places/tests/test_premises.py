"""Premises in a grid."""

import pytest
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.utils.translation import override

from jiedao.places.models import Premise
from jiedao.testing.cast import Town


def test_a_premise_is_labelled_in_the_readers_language(town: Town) -> None:
    assert str(town.premises["GARDEN"]) == "临江花园"
    with override("en"):
        assert str(town.premises["GARDEN"]) == "Riverside Garden"


def test_the_premises_of_a_community_are_found_by_its_path(town: Town) -> None:
    in_river = Premise.objects.filter(area__path__startswith=town.areas["RIVER"].path)
    assert list(in_river) == [town.premises["GARDEN"]]
    assert list(town.areas["G3"].premises.all()) == [town.premises["VILLAGE"]]


@pytest.mark.parametrize("point", [{"lon": 114.1}, {"lat": 22.6}])
def test_a_point_has_both_coordinates_or_none(town: Town, point: dict[str, float]) -> None:
    with pytest.raises(IntegrityError):
        Premise.objects.create(code="P9", kind="BLOCK", name="沿街", area=town.areas["G2"], **point)


def test_codes_are_unique(town: Town) -> None:
    with pytest.raises(IntegrityError):
        Premise.objects.create(code="P001", kind="BLOCK", name="沿街", area=town.areas["G2"])


def test_an_area_with_premises_is_not_deleted(town: Town) -> None:
    with pytest.raises(ProtectedError):
        town.areas["G1"].delete()
