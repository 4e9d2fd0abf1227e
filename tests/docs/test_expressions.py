"""Every example of docs/reference/expressions.md has the value and the message that the page states."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import override

from jiedao.kernel.expressions import (
    BOOL,
    DATE,
    NUMBER,
    TEXT,
    Environment,
    ExpressionFault,
    choice_of,
    compile_expression,
    find_expression_faults,
    object_of,
)

PAGE = (Path(__file__).parents[2] / "docs/reference/expressions.md").read_text(encoding="utf-8")
CHOICES = {"use": choice_of({"HOME": "居住", "SHOP": "商铺"})}
TYPES = {"number": NUMBER, "text": TEXT, "true or false": BOOL, "date": DATE}
KINDS = choice_of({"COMPONENT": "部件", "MATTER": "事项"})
VALUES = {"true": True, "false": False, "undecided": None}


def read_record() -> tuple[Environment, dict[str, object]]:
    """Return the names and the values of the record of the page."""
    block = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    row = {name: value for name, value in tomllib.loads(block[1]).items() if value != ""}
    kinds = dict(re.findall(r"^(\w+) = .*# ([a-z ]+)", block[1], re.MULTILINE))
    types = {
        name: CHOICES.get(name) or TYPES[kind.removesuffix(" of ").strip()] for name, kind in kinds.items()
    }
    types["category"] = object_of({**dict.fromkeys(row["category"], TEXT), "kind": KINDS})
    return Environment(types, example="storeys >= 7"), row


def list_rows(heading: str) -> Iterator[list[str]]:
    """Yield the cells of the tables below a heading, without the rows of titles."""
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    for line in section.splitlines():
        if line.startswith("|") and "`" in line:
            yield [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip("|"))]


EXAMPLES = [
    (row[-2].strip("`"), row[-1]) for heading in ("Examples", "Missing values") for row in list_rows(heading)
]
MESSAGES = [(row[0].strip("`"), *row[1:]) for row in list_rows("Messages")]


def test_the_page_has_every_operator_function_and_type() -> None:
    assert len(EXAMPLES) > 35
    text = " ".join(example for example, _value in EXAMPLES)
    for word in (
        "==", "!=", "<", "<=", ">=", " in ", "&&", "||", "!", "+", "-", "*", "/", "%", "? ", "has(", "size(", "int(",
        "double(", ".contains(", ".startsWith(", ".endsWith(",
    ):  # fmt: skip
        assert word in text, word


@pytest.mark.parametrize(("text", "value"), EXAMPLES)
def test_an_example_has_its_value(text: str, value: str) -> None:
    names, row = read_record()
    expected = VALUES[value] if value in VALUES else float(value)
    try:
        expression = compile_expression(text, names, wanted=BOOL)
    except ExpressionFault:
        expression = compile_expression(text, names, wanted=NUMBER)
    result = expression.evaluate(row)
    assert result == expected
    assert (result is None) == (expected is None)


@pytest.mark.parametrize(("text", "message", "hint"), MESSAGES)
def test_a_message_is_as_the_page_states_it(text: str, message: str, hint: str) -> None:
    names, _row = read_record()
    with override("en"):
        (fault,) = find_expression_faults(text, names, wanted=BOOL)
        assert (fault.message, fault.hint) == (message, hint)
