"""Notify those who may contest a score that it was published, or that there is a new version of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from jiedao.evaluation.access import find_appeal_due_date
from jiedao.evaluation.models import APPEAL, Score
from jiedao.evaluation.notices import PUBLISHED, RENEWED
from jiedao.evaluation.rules.rule import format_decimal
from jiedao.notices.actions import notify
from jiedao.notices.kinds import NoticeKind
from jiedao.orgs.actor import Actor
from jiedao.orgs.former_units import UNIT, list_successors
from jiedao.orgs.models import Unit
from jiedao.orgs.people import find_holders_in_units


def notify_of_publishing(actor: Actor, scores: Sequence[Score]) -> None:
    """Notify those who may contest each score, with the points and the last day of appeals."""
    _notify(PUBLISHED, actor, scores)


def notify_of_renewal(actor: Actor, scores: Sequence[Score]) -> None:
    """Notify those who may contest a score of which there is a new version."""
    _notify(RENEWED, actor, scores)


def _notify(kind: NoticeKind, actor: Actor, scores: Sequence[Score]) -> None:
    units = list_own_units(scores)
    for score in scores:
        if score.points is None:
            continue
        notify(
            user_ids=find_holders_in_units(units[score.pk], APPEAL),
            kind=kind,
            object_id=score.pk,
            object_name=f"{score.place_label} {score.sheet_version.sheet.name} {score.period.text}",
            key=f"score:{score.pk}:{kind.code.rpartition(':')[2]}",
            data={"points": format_decimal(score.points), "due": find_appeal_due_date(score).isoformat()},
            author_id=actor.user_id,
        )


def list_own_units(scores: Iterable[Score]) -> dict[int, set[int]]:
    """Return the units whose members may contest each score: its own, or the workstations of the community."""
    by_area: dict[int, set[int]] = defaultdict(set)
    for pk, area_id in Unit.objects.filter(area__isnull=False, active=True).values_list("pk", "area_id"):
        by_area[area_id].add(pk)
    units: dict[int, set[int]] = {}
    scores = list(scores)
    scored = {_find_own_unit(score) for score in scores} - {None}
    successors = list_successors(UNIT, [pk for pk in scored if pk is not None])
    for score in scores:
        if score.area_id is not None:
            units[score.pk] = by_area[score.area_id]
        else:
            own = _find_own_unit(score)
            units[score.pk] = set(successors[own]) if own is not None else set()
    return units


def _find_own_unit(score: Score) -> int | None:
    return score.unit_id if score.post is None else score.post.unit_id
