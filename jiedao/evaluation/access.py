"""From a request to a sheet, a score or an appeal, and who may contest and decide."""

from datetime import date, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from jiedao.evaluation.models import (
    APPEAL,
    DECIDE,
    PUBLISH,
    VIEW,
    VIEW_OWN,
    Appeal,
    AppealState,
    PeriodKind,
    Score,
    ScoreSheet,
    SheetVersion,
)
from jiedao.kernel import clock
from jiedao.kernel.calendar import get_town_calendar
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.periods import Period, half_of, month_of, parse_period, quarter_of, year_of
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import is_same_person
from jiedao.orgs.former_units import add_former_units
from jiedao.orgs.models import Unit

PERIOD_OF = {
    PeriodKind.MONTH: month_of,
    PeriodKind.QUARTER: quarter_of,
    PeriodKind.HALF: half_of,
    PeriodKind.YEAR: year_of,
}
EXAMPLES = {
    PeriodKind.MONTH: "2020-05",
    PeriodKind.QUARTER: "2020Q2",
    PeriodKind.HALF: "2020H1",
    PeriodKind.YEAR: "2020",
}

OF_APPEAL = (
    "score__sheet_version__sheet",
    "score__unit",
    "score__area",
    "score__post__unit",
)  # what a page shows of it


def get_sheet(key: str) -> ScoreSheet:
    """Return an active sheet by its key; raise NotFoundError for an unknown one."""
    sheet = ScoreSheet.objects.filter(key=key, active=True).first()
    if sheet is None:
        raise NotFoundError(
            _("没有评分表“%(key)s”。") % {"key": key[:40]},
            hint=_("请从考评页选择评分表。"),
            field="sheet",
        )
    return sheet


def read_sheet_period(sheet: ScoreSheet, text: str) -> Period:
    """Return the period of a sheet as it is written; raise UserError for one of another kind."""
    period = parse_period(text)
    kind = PeriodKind(sheet.period)
    expected = PERIOD_OF[kind](period.first)
    if (expected.first, expected.last) != (period.first, period.last):
        raise UserError(
            _("“%(name)s”%(kind)s一次，%(period)s不是它的时段。")
            % {"name": sheet.label, "kind": kind.label, "period": period.label},
            hint=_("请写成 %(example)s 这样的时段。") % {"example": EXAMPLES[kind]},
            field="period",
        )
    return expected


def find_last_period(sheet: ScoreSheet) -> Period:
    """Return the last period of a sheet that has ended."""
    period_of = PERIOD_OF[PeriodKind(sheet.period)]
    return period_of(period_of(clock.today()).first - timedelta(days=1))


def get_version(sheet: ScoreSheet, period: Period) -> SheetVersion:
    """Return the version of a sheet that holds in a period; raise UserError where none does."""
    versions = sheet.versions.filter(active=True, from_date__lte=period.first).order_by("-from_date")
    version = next((row for row in versions if row.until_date is None or row.until_date >= period.last), None)
    if version is None:
        raise UserError(
            _("“%(name)s”在%(period)s没有有效的版本。") % {"name": sheet.label, "period": period.label},
            hint=_("请换一个时段，或在数据包里写明这一时段的权重。"),
            field="period",
        )
    version.sheet = sheet
    return version


def get_score(actor: Actor, score_id: int) -> Score:
    """Return a score that the actor may see; raise NotFoundError for any other."""
    score = (
        Score.objects.filter(pk=score_id)
        .select_related("sheet_version__sheet", "unit", "area", "post__unit")
        .first()
    )
    if not actor.can(VIEW_OWN):
        actor.require(VIEW)
    if score is None or not can_read_score(actor, score):
        raise NotFoundError(_("没有这个评分，或它不归您看。"), hint=_("请从考评页重新点开。"))
    return score


def can_read_score(actor: Actor, score: Score) -> bool:
    """Return whether the actor may read a published score with everything behind it: any, or that of the own unit."""
    return actor.can(VIEW) or (actor.can(VIEW_OWN) and is_of_own_unit(actor, score))


def explain_no_contest(actor: Actor, score: Score) -> str:
    """Return why the actor may not contest a score and who may, "" where the actor may."""
    if may_contest(actor, score):
        return ""
    if not score.current:
        return _("这是旧的版本，请到最新的版本申诉。")
    due = find_appeal_due_date(score)
    if clock.today() > due:
        return _("申诉期已过，最后一天是 %(day)s。") % {"day": due}
    if not is_of_own_unit(actor, score):
        return _("只有“%(unit)s”的人可以对这个评分提出申诉。") % {"unit": score.place_label}
    return _("您的岗位没有“提出考评申诉”的权限；请本单位有这项权限的同事（一般是单位负责人）提出。")


def may_preview(actor: Actor) -> bool:
    """Return whether the actor may see scores that are not published yet."""
    return actor.can(PUBLISH) or actor.can(DECIDE)


def is_of_own_unit(actor: Actor, score: Score) -> bool:
    """Return whether the actor belongs to the unit that is scored, to that of the post, or to the workstation."""
    units = add_former_units(actor.member_of)
    if score.post is not None:
        return score.post.unit_id in units
    if score.unit_id is not None:
        return score.unit_id in units
    return Unit.objects.filter(pk__in=actor.member_of, area=score.area_id).exists()


def build_own_filter(actor: Actor, path: str = "") -> Q:
    """Return the filter of scores of the actor's own unit: the rule of `is_of_own_unit` for a list.

    Args:
        path: from the rows to their score, such as "score__".
    """
    units = add_former_units(actor.member_of)
    areas = Unit.objects.filter(pk__in=units, area__isnull=False).values("area")
    return (
        Q(**{f"{path}unit__in": units})
        | Q(**{f"{path}post__unit__in": units})
        | Q(**{f"{path}area__in": areas})
    )


def find_appeal_due_date(score: Score) -> date:
    """Return the last day on which a score may be contested: working days from the day after it was published."""
    day = timezone.localtime(score.published_at, clock.TOWN_TZ).date()
    calendar = get_town_calendar()
    first = calendar.position(day + timedelta(days=1))
    return calendar.workday(first + score.sheet_version.appeal_days - 1)


def may_contest(actor: Actor, score: Score) -> bool:
    """Return whether the actor may contest a case of the score now."""
    return (
        actor.can(APPEAL)
        and score.current
        and clock.today() <= find_appeal_due_date(score)
        and is_of_own_unit(actor, score)
    )


def may_decide(actor: Actor, appeal: Appeal) -> bool:
    """Return whether the actor may decide an appeal: not the person who made it, nor a member of the same unit."""
    return actor.can(DECIDE) and appeal.state == AppealState.WAITING and is_apart(actor, appeal)


def may_withdraw(actor: Actor, appeal: Appeal) -> bool:
    """Return whether the actor may withdraw an appeal: it waits, and was made for the actor's own unit."""
    return actor.can(APPEAL) and appeal.state == AppealState.WAITING and is_of_own_unit(actor, appeal.score)


def is_apart(actor: Actor, appeal: Appeal) -> bool:
    """Return whether the actor neither made the appeal, also as a deputy, nor belongs to the unit that contests."""
    if actor.user_id is None:
        return False
    made_it = is_same_person(actor.own_ids, actor.ties, appeal.made_by_id, appeal.made_at)
    return not made_it and not is_of_own_unit(actor, appeal.score)


def can_see_appeal(actor: Actor, appeal_id: int) -> bool:
    """Return whether the actor may see an appeal and its evidence: its unit, and those who decide."""
    appeal = Appeal.objects.filter(pk=appeal_id).select_related("score__post").first()
    return appeal is not None and can_read_appeal(actor, appeal)


def can_read_appeal(actor: Actor, appeal: Appeal) -> bool:
    """Return whether the actor may see an appeal and its evidence."""
    return can_read_score(actor, appeal.score) and (actor.can(DECIDE) or is_of_own_unit(actor, appeal.score))


def get_appeal(actor: Actor, appeal_id: int) -> Appeal:
    """Return an appeal that the actor may see; raise NotFoundError for any other."""
    appeal = (
        Appeal.objects.filter(pk=appeal_id)
        .select_related(*OF_APPEAL, "new_score")
        .prefetch_related("cases__case")
        .first()
    )
    if appeal is None or not can_read_appeal(actor, appeal):
        raise NotFoundError(_("没有这个申诉，或它不归您看。"), hint=_("请从考评页重新点开。"))
    return appeal
