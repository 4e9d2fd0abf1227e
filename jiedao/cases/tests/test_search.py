"""Search: two-character words, several words, numbers, and only in scope."""

import pytest
from django.db import connection
from django.db.transaction import atomic
from django.test.utils import CaptureQueriesContext

from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.lists import read_case_page
from jiedao.cases.selectors.search import parse_case_number
from jiedao.cases.selectors.searching import search_cases
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy
from jiedao.kernel.searchrows import rebuild_search_rows
from jiedao.testing.cast import Town, make_cases, make_town

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    town = make_town()
    make_cases(
        town,
        [
            {"subject": "滨江路井盖破损", "detail": "行人容易绊倒", "number": "2026-00012268", "id": 12268},
            {"subject": "夜间施工噪音", "detail": "凌晨两点还在打桩", "grid": "G3"},
            {"subject": "路灯不亮", "detail": "A12栋楼下路灯坏了", "place_text": "望山村"},
        ],
    )
    return town


def search_subjects(town: Town, text: str, who: str = "dispatcher") -> list[str]:
    return [row.subject for row in read_case_page(town.actor(who), CaseFilters(text=text)).rows]


@pytest.mark.parametrize(
    ("text", "subjects"),
    [
        ("井盖", ["滨江路井盖破损"]),
        ("施工噪音", ["夜间施工噪音"]),
        ("路灯 望山", ["路灯不亮"]),
        ("井盖 噪音", []),
        ("a12", ["路灯不亮"]),
        ("夜", ["夜间施工噪音"]),
        ("00012268", ["滨江路井盖破损"]),
        ("12268", ["滨江路井盖破损"]),
        ("１２２６８", ["滨江路井盖破损"]),
        ("2268", ["滨江路井盖破损"]),
        ("02268", []),
        ("0012268", ["滨江路井盖破损"]),
        ("268", []),
        ("22680000", []),
        ("2026-00012268", ["滨江路井盖破损"]),
        ("2026-12268", ["滨江路井盖破损"]),
        ("'; DROP TABLE cases_case; -- 井盖", []),
        ('"井盖" OR *', []),
    ],
)
def test_a_phrase_finds_the_cases_that_contain_all_its_words(
    town: Town, text: str, subjects: list[str]
) -> None:
    assert search_subjects(town, text) == subjects


def test_search_stays_in_scope(town: Town) -> None:
    assert search_subjects(town, "噪音", "grid1") == []
    assert search_subjects(town, "噪音", "grid3") == ["夜间施工噪音"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2026-00000007", "2026-00000007"),
        ("2026－7", "2026-00000007"),
        ("2026", ""),
        ("1999-7", ""),
        ("2026-123456789", ""),
    ],
)
def test_a_case_number_is_recognised(text: str, number: str) -> None:
    assert parse_case_number(text) == number


def test_a_number_beside_characters_is_one_word(town: Town) -> None:
    places = ["桂花苑16栋", "桂花苑6栋", "桂花苑六栋", "桂花苑１６栋"]
    make_cases(
        town,
        [
            {"subject": f"{place}漏水", "detail": "6月起漏水，楼栋门口也有", "place_text": place}
            for place in places
        ],
    )
    assert search_subjects(town, "6栋") == ["桂花苑六栋漏水", "桂花苑6栋漏水"]
    assert search_subjects(town, "桂花苑六栋") == ["桂花苑六栋漏水", "桂花苑6栋漏水"]
    assert search_subjects(town, "十六栋") == ["桂花苑１６栋漏水", "桂花苑16栋漏水"]


def test_a_digit_is_no_beginning_of_a_longer_number(town: Town) -> None:
    assert search_subjects(town, "1") == []


def test_synonyms_of_the_town_find_each_other(town: Town) -> None:
    Policy.objects.create(key="synonyms", value=[["噪音", "噪声"], ["施工", "工地"]])
    forget_all()
    make_cases(town, [{"subject": "学校旁工地噪声", "detail": "影响上课"}])
    both = ["学校旁工地噪声", "夜间施工噪音"]
    assert search_subjects(town, "噪声") == search_subjects(town, "噪音") == both
    assert search_subjects(town, "施工噪声") == both
    assert search_subjects(town, "学校 噪音") == both[:1]


def test_the_search_rows_are_written_again(town: Town) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cases_searchrow")
    columns = ("subject", "place_text", "detail")
    with atomic():
        assert rebuild_search_rows(connection, "cases_searchrow", "case_id", "cases_case", columns) == 3
    assert search_subjects(town, "12栋") == []
    assert search_subjects(town, "A12栋") == ["路灯不亮"]
    assert search_subjects(town, "井盖") == ["滨江路井盖破损"]


def search_best(town: Town, text: str, most: int = 10) -> list[str]:
    return [row.subject for row in search_cases(town.actor("dispatcher"), text, most).rows]


def test_the_best_matches_come_first(town: Town) -> None:
    make_cases(
        town,
        [
            {"subject": "热线 2308 转来", "id": 20000, "number": "2026-00020000"},
            {"subject": "垃圾", "id": 22308, "number": "2026-00022308"},
            {"subject": "积水", "id": 2308, "number": "2025-00002308"},
            {"subject": "占道", "detail": "在2308室旁边", "id": 30000, "number": "2026-00030000"},
            {"subject": "油烟", "id": 12308, "number": "2025-00012308"},
            {"subject": "别的", "id": 123080, "number": "2026-00123080"},
        ],
    )
    assert search_best(town, "2308") == ["积水", "垃圾", "油烟", "热线 2308 转来", "占道"]
    assert search_best(town, "2308", 2) == ["积水", "垃圾"]
    assert search_best(town, "２３０８")[0] == "积水"
    assert search_best(town, "2308室旁边") == ["占道"]
    found = search_cases(town.actor("dispatcher"), "2308", 10)
    assert ([row.subject for row in found.exact], found.total, found.total_exact) == (["积水"], 5, True)


def test_all_words_in_the_title_come_before_newer_cases(town: Town) -> None:
    make_cases(
        town,
        [
            {"subject": "滨江路3号楼噪音", "detail": "半夜"},
            {"subject": "噪音", "detail": "3号楼旁边"},
            {"subject": "13号楼噪音", "detail": "3号楼也听得到"},
        ],
    )
    assert search_best(town, "3号楼 噪音") == ["滨江路3号楼噪音", "13号楼噪音", "噪音"]
    assert search_best(town, "噪") == ["13号楼噪音", "噪音", "滨江路3号楼噪音", "夜间施工噪音"]


def test_the_number_of_statements_is_fixed(town: Town) -> None:
    actor = town.actor("dispatcher")
    make_cases(town, [{"subject": f"热线 {n % 7} 2308"} for n in range(30)])
    for text, most in (("2308", 4), ("热线", 2)):
        search_cases(actor, text, 5)
        with CaptureQueriesContext(connection) as spent:
            search_cases(actor, text, 5)
        assert len(spent) <= most


def test_a_number_of_another_area_is_not_found_by_its_end(town: Town) -> None:
    make_cases(town, [{"subject": "积水", "id": 52308, "number": "2026-00052308", "grid": "G3"}])
    assert search_cases(town.actor("grid1"), "2308", 5).rows == []
    assert search_subjects(town, "2308", "grid1") == []
    assert search_subjects(town, "2308", "grid3") == ["积水"]
