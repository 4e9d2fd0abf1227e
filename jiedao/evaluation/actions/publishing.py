"""Publish the scores of a period, compute them again, and give the points of manual items."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.evaluation.access import get_version
from jiedao.evaluation.computing import SubjectResult, compute_scores, describe_line, read_version_or_refuse
from jiedao.evaluation.definition import read_item
from jiedao.evaluation.models import (
    PUBLISH,
    AppealCase,
    AppealState,
    ManualPoints,
    Score,
    ScoreLine,
    ScoreSheet,
    SheetItem,
    SheetVersion,
    Subject,
)
from jiedao.evaluation.notifying import notify_of_publishing, notify_of_renewal
from jiedao.evaluation.rules.rule import RuleFault
from jiedao.evaluation.scoring import round_points
from jiedao.evaluation.subjects import ScoredSubject, list_subjects
from jiedao.evaluation.wordings import POINTS_GIVEN
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, UserError
from jiedao.kernel.periods import Period
from jiedao.kernel.storable import make_storable
from jiedao.kernel.wordings import Wording, make_text, store_wording
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Post, Unit
from jiedao.places.models import Area

LINE_DIGITS = 4
LEAST_REASON = 4  # characters of a reason that states something


def publish_scores(*, actor: Actor, sheet: ScoreSheet, period: Period) -> list[Score]:
    """Compute and store the scores of a period; from now on they can be contested.

    Raises:
        NotAllowed: no right. UserError: the period has not ended, is published already, or no version holds in it.
    """
    actor.require(PUBLISH)
    version = get_version(sheet, period)
    if period.last >= clock.today():
        raise UserError(
            _("%(period)s还没有结束。") % {"period": period.label},
            hint=_("期满后再公布；现在可以先看试算。"),
            field="period",
        )
    with transaction.atomic():
        lock_version(version)
        if Score.objects.filter(sheet_version=version, **build_span(period)).exists():
            raise UserError(
                _("%(period)s的评分已经公布。") % {"period": period.label},
                hint=_("数据更正后请用“重新计分”，原评分会留存。"),
                field="period",
            )
        results = compute_scores(version, period)
        if not any(result.points is not None for result in results):
            raise UserError(
                _("%(period)s没有可以公布的评分。") % {"period": period.label},
                hint=_("请检查这一时段有没有数据。"),
                field="period",
            )
        now = clock.now()
        scores = [_store(version, period, result, actor, published_at=now) for result in results]
        notify_of_publishing(actor, scores)
        record_entry(
            actor=actor,
            action="evaluation.score:publish",
            obj_type="evaluation.scoresheet",
            obj_id=sheet.pk,
            after={"sheet": sheet.key, "version": version.key, "period": period.text, "rows": len(scores)},
        )
    return scores


def recompute_scores(*, actor: Actor, sheet: ScoreSheet, period: Period, reason: str) -> list[Score]:
    """Compute published scores again, and store a new version of each that changed; return the new versions.

    Raises:
        NotAllowed: no right. UserError: nothing is published, or there is no reason.
    """
    actor.require(PUBLISH)
    reason = make_storable(reason).strip()[:200]
    if len(reason) < LEAST_REASON:
        raise UserError(_("请写明重新计分的原因。"), hint=_("至少四个字。"), field="reason")
    with transaction.atomic():
        return renew_scores(actor, get_version(sheet, period), period, make_text(reason))


def renew_scores(actor: Actor, version: SheetVersion, period: Period, reason: Wording | None) -> list[Score]:
    """Store a new version of each score that the records no longer result in, inside the caller's transaction.

    Cases that granted appeals struck stay out. The ranks of others may change with one score, so all are compared. The
    score of a subject that the sheet scores no more stays stored and is current no longer.
    """
    lock_version(version)
    scores = {
        score.place_key: score
        for score in Score.objects.filter(
            sheet_version=version, current=True, **build_span(period)
        ).prefetch_related("lines")
    }
    if not scores:
        raise UserError(
            _("%(period)s的评分还没有公布。") % {"period": period.label},
            hint=_("请先公布。"),
            field="period",
        )
    published_at = min(score.published_at for score in scores.values())
    renewed, removed = [], dict(scores)
    for result in compute_scores(version, period, read_exclusions(version, period)):
        before = scores.get(result.subject.key)
        removed.pop(result.subject.key, None)
        if before is not None and _is_same(before, result):
            continue
        number = _find_next_number(version, period, result.subject.key)
        if before is not None:
            Score.objects.filter(pk=before.pk).update(current=False)
        renewed.append(
            _store(version, period, result, actor, published_at=published_at, number=number, reason=reason)
        )
    Score.objects.filter(pk__in=[score.pk for score in removed.values()]).update(current=False)
    notify_of_renewal(actor, [score for score in renewed if _is_visibly_new(score, scores)])
    record_entry(
        actor=actor,
        action="evaluation.score:renew",
        obj_type="evaluation.scoresheet",
        obj_id=version.sheet_id,
        after={
            "sheet": version.sheet.key,
            "period": period.text,
            "reason": str(reason or ""),
            "changed": [score.place_key for score in renewed],
            "removed": sorted(removed),
        },
    )
    return renewed


def _find_next_number(version: SheetVersion, period: Period, key: str) -> int:
    """Return the number of the next version; a subject that is scored again continues its own."""
    scores = Score.objects.filter(sheet_version=version, place_key=key, **build_span(period))
    return (scores.aggregate(last=Max("number"))["last"] or 0) + 1


def _is_visibly_new(score: Score, before: Mapping[str, Score]) -> bool:
    """Return whether points or grade differ from the version before: a unit is not notified of a rank alone."""
    old = before.get(score.place_key)
    return old is None or (old.points, old.grade) != (score.points, score.grade)


def read_exclusions(version: SheetVersion, period: Period) -> dict[str, list[str]]:
    """Return the numbers of the cases that granted appeals struck, by the key of the scored subject."""
    rows = AppealCase.objects.filter(
        state=AppealState.GRANTED, sheet_version=version, **build_span(period)
    ).order_by("pk")
    excluded: dict[str, list[str]] = defaultdict(list)
    for key, number in rows.values_list("place_key", "case__number"):
        excluded[key].append(number)
    return excluded


def give_points(
    *, actor: Actor, item: SheetItem, period: Period, code: str, points: Decimal, reason: str
) -> ManualPoints:
    """Give the points of a manual item to a unit, community or post, with the reason. Earlier points stay stored.

    Where the period is published, new versions of the scores are stored.

    Args:
        code: of the unit, community or post.

    Raises:
        NotAllowed: no right. UserError: the item is computed, the points are beyond it, there is no reason, or the
            sheet does not score the subject.
    """
    actor.require(PUBLISH)
    if actor.user_id is None:
        raise NotAllowed(_("人工评分须由有名有姓的人作出。"), hint=_("请登录后再评。"))
    reason = make_storable(reason).strip()[:200]
    _check_points(item, points)
    if len(reason) < LEAST_REASON:
        raise UserError(_("请写明评分的理由。"), hint=_("至少四个字。"), field="reason")
    version = item.version
    with transaction.atomic():
        lock_version(version)
        subject = _find_subject(version, period, code)
        rows = ManualPoints.objects.filter(
            item=item, place_key=subject.key, current=True, **build_span(period)
        )
        before = rows.first()
        rows.update(current=False)
        manual_points = ManualPoints.objects.create(
            item=item,
            **build_span(period),
            **_describe_subject(subject),
            points=round_points(points, 2),
            reason=reason,
            given_by_id=actor.user_id,
            given_at=clock.now(),
        )
        record_entry(
            actor=actor,
            action="evaluation.points:give",
            obj_type="evaluation.scoresheet",
            obj_id=version.sheet_id,
            before={"points": str(before.points), "reason": before.reason} if before is not None else None,
            after={
                "item": item.key,
                "place": subject.key,
                "period": period.text,
                "points": str(manual_points.points),
                "reason": reason,
            },
        )
        if Score.objects.filter(sheet_version=version, current=True, **build_span(period)).exists():
            renew_scores(actor, version, period, Wording(POINTS_GIVEN, {"reason": reason}))
    return manual_points


def _check_points(item: SheetItem, points: Decimal) -> None:
    """Raise UserError unless the item is one that people give points for, and the points are within its limits."""
    try:
        definition = read_item(item.spec)
    except RuleFault as fault:
        raise UserError(_("规则无法读取：%(why)s") % {"why": fault}, field="item") from fault
    if not definition.is_manual:
        raise UserError(
            _("“%(name)s”由数据得出，不能人工评分。") % {"name": item.label},
            hint=_("请改正它所依据的记录。"),
            field="item",
        )
    least, most = definition.rule.floor, definition.rule.points
    if not points.is_finite() or not least <= points <= most:
        values = {"name": item.label, "least": least.normalize(), "most": f"{most:f}"}
        raise UserError(_("“%(name)s”的得分在 %(least)s 和 %(most)s 之间。") % values, field="points")


def lock_version(version: SheetVersion) -> None:
    """Lock a version: one transaction at a time publishes, computes again, contests or decides under it."""
    SheetVersion.objects.select_for_update().get(pk=version.pk)


def build_span(period: Period) -> dict[str, Any]:
    """Return a period as the columns that store it."""
    return {"first_date": period.first, "last_date": period.last}


def _find_subject(version: SheetVersion, period: Period, code: str) -> ScoredSubject:
    subjects = list_subjects(version.sheet, read_version_or_refuse(version), period.last)
    subject = next((subject for subject in subjects if subject.code == code), None)
    if subject is None or subject.hidden:
        raise UserError(
            _("这张评分表不考评“%(code)s”。") % {"code": subject.label if subject is not None else code[:60]},
            hint=str(subject.hidden) if subject is not None else _("请从考评结果重新点开。"),
        )
    return subject


def _describe_subject(subject: ScoredSubject) -> dict[str, Any]:
    models: dict[Subject, Any] = {Subject.UNIT: Unit, Subject.AREA: Area, Subject.POST: Post}
    row = models[subject.kind].objects.get(code=subject.code)
    return {"place_key": subject.key, subject.kind.value: row}


def _store(
    version: SheetVersion,
    period: Period,
    result: SubjectResult,
    actor: Actor,
    *,
    published_at: datetime,
    number: int = 1,
    reason: Wording | None = None,
) -> Score:
    score = Score.objects.create(
        sheet_version=version,
        **build_span(period),
        **_describe_subject(result.subject),
        number=number,
        points=result.points,
        total=result.total,
        rank=result.rank,
        rank_of=result.rank_of,
        grade=result.grade.label if result.grade is not None else "",
        note=store_wording(result.note),
        excluded=list(result.excluded),
        reason=store_wording(reason),
        made_at=clock.now(),
        made_by_label=actor.label[:120],
        published_at=published_at,
    )
    ScoreLine.objects.bulk_create(_build_lines(score, result))
    return score


def _build_lines(score: Score, result: SubjectResult) -> Iterable[ScoreLine]:
    for line in result.lines:
        yield ScoreLine(
            score=score,
            item=line.item,
            value=_round(line.value),
            points=_round(line.points),
            out_of=line.out_of,
            formula=line.formula[:300],
            note=store_wording(line.note),
            explanation=describe_line(line),
        )


def _round(number: Decimal | None) -> Decimal | None:
    return None if number is None else round_points(number, LINE_DIGITS)


def _is_same(score: Score, result: SubjectResult) -> bool:
    """Return whether a stored score equals a result: its points, rank, grade, lines and what was struck."""
    grade = result.grade.label if result.grade is not None else ""
    columns = (score.points, score.rank, score.rank_of, score.grade, score.note, tuple(score.excluded))
    if columns != (
        result.points,
        result.rank,
        result.rank_of,
        grade,
        store_wording(result.note),
        tuple(result.excluded),
    ):
        return False
    stored = {line.item_id: (line.value, line.points, line.formula) for line in score.lines.all()}
    return stored == {
        line.item.pk: (_round(line.value), _round(line.points), line.formula[:300]) for line in result.lines
    }
