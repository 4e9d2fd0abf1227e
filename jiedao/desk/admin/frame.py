"""What all pages of the administration share: tabs of its sections, pages with a form, pages with a secret."""

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
from jiedao.pages.forms import add_refusal


def build_tabs(actor: Actor, active: str) -> list[dict[str, Any]]:
    """Return a tab for each section that the actor may open."""
    return [
        {"label": label, "url": reverse(name), "active": name == active}
        for name, label, rights in ADMIN_SECTIONS
        if any(actor.can(right) for right in rights)
    ]


def render_page(
    request: DeskRequest, section: str, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page of a section."""
    page_context = {"tabs": build_tabs(request.actor, section), "section_url": reverse(section), **context}
    page_context["section_label"] = next(label for name, label, _rights in ADMIN_SECTIONS if name == section)
    return render(request, f"desk/admin/{template}", page_context, status=status)


def handle_form(
    request: DeskRequest,
    section: str,
    form: forms.Form,
    save: Callable[[dict[str, Any]], HttpResponse],
    **context: Any,
) -> HttpResponse:
    """Show a form. If it was posted and is valid, call `save` with its data and return what `save` returns.

    `context` is for the template; a refusal by `save` is shown in the form.
    """
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return save(form.cleaned_data)
            except UserError as fault:
                add_refusal(form, fault)
                status = fault.status
    return render_page(request, section, "form.html", {"form": form, **context}, status)


def render_secret(request: DeskRequest, section: str, **context: Any) -> HttpResponse:
    """Show a secret, which is in this answer only: the database holds a hash of it."""
    return render_page(request, section, "secret.html", context)


@require_staff(*ADMIN_RIGHTS)
def open_admin(request: DeskRequest) -> HttpResponse:
    """Redirect to the first section that the user may open."""
    return redirect(build_tabs(request.actor, "")[0]["url"])


@require_staff(IMPORT)
def open_imports(_request: DeskRequest) -> HttpResponse:
    """Redirect to the page of imports."""
    return redirect("desk:imports")
