from jiedao.kernel.storable import storable, storable_all


def test_control_signs_and_surrogates_go_and_the_rest_stays() -> None:
    assert storable("a\x00b\x1b\ud800c\td\ne\r\u202e😀") == "abc\td\ne\r\u202e😀"


def test_texts_inside_are_reached() -> None:
    assert storable_all({"a\x00": ["\x00b", 1], "c": {"d": "\x07"}, "e": None}) == {
        "a": ["b", 1], "c": {"d": ""}, "e": None,
    }  # fmt: skip
