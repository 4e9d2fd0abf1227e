"""The checker on texts that are stored outside the project: real reports with labelled claims."""

from pathlib import Path

import pytest

from benchmarks.checker import FOLDER, Outcome, check_corpus, read_corpus
from jiedao.reports.checker import Verdict, check_text

LEAST_RECALL = 0.85
LEAST_SPOILED = 0.9
LEAST_PRECISION = 0.95
MOST_SECONDS = 10
SEED = "001"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the labelled texts are not here: {FOLDER}")


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return check_corpus(read_corpus(FOLDER))


def test_recall_of_false_labels(outcome: Outcome) -> None:
    labels = sum(map(len, read_corpus(FOLDER).false_labels.values()))

    assert 1 - len(outcome.missed) / labels >= LEAST_RECALL


def test_recall_of_spoiled_sentences(outcome: Outcome) -> None:
    rows = [row for rows in outcome.spoiled.values() for row in rows]

    assert sum(row is None for row in rows) / len(rows) >= LEAST_SPOILED


def test_precision_on_the_other_sentences(outcome: Outcome) -> None:
    """Alarms with a confidence below one half say of themselves that they are trifles, such as a padded zero."""
    firm = [claim for _key, claim in outcome.alarms if claim.confidence >= 0.5]

    assert len(firm) <= (1 - LEAST_PRECISION) * outcome.verdicts["holds"]


def test_duration_of_the_longest_text(outcome: Outcome) -> None:
    assert outcome.slowest[0] < MOST_SECONDS


def test_the_seed_has_a_conflict_a_wrong_period_and_shorter_periods() -> None:
    text = Path(FOLDER, f"{SEED}.txt").read_text(encoding="utf-8")

    result = check_text(text)

    assert {"conflict", "period"} == {claim.kind for claim in result.alarms}
    assert [claim.kind for claim in result.findings if claim.verdict is not Verdict.WRONG] == ["period"]
