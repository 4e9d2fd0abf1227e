"""Reporting a matter: what it is, the form, likely duplicates before anything is sent, and the slip."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from jiedao.accounts.second_factor import draw_qr_code
from jiedao.cases.actions.intake import NewCase
from jiedao.cases.following_public.codes import make_code
from jiedao.cases.following_public.pointing import (
    build_pointing_map,
    describe_outside,
    describe_point,
    has_pointing_map,
    is_outside,
)
from jiedao.cases.following_public.reporting import (
    AlikeCase,
    PublicReport,
    follow_publicly,
    is_reported,
    list_alike,
    report_publicly,
)
from jiedao.cases.placing import list_named_places
from jiedao.kernel.errors import Stale, UserError
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.readers.points import read_degrees
from jiedao.kernel.requests import get_limit_address
from jiedao.kernel.short_codes import format_code
from jiedao.kernel.signed import load_signed
from jiedao.portal.challenge import Challenge, check_challenge, make_challenge, read_challenge
from jiedao.portal.entry import public_page
from jiedao.portal.limits import PHOTO_FORMS, REPORTS
from jiedao.portal.photos import store_photos
from jiedao.portal.reporting.form import MAX_PHOTOS, ReportForm, read_photo_ids, sign_photo_ids
from jiedao.portal.site import Offer, find_offer, find_site
from jiedao.portal.visitors import find_company
from jiedao.registers.actions.record_codes import add_record_request

SLIP_SALT = "jiedao.portal.slip"
SLIP_LASTS = 3600
MOST_PLACES = 10
MAP_SECONDS = 60  # for which a browser may show the outlines again
FIELDS = {"reporter_phone": "phone", "reporter_name": "name", "subject": "detail", "file": "photos"}


@dataclass
class Attempt:
    """A submission of the form: what was typed, the photos that are stored, and what is shown beside it."""

    form: ReportForm
    challenge: Challenge
    kept: list[int] = field(default_factory=list)
    alike: list[AlikeCase] = field(default_factory=list)
    outside: str = ""  # what the form states about a position outside the town
    asked: bool = False


@public_page
@require_safe
def choose_offer(request: HttpRequest) -> HttpResponse:
    """Show what may be reported, in the words of residents; companies have their own list."""
    site = find_site()
    offers = site.offers if site else ()
    groups = [
        (name, list(rows))
        for name, rows in groupby(
            (offer for offer in offers if offer.audience == "RESIDENT"), lambda offer: offer.group
        )
    ]
    companies = [offer for offer in offers if offer.audience == "COMPANY"]
    return render(request, "portal/reporting/choose.html", {"groups": groups, "companies": companies})


@public_page
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report_matter(request: HttpRequest, key: str) -> HttpResponse:
    """Show the form of an offer, and report what was filled in."""
    offer = find_offer(key)
    if offer is None:
        raise Http404
    if request.method != "POST":
        return _render_form(request, Attempt(ReportForm(offer), make_challenge()))
    return _receive_form(request, offer)


def _receive_form(request: HttpRequest, offer: Offer) -> HttpResponse:
    form = ReportForm(offer, request.POST, request.FILES)
    attempt = Attempt(form, make_challenge(), read_photo_ids(request.POST.get("kept", "")))
    try:
        attempt.challenge = read_challenge(request.POST.get("challenge", ""))
        is_valid = form.is_valid()
        check_challenge(
            attempt.challenge, work=request.POST.get("work", ""), answer=request.POST.get("answer", "")
        )
        _store_photos(request, attempt)
        if not is_valid or form.errors:
            return _render_form(request, attempt, status=422)
        return _send(request, attempt, form.build_new_case(attempt.challenge))
    except UserError as fault:
        form.is_valid()
        if isinstance(fault, Stale) and fault.field == "client_uuid":
            attempt.challenge = make_challenge()
            fault = Stale(
                _("这张表已经提交过，内容与现在不同，这次没有提交。"),
                hint=_("如果是另一件事，请再提交一次。"),
            )
        name = FIELDS.get(fault.field, fault.field)
        attempt.asked = name == "answer"
        form.add_error(name if name in form.fields else None, str(fault))
        return _render_form(request, attempt, status=fault.status)


def _store_photos(request: HttpRequest, attempt: Attempt) -> None:
    """Store the photos of this attempt after those of earlier ones; a refused one is a fault of its field."""
    room = MAX_PHOTOS - len(attempt.kept)
    uploads = request.FILES.getlist("photos")
    if uploads:
        PHOTO_FORMS.take(get_limit_address(request))
    stored = store_photos(uploads[: max(room, 0)], attempt.kept)
    attempt.kept = stored.ids
    refusals = stored.refusals
    if len(uploads) > room:
        refusals = [*refusals, _("最多 %(most)d 张照片，多出的没有收。") % {"most": MAX_PHOTOS}]
    if refusals:
        rest = _("填写的内容和已经收到的照片都还在，请换一张，或不加照片，再提交一次。")
        refusals = [*refusals, rest]
    for refusal in refusals:
        attempt.form.add_error("photos", refusal)


def _send(request: HttpRequest, attempt: Attempt, new: NewCase) -> HttpResponse:
    """File the case, or follow the one that was chosen; before that, show the form again once.

    It is shown with likely duplicates and with a warning of a position outside the town, where there are any.
    """
    address = get_limit_address(request)
    # Only filings count, not corrections, the question about duplicates, or a form whose answer was lost.
    if not is_reported(attempt.challenge.key):
        REPORTS.check(address)
    if chosen := request.POST.get("follow", ""):
        new = replace(new, detail="\n".join([new.detail, *attempt.form.describe_answers()]))
        report = follow_publicly(_read_choice(attempt, chosen), new, photos=attempt.kept, address=address)
        return _redirect_to_slip(request, attempt, report, followed=True)
    if not request.POST.get("sure") and not is_reported(attempt.challenge.key):
        attempt.alike = list_alike(new)
        attempt.outside = _warn_of_position(new)
        if attempt.alike or attempt.outside:
            return _render_form(request, attempt)
    outside = _warn_of_position(new)
    with transaction.atomic():
        report = report_publicly(new, photos=attempt.kept, address=address)
        if attempt.form.offer.audience == "COMPANY" and (record_id := find_company(request)) is not None:
            add_record_request(record_id, report.case_id)
    warnings = [*report.warnings, *filter(None, [outside])]
    return _redirect_to_slip(request, attempt, report, warnings)


def _warn_of_position(new: NewCase) -> str:
    """Return the sentence about a position outside the town; "" for no position, or one in the town."""
    if new.lon is None or new.lat is None:
        return ""
    return describe_outside() if is_outside(new.lon, new.lat) else ""


def _make_choice(attempt: Attempt, case: AlikeCase) -> str:
    return signing.dumps([case.case_id, attempt.challenge.key.hex], salt=SLIP_SALT)


def _read_choice(attempt: Attempt, text: str) -> int:
    try:
        case_id, key = load_signed(text, salt=SLIP_SALT, max_age=24 * 3600)
    except (signing.BadSignature, ValueError, TypeError):
        raise UserError(_("没有这件事。"), hint=_("请重新选择。")) from None
    if key != attempt.challenge.key.hex:
        raise UserError(_("没有这件事。"), hint=_("请重新选择。"))
    return int(case_id)


def _redirect_to_slip(
    request: HttpRequest,
    attempt: Attempt,
    report: PublicReport,
    warnings: Sequence[str] = (),
    *,
    followed: bool = False,
) -> HttpResponse:
    if report.created:
        REPORTS.count(get_limit_address(request))
    content = [report.number, attempt.challenge.key.hex, followed, list(warnings)]
    slip = signing.dumps(content, salt=SLIP_SALT, compress=True)
    return redirect(f"{reverse('portal:slip')}?s={slip}")


def _render_form(request: HttpRequest, attempt: Attempt, status: int = 200) -> HttpResponse:
    context = {
        "form": attempt.form,
        "offer": attempt.form.offer,
        "challenge": attempt.challenge,
        "kept": sign_photo_ids(attempt.kept),
        "kept_count": len(attempt.kept),
        "alike": [(case, _make_choice(attempt, case)) for case in attempt.alike],
        "outside": attempt.outside,
        "asked": attempt.asked,
        "has_map": has_pointing_map(),
        "no_features": {"type": "FeatureCollection", "features": []},
        "answer": request.POST.get("answer", "")[:20],
        "work": request.POST.get("work", "")[:12] if not attempt.asked else "",
    }
    return render(request, "portal/reporting/form.html", context, status=status)


@public_page
@never_cache
@require_safe
def show_slip(request: HttpRequest) -> HttpResponse:
    """Show the number, the follow-up code and the QR code of a report, to be printed or photographed."""
    try:
        text = request.GET.get("s", "")
        number, key, followed, warnings = load_signed(text, salt=SLIP_SALT, max_age=SLIP_LASTS)
        code = make_code(uuid.UUID(key))
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return redirect("portal:follow")
    address = request.build_absolute_uri(f"{reverse('portal:open')}?n={number}&c={code}")
    context = {
        "number": number,
        "code": format_code(code),
        "follow_url": address,
        "qr": draw_qr_code(address),
        "followed": followed,
        "warnings": warnings,
    }
    return render(request, "portal/reporting/slip.html", context)


@public_page
@require_safe
def suggest_places(request: HttpRequest) -> JsonResponse:
    """Return the premises, roads and communities whose names the words contain or begin."""
    words = request.GET.get("q", "").replace("\x00", "")[:100]
    names = dict.fromkeys(place.label for place in list_named_places(words, most=MOST_PLACES))
    return JsonResponse({"places": list(names)})


@public_page
@require_safe
def send_pointing_map(request: HttpRequest) -> JsonResponse:
    """Return the outlines and the names of the map on which a place is pointed at, as GeoJSON."""
    return JsonResponse(
        build_pointing_map(),
        content_type="application/geo+json",
        json_dumps_params={"ensure_ascii": False},
        headers={"Cache-Control": f"private, max-age={MAP_SECONDS}"},
    )


@public_page
@never_cache
@require_safe
def describe_place(request: HttpRequest) -> JsonResponse:
    """Return words for a point, to be proposed as the words of the place; nothing of it is stored."""
    try:
        lon, lat = read_degrees(request.GET.get("lon"), "lon"), read_degrees(request.GET.get("lat"), "lat")
        point = describe_point(lon, lat)
    except (UserError, ValueFault) as fault:
        return JsonResponse({"note": str(fault), "words": []}, status=422)
    return JsonResponse({"note": point.note, "outside": point.outside, "words": list(point.words)})
