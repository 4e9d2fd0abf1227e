"""Views of the moves of a publication: review, publish, withdraw, copy, discard."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jiedao.desk.publishing.forms import WithdrawForm
from jiedao.desk.publishing.views_publications import render_publication
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form
from jiedao.pages.reading import read_number
from jiedao.publishing.actions.moving import (
    copy_publication,
    discard_publication,
    publish_publication,
    review_publication,
    withdraw_publication,
)
from jiedao.publishing.models import EDIT, PUBLISH, REVIEW
from jiedao.publishing.selectors.publications import get_publication


def _read_version(request: DeskRequest) -> int:
    """Return the version that the page showed; 0, which no publication has, for none."""
    return read_number(request.POST.get("version")) or 0


def _make_move(
    request: DeskRequest, publication_id: int, move: Callable[..., Any], done: str
) -> HttpResponse:
    """Make a move with the version that the page showed, and return to the publication."""
    try:
        move(actor=request.actor, publication_id=publication_id, version=_read_version(request))
    except UserError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, done)
    return redirect("desk:publication", publication_id)


@require_staff(REVIEW)
@require_POST
def review(request: DeskRequest, publication_id: int) -> HttpResponse:
    """Mark the draft as reviewed."""
    return _make_move(request, publication_id, review_publication, _("已审核，可以公布了。"))


@require_staff(PUBLISH)
@require_POST
def publish(request: DeskRequest, publication_id: int) -> HttpResponse:
    """Make it public."""
    return _make_move(request, publication_id, publish_publication, _("已公布，公众现在看得到。"))


@require_staff(PUBLISH)
@require_POST
def withdraw(request: DeskRequest, publication_id: int) -> HttpResponse:
    """Take it off the public site, with a reason."""
    publication, form = get_publication(request.actor, publication_id), WithdrawForm(request.POST)
    _withdrawn, status = submit_form(
        form,
        lambda: withdraw_publication(
            actor=request.actor,
            publication_id=publication.pk,
            version=_read_version(request),
            reason=form.cleaned_data["reason"],
        ),
    )
    if status:
        return render_publication(request, publication, form=form, status=status)
    messages.success(request, _("已撤下。原来的网址上只剩标题、日期和原因。"))
    return redirect("desk:publication", publication.pk)


@require_staff(EDIT)
@require_POST
def copy(request: DeskRequest, publication_id: int) -> HttpResponse:
    """Begin a new draft of what was withdrawn."""
    try:
        draft = copy_publication(actor=request.actor, publication_id=publication_id)
    except UserError as fault:
        messages.error(request, str(fault))
        return redirect("desk:publication", publication_id)
    messages.success(request, _("已重起草稿，改好后要重新审核。"))
    return redirect("desk:publication", draft.pk)


@require_staff(EDIT)
@require_POST
def discard(request: DeskRequest, publication_id: int) -> HttpResponse:
    """Delete a draft that was never public."""
    version = _read_version(request)
    try:
        discard_publication(actor=request.actor, publication_id=publication_id, version=version)
    except UserError as fault:
        messages.error(request, str(fault))
        return redirect("desk:publication", publication_id)
    messages.success(request, _("草稿已删除。"))
    return redirect("desk:publishing")
