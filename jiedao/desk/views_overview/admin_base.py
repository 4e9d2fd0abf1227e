"""The frame of the administration: its sections by right, and the page of a form."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jiedao.desk.entry import DeskRequest, staff
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor

USERS, POSTS = "orgs.user:manage", "orgs.post:manage"
CALENDAR, CATEGORIES = "kernel.calendar:manage", "cases.category:manage"
AUDIT, IMPORT = "audit.entry:view", "exchange.messages:import"
ANY = (USERS, POSTS, CALENDAR, CATEGORIES, AUDIT, IMPORT)

# url name, label, rights of which one is needed
SECTIONS: list[tuple[str, Any, tuple[str, ...]]] = [
    ("desk:admin_people", _("人员"), (USERS,)),
    ("desk:admin_tokens", _("接口令牌"), (USERS,)),
    ("desk:admin_posts", _("岗位"), (POSTS,)),
    ("desk:admin_units", _("单位"), (POSTS,)),
    ("desk:admin_rights", _("谁能做什么"), (USERS, POSTS, AUDIT)),
    ("desk:admin_calendar", _("日历"), (CALENDAR,)),
    ("desk:admin_categories", _("类别"), (CATEGORIES,)),
    ("desk:admin_audit", _("审计日志"), (AUDIT,)),
    ("desk:admin_import", _("导入"), (IMPORT,)),
]


def tabs(actor: Actor, active: str) -> list[dict[str, Any]]:
    """Return the sections the actor may open."""
    return [
        {"label": label, "url": reverse(name), "active": name == active}
        for name, label, rights in SECTIONS
        if any(actor.can(right) for right in rights)
    ]


def page(
    request: DeskRequest, section: str, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page of a section."""
    given = {"tabs": tabs(request.actor, section), "section_url": reverse(section), **context}
    given["section_label"] = next(label for name, label, _rights in SECTIONS if name == section)
    return render(request, f"desk/overview/{template}", given, status=status)


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
    return page(request, section, "admin_form.html", {"form": form, **context}, status)


def secret_page(request: DeskRequest, section: str, **context: Any) -> HttpResponse:
    """Show a secret once: it is in this answer and nowhere else."""
    return page(request, section, "admin_secret.html", context)


@staff(*ANY)
def admin(request: DeskRequest) -> HttpResponse:
    """Open the first section the post may work in."""
    return redirect(tabs(request.actor, "")[0]["url"])


@staff(IMPORT)
def import_help(request: DeskRequest) -> HttpResponse:
    """Tell how messages are imported."""
    return page(request, "desk:admin_import", "admin_import.html", {})
