"""The frame of the administration: its sections by right, and the page of a form."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from jiedao.desk.navigation import ADMIN_RIGHTS, ADMIN_SECTIONS, IMPORT
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.entry import DeskRequest, require_staff


def tabs(actor: Actor, active: str) -> list[dict[str, Any]]:
    """Return the sections the actor may open."""
    return [
        {"label": label, "url": reverse(name), "active": name == active}
        for name, label, rights in ADMIN_SECTIONS
        if any(actor.can(right) for right in rights)
    ]


def page(
    request: DeskRequest, section: str, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page of a section."""
    given = {"tabs": tabs(request.actor, section), "section_url": reverse(section), **context}
    given["section_label"] = next(label for name, label, _rights in ADMIN_SECTIONS if name == section)
    return render(request, f"desk/admin/{template}", given, status=status)


def tell(form: forms.Form, fault: UserError) -> int:
    """Put a refusal on the field it belongs to; return its status."""
    field = fault.field if fault.field in form.fields else None
    form.add_error(field, f"{fault.message} {fault.hint}".strip())
    return fault.status


def form_page(
    request: DeskRequest,
    section: str,
    form: forms.Form,
    save: Callable[[dict[str, Any]], HttpResponse],
    **context: Any,
) -> HttpResponse:
    """Show a form; when it is posted and valid, save it and return what `save` returns."""
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return save(form.cleaned_data)
            except UserError as fault:
                status = tell(form, fault)
    return page(request, section, "form.html", {"form": form, **context}, status)


def secret_page(request: DeskRequest, section: str, **context: Any) -> HttpResponse:
    """Show a secret once: it is in this answer and nowhere else."""
    return page(request, section, "secret.html", context)


@require_staff(*ADMIN_RIGHTS)
def admin(request: DeskRequest) -> HttpResponse:
    """Open the first section the post may work in."""
    return redirect(tabs(request.actor, "")[0]["url"])


@require_staff(IMPORT)
def import_help(request: DeskRequest) -> HttpResponse:
    """Tell how messages are imported."""
    return page(request, "desk:admin_import", "import.html", {})
