from jiedao.kernel.storable import make_all_storable, make_storable


def test_control_characters_and_surrogates_are_removed() -> None:
    assert make_storable("a\x00b\x1b\ud800c\td\ne\r\u202e😀") == "abc\td\ne\r\u202e😀"


def test_texts_in_lists_and_dictionaries_are_cleaned() -> None:
    assert make_all_storable({"a\x00": ["\x00b", 1], "c": {"d": "\x07"}, "e": None}) == {
        "a": ["b", 1],
        "c": {"d": ""},
        "e": None,
    }
