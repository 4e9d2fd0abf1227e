"""Views of publications: the list, a new one, one with its moves, and its words."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jiedao.desk.figure_lines import get_figure_url
from jiedao.desk.publishing.forms import PublicationForm, WithdrawForm
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form_with_files
from jiedao.pages.parameters import one_of, take_filters
from jiedao.pages.reading import read_number
from jiedao.publishing.actions.writing import (
    change_publication,
    create_publication,
    is_yearly,
    remove_file,
    wrote_words,
)
from jiedao.publishing.counting_views import VIEWS
from jiedao.publishing.models import EDIT, PUBLISH, REVIEW, Publication, PublicationKind, PublicationState
from jiedao.publishing.selectors.publications import (
    PublicationPage,
    count_views,
    get_publication,
    list_files,
    list_publications,
    read_body,
)
from jiedao.reports.forms.filling import find_office_name
from jiedao.reports.output.web import write_html

RIGHTS = (EDIT, REVIEW, PUBLISH)
STATE_TONES = {"DRAFT": "neutral", "REVIEWED": "info", "PUBLISHED": "good", "WITHDRAWN": "warn"}


@require_staff(*RIGHTS)
@require_safe
@take_filters(
    {"state": one_of(PublicationState.values), "kind": one_of(PublicationKind.values)}, others=("page",)
)
def list_all(request: DeskRequest) -> HttpResponse:
    """List the publications, the last changed first."""
    state, kind = request.GET.get("state", ""), request.GET.get("kind", "")
    number = read_number(request.GET.get("page")) or 1
    page = list_publications(request.actor, state=state, kind=kind, number=number)
    context = {
        "tabs": build_tabs("desk:publishing"),
        "rows": [(row, STATE_TONES[row.state]) for row in page.rows],
        "states": _list_states(state),
        "page": page,
        **_build_page_links(page, state, kind),
        "may_write": request.actor.can(EDIT),
    }
    return render(request, "desk/publishing/list.html", context)


def build_tabs(current: str) -> list[dict[str, Any]]:
    """Return the tabs of the pages of publishing."""
    pages = (
        ("desk:publishing", _("公开信息")),
        ("desk:open-data", _("开放数据")),
        ("desk:yearly-reports", _("信息公开年报")),
    )
    return [{"label": label, "url": reverse(name), "active": name == current} for name, label in pages]


def _list_states(state: str) -> list[dict[str, Any]]:
    choices = [("", _("全部")), *((value, str(label)) for value, label in PublicationState.choices)]
    return [
        {"label": label, "url": f"?{urlencode({'state': value})}" if value else "?", "active": value == state}
        for value, label in choices
    ]


def _build_page_links(page: PublicationPage, state: str, kind: str) -> dict[str, str]:
    def make(number: int) -> str:
        pairs = [("state", state), ("kind", kind), ("page", str(number) if number > 1 else "")]
        return "?" + urlencode([pair for pair in pairs if pair[1]])

    return {
        "previous": make(page.number - 1) if page.number > 1 else "",
        "next": make(page.number + 1) if page.number < page.last_number else "",
    }


@require_staff(EDIT)
@require_http_methods(["GET", "POST"])
@take_filters({"report": read_number})
def create(request: DeskRequest) -> HttpResponse:
    """Write a draft: from a signed report, or as a text with files."""
    initial = {"source": find_office_name(), "document_date": clock.today(), "kind": "NOTICE"}
    if report := read_number(request.GET.get("report")):
        initial |= {"report": report, "kind": "REPORT"}
    form = PublicationForm(request.POST or None, initial=initial)
    if request.method != "POST":
        return _render_form(request, form)

    def action(uploads: list[int]) -> Publication:
        report_id = form.cleaned_data["report"]
        return create_publication(
            actor=request.actor, data=form.read_input(), report_id=report_id, uploads=uploads
        )

    publication, status = submit_form_with_files(request, request.actor, form, action)
    if status:
        return _render_form(request, form, status=status)
    messages.success(request, _("草稿已保存，等另一位同事审核。"))
    return redirect("desk:publication", publication.pk)


@require_staff(EDIT)
@require_http_methods(["GET", "POST"])
@take_filters()
def edit(request: DeskRequest, publication_id: int) -> HttpResponse:
    """Change the words of a draft; a reviewed one becomes a draft again."""
    publication = get_publication(request.actor, publication_id)
    if publication.state not in {PublicationState.DRAFT, PublicationState.REVIEWED}:
        messages.info(request, _("已公布的内容不能直接修改。要改，请先撤下，再重起草稿。"))
        return redirect("desk:publication", publication.pk)
    names = ("kind", "title", "source", "document_date", "document_number", "current_until", "text")
    initial = {name: getattr(publication, name) for name in names}
    has_text = publication.report_id is None and not is_yearly(publication)
    form = PublicationForm(request.POST or None, initial=initial, has_text=has_text, has_report=False)
    if is_yearly(publication):
        del form.fields["kind"], form.fields["current_until"]
    if request.method != "POST":
        return _render_form(request, form, publication)

    def action(uploads: list[int]) -> Publication:
        return change_publication(
            actor=request.actor,
            publication_id=publication.pk,
            version=read_number(request.POST.get("version")) or 0,
            data=form.read_input(),
            uploads=uploads,
        )

    _changed, status = submit_form_with_files(request, request.actor, form, action)
    if status:
        return _render_form(request, form, publication, status=status)
    messages.success(request, _("已保存。改过的内容要重新审核。"))
    return redirect("desk:publication", publication.pk)


def _render_form(
    request: DeskRequest, form: PublicationForm, publication: Publication | None = None, status: int = 200
) -> HttpResponse:
    # The version that the form was opened with, so that a change by another user meanwhile is noticed.
    version = request.POST.get("version") or (publication.version if publication is not None else "")
    context = {"form": form, "publication": publication, "version": version}
    return render(request, "desk/publishing/form.html", context, status=status)


@require_staff(*RIGHTS)
@require_safe
@take_filters()
def show_publication(request: DeskRequest, publication_id: int) -> HttpResponse:
    """Show a publication as the public will see it, beside its moves."""
    return render_publication(request, get_publication(request.actor, publication_id))


def render_publication(
    request: DeskRequest, publication: Publication, *, form: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    """Return the page of a publication; `form` is the refused form of its withdrawal."""
    actor, state = request.actor, publication.state
    document = read_body(publication)
    VIEWS.flush()
    wrote = wrote_words(actor, publication)
    is_unpublished = state in {PublicationState.DRAFT, PublicationState.REVIEWED}
    signature = publication.signature
    context: dict[str, Any] = {
        "publication": publication,
        "tone": STATE_TONES[state],
        "body": write_html(
            document, lambda figure: get_figure_url(figure.measure, figure.period, figure.place)
        ),
        "files": list_files(publication),
        "views": count_views(publication),
        "is_signature_withdrawn": signature is not None and signature.withdrawn_at is not None,
        "is_own": wrote,
        "may_edit": actor.can(EDIT) and is_unpublished,
        "may_review": actor.can(REVIEW) and state == PublicationState.DRAFT and not wrote,
        "may_publish": actor.can(PUBLISH) and state == PublicationState.REVIEWED,
        "may_withdraw": actor.can(PUBLISH) and state == PublicationState.PUBLISHED,
        "may_copy": actor.can(EDIT) and state == PublicationState.WITHDRAWN,
        "form": form or WithdrawForm(),
        "is_refused": form is not None,
    }
    return render(request, "desk/publishing/publication.html", context, status=status)


@require_staff(EDIT)
@require_POST
def drop_file(request: DeskRequest, publication_id: int, attachment_id: int) -> HttpResponse:
    """Remove a file of a draft."""
    try:
        remove_file(actor=request.actor, publication_id=publication_id, attachment_id=attachment_id)
    except UserError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("附件已移除。"))
    return redirect("desk:publication", publication_id)
