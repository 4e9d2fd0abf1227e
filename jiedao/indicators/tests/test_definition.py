"""The form of a measure's spec: what is read, and what is refused with words that help."""

from decimal import Decimal
from typing import Any

import pytest

from jiedao.indicators.definition import find_definition_faults, read_definition

DUE = {"source": "cases", "measure": "due"}
HANDLED = {"source": "cases", "measure": "handled"}


def test_a_rate_reads_weighted_terms() -> None:
    spec = {
        "numerator": [HANDLED, {**DUE, "weight": 0.6}],
        "denominator": DUE,
        "denominator_name": "应处置",
    }
    definition = read_definition("rate", spec)
    assert [term.weight for term in definition.numerator] == [Decimal(1), Decimal("0.6")]
    assert definition.numerator[1].spec == DUE


@pytest.mark.parametrize(
    ("kind", "spec", "words"),
    [
        ("sum", {}, "no kind 'sum'"),
        ("amount", {}, "'spec' is missing"),
        ("amount", {"spec": {"measure": "due"}}, "a table with a source"),
        ("amount", {"spec": DUE, "factor": 0}, "'factor' is greater than 0"),
        ("amount", {"spec": DUE, "factor": "1e999999999"}, "'factor' is a number of at most"),
        ("amount", {"spec": [{**DUE, "weight": "1e999999999"}]}, "'weight' is a number"),
        ("amount", {"spec": DUE, "nominator": DUE}, "has no 'nominator'"),
        ("rate", {"numerator": HANDLED, "denominator": DUE}, "state in words what the rate is of"),
        (
            "rate",
            {"numerator": [], "denominator": DUE, "denominator_name": "应处置"},
            "'numerator' has no spec",
        ),
        ("formula", {"formula": "a + b", "terms": {"a": "x"}}, "there is no name 'b'"),
        ("formula", {"formula": "a +", "terms": {"a": "x"}}, "a value is missing after +"),
        ("entered", {"sum": "yes"}, "'sum' is true or false"),
    ],
)
@pytest.mark.usefixtures("english")
def test_faults_state_what_is_wrong(kind: str, spec: dict[str, Any], words: str) -> None:
    assert words in "\n".join(find_definition_faults(kind, spec))
