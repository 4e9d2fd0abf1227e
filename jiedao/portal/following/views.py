"""Following a matter: state and reply, adding information, rating, messages, and all matters of a phone."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jiedao.cases.following_public.answering import (
    Rating,
    add_information,
    check_information,
    list_causes,
    rate_case,
)
from jiedao.cases.following_public.codes import open_by_code
from jiedao.cases.following_public.inviting import accept_invitation, read_invitation
from jiedao.cases.following_public.proving import (
    TARGET,
    check_proof,
    confirm_contact,
    list_phone_matters,
    remove_contact,
    send_proof,
)
from jiedao.cases.following_public.reading import describe_state, find_own_photo, read_followed_case
from jiedao.cases.following_public.reporting import open_for_phone
from jiedao.cases.models import Follower, FollowRole
from jiedao.cases.moves.visiting import may_be_rated
from jiedao.delivery.actions import MOBILE
from jiedao.files.views import serve_attachment
from jiedao.kernel.crypto import UnreadableField, decrypt, mask_phone
from jiedao.kernel.errors import UserError
from jiedao.kernel.phones import read_phone
from jiedao.kernel.policies import get_policy
from jiedao.kernel.requests import get_client_address, get_limit_address
from jiedao.portal.challenge import make_challenge, use_challenge
from jiedao.portal.entry import public_page
from jiedao.portal.limits import ANSWERS
from jiedao.portal.matters.views import describe_matter
from jiedao.portal.photos import describe_accepted_photos, store_photos
from jiedao.portal.visitors import (
    find_follower,
    forget_visitor,
    read_phone_contact,
    remember_followers,
    remember_phone,
)
from jiedao.publishing.review.public import get_public_case

SCORES = (
    (5, gettext_lazy("很满意")),
    (4, gettext_lazy("满意")),
    (3, gettext_lazy("一般")),
    (2, gettext_lazy("不满意")),
    (1, gettext_lazy("很不满意")),
)

LONGEST_TOKEN = 300


# -- opening ---------------------------------------------------------------------------------------------------------


@public_page
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_code(request: HttpRequest) -> HttpResponse:
    """Show the form for the number and the code of a matter, and open the matter."""
    if request.method != "POST":
        return render(request, "portal/following/ask.html", {"number": request.GET.get("n", "")[:20]})
    number, code = request.POST.get("number", "")[:40], request.POST.get("code", "")[:40]
    return _open(request, number, code)


@public_page
@never_cache
@require_safe
def open_by_link(request: HttpRequest) -> HttpResponse:
    """Open the matter of a QR code. The code is in the query, which no log of the server holds."""
    return _open(request, request.GET.get("n", "")[:40], request.GET.get("c", "")[:40])


def _open(request: HttpRequest, number: str, code: str) -> HttpResponse:
    try:
        follower = open_by_code(number, code, address=get_client_address(request))
    except UserError as fault:
        context = {"number": number, "fault": fault}
        return render(request, "portal/following/ask.html", context, status=fault.status)
    response = redirect("portal:followed", follower.case.number)
    remember_followers(request, response, [follower.pk])
    return response


def _with_follower(
    view: Callable[[HttpRequest, Follower], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Call the view with the follower as whom the browser may open the case; without one, redirect to the code form."""

    @public_page
    @never_cache
    def opened(request: HttpRequest, number: str) -> HttpResponseBase:
        follower = find_follower(request, number)
        if follower is None:
            messages.info(request, _("请输入这件事的查询码。"))
            return redirect(f"{reverse('portal:follow')}?n={number}")
        return view(request, follower)

    return opened


@_with_follower
def show_followed(request: HttpRequest, follower: Follower) -> HttpResponse:
    """Show the state of the matter, the unit in charge, the deadline, the reply, and what the follower may do."""
    return _render_followed(request, follower)


def _render_followed(
    request: HttpRequest, follower: Follower, fault: UserError | None = None, part: str = ""
) -> HttpResponse:
    case, is_reporter = read_followed_case(follower), follower.role == FollowRole.REPORTER
    number = case.merged_into or case.number
    # Of what another person reported, a follower reads only what a reviewer has released.
    released = get_public_case(number) if case.merged_into or not is_reporter else None
    context = {
        "case": case,
        "follower": follower,
        "is_reporter": is_reporter,
        "released": describe_matter(released) if released is not None else None,
        "contact": mask_contact(follower) if follower.verified_at is not None else "",
        "scores": SCORES,
        "causes": list_causes(),
        "unsatisfied": int(get_policy("unsatisfied_score")),
        "fault": fault,
        **_make_challenge_context(fault),
        "fault_part": part,
        "typed": request.POST,
    }
    status = fault.status if fault is not None else 200
    return render(request, "portal/following/case.html", context, status=status)


def mask_contact(follower: Follower) -> str:
    """Return the contact of a follower with its middle hidden, "" for none."""
    if not follower.target:
        return ""
    try:
        plain = decrypt(follower.target, context=TARGET)
    except UnreadableField:
        return ""
    if follower.channel == "MAIL":
        name, _at, host = plain.partition("@")
        return f"{name[:1]}***@{host}"
    return mask_phone(plain)


@public_page
@never_cache
@require_safe
def show_photo(request: HttpRequest, number: str, attachment_id: int) -> HttpResponseBase:
    """Send a photo to the follower who added it; it is not found for others."""
    follower = find_follower(request, number)
    attachment = find_own_photo(follower, attachment_id) if follower is not None else None
    if attachment is None:
        raise Http404
    return serve_attachment(request, attachment)


# -- answering -------------------------------------------------------------------------------------------------------


@_with_follower
def add_words(request: HttpRequest, follower: Follower) -> HttpResponse:
    """Add information and photos to the matter."""
    if request.method != "POST":
        return redirect("portal:followed", follower.case.number)
    try:
        ANSWERS.take(get_limit_address(request))
        text, photos = request.POST.get("text", ""), request.FILES.getlist("photos")
        check_information(follower, text, len(photos))  # before anything is stored
        uploads = store_photos(photos)
        if uploads.refusals:
            hint = describe_accepted_photos() + _("文字还在，请换一张照片，再提交一次。")
            raise UserError(" ".join(uploads.refusals), hint=hint, field="photos")
        add_information(follower, text, uploads.ids)
    except UserError as fault:
        return _render_followed(request, follower, fault, "add")
    messages.success(request, _("已经补充，办理的人会看到。"))
    return redirect("portal:followed", follower.case.number)


@_with_follower
def rate(request: HttpRequest, follower: Follower) -> HttpResponse:
    """Rate the result: the return visit."""
    if request.method != "POST":
        return redirect("portal:followed", follower.case.number)
    try:
        ANSWERS.take(get_limit_address(request))
        solved, score = request.POST.get("solved", ""), request.POST.get("score", "")
        if solved not in {"yes", "no"} or score not in {"1", "2", "3", "4", "5"}:
            raise UserError(_("还没有评完。"), hint=_("请选择解决了没有，再打一个分。"), field="solved")
        case = rate_case(
            follower,
            Rating(
                solved=solved == "yes",
                satisfaction=int(score),
                cause=request.POST.get("cause", "")[:40],
                note=request.POST.get("note", ""),
            ),
        )
    except UserError as fault:
        return _render_followed(request, follower, fault, "rate")
    if case.state == "DONE":
        messages.success(request, _("谢谢您的评价。"))
    else:
        messages.success(request, _("谢谢您的意见，这件事重新办理，进展会在这里更新。"))
    return redirect("portal:followed", follower.case.number)


# -- one-time codes --------------------------------------------------------------------------------------------------


def _make_challenge_context(fault: UserError | None = None) -> dict[str, Any]:
    """Return a new challenge for the form that asks for a one-time code."""
    return {"challenge": make_challenge(), "asked": fault is not None and fault.field == "answer"}


def _send_code(request: HttpRequest, channel: str, target: str) -> str:
    """Check the challenge, send a one-time code and return the key of the contact."""
    with transaction.atomic():
        use_challenge(request.POST, use="proof")
        return send_proof(channel, target, address=get_client_address(request))


# -- messages --------------------------------------------------------------------------------------------------------


@_with_follower
def ask_messages(request: HttpRequest, follower: Follower) -> HttpResponse:
    """Send a code to a contact for messages, verify the contact by its code, or remove it."""
    number = follower.case.number
    if request.method != "POST":
        return redirect("portal:followed", number)
    if request.POST.get("remove"):
        remove_contact(follower)
        messages.success(request, _("已经取消，不再给您发消息。"))
        return redirect("portal:followed", number)
    if key := request.POST.get("key", "")[:32]:
        return _confirm_contact(request, follower, key)
    return _send_proof(request, follower)


def _send_proof(request: HttpRequest, follower: Follower) -> HttpResponse:
    """Send a code and show the form for it."""
    target = request.POST.get("target", "")[:200]
    try:
        if "@" not in target and not MOBILE.fullmatch(read_phone(target.strip())):
            hint = _("手机号 11 位，邮箱例如 wang@example.com。")
            raise UserError(_("请填手机号或邮箱。"), hint=hint, field="target")
        key = _send_code(request, "MAIL" if "@" in target else "SMS", target)
    except UserError as fault:
        return _render_followed(request, follower, fault, "contact")
    return _ask_for_proof(request, follower.case.number, key)


def _confirm_contact(request: HttpRequest, follower: Follower, key: str) -> HttpResponse:
    """Verify the contact by its code; after a wrong code show the form of the code again."""
    try:
        confirm_contact(follower, key, request.POST.get("code", ""))
    except UserError as fault:
        return _ask_for_proof(request, follower.case.number, key, fault)
    messages.success(request, _("已经确认，有进展会通知您。"))
    return redirect("portal:followed", follower.case.number)


def _ask_for_proof(
    request: HttpRequest, number: str, key: str, fault: UserError | None = None
) -> HttpResponse:
    context = {"number": number, "key": key, "fault": fault}
    status = fault.status if fault is not None else 200
    return render(request, "portal/following/confirm.html", context, status=status)


@public_page
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_messages(request: HttpRequest) -> HttpResponse:
    """Show the page of a link in an invitation; its button confirms the mail address and opens the matter.

    The link alone confirms nothing, because programs that examine mail open its links.
    """
    token = request.POST.get("t", "") if request.method == "POST" else request.GET.get("t", "")
    if request.method != "POST":
        follower = read_invitation(token[:LONGEST_TOKEN])
        context = {"number": follower.case.number, "token": token, "contact": mask_contact(follower)}
        return render(request, "portal/following/confirm_mail.html", context)
    follower = accept_invitation(token[:LONGEST_TOKEN])
    messages.success(request, _("已经确认，有进展会通知您。"))
    response = redirect("portal:followed", follower.case.number)
    remember_followers(request, response, [follower.pk])
    return response


# -- the matters of a phone ------------------------------------------------------------------------------------------


@public_page
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def list_own_matters(request: HttpRequest) -> HttpResponse:
    """List all matters of a phone, after a one-time code that was sent to it."""
    if request.method == "POST":
        return _prove_phone(request)
    contact = read_phone_contact(request)
    if not contact:
        return render(request, "portal/following/mine.html", {"step": "phone", **_make_challenge_context()})
    try:
        phone = decrypt(contact, context=TARGET)
    except UnreadableField:
        return render(request, "portal/following/mine.html", {"step": "phone", **_make_challenge_context()})
    rows = [
        (case, describe_state(case.state, may_rate=may_be_rated(case))) for case in list_phone_matters(phone)
    ]
    context = {"step": "list", "rows": rows, "phone": mask_phone(phone)}
    return render(request, "portal/following/mine.html", context)


def _prove_phone(request: HttpRequest) -> HttpResponse:
    key, phone = request.POST.get("key", "")[:32], request.POST.get("phone", "")[:40]
    if request.POST.get("again"):
        context = {"step": "phone", "typed": phone, **_make_challenge_context()}
        return render(request, "portal/following/mine.html", context)
    try:
        if not key:
            key = _send_code(request, "SMS", phone)
            return render(request, "portal/following/mine.html", {"step": "code", "key": key, "typed": phone})
        proof = check_proof(key, request.POST.get("code", ""), channel="SMS")
    except UserError as fault:
        step = "code" if key and fault.field == "code" else "phone"
        context = {"step": step, "key": key, "fault": fault, "typed": phone, **_make_challenge_context(fault)}
        return render(request, "portal/following/mine.html", context, status=fault.status)
    response = redirect("portal:mine")
    remember_phone(request, response, proof.target)
    return response


@public_page
@never_cache
@require_POST
def open_own_matter(request: HttpRequest, number: str) -> HttpResponse:
    """Open one of the matters of the phone that the browser proved."""
    contact = read_phone_contact(request)
    try:
        phone = decrypt(contact, context=TARGET) if contact else ""
    except UnreadableField:
        phone = ""
    case = next((row for row in list_phone_matters(phone) if row.number == number), None) if phone else None
    if case is None:
        return redirect("portal:mine")
    response = redirect("portal:followed", case.number)
    remember_followers(request, response, [open_for_phone(case.pk).pk])
    return response


@public_page
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Clear the cookies that state what this browser may open."""
    response = redirect("portal:follow")
    forget_visitor(response)
    return response
