"""A filling: the filled form with its marks, one cell with its origin, entering by hand, confirming, the file."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.desk.figure_lines import get_figure_url
from jiedao.desk.forms.forms import ConfirmForm, DropForm, split_place
from jiedao.desk.forms.grids import build_fill_grid, describe_spec, read_first_row
from jiedao.desk.links import get_rows_url
from jiedao.files.storage import open_content
from jiedao.indicators.compute import find_place, read_measures
from jiedao.indicators.models import VIEW as VIEW_FIGURES
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.figures import RowsLink
from jiedao.kernel.periods import Period, parse_period
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form
from jiedao.reports.downloading import record_fill_download
from jiedao.reports.forms.access import (
    get_fill,
    has_written,
    may_fill,
    may_see_cells,
    require_cells,
    require_figures,
    require_lists,
)
from jiedao.reports.forms.actions.filling import (
    carry_over,
    confirm_fill,
    drop_fill,
    enter_cells,
    read_cells,
    refresh_fill,
)
from jiedao.reports.forms.comparing import find_changes, find_conflicts
from jiedao.reports.forms.definition import Aspect, Rule, read_spec
from jiedao.reports.forms.filling import FilledCell, write_file
from jiedao.reports.forms.marking import mark_cells, write_notes
from jiedao.reports.forms.models import CONFIRM, FILL, VIEW, BindingKind, FillState, FormFill
from jiedao.reports.forms.opening import open_blank, open_stored_blank
from jiedao.reports.forms.parts import find_excess_parts
from jiedao.reports.forms.periods import find_next_period, find_opening_date

TONES = {FillState.DRAFT: "warn", FillState.SENT: "good", FillState.DROPPED: "neutral"}
MOST_SHOWN = 300
MOST_HAND = 1000


@require_staff(VIEW)
@require_safe
def show_fill(request: DeskRequest, fill_id: int) -> HttpResponse:
    """Show a filled form: every cell, what changed since last time, and where other forms state another value."""
    return _render(request, get_fill(request.actor, fill_id))


def _render(
    request: DeskRequest,
    fill: FormFill,
    *,
    status: int = 200,
    fault: UserError | None = None,
    typed: dict[str, str] | None = None,
    **panels: forms.Form,
) -> HttpResponse:
    cells = read_cells(fill)
    sees_cells = may_see_cells(request.actor, fill)
    changes = find_changes(read_cells(fill.previous), cells) if fill.previous is not None else []
    is_draft = fill.state == FillState.DRAFT
    next_period = _find_next_period(fill)
    context: dict[str, Any] = {
        "fill": fill,
        "next": next_period,
        "opens": find_opening_date(next_period),
        "form": fill.form,
        "tone": TONES[FillState(fill.state)],
        "is_draft": is_draft,
        "sees_cells": sees_cells,
        "changes": changes[:MOST_SHOWN] if sees_cells else [],
        "changes_count": len(changes),
        "conflicts": _describe_conflicts(fill, cells) if sees_cells else [],
        "hand": _list_hand_cells(fill, cells, typed or {}),
        "notes": [cell for cell in cells if not cell.text and cell.note][:MOST_SHOWN],
        "fault": fault,
        "why": request.POST.get("why", "") if fault else "",
        "facts": _build_facts(fill),
        "now": clock.now(),
        "may_fill": is_draft and may_fill(request.actor, fill.form),
        "may_confirm": is_draft and _may_confirm(request.actor, fill, cells),
        "may_send": fill.state == FillState.SENT and may_fill(request.actor, fill.form) and fill.form.active,
        "confirm": panels.get("confirm") or ConfirmForm(),
        "drop": panels.get("drop") or DropForm(),
    }
    if sees_cells:
        context |= _build_tables(request, fill, cells, changes)
    return render(request, "desk/forms/fill.html", context, status=status)


def _find_next_period(fill: FormFill) -> Period:
    """Return the period that the button for the next one begins: the one after the latest filling that went out."""
    last = FormFill.objects.filter(form=fill.form, state=FillState.SENT).order_by("-last_date").first()
    return find_next_period(fill.form, (last or fill).period)


def _build_tables(
    request: DeskRequest, fill: FormFill, cells: list[FilledCell], changes: list[Any]
) -> dict[str, Any]:
    grids = open_blank(_read_content(fill)).grids
    located = [replace(cell, cell=cell.at) for cell in cells]
    sheet = request.GET.get("sheet", "")
    grid = next((grid for grid in grids if grid.sheet == sheet), grids[0])
    by_place, first_row = _spread_lists(cells), read_first_row(request.GET.get("from", ""))
    url = reverse("desk:form-cell", args=[fill.pk])
    return {
        "excess": find_excess_parts(grids, located)[:MOST_SHOWN],
        "grid": build_fill_grid(grid, by_place, {change.cell: change for change in changes}, url, first_row),
        "tabs": [
            {"label": other.sheet, "url": f"?{urlencode({'sheet': other.sheet})}", "active": other is grid}
            for other in grids
        ]
        if len(grids) > 1
        else [],
    }


def _spread_lists(cells: list[FilledCell]) -> dict[str, FilledCell]:
    """Return the cells by their place in the file; a list has a place for each of its values."""
    places: dict[str, FilledCell] = {}
    for cell in cells:
        if cell.kind != BindingKind.LIST:
            places[cell.at] = cell
            continue
        sheet, _mark, first = cell.at.rpartition("!")
        row = int("".join(letter for letter in first if letter.isdecimal()))
        for offset in range(len(cell.rows)):
            for letters in read_spec(cell.kind, cell.spec).columns:
                places[f"{sheet}!{letters}{row + offset}"] = cell
    return places


def _read_content(fill: FormFill) -> bytes:
    """Return the file: the stored one of a filling that went out, else one made of the draft."""
    if fill.digest:
        with open_content(fill.digest) as file:
            return file.read()
    return write_file(open_stored_blank(fill.blank), read_cells(fill))


def _read_marked_content(fill: FormFill) -> bytes:
    if fill.previous is None:
        raise NotFoundError(_("这是第一次填，没有上次可比。"), hint=_("请下载没有标记的表。"))
    changes = find_changes(read_cells(fill.previous), read_cells(fill))
    return mark_cells(_read_content(fill), write_notes(changes, fill.previous.period.label))


def _may_confirm(actor: Actor, fill: FormFill, cells: list[FilledCell]) -> bool:
    return actor.can(CONFIRM) and not has_written(actor, fill, cells) and may_see_cells(actor, fill)


def _describe_conflicts(fill: FormFill, cells: list[FilledCell]) -> list[dict[str, Any]]:
    return [
        {
            "cell": conflict.cell,
            "value": f"{conflict.value.normalize():f}" if conflict.value is not None else "—",
            "other": conflict.other,
            "url": reverse("desk:form-fill", args=[conflict.other.pk]),
        }
        for conflict in find_conflicts(fill, cells)[:MOST_SHOWN]
    ]


def _list_hand_cells(fill: FormFill, cells: list[FilledCell], typed: dict[str, str]) -> list[dict[str, Any]]:
    before = {cell.cell: cell.text for cell in read_cells(fill.previous)} if fill.previous is not None else {}
    own = [cell for cell in cells if cell.kind == BindingKind.HAND]
    # A form has a limit of fields: the empty ones first, the others once these are filled.
    if len(own) > MOST_HAND:
        own = sorted(own, key=lambda cell: bool(cell.text))[:MOST_HAND]
    return [
        {"cell": cell, "before": before.get(cell.cell, ""), "text": typed.get(cell.cell, cell.text)}
        for cell in own
    ]


def _count_cells(number: int) -> str:
    return ngettext("%(n)d 格", "%(n)d 格", number) % {"n": number}


def _build_facts(fill: FormFill) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [
        (_("时段"), fill.period.label),
        (_("范围"), fill.place_label or _("全街道")),
        (_("截至"), fill.as_of_date.isoformat()),
        (_("自动填写"), _("%(filled)d 格，共 %(total)d 格") % {"filled": fill.filled, "total": fill.total}),
        (_("手工填写"), _count_cells(fill.by_hand)),
        (_("空格"), _count_cells(fill.empty)),
        (_("填表人"), fill.filled_by.full_name if fill.filled_by is not None else ""),
    ]
    if fill.confirmed_by is not None:
        facts.append((_("确认人"), fill.confirmed_by.full_name))
    if fill.minutes is not None:
        facts.append((_("用时"), _("%(n)d 分钟") % {"n": fill.minutes}))
    if fill.reason:
        facts.append((_("作废原因"), fill.reason))
    return facts


@require_staff(VIEW)
@require_safe
def show_cell(request: DeskRequest, fill_id: int) -> HttpResponse:
    """Show one cell of a filling: its figure, how it was made, and the list of exactly the rows counted."""
    fill = get_fill(request.actor, fill_id)
    key = request.GET.get("cell", "")
    cell = next((cell for cell in read_cells(fill) if cell.cell == key), None)
    if cell is None:
        raise NotFoundError(_("这份表里没有这一格。"), hint=_("请从表上点选。"))
    if not (get_language() or "").startswith("zh"):
        cell = _translate_cell(cell)
    if cell.kind == BindingKind.LIST:
        require_lists(request.actor, fill)
    elif cell.kind == BindingKind.FIGURE:
        require_figures(request.actor, fill)
    context = {
        "fill": fill,
        "form": fill.form,
        "cell": cell,
        "facts": _describe_cell(cell),
        "figure_url": _find_figure_url(request.actor, cell),
        "rows_url": get_rows_url(request.actor, _read_link(cell.link)),
        "below_url": get_rows_url(request.actor, _read_link(cell.below_link)),
        "conflicts": [
            item for item in _describe_conflicts(fill, read_cells(fill)) if item["cell"].cell == key
        ],
        "entered_at": parse_datetime(cell.entered_at) if cell.entered_at else None,
        "now": clock.now(),
    }
    return render(request, "desk/forms/cell.html", context)


def _translate_cell(cell: FilledCell) -> FilledCell:
    """Return a cell with the present names of its measure and place: the stored ones are in the filler's language."""
    measure = read_measures().get(str(cell.spec.get("measure", "")))
    if measure is None:
        return cell
    return replace(
        cell,
        measure_label=measure.label,
        meaning=measure.meaning_label,
        unit_label=measure.unit_text if cell.unit_label == measure.unit_label else cell.unit_label,
        place_label=find_place(*split_place(cell.place)).label,
    )


def _find_figure_url(actor: Actor, cell: FilledCell) -> str:
    """Return the address of the page of a cell's figure, "" where the reader may not open it or it no longer exists."""
    measure = read_measures().get(str(cell.spec.get("measure", "")))
    if measure is None or not cell.period or not actor.can(VIEW_FIGURES):
        return ""
    return get_figure_url(measure, parse_period(cell.period), find_place(*split_place(cell.place)))


def _read_link(link: dict[str, Any] | None) -> RowsLink | None:
    if link is None:
        return None
    return RowsLink(link["kind"], tuple(link["args"]), tuple((name, value) for name, value in link["query"]))


def _describe_cell(cell: FilledCell) -> list[tuple[str, Any]]:
    spec = read_spec(cell.kind, cell.spec)
    if cell.kind == BindingKind.FIGURE:
        facts = [
            (_("哪个指标"), cell.measure_label),
            (_("取什么"), str(Aspect(spec.aspect).label)),
            (_("取哪个时段"), str(Rule(spec.rule).label)),
            (_("时段"), parse_period(cell.period).label if cell.period else ""),
            (_("范围"), cell.place_label or _("全街道")),
            (_("算法"), cell.how),
            (_("口径"), cell.meaning),
            (_("来源文件"), cell.source),
            (_("说明"), cell.note),
        ]
    elif cell.kind == BindingKind.HAND:
        facts = [(_("谁填的"), cell.by), (_("依据"), cell.why)]
    else:
        facts = [(_("内容"), describe_spec(spec, read_measures()))]
        if cell.kind == BindingKind.LIST:
            facts.append((_("记录"), _("%(n)d 条") % {"n": len(cell.rows)}))
    return [(label, value) for label, value in facts if value]


@require_staff(VIEW)
@require_safe
def send_file(request: DeskRequest, fill_id: int) -> FileResponse:
    """Send the file: of a filling that went out the stored one, of a draft one that is marked so in its name.

    With `marked` it is a copy in which the cells that changed since last time have a colour and a comment.
    """
    fill = get_fill(request.actor, fill_id)
    require_cells(request.actor, fill)
    if fill.state == FillState.DROPPED:
        raise NotFoundError(_("这份表已作废。"), hint=_("请重新填表。"))
    is_marked = bool(request.GET.get("marked"))
    content = _read_marked_content(fill) if is_marked else _read_content(fill)
    place = f"-{fill.place_label}" if fill.place_label else ""
    draft = "" if fill.digest else _("-草稿")
    marked = _("-标出变化") if is_marked else ""
    name = f"{fill.form.name}-{fill.period.text}{place}{draft}{marked}{fill.blank.suffix}"
    content_type = fill.blank.blob.content_type
    record_fill_download(actor=request.actor, fill=fill, is_marked=is_marked)
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=content_type)


@require_staff(FILL, CONFIRM)
@require_POST
def write_fill(request: DeskRequest, fill_id: int, what: str) -> HttpResponse:
    """Enter cells by hand, carry over, compute anew, confirm or drop a filling."""
    fill = get_fill(request.actor, fill_id)
    writers: dict[str, Callable[[DeskRequest, FormFill], HttpResponse]] = {
        "enter": _enter,
        "carry": _carry,
        "refresh": _refresh,
        "confirm": _confirm,
        "drop": _drop,
    }
    if what not in writers:
        raise NotFoundError(_("没有这一步：%(code)s。") % {"code": what[:20]}, hint=_("请回到填表页再试。"))
    return writers[what](request, fill)


def _enter(request: DeskRequest, fill: FormFill) -> HttpResponse:
    typed = {
        name.removeprefix("cell:"): str(value)
        for name, value in request.POST.items()
        if name.startswith("cell:")
    }
    try:
        enter_cells(actor=request.actor, fill=fill, texts=typed, why=request.POST.get("why", ""))
    except UserError as fault:
        return _render(request, fill, status=fault.status, fault=fault, typed=typed)
    messages.success(request, _("已保存手工数据。"))
    return redirect("desk:form-fill", fill.pk)


def _carry(request: DeskRequest, fill: FormFill) -> HttpResponse:
    count = carry_over(actor=request.actor, fill=fill)
    text = ngettext("沿用了上次的 %(n)d 格，请逐格核对。", "沿用了上次的 %(n)d 格，请逐格核对。", count)
    messages.success(request, text % {"n": count})
    return redirect("desk:form-fill", fill.pk)


def _refresh(request: DeskRequest, fill: FormFill) -> HttpResponse:
    refresh_fill(actor=request.actor, fill=fill)
    messages.success(request, _("已重新取数；手工数据没有变。"))
    return redirect("desk:form-fill", fill.pk)


def _confirm(request: DeskRequest, fill: FormFill) -> HttpResponse:
    form = ConfirmForm(request.POST)
    _sent, status = submit_form(
        form, lambda: confirm_fill(actor=request.actor, fill=fill, **form.cleaned_data)
    )
    if status:
        return _render(request, fill, status=status, confirm=form)
    messages.success(request, _("已确认，可以下载报出。"))
    return redirect("desk:form-fill", fill.pk)


def _drop(request: DeskRequest, fill: FormFill) -> HttpResponse:
    form = DropForm(request.POST)
    _dropped, status = submit_form(
        form, lambda: drop_fill(actor=request.actor, fill=fill, **form.cleaned_data)
    )
    if status:
        return _render(request, fill, status=status, drop=form)
    messages.success(request, _("已作废。"))
    return redirect("desk:form", fill.form.key)
