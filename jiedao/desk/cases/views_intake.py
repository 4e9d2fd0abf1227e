"""Reporting a new case, with a check for likely duplicates and for the place before anything is stored."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jiedao.cases import catalogue, suggesting
from jiedao.cases.actions.callers import LOOK_UP_RIGHT, look_up_caller
from jiedao.cases.placing import MatterPlace, list_named_places, place_matter
from jiedao.cases.questions import FIELD_PREFIX, collect_posted
from jiedao.cases.selectors.duplicates import Duplicate, find_likely_duplicates
from jiedao.desk import actions
from jiedao.desk.cases.intake_form import IntakeForm
from jiedao.desk.cases.mending import OfferedPlace, offer_places
from jiedao.desk.cases.next_matter import get_outcome_url
from jiedao.desk.cases.outcome import REPORT, REPORTED_BEFORE
from jiedao.kernel import clock
from jiedao.kernel.errors import Stale, UserError
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.maps import build_picking_map
from jiedao.pages.questions import QuestionForm
from jiedao.pages.reading import read_number
from jiedao.pages.uploads import get_photo_kind
from jiedao.places.naming import premise_info
from jiedao.places.selectors import PointLocation, area_text

DRAFT_KEY = "new"
MAX_NAMED = 2000  # characters of a text in which names of places are looked for


@dataclass
class MatterCheck:
    """What the system finds out about a matter before it is reported as a case."""

    duplicates: list[Duplicate] = field(default_factory=list)
    place: str = ""  # the position of the point, in words
    outside: bool = False
    suggestions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def needs_confirmation(self) -> bool:
        """Whether the user has to confirm that the matter is a new case in the town."""
        return bool(self.duplicates) or self.outside


def _place_matter(form: IntakeForm) -> MatterPlace:
    """Return where the matter of a form is, by the rule of the action; raise UserError for an impossible point."""
    data = form.cleaned_data
    lon, lat = data.get("lon"), data.get("lat")
    is_point = None not in (lon, lat) and not lon == 0 == lat  # the action leaves out what is none
    return place_matter(
        lon=lon if is_point else None,
        lat=lat if is_point else None,
        coord_system=data.get("coord_system") or "WGS84",
        area_id=read_number(data.get("area")),
        premise_id=read_number(data.get("premise")),
        place_text=data.get("place_text") or "",
    )


def _describe_matter_place(place: MatterPlace) -> str:
    premise = premise_info(place.premise_id)
    if premise is not None and place.area_path:
        return _("%(premise)s，在%(area)s。") % {
            "premise": premise.label,
            "area": area_text(place.area_path),
        }
    if place.located is None and place.area_path:
        return _("在%(area)s。") % {"area": area_text(place.area_path)}
    return _describe_place(place.located)


def _describe_place(located: PointLocation | None) -> str:
    if located is None:
        return ""
    if located.outside:
        return _("这个点不在本街道辖区内，离最近的网格超过 200 米。")
    if located.area is None:
        return _("还没有画这里的网格边界，系统看不出这个点在哪个网格，请按名称选网格。")
    if located.exact:
        return _("这个点在%(area)s。") % {"area": area_text(located.area.path)}
    return _("这个点在网格边界外约 %(m)d 米，归入%(area)s。") % {
        "m": round(located.distance_m),
        "area": area_text(located.area.path),
    }


def _check_matter(request: DeskRequest, form: IntakeForm) -> MatterCheck:
    """Find likely duplicates, the place and suggested categories; raise UserError for an impossible point."""
    data = form.cleaned_data
    place = _place_matter(form)
    located = place.located
    text = (data.get("subject") or "", data.get("detail") or "")
    check = MatterCheck(place=_describe_matter_place(place), outside=place.outside)
    if sum(map(len, text)) >= 4:
        check.duplicates = find_likely_duplicates(
            request.actor,
            *text,
            place=data.get("place_text") or "",
            lon=located.lon if located else None,
            lat=located.lat if located else None,
            area_path=place.area_path,
        )
        check.suggestions = _list_suggestions(*text)
    return check


def _list_suggestions(subject: str, detail: str) -> list[dict[str, Any]]:
    rows = []
    for row in suggesting.suggest(subject, detail):
        category = catalogue.category_info(row["category"])
        label = category.label if category is not None else row["label"]
        rows.append({**row, "label": label, "percent": round(row["confidence"] * 100)})
    return rows


@require_staff("cases.case:report")
@require_http_methods(["GET", "POST"])
def report_new_case(request: DeskRequest) -> HttpResponse:
    """Report a new case. If it may be a duplicate or lies outside the town, ask the user to confirm first."""
    if request.method == "GET":
        return _render_page(request, IntakeForm(request.actor))
    data = request.POST.copy()
    form = IntakeForm(request.actor, data, request.FILES)
    try:
        ids = form.store_uploads(request.actor, request.FILES, kind=get_photo_kind("REPORT"), documents=True)
        data["kept"] = ",".join(map(str, ids))
        if (helped := _help_filling_in(request, data, form.refusals.get("photos", []))) is not None:
            return helped
        if not form.is_valid() or not form.showed_questions:
            is_valid = form.is_valid()
            return _render_page(request, form, status=200 if is_valid else 422, asks_more=is_valid)
        if (
            not (request.POST.get("sure") or request.POST.get("into"))
            and (check := _check_matter(request, form)).needs_confirmation
        ):
            return _render_page(request, form, check)
        return _report_case(request, form)
    except UserError as fault:
        form.is_valid()
        if fault.field == "client_uuid":
            # The page was sent already, then changed: the next attempt is another matter.
            data["client_uuid"] = str(uuid.uuid4())
            fault = _make_sent_error()
        form.add_error(fault.field if fault.field in form.fields else None, str(fault))
        return _render_page(request, form, status=fault.status)


def _make_sent_error() -> Stale:
    return Stale(
        _("这张表单已经登记过，内容与现在不同，这次没有登记。"),
        hint=_("如果是另一件事，请核对后再提交一次。"),
    )


def _help_filling_in(request: DeskRequest, data: QueryDict, refusals: list[str]) -> HttpResponse | None:
    """Return the page with what a button beside a field asked for, None if the form is to be reported.

    The form is not checked yet: `refusals`, the files that were not accepted, are named above it.
    """
    if {"look", "find_place", "pick_place"} & request.POST.keys():
        for refusal in refusals:
            messages.error(request, refusal)
    if request.POST.get("look") and request.actor.can(LOOK_UP_RIGHT):
        return _look_up_caller(request, data)
    if request.POST.get("find_place") or request.POST.get("pick_place"):
        return _choose_place(request, data)
    return None


def _show_again(request: DeskRequest, data: QueryDict) -> IntakeForm:
    """Return the form with what was typed, not checked yet."""
    form = IntakeForm(request.actor)
    form.uploader = request.actor
    form.initial.update({name: data[name] for name in form.fields if name in data and name != "photos"})
    form.ask_about(read_number(data.get("category")))
    form.initial.update(
        {f"{FIELD_PREFIX}{key}": value for key, value in collect_posted(form.questions, data).items()}
    )
    return form


def _choose_place(request: DeskRequest, data: QueryDict) -> HttpResponse:
    """Show the places that the words name, or choose one of them; for pages without script."""
    field, _colon, value = request.POST.get("pick_place", "").partition(":")
    if field in {"premise", "area"} and read_number(value) is not None:
        data["area"] = ""  # the grid of the premise, or the chosen area, replaces what was chosen before
        data[field] = value
        if not data.get("place_text", "").strip():
            chosen = f"{field}:{value}"
            labels = [place.label for place in _offer_named_places(request) if place.key == chosen]
            data["place_text"] = labels[0] if labels else ""
        return _render_page(request, _show_again(request, data))
    return _render_page(request, _show_again(request, data), searched=True)


def _offer_named_places(request: DeskRequest) -> list[OfferedPlace]:
    texts = [request.POST.get(name, "")[:MAX_NAMED] for name in ("place_text", "subject", "detail")]
    return offer_places(list_named_places(*texts, paths=request.actor.confined_to))


@require_staff("cases.case:report")
@require_POST
def find_places(request: DeskRequest) -> HttpResponse:
    """Return the premises, roads and communities that the words of the form name, as buttons."""
    context = {"places": _offer_named_places(request), "searched": False}
    return HttpResponse(render_to_string("desk/cases/named_places.html", context))


def _look_up_caller(request: DeskRequest, data: QueryDict) -> HttpResponse:
    """Show the earlier matters of the number beside the form, which is not checked yet."""
    form = _show_again(request, data)
    phone, fault, cases = data.get("reporter_phone", ""), None, None
    try:
        cases = look_up_caller(request.actor, phone, purpose=_("登记来件"))
    except UserError as refusal:
        fault = refusal
    return _render_page(
        request, form, status=fault.status if fault else 200, caller=cases, caller_fault=fault
    )


def _report_case(request: DeskRequest, form: IntakeForm) -> HttpResponse:
    into = request.POST.get("into", "")
    report = actions.report_from_draft(
        actor=request.actor,
        new=form.build_new_case(),
        photos=form.kept_ids,
        merge_into=into,
        draft_key=DRAFT_KEY,
    )
    for warning in report.case.warnings:
        messages.warning(request, warning)
    if report.merge_fault is not None:
        messages.error(request, _("已登记，但没有并案：%(why)s") % {"why": report.merge_fault})
    return redirect(
        get_outcome_url(report.case.number, REPORT if report.case.created else REPORTED_BEFORE, "")
    )


def _render_page(
    request: DeskRequest,
    form: IntakeForm,
    check: MatterCheck | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {
        "form": form,
        "check": check,
        "map": build_picking_map(request.actor),
        "now": clock.now(),
        "draft_key": DRAFT_KEY,
        "may_merge": request.actor.can("cases.case:merge"),
        "may_look_up": request.actor.can(LOOK_UP_RIGHT),
        "places": _offer_named_places(request) if request.method == "POST" else [],
        **more,
    }
    return render(request, "desk/cases/new.html", context, status=status)


@require_staff("cases.case:report")
@require_safe
def show_questions(request: DeskRequest) -> HttpResponse:
    """Return the questions of the category that the user has chosen, "" where it has none."""
    form = QuestionForm(read_number(request.GET.get("category")))
    return HttpResponse(render_to_string("pages/questions.html", {"form": form}))


@require_staff("cases.case:report")
@require_POST
def check_while_typing(request: DeskRequest) -> HttpResponse:
    """Return likely duplicates, place and suggested categories for a form that the user is still filling in."""
    form = IntakeForm(request.actor, request.POST)
    form.is_valid()
    try:
        check = _check_matter(request, form)
    except UserError as fault:
        check = MatterCheck(place=str(fault), outside=True)
    return HttpResponse(render_to_string("desk/cases/alike.html", {"check": check, "live": True}))
