"""Search: two-character words, several words, numbers, and only in scope."""

import pytest

from jiedao.cases.selectors.filters import CaseFilters
from jiedao.cases.selectors.lists import read_case_page
from jiedao.cases.selectors.search import parse_case_number
from jiedao.testing.cast import Town, make_cases, make_town

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    town = make_town()
    make_cases(
        town,
        [
            {"subject": "滨江路井盖破损", "detail": "行人容易绊倒", "number": "2026-00012268"},
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
