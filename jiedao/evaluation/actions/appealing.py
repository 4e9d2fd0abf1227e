"""Contest that a case counts in a score, and decide it: 申诉 and 剔除."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.models import Case
from jiedao.evaluation.access import find_appeal_due_date, get_appeal, get_score, is_apart, is_of_own_unit
from jiedao.evaluation.actions.publishing import read_exclusions, renew_scores
from jiedao.evaluation.computing import CASES
from jiedao.evaluation.definition import read_item
from jiedao.evaluation.models import APPEAL, DECIDE, Appeal, AppealState, Score
from jiedao.evaluation.notices import APPEAL as APPEAL_OBJECT
from jiedao.evaluation.notices import GRANTED, MADE, REFUSED
from jiedao.evaluation.rules import RuleFault
from jiedao.files.actions import attach_files, check_uploads
from jiedao.indicators.compute import compute_figures, find_place, read_measures
from jiedao.indicators.figure import Figure
from jiedao.indicators.models import Measure
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.kernel.storable import make_storable
from jiedao.notices.actions import notify, settle
from jiedao.orgs.actor import Actor
from jiedao.orgs.people import find_holders

MOST_TEXT = 1000
LEAST_TEXT = 4  # characters of a reason that states something


def make_appeal(
    *, actor: Actor, score_id: int, number: str, reason: str, attachments: Sequence[int] = ()
) -> Appeal:
    """Contest that a case counts in the score of the actor's own unit, with the reason and evidence.

    Raises:
        NotAllowed: no right, or the score is of another unit.
        UserError: the score was replaced, the days for appeals have passed, the case does not count in the score or is
            contested already, or the reason is missing.
    """
    actor.require(APPEAL)
    score = get_score(actor, score_id)
    if actor.user_id is None or not is_of_own_unit(actor, score):
        raise NotAllowed(_("只能对本单位的评分提出申诉。"), hint=_("请打开本单位的评分表。"))
    if not score.current:
        raise Stale(_("这个评分已被新的版本取代。"), hint=_("请打开最新的版本再申诉。"))
    due = find_appeal_due_date(score)
    if clock.today() > due:
        raise UserError(
            _("申诉期已过，最后一天是 %(day)s。") % {"day": due},
            hint=_("请向考评部门说明情况。"),
            field="number",
        )
    clean = _clean(reason, "reason")
    case = Case.objects.visible_to(actor).filter(number=number.strip()).first()
    if case is None:
        raise UserError(
            _("没有这个案件，或它不归您看：%(number)s。") % {"number": number[:30]},
            hint=_("请从评分表点开案件清单，抄下编号。"),
            field="number",
        )
    with transaction.atomic():
        _check_counts(score, str(case.number))
        check_uploads(actor, attachments)
        try:
            with transaction.atomic():
                appeal = Appeal.objects.create(
                    score=score,
                    case=case,
                    reason=clean,
                    made_by_id=actor.user_id,
                    made_by_label=actor.label[:120],
                    made_at=clock.now(),
                )
        except IntegrityError as fault:
            raise UserError(
                _("案件 %(number)s 已在申诉中。") % {"number": case.number},
                hint=_("请等待裁定。"),
                field="number",
            ) from fault
        attach_files(actor, APPEAL_OBJECT, appeal.pk, attachments)
        record_entry(
            actor=actor,
            action="evaluation.appeal:make",
            obj_type=APPEAL_OBJECT,
            obj_id=appeal.pk,
            after={
                "case": case.number,
                "place": score.place_key,
                "period": score.period.text,
                "reason": clean,
                "attachments": list(attachments),
            },
        )
        deciders = [pk for pk in find_holders(DECIDE) if pk != actor.user_id]
        notify(
            user_ids=deciders,
            kind=MADE,
            object_id=appeal.pk,
            object_name=_name(appeal),
            key=f"appeal:{appeal.pk}:made",
        )
    return appeal


def decide_appeal(*, actor: Actor, appeal_id: int, grant: bool, decision: str) -> Appeal:
    """Decide an appeal. Where it is granted, the case is struck and the scores are computed again.

    Raises:
        NotAllowed: no right, or the actor made the appeal or belongs to the unit. Stale: it is decided already.
        UserError: there is no reason.
    """
    actor.require(DECIDE)
    clean = _clean(decision, "decision")
    with transaction.atomic():
        appeal = get_appeal(actor, appeal_id)
        Appeal.objects.select_for_update().get(pk=appeal.pk)
        appeal.refresh_from_db(fields=["state"])
        if appeal.state != AppealState.WAITING:
            raise Stale(_("这个申诉已经裁定。"), hint=_("请刷新页面。"))
        score = appeal.score
        if not is_apart(actor, appeal):
            raise NotAllowed(_("申诉须由申诉人和其单位以外的人裁定。"), hint=_("请交另一位有裁定权的同事。"))
        appeal.state = (AppealState.GRANTED if grant else AppealState.REFUSED).value
        appeal.decided_by_id, appeal.decided_by_label = actor.user_id, actor.label[:120]
        appeal.decided_at, appeal.decision = clock.now(), clean
        appeal.save()
        if grant:
            reason = _("申诉成立，剔除案件 %(number)s") % {"number": appeal.case.number}
            renewed = renew_scores(actor, score.sheet_version, score.period, reason)
            appeal.new_score = next((row for row in renewed if row.place_key == score.place_key), None)
            appeal.save(update_fields=["new_score"])
        settle(object_type=APPEAL_OBJECT, object_id=appeal.pk, now=clock.now())
        record_entry(
            actor=actor,
            action="evaluation.appeal:decide",
            obj_type=APPEAL_OBJECT,
            obj_id=appeal.pk,
            before={"state": AppealState.WAITING.value},
            after={"state": appeal.state, "case": appeal.case.number, "reason": clean},
        )
        notify(
            user_ids=[appeal.made_by_id],
            kind=GRANTED if grant else REFUSED,
            object_id=appeal.pk,
            object_name=_name(appeal),
            key=f"appeal:{appeal.pk}:decided",
        )
    return appeal


def _check_counts(score: Score, number: str) -> None:
    """Raise UserError unless the case counts in a figure of the score, and is not contested already."""
    contested = Appeal.objects.filter(
        case__number=number,
        score__sheet_version=score.sheet_version_id,
        score__place_key=score.place_key,
        score__first_date=score.first_date,
        score__last_date=score.last_date,
    ).exclude(state=AppealState.REFUSED)
    if contested.exists():
        raise UserError(_("案件 %(number)s 已在申诉中，或已剔除。") % {"number": number}, field="number")
    struck = read_exclusions(score.sheet_version, score.period).get(score.place_key, [])
    place = find_place(
        area=score.area.code if score.area is not None else "",
        unit=score.unit.code if score.unit is not None else "",
    )
    measures = _read_measures_of(score)
    with_case, without = (
        compute_figures(measures, score.period, place, excluded={CASES: numbers})
        for numbers in (struck, [*struck, number])
    )
    if all(_describe(with_case[key]) == _describe(without[key]) for key in with_case):
        raise UserError(
            _("案件 %(number)s 没有计入这张评分表。") % {"number": number},
            hint=_("请从评分表点开案件清单，核对编号。"),
            field="number",
        )


def _read_measures_of(score: Score) -> list[Measure]:
    keys: set[str] = set()
    for item in score.sheet_version.items.filter(active=True):
        try:
            keys |= read_item(item.spec).measures
        except RuleFault:
            continue
    return list(read_measures(sorted(keys)).values())


def _describe(figure: Figure) -> tuple[object, ...]:
    return figure.value, figure.numerator, figure.denominator, figure.rows


def _clean(text: str, field: str) -> str:
    clean = make_storable(text).strip()
    if len(clean) < LEAST_TEXT:
        raise UserError(_("请写明理由。"), hint=_("至少四个字。"), field=field)
    if len(clean) > MOST_TEXT:
        message = _("文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(clean), "most": MOST_TEXT}
        raise UserError(message, hint=_("请写短一些。"), field=field)
    return clean


def _name(appeal: Appeal) -> str:
    score = appeal.score
    return f"{score.place_label} {score.sheet_version.sheet.name} {score.period.text} {appeal.case.number}"
