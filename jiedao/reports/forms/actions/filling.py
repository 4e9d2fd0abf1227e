"""Fill a form, enter cells by hand, confirm it as a second person, and fill it again."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.audit.actions import record_entry
from jiedao.files import storage
from jiedao.files.models import Blob
from jiedao.indicators.compute import find_place
from jiedao.indicators.figure import TOWN, Place
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed, NotFoundError, Stale, UserError
from jiedao.kernel.folding import fold_width
from jiedao.kernel.periods import Period, build_period, parse_period
from jiedao.kernel.storable import make_storable
from jiedao.notices.actions import settle
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Unit
from jiedao.places.models import Area
from jiedao.reports.forms.access import has_written, require_cells, require_may_fill
from jiedao.reports.forms.comparing import CellChange, find_changes
from jiedao.reports.forms.definition import Fact
from jiedao.reports.forms.filling import (
    FilledCell,
    Filling,
    compute_filling,
    place_cells,
    write_file,
)
from jiedao.reports.forms.models import (
    CONFIRM,
    BindingKind,
    FillState,
    Form,
    FormFigure,
    FormFill,
)
from jiedao.reports.forms.notices import FORM
from jiedao.reports.forms.opening import open_stored_blank
from jiedao.reports.forms.periods import find_next_period
from jiedao.reports.forms.selectors import find_previous, get_blank, is_done

LEAST_REASON = 4
MOST_TEXT = 2000
MOST_WHY = 200
MOST_MINUTES = 6000


def start_fill(
    *, actor: Actor, form: Form, period: Period, place: Place = TOWN, as_of: date | None = None
) -> FormFill:
    """Fill a form for a period and a place, and store the draft.

    Args:
        as_of: the day up to which figures count; the period's end by default, or today if it has not ended.

    Raises:
        NotAllowed: the form is another unit's, or it holds figures or records that are not the actor's to see.
        UserError: a draft exists already, nothing is bound, cells have moved, or the period or day is impossible.
    """
    require_may_fill(actor, form)
    if not form.active:
        raise UserError(_("这张表已停报。"), hint=_("要再报，请先在“要表情况”里恢复它。"))
    period = build_period(period.first, period.last)
    as_of = _check_as_of(period, as_of)
    with transaction.atomic():
        Form.objects.select_for_update().get(pk=form.pk)
        same = FormFill.objects.filter(
            form=form,
            first_date=period.first,
            last_date=period.last,
            place_key=place.key,
            state=FillState.DRAFT,
        )
        if (draft := same.first()) is not None:
            raise Stale(
                _("这个时段已有一份待确认的表。"),
                hint=_("请打开它继续填，或作废后重填。编号 %(id)d。") % {"id": draft.pk},
                field="period",
            )
        fill = FormFill(
            form=form,
            blank=get_blank(form),
            previous=find_previous(form, place.key, period.first),
            first_date=period.first,
            last_date=period.last,
            place_key=place.key,
            area=Area.objects.get(code=place.area_code) if place.area_code else None,
            unit=Unit.objects.get(code=place.unit_code) if place.unit_code else None,
            as_of_date=as_of,
            filled_by_id=actor.user_id,
            filled_at=clock.now(),
        )
        _compute(actor, fill, place, {})
        fill.save()
        _store_figures(fill)
        _record(actor, "fill", fill)
    return fill


def fill_again(*, actor: Actor, form: Form) -> FormFill:
    """Fill a form for the period after the one that went out last, for the same place."""
    last = (
        FormFill.objects.filter(form=form, state=FillState.SENT)
        .order_by("-last_date", "-confirmed_at")
        .first()
    )
    if last is None:
        raise UserError(_("这张表还没有报过。"), hint=_("请先选时段填一次。"))
    if is_done(form, last):
        raise UserError(
            _("这是一次性的表，已经报过。"), hint=_("要更正，请选时段重新填表；要再报，请改报送周期。")
        )
    period = find_next_period(form, last.period)
    if period.first > clock.today():
        raise UserError(
            _("下一期（%(period)s）还没有开始。") % {"period": period.label},
            hint=_("%(day)s 起可以填。") % {"day": period.first.isoformat()},
            field="period",
        )
    return start_fill(actor=actor, form=form, period=period, place=get_place(last))


def refresh_fill(*, actor: Actor, fill: FormFill, as_of: date | None = None) -> FormFill:
    """Compute the cells of a draft anew, with the newest blank and bindings; what was entered by hand stays."""
    require_may_fill(actor, fill.form)
    with transaction.atomic():
        fill = _lock_draft(fill)
        fill.as_of_date = _check_as_of(fill.period, as_of or fill.as_of_date)
        fill.blank = get_blank(fill.form)
        fill.filled_by_id, fill.filled_at = actor.user_id, clock.now()
        _compute(actor, fill, get_place(fill), {cell.cell: cell for cell in read_cells(fill)})
        fill.save()
        FormFigure.objects.filter(fill=fill).delete()
        _store_figures(fill)
        _record(actor, "refresh", fill)
    return fill


def enter_cells(*, actor: Actor, fill: FormFill, texts: Mapping[str, str], why: str) -> FormFill:
    """Enter cells by hand; each keeps who wrote it and on what ground. An empty text empties the cell.

    Raises:
        NotAllowed: the form is another unit's. Stale: confirmed meanwhile. UserError: no ground, a text that is too
            long, or a cell that is not filled by hand.
    """
    require_may_fill(actor, fill.form)
    why = make_storable(why).strip()
    with transaction.atomic():
        fill = _lock_draft(fill)
        cells = {cell.cell: cell for cell in read_cells(fill)}
        changed = {}
        for key, raw in texts.items():
            cell, text = cells.get(key), make_storable(raw).strip()
            if cell is None or cell.kind != BindingKind.HAND:
                raise UserError(
                    _("%(cell)s 不是手工填写的格。") % {"cell": key[:40]},
                    hint=_("请刷新页面。"),
                    field="cell",
                )
            if len(text) > MOST_TEXT:
                raise UserError(
                    _("%(cell)s 最多 %(most)d 字。") % {"cell": key, "most": MOST_TEXT},
                    hint=_("请写短一些。"),
                    field=key,
                )
            if text != cell.text:
                changed[key] = replace(
                    cell,
                    text=text,
                    is_number=_is_number(text),
                    by=actor.label,
                    by_id=actor.user_id,
                    entered_at=clock.now().isoformat(),
                    why=why[:MOST_WHY],
                )
        if not changed:
            return fill
        if len(why) < LEAST_REASON:
            raise UserError(
                _("请写明手工数据的依据。"), hint=_("如“城建科 5 月台账”，至少四个字。"), field="why"
            )
        _store_cells(fill, [changed.get(cell.cell, cell) for cell in cells.values()])
        fill.save(update_fields=["cells", "filled", "by_hand", "empty"])
        _record(actor, "enter", fill, after={"cells": sorted(changed), "why": why[:MOST_WHY]})
    return fill


def carry_over(*, actor: Actor, fill: FormFill) -> int:
    """Enter the texts of last time into the empty cells that are filled by hand; return how many."""
    if fill.previous is None:
        raise UserError(_("没有上一次可以沿用。"), hint=_("请直接填写。"))
    before = {cell.cell: cell for cell in read_cells(fill.previous) if cell.kind == BindingKind.HAND}
    texts = {
        cell.cell: before[cell.cell].text
        for cell in read_cells(fill)
        if cell.kind == BindingKind.HAND and not cell.text and cell.cell in before and before[cell.cell].text
    }
    why = _("沿用上次（%(period)s）") % {"period": fill.previous.period.label}
    enter_cells(actor=actor, fill=fill, texts=texts, why=why)
    return len(texts)


def confirm_fill(
    *, actor: Actor, fill: FormFill, minutes: int | None = None, allow_empty: bool = False
) -> FormFill:
    """Confirm a filling as a second person: its file is stored with its digest and may go out.

    Raises:
        NotAllowed: no right, the actor filled or entered part of it, or may not see its figures or records.
        Stale: no longer a draft. UserError: cells are empty and `allow_empty` is not set.
    """
    actor.require(CONFIRM)
    if actor.user_id is None:
        raise NotAllowed(_("确认须由有名有姓的人作出。"), hint=_("请登录后再确认。"))
    if minutes is not None and not 0 <= minutes <= MOST_MINUTES:
        raise UserError(_("用时应在 0 到 6000 分钟之间。"), hint=_("请改正，或留空。"), field="minutes")
    with transaction.atomic():
        fill = _lock_draft(fill)
        require_cells(actor, fill)
        cells = read_cells(fill)
        if has_written(actor, fill, cells):
            raise NotAllowed(_("本人填的表须由他人确认。"), hint=_("请交另一位同事确认。"))
        cells = [_add_confirmer(cell, actor) for cell in cells]
        _store_cells(fill, cells)
        if fill.empty and not allow_empty:
            raise UserError(
                _("还有 %(count)d 格是空的。") % {"count": fill.empty},
                hint=_("请补填；确实没有数据的，请勾选“空格照报”。"),
                field="allow_empty",
            )
        sent = FormFill.objects.filter(form=fill.form, state=FillState.SENT)
        is_correction = sent.filter(last_date__gte=fill.last_date).exists()
        content = write_file(open_stored_blank(fill.blank), cells)
        fill.digest = hashlib.sha256(content).hexdigest()
        blob, _created = Blob.objects.get_or_create(
            sha256=storage.save_content(content),
            defaults={"size": len(content), "content_type": fill.blank.blob.content_type},
        )
        fill.blob, fill.state, fill.minutes = blob, FillState.SENT, minutes
        fill.confirmed_by_id, fill.confirmed_at = actor.user_id, clock.now()
        fill.save()
        if not is_correction:  # a correction of an earlier period leaves the one that is due
            settle(object_type=FORM, object_id=fill.form_id, now=clock.now())
        _record(
            actor, "confirm", fill, after={"digest": fill.digest, "minutes": minutes, "empty": fill.empty}
        )
    return fill


def drop_fill(*, actor: Actor, fill: FormFill, reason: str) -> FormFill:
    """Drop a draft with a reason; the row stays."""
    require_may_fill(actor, fill.form)
    reason = make_storable(reason).strip()
    if len(reason) < LEAST_REASON:
        raise UserError(_("请写明作废的原因。"), hint=_("至少四个字。"), field="reason")
    with transaction.atomic():
        fill = _lock_draft(fill)
        fill.state, fill.reason = FillState.DROPPED, reason[:200]
        fill.save(update_fields=["state", "reason"])
        _record(actor, "drop", fill, after={"reason": fill.reason})
    return fill


def preview_fill(
    *, actor: Actor, form: Form, period: Period, place: Place = TOWN
) -> tuple[Filling, bytes, list[CellChange], FormFill | None]:
    """Return what a form would hold, its file, the changes since last time, and that last filling.

    Nothing is stored.

    What people entered by hand for the same period and place is included.
    """
    require_may_fill(actor, form)
    blank = get_blank(form)
    same = FormFill.objects.filter(
        form=form, first_date=period.first, last_date=period.last, place_key=place.key
    ).exclude(state=FillState.DROPPED)
    latest = same.order_by("-pk").first()
    filling = compute_filling(
        blank=open_stored_blank(blank),
        bindings=form.bindings.all(),
        period=period,
        place=place,
        as_of=_check_as_of(period, latest.as_of_date if latest is not None else None),
        actor=actor,
        earlier={cell.cell: cell for cell in read_cells(latest)} if latest is not None else {},
    )
    previous = find_previous(form, place.key, period.first, before=latest)
    changes = find_changes(read_cells(previous), filling.cells) if previous is not None else []
    return filling, write_file(open_stored_blank(blank), filling.cells), changes, previous


def read_cells(fill: FormFill) -> list[FilledCell]:
    """Return the cells of a filling."""
    return [FilledCell.read(data) for data in fill.cells]


def get_place(fill: FormFill) -> Place:
    """Return the place for which a form was filled."""
    return find_place(
        fill.area.code if fill.area is not None else "", fill.unit.code if fill.unit is not None else ""
    )


def _check_as_of(period: Period, as_of: date | None) -> date:
    today = clock.today()
    if period.first > today:
        raise UserError(_("这个时段还没有开始。"), hint=_("请选已经开始的时段。"), field="period")
    day = min(as_of or period.last, period.last)
    if as_of is not None and as_of > today:
        raise UserError(_("截至日期不能晚于今天。"), hint=_("请改正。"), field="as_of")
    return min(day, today)


def _compute(actor: Actor, fill: FormFill, place: Place, earlier: Mapping[str, FilledCell]) -> None:
    filling = compute_filling(
        blank=open_stored_blank(fill.blank),
        bindings=fill.form.bindings.all(),
        period=fill.period,
        place=place,
        as_of=fill.as_of_date,
        actor=actor,
        earlier=earlier,
    )
    _store_cells(fill, filling.cells)


def _store_cells(fill: FormFill, cells: list[FilledCell]) -> None:
    filling = Filling(place_cells(cells))
    fill.cells = [cell.as_json() for cell in filling.cells]
    fill.filled, fill.by_hand, fill.empty = filling.counts


def _store_figures(fill: FormFill) -> None:
    rows = []
    for cell in read_cells(fill):
        if cell.kind == BindingKind.FIGURE and cell.period:
            period = parse_period(cell.period)
            rows.append(
                FormFigure(
                    fill=fill,
                    cell=cell.cell,
                    measure_key=cell.spec["measure"],
                    aspect=cell.spec.get("aspect", "value"),
                    first_date=period.first,
                    last_date=period.last,
                    place_key=cell.place,
                    as_unit=cell.spec.get("as_unit", ""),
                    value=Decimal(cell.text) if cell.text else None,
                )
            )
    FormFigure.objects.bulk_create(rows, batch_size=500)


def _add_confirmer(cell: FilledCell, actor: Actor) -> FilledCell:
    if cell.kind == BindingKind.FACT and cell.spec.get("fact") == Fact.CONFIRMER:
        return replace(cell, text=f"{cell.text}{actor.user_name}")
    return cell


def _is_number(text: str) -> bool:
    try:
        return Decimal(fold_width(text)).is_finite() and text == fold_width(text) and not text.startswith("+")
    except InvalidOperation:
        return False


def _lock_draft(fill: FormFill) -> FormFill:
    rows = FormFill.objects.select_for_update(of=("self",)).select_related(
        "form", "blank__blob", "area", "unit"
    )
    locked = rows.filter(pk=fill.pk).first()
    if locked is None:
        raise NotFoundError(_("没有这次填表。"), hint=_("请回到要表台账再找。"))
    if locked.state != FillState.DRAFT:
        raise Stale(
            _("这份表已经%(state)s，不能再改。") % {"state": FillState(locked.state).label},
            hint=_("要更正，请为同一时段重新填表。"),
        )
    return locked


def _record(actor: Actor, verb: str, fill: FormFill, after: Mapping[str, Any] | None = None) -> None:
    record_entry(
        actor=actor,
        action=f"reports.form:{verb}",
        obj_type="reports.fill",
        obj_id=fill.pk,
        after={"form": fill.form.key, "period": fill.period.text, "place": fill.place_key, **(after or {})},
    )
