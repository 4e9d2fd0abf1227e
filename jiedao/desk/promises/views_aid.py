"""Aid to partner places: the money committed, paid and outstanding."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jiedao.desk.navigation import build_promise_tabs
from jiedao.desk.promises.aid_rows import KINDS, AidRows
from jiedao.desk.promises.forms import CommitmentForm, PaymentForm, ReasonForm
from jiedao.desk.promises.views_index import build_aid_stats
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.amounts import format_yuan
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form, submit_form_with_files
from jiedao.pages.parameters import is_unit, one_of, take_filters
from jiedao.pages.reading import read_day
from jiedao.projects.actions.aid import add_commitment, add_payment, void_payment
from jiedao.projects.promise_access import works_for_unit
from jiedao.projects.selectors.aid import CommitmentLine, PartnerLine, read_aid_status

FILTERS: dict[str, Any] = {
    "commit": None,
    "pay": None,
    "of": one_of(KINDS),
    "unit": is_unit,
    "from": read_day,
    "to": read_day,
}


@require_staff("projects.promise:view")
@require_safe
@take_filters(FILTERS)
def show_aid(request: DeskRequest) -> HttpResponse:
    """Show the aid. `?commit=KEY` opens the form for a commitment to a partner, `?pay=KEY` the form for a payment."""
    partner, promise = request.GET.get("commit", ""), request.GET.get("pay", "")
    form: forms.Form | None = None
    if partner or promise:
        form = (CommitmentForm if partner else PaymentForm)(initial={"day": clock.today()})
    return _render_page(request, partner=partner, promise=promise, form=form)


def _render_page(
    request: DeskRequest,
    *,
    partner: str = "",
    promise: str = "",
    form: forms.Form | None = None,
    status: int = 200,
) -> HttpResponse:
    aid = read_aid_status(request.actor)
    chosen = AidRows.read(request.GET)
    partners = [line for line in aid.partners if chosen.keeps_partner(line)]
    context: dict[str, Any] = {
        "tabs": build_promise_tabs(request.actor, "desk:aid"),
        "day": aid.day,
        "stats": build_aid_stats(aid),
        "partners": [_describe_partner(request.actor, line, chosen) for line in partners],
        "chosen": chosen,
        "counted": sum(map(chosen.count, partners)),
        "partner": partner,
        "promise": promise,
        "form": form,
    }
    return render(request, "desk/promises/aid.html", context, status=status)


def _describe_partner(actor: Actor, line: PartnerLine, chosen: AidRows) -> dict[str, Any]:
    return {
        "partner": line.partner,
        "committed": format_yuan(line.committed),
        "paid": format_yuan(line.paid),
        "outstanding": format_yuan(line.outstanding),
        "share": float(line.paid / line.committed) if line.committed else 0.0,
        "works": works_for_unit(actor, line.partner.unit_id),
        "commitments": [
            _describe_commitment(commitment_line, chosen) for commitment_line in chosen.list_commitments(line)
        ],
    }


def _describe_commitment(line: CommitmentLine, chosen: AidRows) -> dict[str, Any]:
    return {
        "commitment": line.commitment,
        "amount": format_yuan(line.commitment.amount),
        "paid": format_yuan(line.paid),
        "outstanding": format_yuan(line.outstanding),
        "settled": not line.outstanding,
        "payments": [
            (payment, format_yuan(payment.amount), files)
            for payment, files in line.payments
            if chosen.keeps_payment(payment)
        ],
    }


@require_staff("projects.promise:edit")
def create_commitment(request: DeskRequest) -> HttpResponse:
    """Record a commitment of money to a partner."""
    if request.method != "POST":
        return redirect("desk:aid")
    partner, form = request.POST.get("partner", ""), CommitmentForm(request.POST)
    _commitment, status = submit_form(
        form, lambda: add_commitment(actor=request.actor, partner=partner, **form.cleaned_data)
    )
    if status:
        return _render_page(request, partner=partner, form=form, status=status)
    messages.success(request, _("已登记。"))
    return redirect("desk:aid")


@require_staff("projects.promise:edit")
def create_payment(request: DeskRequest) -> HttpResponse:
    """Record a payment with its document."""
    if request.method != "POST":
        return redirect("desk:aid")
    promise, form = request.POST.get("commitment", ""), PaymentForm(request.POST, request.FILES)

    def action(files: list[int]) -> None:
        values = {name: form.cleaned_data[name] for name in ("key", "amount", "day", "document")}
        add_payment(actor=request.actor, commitment=promise, attachments=files, **values)

    _payment, status = submit_form_with_files(request, request.actor, form, action)
    if status:
        return _render_page(request, promise=promise, form=form, status=status)
    messages.success(request, _("已登记。"))
    return redirect("desk:aid")


@require_staff("projects.promise:edit")
def mark_payment_void(request: DeskRequest, payment_id: int) -> HttpResponse:
    """Mark a payment as void because it was entered wrongly; the reason is required."""
    if request.method != "POST":
        return redirect("desk:aid")
    form = ReasonForm(request.POST)
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
