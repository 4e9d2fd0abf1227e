"""What granting an appeal would change, computed as the decision will compute it. Nothing is stored."""

from collections.abc import Collection
from dataclasses import dataclass

from jiedao.evaluation.actions.publishing import read_exclusions
from jiedao.evaluation.computing import compute_scores
from jiedao.evaluation.models import Appeal
from jiedao.evaluation.selectors import ResultView, read_version_results, view_results


@dataclass(frozen=True)
class ResultChange:
    """A result as it is and as it would be."""

    before: ResultView
    after: ResultView


@dataclass(frozen=True)
class Foresight:
    """What granting cases of an appeal would change: the subject's own result, and others' marks of the two lists."""

    own: ResultChange
    others: tuple[ResultChange, ...]


def foresee_decision(appeal: Appeal, granted: Collection[str]) -> Foresight | None:
    """Return what striking cases of a waiting appeal would change; None where the subject is no longer scored.

    Args:
        granted: the numbers of the cases.
    """
    score = appeal.score
    version, period = score.sheet_version, score.period
    excluded = {key: list(numbers) for key, numbers in read_exclusions(version, period).items()}
    excluded[score.place_key] = [*excluded.get(score.place_key, ()), *granted]
    before = {row.code: row for row in read_version_results(version, period)}
    after = view_results(compute_scores(version, period, excluded), version)
    changes = [ResultChange(before[row.code], row) for row in after if row.code in before]
    own = next((change for change in changes if change.after.code == score.code), None)
    if own is None:
        return None
    others = [
        change
        for change in changes
        if change is not own and change.before.list_mark != change.after.list_mark
    ]
    return Foresight(own, tuple(others))
