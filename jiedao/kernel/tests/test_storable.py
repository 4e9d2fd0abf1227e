from jiedao.kernel.storable import make_all_storable, make_storable


def test_control_characters_and_surrogates_are_removed() -> None:
    assert make_storable("a\x00b\x1b\ud800c\td\ne\r😀") == "abc\td\ne\r😀"


def test_marks_of_direction_are_removed() -> None:
    assert make_storable("照片\u202egpj.exe \u2066一\u2069\u200f二\u200e\u061c") == "照片gpj.exe 一二"
    assert make_storable("👨\u200d👩\u200d👧") == "👨\u200d👩\u200d👧"


def test_texts_in_lists_and_dictionaries_are_cleaned() -> None:
    assert make_all_storable({"a\x00": ["\x00b", 1], "c": {"d": "\x07"}, "e": None}) == {
        "a": ["b", 1],
        "c": {"d": ""},
        "e": None,
    }
