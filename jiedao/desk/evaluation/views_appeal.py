"""Appeals: the list, the form of a unit with the cases to choose from, the page of one appeal and its decision."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jiedao.desk.evaluation.counted_list import build_contested_rows, build_counted_list
from jiedao.desk.evaluation.forms import ContestForm, DecisionForm
from jiedao.desk.evaluation.page import APPEAL_TONES, build_appeal_line, build_tabs
from jiedao.desk.links import get_attachment_url, get_score_url
from jiedao.evaluation.access import (
    find_appeal_due_date,
    get_appeal,
    get_score,
    may_contest,
    may_decide,
    may_withdraw,
)
from jiedao.evaluation.actions.appealing import decide_appeal, make_appeal, withdraw_appeal
from jiedao.evaluation.foreseeing import ResultChange, foresee_decision
from jiedao.evaluation.models import APPEAL, DECIDE, VIEW, VIEW_OWN, Appeal, AppealState, Score
from jiedao.evaluation.notices import APPEAL as APPEAL_OBJECT
from jiedao.evaluation.selectors import format_points, list_appeals, write_points
from jiedao.files.selectors import list_attachments
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.choices import translate_person_label
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form, submit_form_with_files

LISTS = {"red": gettext_lazy("红榜"), "black": gettext_lazy("黑榜"), "": gettext_lazy("不上榜")}


@require_staff(VIEW, VIEW_OWN)
@require_safe
def list_all(request: DeskRequest) -> HttpResponse:
    """List the appeals that the user may see, waiting ones first."""
    context = {
        "tabs": build_tabs(request.actor, "appeals"),
        "appeals": [build_appeal_line(appeal) for appeal in list_appeals(request.actor)],
        "now": clock.now(),
    }
    return render(request, "desk/evaluation/appeals.html", context)


def _get_url_of_score(score: Score, number: int | None = None) -> str:
    return get_score_url(score.sheet_version.sheet, score.code, score.period, number)


@require_staff(APPEAL)
@require_http_methods(["GET", "POST"])
def contest(request: DeskRequest, score_id: int) -> HttpResponse:
    """Contest cases that count in the score of the own unit; the button 筛选 narrows the list and sends nothing."""
    score = get_score(request.actor, score_id)
    form, status = ContestForm(initial={"numbers": request.GET.getlist("number")}), 200
    is_filter = "filter" in request.POST
    if is_filter:
        form = _keep_typed(request)
    elif request.method == "POST":
        form = ContestForm(request.POST, request.FILES)
        appeal, status = submit_form_with_files(
            request,
            request.actor,
            form,
            lambda files: make_appeal(
                actor=request.actor,
                score_id=score.pk,
                numbers=form.cleaned_data["numbers"],
                reason=form.cleaned_data["reason"],
                attachments=files,
            ),
        )
        if not status:
            messages.success(request, _("申诉已提交，等待裁定。"))
            return redirect("desk:score_appeal", appeal.pk)
    allowed = may_contest(request.actor, score)
    counted_list = (
        build_counted_list(request.actor, score, request.POST or request.GET, form.chosen) if allowed else {}
    )
    context = {
        "form": form,
        "score": score,
        "sheet": score.sheet_version.sheet,
        "back": _get_url_of_score(score),
        "due": find_appeal_due_date(score),
        "may_contest": allowed,
        **counted_list,
    }
    return render(request, "desk/evaluation/contest.html", context, status=status)


def _keep_typed(request: DeskRequest) -> ContestForm:
    """Return the form with what was chosen, typed and uploaded, without checking it."""
    uploads = ContestForm(request.POST, request.FILES)
    ids = uploads.store_uploads(request.actor, request.FILES)
    form = ContestForm(
        initial={
            "numbers": request.POST.getlist("numbers"),
            "reason": request.POST.get("reason", ""),
            "kept": ",".join(map(str, ids)),
        }
    )
    form.uploader = request.actor
    return form


@require_staff(VIEW, VIEW_OWN)
@require_safe
def show_appeal(request: DeskRequest, appeal_id: int) -> HttpResponse:
    """Show an appeal with its evidence; who may decide it finds the form."""
    appeal = get_appeal(request.actor, appeal_id)
    form = DecisionForm() if may_decide(request.actor, appeal) else None
    return render(request, "desk/evaluation/appeal.html", _build_context(request.actor, appeal, form))


def _build_context(actor: Actor, appeal: Appeal, form: DecisionForm | None) -> dict[str, Any]:
    files = list_attachments(APPEAL_OBJECT, appeal.pk)
    after = appeal.new_score
    rows = build_contested_rows(actor, appeal, list(appeal.cases.all()))
    chosen = form.chosen if form is not None else []
    for row in rows:
        row["checked"] = row["number"] in chosen
    return {
        **(_build_foresight(appeal, chosen) if form is not None else {}),
        "appeal": appeal,
        "made_by": translate_person_label(appeal.made_by_label),
        "decided_by": translate_person_label(appeal.decided_by_label),
        "rows": rows,
        "score": appeal.score,
        "sheet": appeal.score.sheet_version.sheet,
        "tone": APPEAL_TONES[appeal.state],
        "before_url": _get_url_of_score(appeal.score, appeal.score.number),
        "before": format_points(appeal.score.points),
        "after_url": _get_url_of_score(after, after.number) if after is not None else "",
        "after": format_points(after.points) if after is not None else "",
        "photos": [
            {"url": get_attachment_url(file.pk), "label": file.name} for file in files if file.is_image
        ],
        "documents": [file for file in files if not file.is_image],
        "form": form,
        "may_withdraw": may_withdraw(actor, appeal),
        "now": clock.now(),
    }


def _build_foresight(appeal: Appeal, chosen: Sequence[str]) -> dict[str, Any]:
    """Return what would change if the chosen cases were granted, or all where none is chosen."""
    numbers = [number for number in appeal.numbers if number in chosen] or appeal.numbers
    foresight = foresee_decision(appeal, numbers)
    if foresight is None:
        return {}
    digits = appeal.score.sheet_version.digits
    return {
        "would": _build_change(foresight.own, digits),
        "would_others": [_build_change(change, digits) for change in foresight.others],
        "would_count": len(numbers),
        "would_all": len(numbers) == len(appeal.numbers),
    }


def _build_change(change: ResultChange, digits: int) -> dict[str, Any]:
    before, after = change.before, change.after
    return {
        "label": after.label,
        "points": (write_points(before.points, digits), write_points(after.points, digits)),
        "ranks": (before.rank or "—", after.rank or "—"),
        "grades": (before.grade, after.grade) if before.grade != after.grade else None,
        "lists": (LISTS[before.list_mark], LISTS[after.list_mark])
        if before.list_mark != after.list_mark
        else None,
    }


@require_staff(DECIDE)
@require_POST
def decide(request: DeskRequest, appeal_id: int) -> HttpResponse:
    """Grant the chosen cases of an appeal, or refuse it; the button 看得分 only shows what would change."""
    appeal, form = get_appeal(request.actor, appeal_id), DecisionForm(request.POST)
    if "foresee" in request.POST and may_decide(request.actor, appeal):
        initial = {"granted": request.POST.getlist("granted"), "decision": request.POST.get("decision", "")}
        context = _build_context(request.actor, appeal, DecisionForm(initial=initial))
        return render(request, "desk/evaluation/appeal.html", context)
    grant = request.POST.get("grant") == "1"

    def action() -> Appeal:
        chosen = form.cleaned_data["granted"] if grant else []
        if grant and not chosen:
            raise UserError(_("请勾选成立的案件。"), hint=_("一件都不成立，请按“不成立”。"), field="granted")
        return decide_appeal(
            actor=request.actor,
            appeal_id=appeal.pk,
            granted=chosen,
            decision=form.cleaned_data["decision"],
        )

    decided, status = submit_form(form, action)
    if status:
        context = _build_context(request.actor, appeal, form)
        return render(request, "desk/evaluation/appeal.html", context, status=status)
    words = {
        AppealState.GRANTED: _("申诉成立，已重新计分。"),
        AppealState.PARTLY: _("申诉部分成立，已重新计分。"),
    }
    messages.success(request, words.get(AppealState(decided.state), _("已裁定不成立。")))
    return redirect("desk:score_appeal", appeal.pk)


@require_staff(APPEAL)
@require_POST
def withdraw(request: DeskRequest, appeal_id: int) -> HttpResponse:
    """Withdraw an appeal of the own unit."""
    appeal = withdraw_appeal(actor=request.actor, appeal_id=appeal_id)
    messages.success(request, _("申诉已撤回，案件可以重新申诉。"))
    return redirect("desk:score_appeal", appeal.pk)
