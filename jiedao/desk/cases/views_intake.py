"""Writing down a matter: with a look at likely duplicates and the place before anything is filed."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from jiedao.cases import catalogue, suggesting
from jiedao.cases.selectors.duplicates import Duplicate, likely_duplicates
from jiedao.desk import actions
from jiedao.desk.cases.intake_form import IntakeForm
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.pages.entry import DeskRequest, staff
from jiedao.pages.maps import town
from jiedao.pages.uploads import photo_kind, store_uploads
from jiedao.places.selectors import PointLocation, area_info, area_text, locate

DRAFT = "new"


@dataclass
class Look:
    """What is known of a matter before it is filed."""

    duplicates: list[Duplicate] = field(default_factory=list)
    place: str = ""  # where the point lies, in words
    outside: bool = False
    suggestions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def doubtful(self) -> bool:
        """Tell whether the person should look again before filing."""
        return bool(self.duplicates) or self.outside


def _point(form: IntakeForm) -> PointLocation | None:
    data = form.cleaned_data
    if data.get("lon") is None or data.get("lat") is None:
        return None
    return locate(data["lon"], data["lat"], data.get("coord_system") or "WGS84")


def _place(located: PointLocation | None) -> str:
    if located is None:
        return ""
    if located.area is None:
        return _("这个点不在本街道辖区内，离最近的网格超过 200 米。")
    if located.exact:
        return _("这个点在%(area)s。") % {"area": area_text(located.area.path)}
    return _("这个点在网格边界外约 %(m)d 米，归入%(area)s。") % {
        "m": round(located.distance_m),
        "area": area_text(located.area.path),
    }


def _look(request: DeskRequest, form: IntakeForm) -> Look:
    """Look for duplicates and for the place; raises UserError for a point that is none."""
    data = form.cleaned_data
    located = _point(form)
    chosen = area_info(int(data["area"])) if data.get("area") else None
    area = chosen or (located.area if located is not None else None)
    text = (data.get("subject") or "", data.get("detail") or "")
    found = Look(place=_place(located), outside=located is not None and located.outside and chosen is None)
    if sum(map(len, text)) >= 4:
        found.duplicates = likely_duplicates(
            request.actor,
            *text,
            place=data.get("place_text") or "",
            lon=located.lon if located else None,
            lat=located.lat if located else None,
            area_path=area.path if area is not None else "",
        )
        found.suggestions = _suggestions(*text)
    return found


def _suggestions(subject: str, detail: str) -> list[dict[str, Any]]:
    rows = []
    for row in suggesting.suggest(subject, detail):
        category = catalogue.category_info(row["category"])
        label = category.label if category is not None else row["label"]
        rows.append({**row, "label": label, "percent": round(row["confidence"] * 100)})
    return rows


@staff("cases.case:report")
@require_http_methods(["GET", "POST"])
def new(request: DeskRequest) -> HttpResponse:
    """Write down a matter; the first sending shows what may be the same, the second files it."""
    if request.method == "GET":
        return _draw(request, IntakeForm(request.actor))
    data = request.POST.copy()
    form = IntakeForm(request.actor, data, request.FILES)
    try:
        data["kept"] = ",".join(
            map(str, store_uploads(request.actor, request.FILES, form.kept_ids, photo_kind("REPORT")))
        )
        if not form.is_valid():
            return _draw(request, form, status=422)
        if (
            not (request.POST.get("sure") or request.POST.get("into"))
            and (look := _look(request, form)).doubtful
        ):
            return _draw(request, form, look)
        return _file(request, form)
    except UserError as fault:
        form.is_valid()
        form.add_error(fault.field if fault.field in form.fields else None, str(fault))
        return _draw(request, form, status=fault.status)


def _file(request: DeskRequest, form: IntakeForm) -> HttpResponse:
    into = request.POST.get("into", "")
    report = actions.report_from_draft(
        actor=request.actor, new=form.new_case(), photos=form.kept_ids, merge_into=into, draft_key=DRAFT
    )
    number = {"number": report.case.number}
    if not report.case.created:
        messages.info(request, _("这件事刚才已经登记过了：%(number)s") % number)
        return redirect("desk:case", report.case.number)
    messages.success(request, _("已登记：%(number)s") % number)
    if report.merge_fault is not None:
        messages.error(request, _("已登记，但没有并案：%(why)s") % {"why": report.merge_fault})
    elif into:
        messages.success(request, _("已并入 %(number)s。") % {"number": into[:20]})
    return redirect("desk:case", report.case.number)


def _draw(
    request: DeskRequest, form: IntakeForm, look: Look | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "look": look,
        "map": town(),
        "now": clock.now(),
        "draft_key": DRAFT,
        "may_merge": request.actor.can("cases.case:merge"),
    }
    return render(request, "desk/cases/new.html", context, status=status)


@staff("cases.case:report")
@require_POST
def alike(request: DeskRequest) -> HttpResponse:
    """Say while somebody is typing what may be the same, where the point lies and which category fits."""
    form = IntakeForm(request.actor, request.POST)
    form.is_valid()
    try:
        look = _look(request, form)
    except UserError as fault:
        look = Look(place=str(fault), outside=True)
    return HttpResponse(render_to_string("desk/cases/alike.html", {"look": look, "live": True}))
