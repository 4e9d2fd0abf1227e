"""The lines of TOML keys."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from jiedao.kernel.toml_lines import find_line, locate_keys

TEXT = '''# a comment with = and [brackets]
top = 1
[one]
"a key" = "x # no comment"   # comment
long = [
  "first",  # it's fine
  "second ]",
]
inline = { a = 1, b = "}" }
dotted.inner = 2
text = """
[not a table]
key = "no key"
"""
[[many]]
n = 1
[[many]]
n = 2
[[many.part]]
p = 1
[many.rest]
q = 1
'''


def test_every_key_has_its_first_and_last_line() -> None:
    spans = locate_keys(TEXT)
    assert tomllib.loads(TEXT)["many"][1]["part"] == [{"p": 1}]
    assert spans["top",] == (2, 2)
    assert spans["one", "a key"] == (4, 4)
    assert spans["one", "long"] == (5, 8)
    assert spans["one", "inline"] == (9, 9)
    assert spans["one", "dotted"] == (10, 10)
    assert spans["one", "text"] == (11, 14)
    assert spans["many", 0, "n"] == (16, 16)
    assert spans["many", 1, "n"] == (18, 18)
    assert spans["many", 1, "part", 0, "p"] == (20, 20)
    assert spans["many", 1, "rest", "q"] == (22, 22)
    assert ("one", "key") not in spans


def test_escapes_and_quotes_do_not_end_a_text_early() -> None:
    text = 'a = "x\\"y"\nb = \'c\\\'\nc = """q""""\nd = 1\n'
    assert locate_keys(text) == {("a",): (1, 1), ("b",): (2, 2), ("c",): (3, 3), ("d",): (4, 4)}


@given(st.text(max_size=200))
def test_any_text_that_tomllib_reads_can_be_located(text: str) -> None:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert {path[0] for path in locate_keys(text)} == set(data)


@given(
    st.dictionaries(
        st.text("abc-_1", min_size=1, max_size=5),
        st.integers(-9, 9) | st.booleans() | st.text(max_size=8) | st.lists(st.text(max_size=4), max_size=3),
        max_size=6,
    )
)
def test_each_key_of_a_flat_file_has_its_line(values: dict[str, object]) -> None:
    def toml(value: object) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str):
            body = "".join(f"\\U{ord(char):08x}" for char in value)
            return f'"{body}"'
        if isinstance(value, list):
            return "[" + ", ".join(map(toml, value)) + "]"
        return str(value)

    text = "".join(f"{key} = {toml(value)}\n" for key, value in values.items())
    tomllib.loads(text)
    assert locate_keys(text) == {(key,): (line, line) for line, key in enumerate(values, start=1)}


def test_a_key_that_is_missing_has_the_line_of_the_nearest_table_around_it() -> None:
    lines = locate_keys(TEXT)
    assert find_line(lines, "one", "a key") == 4
    assert find_line(lines, "one", "missing") == 3
    assert find_line(lines, "many", "missing") == 15
    assert find_line(lines, "missing") == 1
    assert find_line(locate_keys("a = 1\n[values.status]\nx = 1\n"), "values") == 2
