"""Phone numbers in the forms in which people, hotlines and spreadsheets write them."""

import re

import pytest

from jiedao.kernel.phones import build_phone_patterns, read_phone, read_phones

FORMS = {
    "13912345678": [
        "13912345678",
        "１３９１２３４５６７８",
        " 139 1234 5678 ",
        "139-1234-5678",
        "139–1234–5678",
        "+86 139 1234 5678",
        "+8613912345678",
        "0086-13912345678",
        "86 13912345678",
        "013912345678",
        "手机：13912345678",
        "联系电话 13912345678",
        "13912345678.0",
    ],
    "0755-28671234": [
        "0755-28671234",
        "075528671234",
        "(0755)28671234",
        "（0755）2867 1234",
        "０７５５－２８６７１２３４",
        "+86-755-28671234",
        "+86 0755 28671234",
        "28671234",
    ],
    "010-62345678": ["010-62345678", "01062345678", "+86 10 6234 5678"],
    "0755-28671234-801": [
        "0755-28671234-801",
        "0755-28671234转801",
        "28671234 ext. 801",
        "0755-28671234#801",
    ],
    "4008208820": ["400-820-8820", "4008208820", "400 8208820"],
    "8008108888": ["800-810-8888"],
    "12345": ["12345", "１２３４５"],
    "95588": ["95588"],
    "110": ["110"],
    "+85223456789": ["+852 2345 6789", "00852-23456789"],
}


@pytest.mark.parametrize(
    ("canonical", "form"), [(key, form) for key, forms in FORMS.items() for form in forms]
)
def test_every_form_of_a_number_is_read_as_one(canonical: str, form: str) -> None:
    assert read_phone(form, area_code="0755") == canonical
    assert read_phones(form, area_code="0755").numbers == (canonical,)


@pytest.mark.parametrize("canonical", FORMS)
def test_a_canonical_number_stays_as_it_is(canonical: str) -> None:
    assert read_phone(canonical) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "138",
        "1381234567",
        "139123456789",
        "12012345678",
        "99999999",
        "0",
        "无",
        "139****5678",
        "1.39123E+10",
        "0755",
        "13912345678-801",
        "张三13912345678",
        "+86 12",
    ],
)
def test_what_cannot_be_a_number_is_a_fault(text: str) -> None:
    reading = read_phones(text)
    assert (reading.numbers, reading.faults) == ((), (text,))


@pytest.mark.parametrize("mark", ["、", "，", ";", " / ", "\n", "或", " "])
def test_several_numbers_in_one_text_are_split(mark: str) -> None:
    reading = read_phones(f"13912345678{mark}0755-28671234")
    assert reading.canonical == "13912345678、0755-28671234"
    assert not reading.faults


def test_a_repeated_number_counts_once_and_a_bad_one_beside_it_is_named() -> None:
    reading = read_phones("13912345678，+86 13912345678，138")
    assert (reading.numbers, reading.faults) == (("13912345678",), ("138",))


def test_a_line_without_an_area_code_stays_local_where_the_town_names_none() -> None:
    assert read_phone("28671234") == "28671234"


@pytest.mark.parametrize(
    "typed", ["0755-28671234", "0755 2867 1234", "28671234", "2867-1234", "139 1234 5678"]
)
def test_patterns_find_a_number_however_its_digits_are_grouped(typed: str) -> None:
    pattern = "|".join(build_phone_patterns("13912345678、0755-28671234"))
    assert re.fullmatch(pattern, typed)
