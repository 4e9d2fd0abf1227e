"""Contest that cases count in a score, decide it, and withdraw it: 申诉 and 剔除."""

from collections.abc import Collection, Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.cases.models import Case
from jiedao.evaluation.access import (
    find_appeal_due_date,
    get_appeal,
    get_score,
    is_apart,
    is_of_own_unit,
    may_withdraw,
)
from jiedao.evaluation.actions.publishing import build_span, lock_version, renew_scores
from jiedao.evaluation.counted import find_counted_cases
from jiedao.evaluation.models import APPEAL, DECIDE, Appeal, AppealCase, AppealState, Score
from jiedao.evaluation.notices import APPEAL as APPEAL_OBJECT
from jiedao.evaluation.notices import GRANTED, MADE, PARTLY, REFUSED
from jiedao.evaluation.wordings import CASES_STRUCK
from jiedao.files.actions import attach_files, check_uploads
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, Stale, UserError
from jiedao.kernel.storable import make_storable
from jiedao.kernel.wordings import Wording
from jiedao.notices.actions import notify, settle
from jiedao.orgs.actor import Actor
from jiedao.orgs.people import find_holders

MOST_TEXT = 1000
LEAST_TEXT = 4  # characters of a reason that states something
MOST_CASES = 50  # of one appeal
NAMED = 3  # cases that the name of an appeal lists


def make_appeal(
    *, actor: Actor, score_id: int, numbers: Sequence[str], reason: str, attachments: Sequence[int] = ()
) -> Appeal:
    """Contest that cases count in the score of the actor's own unit, with the reason and evidence.

    Raises:
        NotAllowed: no right, or the score is of another unit.
        UserError: the score was replaced, the days for appeals have passed, a case does not count in the score or is
            contested already, or the reason is missing.
    """
    actor.require(APPEAL)
    score = get_score(actor, score_id)
    if actor.user_id is None or not is_of_own_unit(actor, score):
        raise NotAllowed(_("只能对本单位的评分提出申诉。"), hint=_("请打开本单位的评分表。"))
    due = find_appeal_due_date(score)
    if clock.today() > due:
        raise UserError(
            _("申诉期已过，最后一天是 %(day)s。") % {"day": due},
            hint=_("请向考评部门说明情况。"),
            field="numbers",
        )
    clean = _clean(reason, "reason")
    cases = _find_cases(actor, numbers)
    with transaction.atomic():
        lock_version(score.sheet_version)
        score.refresh_from_db(fields=["current"])
        if not score.current:
            raise Stale(_("这个评分已被新的版本取代。"), hint=_("请打开最新的版本再申诉。"))
        _check_count(actor, score, cases)
        check_uploads(actor, attachments)
        appeal = Appeal.objects.create(
            score=score,
            reason=clean,
            made_by_id=actor.user_id,
            made_by_label=actor.label[:120],
            made_at=clock.now(),
        )
        try:
            with transaction.atomic():
                AppealCase.objects.bulk_create(_build_rows(appeal, cases))
        except IntegrityError as fault:
            raise UserError(
                _("所选案件已在申诉中。"), hint=_("请刷新页面，等待裁定。"), field="numbers"
            ) from fault
        attach_files(actor, APPEAL_OBJECT, appeal.pk, attachments)
        _report_appeal(actor, appeal, attachments)
    return appeal


def _report_appeal(actor: Actor, appeal: Appeal, attachments: Sequence[int]) -> None:
    """Record a new appeal, and notify the people who may decide it."""
    record_entry(
        actor=actor,
        action="evaluation.appeal:make",
        obj_type=APPEAL_OBJECT,
        obj_id=appeal.pk,
        after={
            "case": "、".join(appeal.numbers),
            "place": appeal.score.place_key,
            "period": appeal.score.period.text,
            "reason": appeal.reason,
            "attachments": list(attachments),
        },
    )
    notify(
        user_ids=find_holders(DECIDE),
        kind=MADE,
        object_id=appeal.pk,
        object_name=_name(appeal),
        key=f"appeal:{appeal.pk}:made",
        author_id=actor.user_id,
    )


def _find_cases(actor: Actor, numbers: Sequence[str]) -> list[Case]:
    """Return the cases of the numbers that the actor may see; raise UserError for none, too many or an unknown one."""
    wanted = list(dict.fromkeys(filter(None, (make_storable(number).strip() for number in numbers))))
    if not wanted:
        raise UserError(_("请选择要申诉的案件。"), hint=_("在清单里勾选，可以选多件。"), field="numbers")
    if len(wanted) > MOST_CASES:
        raise UserError(
            _("一次最多申诉 %(most)d 件。") % {"most": MOST_CASES}, hint=_("请分几次提出。"), field="numbers"
        )
    cases = {case.number: case for case in Case.objects.visible_to(actor).filter(number__in=wanted)}
    unknown = next((number for number in wanted if number not in cases), None)
    if unknown is not None:
        raise UserError(
            _("没有这个案件，或它不归您看：%(number)s。") % {"number": unknown[:30]},
            hint=_("请在清单里勾选。"),
            field="numbers",
        )
    return [cases[number] for number in wanted]


def _build_rows(appeal: Appeal, cases: Sequence[Case]) -> list[AppealCase]:
    score = appeal.score
    return [
        AppealCase(
            appeal=appeal,
            case=case,
            sheet_version=score.sheet_version,
            place_key=score.place_key,
            **build_span(score.period),
        )
        for case in cases
    ]


def _check_count(actor: Actor, score: Score, cases: Sequence[Case]) -> None:
    """Raise UserError unless each case counts in the score, and is neither contested nor struck already."""
    contested = AppealCase.objects.filter(
        case__in=[case.pk for case in cases],
        state__in=[AppealState.WAITING, AppealState.GRANTED],
        sheet_version=score.sheet_version_id,
        place_key=score.place_key,
        **build_span(score.period),
    )
    number = contested.values_list("case__number", flat=True).first()
    if number is not None:
        raise UserError(
            _("案件 %(number)s 已在申诉中，或已剔除。") % {"number": number},
            hint=_("请去掉这一件。"),
            field="numbers",
        )
    counted = {row.pk for row in find_counted_cases(actor, score, only=[case.pk for case in cases])}
    number = next((case.number for case in cases if case.pk not in counted), None)
    if number is not None:
        raise UserError(
            _("案件 %(number)s 没有计入这张评分表。") % {"number": number},
            hint=_("请在清单里勾选。"),
            field="numbers",
        )


def decide_appeal(*, actor: Actor, appeal_id: int, granted: Collection[str] | None, decision: str) -> Appeal:
    """Decide an appeal. Cases that are granted are struck, and the scores are computed again.

    Args:
        granted: the numbers of the cases that do not count; None for all, nothing refuses the appeal.

    Raises:
        NotAllowed: no right, or the actor made the appeal or belongs to the unit.
        UserError: no reason, or a number that the appeal does not contest. Stale: it is decided already.
    """
    actor.require(DECIDE)
    get_appeal(actor, appeal_id)
    clean = _clean(decision, "decision")
    with transaction.atomic():
        appeal = _lock_waiting_appeal(appeal_id)
        score = appeal.score
        if not is_apart(actor, appeal):
            raise NotAllowed(_("申诉须由申诉人和其单位以外的人裁定。"), hint=_("请交另一位有裁定权的同事。"))
        struck = _strike(appeal, granted)
        appeal.state = _find_state(len(struck), len(appeal.numbers))
        appeal.decided_by_id, appeal.decided_by_label = actor.user_id, actor.label[:120]
        appeal.decided_at, appeal.decision = clock.now(), clean
        appeal.save()
        if struck:
            reason = Wording(CASES_STRUCK, {"number": list(struck)})
            renewed = renew_scores(actor, score.sheet_version, score.period, reason)
            appeal.new_score = next((row for row in renewed if row.place_key == score.place_key), None)
            appeal.save(update_fields=["new_score"])
        _end_appeal(actor, appeal, "decide", {"struck": "、".join(struck), "reason": clean})
        kinds = {AppealState.GRANTED: GRANTED, AppealState.PARTLY: PARTLY}
        notify(
            user_ids=[appeal.made_by_id],
            kind=kinds.get(AppealState(appeal.state), REFUSED),
            object_id=appeal.pk,
            object_name=_name(appeal),
            key=f"appeal:{appeal.pk}:decided",
        )
    return appeal


def withdraw_appeal(*, actor: Actor, appeal_id: int) -> Appeal:
    """Withdraw an appeal that waits, by the unit that made it. Its cases may be contested again.

    Raises:
        NotAllowed: no right, or the appeal is of another unit. Stale: it is decided already.
    """
    actor.require(APPEAL)
    get_appeal(actor, appeal_id)
    with transaction.atomic():
        appeal = _lock_waiting_appeal(appeal_id)
        if not may_withdraw(actor, appeal):
            raise NotAllowed(_("只能撤回本单位的申诉。"), hint=_("请打开本单位的评分表。"))
        appeal.state = AppealState.WITHDRAWN.value
        appeal.save(update_fields=["state"])
        appeal.cases.update(state=AppealState.WITHDRAWN)
        _end_appeal(actor, appeal, "withdraw", {})
    return appeal


def _end_appeal(actor: Actor, appeal: Appeal, verb: str, details: dict[str, str]) -> None:
    """Settle the notices of an appeal that waits no longer, and record how it ended."""
    settle(object_type=APPEAL_OBJECT, object_id=appeal.pk, now=clock.now())
    record_entry(
        actor=actor,
        action=f"evaluation.appeal:{verb}",
        obj_type=APPEAL_OBJECT,
        obj_id=appeal.pk,
        before={"state": AppealState.WAITING.value},
        after={"state": appeal.state, "case": "、".join(appeal.numbers), **details},
    )


def _lock_waiting_appeal(appeal_id: int) -> Appeal:
    """Return an appeal, locked after its sheet: publishing and contesting take the locks in the same order.

    Raises:
        Stale: it is decided or withdrawn.
    """
    appeal = Appeal.objects.select_related("score__sheet_version").get(pk=appeal_id)
    lock_version(appeal.score.sheet_version)
    appeal = (
        Appeal.objects.select_for_update(of=("self",))
        .select_related("score__sheet_version__sheet", "score__post__unit", "score__unit", "score__area")
        .get(pk=appeal_id)
    )
    if appeal.state != AppealState.WAITING:
        raise Stale(_("这个申诉已经裁定或撤回。"), hint=_("请刷新页面。"))
    return appeal


def _strike(appeal: Appeal, granted: Collection[str] | None) -> list[str]:
    """Store which cases of an appeal are granted and which are refused; return the numbers of those granted."""
    numbers = appeal.numbers
    wanted = set(numbers) if granted is None else set(granted)
    unknown = sorted(wanted - set(numbers))
    if unknown:
        raise UserError(
            _("案件 %(number)s 不在这个申诉里。") % {"number": unknown[0][:30]},
            hint=_("请刷新页面。"),
            field="granted",
        )
    appeal.cases.filter(case__number__in=wanted).update(state=AppealState.GRANTED)
    appeal.cases.exclude(case__number__in=wanted).update(state=AppealState.REFUSED)
    return [number for number in numbers if number in wanted]


def _find_state(struck: int, contested: int) -> str:
    if not struck:
        return AppealState.REFUSED.value
    return (AppealState.GRANTED if struck == contested else AppealState.PARTLY).value


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
    numbers = appeal.numbers
    named = "、".join(numbers[:NAMED]) + ("…" if len(numbers) > NAMED else "")
    return f"{score.place_label} {score.sheet_version.sheet.name} {score.period.text} {named}"
