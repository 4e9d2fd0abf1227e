"""Enter a figure, confirm it by a second person, correct it, and lock a period."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.indicators.figure import Place
from jiedao.indicators.models import CONFIRM, ENTER, Entry, Measure, MeasureKind, PeriodLock, Status, Theme
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, UserError
from jiedao.kernel.periods import Period, build_period
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.orgs.deputies import is_same_person
from jiedao.orgs.models import Unit
from jiedao.places.models import Area

MOST = Decimal(10) ** 15
LEAST_REASON = 4  # characters of a reason that states something


@dataclass(frozen=True)
class EntryInput:
    """What a person enters: at least one of value, growth and rank, and the document that proves it."""

    value: Decimal | None = None
    growth: Decimal | None = None
    rank: int | None = None
    rank_field: str = ""
    rank_of: int | None = None
    status: str = Status.ACTUAL
    scope_words: str = ""
    source: str = ""
    reason: str = ""


def enter_figure(
    *, actor: Actor, measure: Measure, period: Period, place: Place, entry_input: EntryInput
) -> Entry:
    """Store a version of an entered figure; it counts once another person has confirmed it.

    Where a confirmed version exists, or the period is locked, this is a correction and needs a reason.

    Raises:
        NotAllowed: the actor may not enter figures.
        UserError: the measure is computed from records, nothing or something impossible was entered, the source or the
            reason of a correction is missing, or an earlier version still waits for confirmation.
    """
    actor.require(ENTER)
    if measure.kind != MeasureKind.ENTERED:
        raise UserError(
            _("“%(name)s”由记录得出，不能填报。") % {"name": measure.label},
            hint=_("请改正它所依据的记录。"),
            field="measure",
        )
    entry_input = _clean(entry_input)
    period = build_period(period.first, period.last)
    with transaction.atomic():
        Measure.objects.select_for_update().get(pk=measure.pk)  # versions are numbered one after the other
        versions = Entry.objects.filter(
            measure=measure, first_date=period.first, last_date=period.last, place_key=place.key
        )
        if versions.filter(confirmed_at__isnull=True).exists():
            raise UserError(
                _("已有一个版本等待确认。"), hint=_("请先确认或退回它，再填新的。"), field="value"
            )
        last = versions.aggregate(last=Max("version"))["last"] or 0
        if (last or _is_locked(measure, period)) and len(entry_input.reason) < LEAST_REASON:
            raise UserError(
                _("这是对已确认数据的更正，必须写明原因。"),
                hint=_("请写明为何更正，例如“统计部门修订”。"),
                field="reason",
            )
        entry = Entry.objects.create(
            measure=measure,
            first_date=period.first,
            last_date=period.last,
            place_key=place.key,
            area=Area.objects.get(code=place.area_code) if place.area_code else None,
            unit=Unit.objects.get(code=place.unit_code) if place.unit_code else None,
            version=last + 1,
            entered_by_id=actor.user_id,
            entered_at=clock.now(),
            **vars(entry_input),
        )
        record_entry(
            actor=actor,
            action="indicators.figure:enter",
            obj_type="indicators.entry",
            obj_id=entry.pk,
            after=_describe(entry),
        )
    return entry


def confirm_figure(*, actor: Actor, entry_id: int) -> Entry:
    """Confirm a version, so that it counts; the person who entered it cannot.

    Raises:
        NotAllowed: no right, or the actor entered it, also as a deputy. NotFoundError: no such version.
        UserError: already confirmed.
    """
    actor.require(CONFIRM)
    with transaction.atomic():
        entry = _lock_waiting(entry_id)
        if is_same_person(actor.own_ids, actor.ties, entry.entered_by_id, entry.entered_at):
            raise NotAllowed(_("本人填报的数据须由他人确认。"), hint=_("请交另一位同事确认。"))
        Entry.objects.filter(
            measure=entry.measure_id,
            first_date=entry.first_date,
            last_date=entry.last_date,
            place_key=entry.place_key,
            current=True,
        ).update(current=False)
        entry.current = True
        entry.confirmed_by_id = actor.user_id
        entry.confirmed_at = clock.now()
        entry.save(update_fields=["current", "confirmed_by", "confirmed_at"])
        record_entry(
            actor=actor,
            action="indicators.figure:confirm",
            obj_type="indicators.entry",
            obj_id=entry.pk,
            after=_describe(entry),
        )
    return entry


def withdraw_figure(*, actor: Actor, entry_id: int, reason: str) -> None:
    """Remove a version that waits for confirmation, with a reason: by the user who entered it, or one who may confirm.

    Raises:
        NotAllowed: neither. NotFoundError: no such version. UserError: already confirmed, or no reason.
    """
    reason = make_storable(reason).strip()
    with transaction.atomic():
        entry = _lock_waiting(entry_id)
        if entry.entered_by_id != actor.user_id:
            actor.require(CONFIRM)
        if len(reason) < LEAST_REASON:
            raise UserError(_("请写明退回的原因。"), hint=_("至少四个字。"), field="reason")
        record_entry(
            actor=actor,
            action="indicators.figure:withdraw",
            obj_type="indicators.entry",
            obj_id=entry.pk,
            before=_describe(entry),
            after={"reason": reason},
        )
        entry.delete()


def lock_period(*, actor: Actor, theme: Theme, period: Period) -> PeriodLock:
    """Make the entered figures of a theme final for a period: from now on a change is a correction with a reason.

    Raises:
        NotAllowed: no right. UserError: locked already, or a version of the period waits for confirmation.
    """
    actor.require(CONFIRM)
    if actor.user_id is None:
        raise NotAllowed(_("锁定须由有名有姓的人作出。"), hint=_("请登录后再锁定。"))
    with transaction.atomic():
        Theme.objects.select_for_update().get(pk=theme.pk)
        if PeriodLock.objects.filter(theme=theme, first_date=period.first, last_date=period.last).exists():
            raise UserError(_("这个时段已经锁定。"), field="period")
        waiting = Entry.objects.filter(
            measure__theme=theme, first_date=period.first, last_date=period.last, confirmed_at__isnull=True
        ).select_related("measure")
        if names := [entry.measure.label for entry in waiting[:3]]:
            raise UserError(
                _("还有等待确认的数据：%(names)s。") % {"names": "、".join(names)},
                hint=_("请先确认或退回它们。"),
                field="period",
            )
        lock = PeriodLock.objects.create(
            theme=theme,
            first_date=period.first,
            last_date=period.last,
            locked_by_id=actor.user_id,
            locked_at=clock.now(),
        )
        record_entry(
            actor=actor,
            action="indicators.period:lock",
            obj_type="indicators.lock",
            obj_id=lock.pk,
            after={"theme": theme.key, "period": period.text},
        )
    return lock


def _lock_waiting(entry_id: int) -> Entry:
    entry = (
        Entry.objects.select_for_update(of=("self",)).select_related("measure").filter(pk=entry_id).first()
    )
    if entry is None:
        raise NotFoundError(_("没有这条填报。"), hint=_("它可能已被退回。"))
    if entry.confirmed_at is not None:
        raise UserError(_("这个版本已经确认。"), hint=_("要修改，请填报更正。"))
    return entry


def _is_locked(measure: Measure, period: Period) -> bool:
    return PeriodLock.objects.filter(
        theme=measure.theme_id, first_date__lte=period.first, last_date__gte=period.last
    ).exists()


def _clean(entry_input: EntryInput) -> EntryInput:
    texts = {
        name: make_storable(getattr(entry_input, name)).strip()
        for name in ("rank_field", "scope_words", "source", "reason")
    }
    if entry_input.value is None and entry_input.growth is None and entry_input.rank is None:
        raise UserError(_("数值、增速和位次至少填一项。"), hint=_("只知道增速时，只填增速。"), field="value")
    if not texts["source"]:
        raise UserError(_("请写明来源文件。"), hint=_("例如“区统计局 2020 年 5 月快报”。"), field="source")
    for name, most in (("value", MOST), ("growth", Decimal(100000))):
        number = getattr(entry_input, name)
        if number is not None and (not number.is_finite() or abs(number) >= most):
            raise UserError(_("这个数太大，或不是数。"), hint=_("请检查单位。"), field=name)
    if entry_input.rank is not None and entry_input.rank < 1:
        raise UserError(_("位次从 1 开始。"), hint=_("请改正。"), field="rank")
    if (
        entry_input.rank is not None
        and entry_input.rank_of is not None
        and entry_input.rank > entry_input.rank_of
    ):
        raise UserError(
            _("位次 %(rank)s 大于排名总数 %(of)s。") % {"rank": entry_input.rank, "of": entry_input.rank_of},
            hint=_("请改正其中一个。"),
            field="rank",
        )
    if entry_input.status not in Status.values:
        raise UserError(_("没有这种数据状态。"), hint=_("请从列表中选择。"), field="status")
    values: dict[str, Any] = {**vars(entry_input), **texts}
    return EntryInput(**values)


def _describe(entry: Entry) -> dict[str, Any]:
    words = {
        "measure": entry.measure.key,
        "period": entry.period.text,
        "place": entry.place_key,
        "version": entry.version,
        "value": entry.value,
        "growth": entry.growth,
        "rank": entry.rank,
        "status": entry.status,
        "source": entry.source,
        "reason": entry.reason,
    }
    return {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in words.items()
        if value not in {None, ""}
    }
