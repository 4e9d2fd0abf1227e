"""Likely duplicates are found by their rare words, however many cases were filed since."""

import pytest
from pytest_django import DjangoAssertNumQueries

from jiedao.cases.actions.intake import NewCase, file_case, file_cases
from jiedao.cases.selectors.duplicates import find_likely_duplicates
from jiedao.kernel.memo import forget_all
from jiedao.testing.cast import Town

pytestmark = pytest.mark.django_db
TWIN = NewCase("WEB", "石榴花园旁的搅拌站夜里开工", "石榴花园旁边的搅拌站彻夜轰鸣，请尽快处理。")


def make_many(count: int) -> list[NewCase]:
    return [
        NewCase("WEB", f"第{n}号楼请尽快处理", f"住在这里的人都希望请尽快处理这件事{n}。")
        for n in range(count)
    ]


def test_a_duplicate_is_found_behind_many_newer_cases_with_common_words(town: Town) -> None:
    twin = file_case(TWIN, actor=town.actor("registrar"))
    file_cases(make_many(120), actor=town.actor("registrar"))
    forget_all()

    duplicates = find_likely_duplicates(
        town.actor("registrar"), "投诉石榴花园搅拌站", "搅拌站就在石榴花园旁边，夜里也开工，请尽快处理。"
    )

    assert [row.row.id for row in duplicates] == [twin.id]


def test_the_number_of_statements_does_not_grow_with_the_cases(
    town: Town, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    actor = town.actor("registrar")
    file_cases([TWIN, *make_many(30)], actor=actor)
    find_likely_duplicates(actor, TWIN.subject, TWIN.detail)  # loads the usual words, cached for ten minutes

    with django_assert_num_queries(1):
        find_likely_duplicates(actor, TWIN.subject, TWIN.detail)


def test_another_building_is_no_duplicate_and_a_numeral_is_the_same_building(town: Town) -> None:
    actor = town.actor("registrar")
    same, _other = (
        file_case(NewCase("WEB", f"石榴花园{number}电梯困人", "电梯停在半空，老人被困。"), actor=actor)
        for number in ("6号楼", "16栋")
    )
    duplicates = find_likely_duplicates(actor, "石榴花园六栋电梯困人", "电梯停在半空，老人被困。")
    assert [row.row.id for row in duplicates] == [same.id]
