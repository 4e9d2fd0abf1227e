# ruff: noqa: E501 (a table, one mistake a line)
"""What is wrong with a text that is no TOML: the place of the mistake itself, and what to write."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiedao.kernel.toml_lines import TomlError, read_toml
from jiedao.kernel.toml_words import explain_toml


def explain(text: str) -> tuple[int, int, str, str] | None:
    with pytest.raises(TomlError) as error:
        read_toml(text)
    return explain_toml(text, str(error.value))


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ("name = “东社区”\n", 1, 8, "“ is a Chinese quotation mark", 'Write " on both sides.'),
        ("# 注释\na = ‘x’\n", 2, 5, "‘ is a Chinese quotation mark", 'Write " on both sides.'),
        ('name ＝ "x"\n', 1, 6, "＝ is a full-width equals sign", "Write ="),
        ('name： "x"\n', 1, 5, "： is a Chinese colon", "Write ="),
        ('name: "x"\n', 1, 5, "a colon follows name", "Write ="),
        ('name "x"\n', 1, 5, "there is no = after name", "Write name = and its value."),
        ("name =\n", 1, 7, "the value of name is missing", 'Write one, such as "…" or 3.'),
        ('= "x"\n', 1, 1, "the line begins with '= \"x\"', which is no key", 'A line is a key, = and a value: name = "…".'),
        ('name = "x\nb = 1\n', 1, 8, "the quote is not closed", 'Write another " after the text.'),
        ('name = "x”\n', 1, 10, "the quote is not closed: ” is a Chinese quotation mark", 'Write " on both sides.'),
        ('a = """x\n', 1, 5, 'the text that begins with """ does not end', 'End it with """'),
        ('a = ["x" "y"]\n', 1, 9, "a comma is missing here", "Separate the items of a list by commas."),
        ('a = ["x"\n "y"]\n', 1, 9, "a comma is missing here", "Separate the items of a list by commas."),
        ('a = ["x"，"y"]\n', 1, 9, "， is a Chinese comma", "Write ,"),
        ('a = ["x", "y"\nb = 1\n', 1, 14, "a ] is missing here", "It closes the [ of line 1."),
        ('a = [\n "x",\n "y"\n\n[[unit]]\nb = 1\n', 3, 5, "a ] is missing here", "It closes the [ of line 1."),
        ("a = {x = 1 y = 2}\n", 1, 11, "a comma is missing here", "Separate the keys of a table by commas."),
        ("a = {x = 1\n", 1, 11, "a } is missing here", "It closes the { of line 1."),
        ("a = {x = 1,}\n", 1, 12, "there is a comma before }", "Delete the comma."),
        ("[pack\nx = 1\n", 1, 6, "the header [pack does not end with ]", "Write ]"),
        ("［pack］\nx = 1\n", 1, 1, "［ is a full-width bracket", "Write ["),
        ("a = True\n", 1, 5, "True is not true or false", "Write true"),
        ("a = 否\n", 1, 5, "否 is not true or false", "Write false"),
        ("a = 东社区\n", 1, 5, "the text '东社区' has no quotes", 'Write a = "东社区".'),
        ("a = 06001\n", 1, 5, "06001 begins with 0, which a number loses", 'A code is a text: "06001".'),
        ("a = 2027-02-30\n", 1, 5, "there is no day 2027-02-30", "Write a day that exists, such as 2027-01-31."),
        ("a = 2027/2/3\n", 1, 5, "2027/2/3 is not written as a date", "Write it so: 2027-01-31, without quotes."),
        ("a = 1,000\n", 1, 6, "a number has no comma", "Write digits alone, such as 1000."),
        ("a = 3天\n", 1, 5, "'3天' is neither a number nor a text in quotes", 'Write a number without its unit, or the text in quotes: "3天".'),
        ("a = 3 4\n", 1, 7, "the value has ended, but the line goes on: 4", "Remove it."),
        ("a = 1　# x\n", 1, 6, "there is an invisible character U+3000", "Delete it and type the space anew."),
        ('a = "say "hi""\n', 1, 11, 'the text ends at this ", but the line goes on: hi""', "A \" inside a text: put the text in ', or write \\\" for it."),
        ('a = "c:\\qx"\n', 1, 8, "a backslash with no meaning in a text", "Write a backslash twice, or put the text in '…'."),
        ("[[unit]]\na = 1\n[unit]\na = 2\n", 3, 0, "the key or table is there twice", "Each [[unit]] has two brackets: one line has only one."),
        ("a = 1\r\na = 2\r\n", 2, 0, "the key or table is there twice", "Each occurs once: remove one of them."),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("english")
def test_a_mistake_has_its_place_and_what_to_write(
    text: str, line: int, column: int, message: str, hint: str
) -> None:
    assert explain(text) == (line, column, message, hint)


@settings(max_examples=300, deadline=None)
@given(st.text("ab1.=[]{},\"'\\#\n “”，＝　-", max_size=40))
def test_any_text_is_explained_or_left_to_tomllib(text: str) -> None:
    try:
        tomllib.loads(text)
    except ValueError as error:
        explained = explain_toml(text, str(error))
        if explained is not None:
            line, column, message, hint = explained
            assert 1 <= line <= text.count("\n") + 1
            assert column >= 0
            assert message
            assert hint
