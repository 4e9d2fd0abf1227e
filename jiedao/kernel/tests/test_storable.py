from jiedao.kernel.storable import storable, storable_all


def test_control_characters_and_surrogates_are_removed() -> None:
    assert storable("a\x00b\x1b\ud800c\td\ne\r\u202e😀") == "abc\td\ne\r\u202e😀"


def test_texts_in_lists_and_dictionaries_are_cleaned() -> None:
    assert storable_all({"a\x00": ["\x00b", 1], "c": {"d": "\x07"}, "e": None}) == {
        "a": ["b", 1],
        "c": {"d": ""},
        "e": None,
    }
