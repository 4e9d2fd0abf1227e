"""The list of consultations, the page of one, its moves, and the codes that are handed out."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_number, read_optional_day
from jiedao.publishing.consultations.actions import (
    MANAGE,
    extend_consultation,
    get_consultation,
    publish_consultation,
    withdraw_consultation,
)
from jiedao.publishing.consultations.answering import hand_out_codes, is_open
from jiedao.publishing.consultations.selectors import (
    count_all_answers,
    count_answers,
    count_results,
    count_text_pages,
    list_consultations,
    list_texts,
)
from jiedao.publishing.models.consultations import CodeMode, Consultation, Stage


def describe_stage(row: Consultation) -> tuple[str, str]:
    """Return the words and the tone of how far a consultation is, its days included."""
    if row.stage != Stage.PUBLIC:
        return str(Stage(row.stage).label), "good" if row.stage == Stage.ENDED else "neutral"
    if clock.today() < row.first_date:
        return _("未开始"), "info"
    return (_("征求意见中"), "info") if is_open(row) else (_("已截止，待公布结果"), "warn")


@require_staff(MANAGE)
@require_safe
def list_all(request: DeskRequest) -> HttpResponse:
    """List all consultations."""
    found = list_consultations(request.actor)
    answers = count_all_answers(found)
    rows = [{"row": row, "stage": describe_stage(row), "answers": answers[row.pk]} for row in found]
    return render(request, "desk/consultations/list.html", {"rows": rows})


@require_staff(MANAGE)
@require_safe
def show_consultation(request: DeskRequest, pk: int) -> HttpResponse:
    """Show a consultation with the answers that came in, and its possible moves."""
    return _render(request, get_consultation(request.actor, pk))


def _render(request: DeskRequest, row: Consultation, **more: object) -> HttpResponse:
    results = count_results(row)
    pages = count_text_pages(results)
    page = min(max(read_number(request.GET.get("page")) or 1, 1), pages)
    texts = list_texts(request.actor, row, page)
    ended = row.last_date < clock.today()
    context = {
        "row": row,
        "stage": describe_stage(row),
        "answers": count_answers(row),
        "results": [{"result": result, "texts": texts.get(result.question.pk, [])} for result in results],
        "page": page,
        "pages": range(1, pages + 1) if pages > 1 else (),
        "points": list(row.points.order_by("position")),
        "may_edit": row.stage == Stage.DRAFT,
        "may_extend": row.stage == Stage.PUBLIC,
        "may_end": row.stage in {Stage.PUBLIC, Stage.ENDED} and ended,
        "may_withdraw": row.stage in {Stage.PUBLIC, Stage.ENDED},
        "may_hand_out": row.stage == Stage.PUBLIC and row.code_mode == CodeMode.HANDED and not ended,
        "now": clock.now(),
        **more,
    }
    return render(request, "desk/consultations/show.html", context)


def _extend(actor: Actor, pk: int, version: int, request: DeskRequest) -> str:
    day = read_optional_day(request.POST.get("last_date", ""), "last_date")
    if day is None:
        raise UserError(_("请选新的截止日期。"), hint=_("公布以后只能延长。"), field="last_date")
    row = extend_consultation(actor, pk, last_date=day, version=version)
    return _("截止日期延到 %(day)s。") % {"day": row.last_date}


def _publish(actor: Actor, pk: int, version: int, _request: DeskRequest) -> str:
    publish_consultation(actor, pk, version=version)
    return _("已公布。")


def _withdraw(actor: Actor, pk: int, version: int, _request: DeskRequest) -> str:
    withdraw_consultation(actor, pk, version=version)
    return _("已撤下，公众不再看得到。")


MOVES: dict[str, Callable[[Actor, int, int, DeskRequest], str]] = {
    "publish": _publish,
    "extend": _extend,
    "withdraw": _withdraw,
}


@require_staff(MANAGE)
@require_POST
def move_consultation(request: DeskRequest, pk: int) -> HttpResponse:
    """Publish, extend or withdraw a consultation, and return to its page with the result."""
    get_consultation(request.actor, pk)
    move = MOVES.get(request.POST.get("move", ""))
    version = read_number(request.POST.get("version")) or 0
    try:
        if move is None:
            raise UserError(_("没有这一步。"), hint=_("请刷新页面。"))
        messages.success(request, move(request.actor, pk, version, request))
    except UserError as fault:
        messages.error(request, str(fault))
    return redirect("desk:consultation", pk)


@require_staff(MANAGE)
@require_POST
def hand_out(request: DeskRequest, pk: int) -> HttpResponse:
    """Show new codes once, to be printed and handed out."""
    row = get_consultation(request.actor, pk)
    try:
        codes = hand_out_codes(request.actor, row, read_number(request.POST.get("number")) or 0)
    except UserError as fault:
        messages.error(request, str(fault))
        return redirect("desk:consultation", pk)
    return _render(request, row, codes=codes)
