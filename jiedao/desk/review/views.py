"""The queue of the public review, and the page on which a reviewer decides about one case."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from jiedao.cases.access import get_case_by_number
from jiedao.cases.flow import get_state_label, get_state_tone
from jiedao.cases.models import Case
from jiedao.cases.selectors.detail import mask_reporter
from jiedao.desk.links import get_case_url
from jiedao.desk.review.form import (
    PhotoForm,
    make_initial_form,
    read_draft,
    read_photos,
    read_query_boxes,
    read_typed,
)
from jiedao.files.blackening import make_public_copy, read_boxes
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, Stale, UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import is_area, one_of, take_filters
from jiedao.pages.reading import read_number
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS, area_info, area_text
from jiedao.publishing.models.reviews import Decision, Precision, PublicCase
from jiedao.publishing.review.actions import (
    LONGEST,
    REVIEW,
    UNPUBLISHABLE,
    PublicDraft,
    find_reply,
    list_photos,
    propose_draft,
    release_case,
    withdraw_case,
    withhold_case,
)
from jiedao.publishing.review.queue import (
    MOST,
    VIEWS,
    count_queue,
    find_decision,
    find_next_number,
    list_queue,
)
from jiedao.publishing.review.words import list_private_words


@require_staff(REVIEW)
@require_safe
@take_filters({"view": one_of(VIEWS), "area": is_area, "number": None})
def list_cases(request: DeskRequest) -> HttpResponse:
    """List the cases that wait for a review or were decided, of one community or all."""
    if number := request.GET.get("number", "").strip():
        return redirect(_add_area(reverse("desk:review_case", args=[number[:20]]), _read_area(request)))
    view = request.GET.get("view", "waiting")
    area = read_number(request.GET.get("area"))
    counts = count_queue(request.actor, area)
    rows = list_queue(request.actor, view, area)
    context = {
        "view": view,
        "area": area,
        "tabs": [
            {
                "label": label,
                "url": f"?{urlencode({'view': name, 'area': area or ''})}",
                "count": counts[name],
                "active": name == view,
            }
            for name, label in VIEWS.items()
        ],
        "rows": [
            {"case": row, "label": get_state_label(row.state), "tone": get_state_tone(row.state)}
            for row in rows
        ],
        "most": MOST if counts[view] > MOST else 0,
        "communities": [row for row in AREAS.get().values() if row.kind == AreaKind.COMMUNITY],
        "now": clock.now(),
    }
    return render(request, "desk/review/list.html", context)


@require_staff(REVIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def review_case(request: DeskRequest, number: str) -> HttpResponse:
    """Show a case beside its public copy, and decide; a refusal is shown with everything that was typed."""
    case = get_case_by_number(request.actor, number)
    if request.method == "POST":
        return _handle_post(request, case)
    row = find_decision(case.pk)
    draft, photos = make_initial_form(propose_draft(case), row, list_photos(case.pk))
    return _render(request, case, row, draft, photos)


def _handle_post(request: DeskRequest, case: Case) -> HttpResponse:
    data = request.POST
    photos = read_photos(data, list_photos(case.pk))
    step = STEPS.get(data.get("do", ""))
    faults: dict[str, str] = {}
    status = 200
    try:
        if step is not None:
            message = step(request, case, photos)
            messages.success(request, message)
            return redirect(_choose_next(request, case))
        if data.get("do") == "preview":
            read_draft(data, photos)
    except UserError as fault:
        if fault.status in {403, 404}:
            raise
        if isinstance(fault, Stale):
            messages.error(request, str(fault))
        faults, status = {fault.field or "form": str(fault)}, fault.status
    return _render(
        request,
        case,
        find_decision(case.pk),
        read_typed(data),
        photos,
        faults=faults,
        preview=data.get("do") == "preview" and not faults,
        status=status,
    )


def _read_version(request: DeskRequest) -> int:
    return read_number(request.POST.get("version")) or 0


def _release(request: DeskRequest, case: Case, photos: list[PhotoForm]) -> str:
    draft = read_draft(request.POST, photos)
    release_case(request.actor, case.pk, draft, version=_read_version(request))
    return _("%(number)s 已公开。") % {"number": case.number}


def _withhold(request: DeskRequest, case: Case, _photos: list[PhotoForm]) -> str:
    note = request.POST.get("note", "")
    withhold_case(request.actor, case.pk, note=note, version=_read_version(request))
    return _("%(number)s 不公开，已记下理由。") % {"number": case.number}


def _withdraw(request: DeskRequest, case: Case, _photos: list[PhotoForm]) -> str:
    note = request.POST.get("note", "")
    withdraw_case(request.actor, case.pk, note=note, version=_read_version(request))
    return _("%(number)s 已撤下，公众不再看得到。") % {"number": case.number}


STEPS: dict[str, Callable[[DeskRequest, Case, list[PhotoForm]], str]] = {
    "release": _release,
    "withhold": _withhold,
    "withdraw": _withdraw,
}


def _choose_next(request: DeskRequest, case: Case) -> str:
    """Return the address of the case that waits next, of the queue where none does."""
    area = _read_area(request)
    number = find_next_number(request.actor, case.pk, area)
    if request.POST.get("do") == "withdraw" or not number:
        return _add_area(reverse("desk:review"), area)
    return _add_area(reverse("desk:review_case", args=[number]), area)


def _read_area(request: DeskRequest) -> int | None:
    """Return the community to which the reviewer's queue is limited, from the address of the page."""
    area = read_number(request.GET.get("area"))
    return area if area_info(area) is not None else None


def _add_area(url: str, area: int | None) -> str:
    return f"{url}?{urlencode({'area': area})}" if area is not None else url


def _render(
    request: DeskRequest,
    case: Case,
    row: PublicCase | None,
    draft: PublicDraft,
    photos: list[PhotoForm],
    *,
    faults: dict[str, str] | None = None,
    preview: bool = False,
    status: int = 200,
) -> HttpResponse:
    reply, reporter = find_reply(case.pk), mask_reporter(case)
    context: dict[str, Any] = {
        "case": case,
        "case_url": get_case_url(case.number),
        "label": get_state_label(case.state, case.visit_outcome),
        "tone": get_state_tone(case.state, case.visit_outcome),
        "area_label": area_text(case.area_path) if case.area_path else "",
        "secret": reporter is not None and reporter.secret,
        "row": row,
        "is_public": row is not None and row.decision == Decision.PUBLIC,
        "may_release": case.state not in UNPUBLISHABLE,
        "version": row.version if row is not None else 0,
        "reply": reply,
        "draft": draft,
        "words": "\n".join(draft.words),
        "private_words": list_private_words(case.subject, case.detail, reply.text if reply else ""),
        "photos": photos,
        "precisions": Precision.choices,
        "longest": LONGEST,
        "faults": faults or {},
        "preview": preview,
        "now": clock.now(),
    }
    return render(request, "desk/review/case.html", context, status=status)


@require_staff(REVIEW)
@require_safe
def send_preview(request: DeskRequest, number: str, photo_id: int) -> HttpResponse:
    """Send a photo as the public would see it, with the boxes of the address."""
    case = get_case_by_number(request.actor, number)
    file = next((file for file in list_photos(case.pk) if file.pk == photo_id), None)
    if file is None:
        raise NotFoundError(_("没有这张照片。"), hint=_("请回到审核页再试。"))
    boxes = read_boxes(read_query_boxes(request.GET.getlist("box")))
    picture = make_public_copy(file.blob, boxes)
    return HttpResponse(
        picture.content,
        content_type=picture.type.content_type,
        headers={"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"},
    )
