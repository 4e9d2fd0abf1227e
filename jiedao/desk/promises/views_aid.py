"""Aid to partner places: what was promised, paid and is outstanding."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.desk.navigation import build_promise_tabs
from jiedao.desk.promises.forms import CommitmentForm, PaymentForm, WhyForm
from jiedao.desk.promises.views_index import aid_stats
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.amounts import format_yuan
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form, submit_form_with_files
from jiedao.projects.actions.aid import add_commitment, add_payment, void_payment
from jiedao.projects.promise_access import works_on
from jiedao.projects.selectors.aid import CommitmentLine, PartnerLine, aid_status


@require_staff("projects.promise:view")
@require_safe
def aid(request: DeskRequest) -> HttpResponse:
    """Show the aid; `?commit=KEY` opens the form of a promise to a place, `?pay=KEY` that of a payment."""
    partner, promise = request.GET.get("commit", ""), request.GET.get("pay", "")
    form: forms.Form | None = None
    if partner or promise:
        form = (CommitmentForm if partner else PaymentForm)(initial={"day": clock.today()})
    return _show(request, partner=partner, promise=promise, form=form)


def _show(
    request: DeskRequest,
    *,
    partner: str = "",
    promise: str = "",
    form: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    found = aid_status(request.actor)
    context: dict[str, Any] = {
        "tabs": build_promise_tabs(request.actor, "desk:aid"),
        "day": found.day,
        "stats": aid_stats(found),
        "partners": [_partner(request.actor, line) for line in found.partners],
        "partner": partner,
        "promise": promise,
        "form": form,
    }
    return render(request, "desk/promises/aid.html", context, status=status)


def _partner(actor: Actor, line: PartnerLine) -> dict[str, Any]:
    return {
        "partner": line.partner,
        "committed": format_yuan(line.committed),
        "paid": format_yuan(line.paid),
        "outstanding": format_yuan(line.outstanding),
        "share": float(line.paid / line.committed) if line.committed else 0.0,
        "works": works_on(actor, line.partner.unit_id),
        "commitments": [_commitment(one) for one in line.commitments],
    }


def _commitment(line: CommitmentLine) -> dict[str, Any]:
    return {
        "commitment": line.commitment,
        "amount": format_yuan(line.commitment.amount),
        "paid": format_yuan(line.paid),
        "outstanding": format_yuan(line.outstanding),
        "settled": not line.outstanding,
        "payments": [(payment, format_yuan(payment.amount), files) for payment, files in line.payments],
    }


@require_staff("projects.promise:edit")
def commit(request: DeskRequest) -> HttpResponse:
    """Register money promised to a place."""
    if request.method != "POST":
        return redirect("desk:aid")
    partner, form = request.POST.get("partner", ""), CommitmentForm(request.POST)
    _made, status = submit_form(
        form, lambda: add_commitment(actor=request.actor, partner=partner, **form.cleaned_data)
    )
    if status:
        return _show(request, partner=partner, form=form, status=status)
    messages.success(request, _("已登记。"))
    return redirect("desk:aid")


@require_staff("projects.promise:edit")
def pay(request: DeskRequest) -> HttpResponse:
    """Register a payment with its document."""
    if request.method != "POST":
        return redirect("desk:aid")
    promise, form = request.POST.get("commitment", ""), PaymentForm(request.POST, request.FILES)

    def act(files: list[int]) -> None:
        given = {name: form.cleaned_data[name] for name in ("key", "amount", "day", "document")}
        add_payment(actor=request.actor, commitment=promise, attachments=files, **given)

    _made, status = submit_form_with_files(request, request.actor, form, act)
    if status:
        return _show(request, promise=promise, form=form, status=status)
    messages.success(request, _("已登记。"))
    return redirect("desk:aid")


@require_staff("projects.promise:edit")
def void(request: DeskRequest, payment_id: int) -> HttpResponse:
    """Mark a payment that was entered wrongly, with the reason."""
    if request.method != "POST":
        return redirect("desk:aid")
    form = WhyForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("没有写明原因。"))
        return redirect("desk:aid")
    try:
        void_payment(actor=request.actor, payment_id=payment_id, why=form.cleaned_data["why"])
    except UserError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("已作废。"))
    return redirect("desk:aid")
