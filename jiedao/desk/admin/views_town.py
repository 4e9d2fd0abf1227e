"""The calendar and the categories."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.desk.admin import rows
from jiedao.desk.admin.forms import DayForm, HoursForm
from jiedao.desk.admin.frame import render_page
from jiedao.desk.admin.own import handle_own_form
from jiedao.desk.navigation import CALENDAR, CATEGORIES, DUTIES
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.packs.parts import list_own_layers
from jiedao.orgs import office
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import add_refusal
from jiedao.pages.parameters import take_filters
from jiedao.pages.reading import read_day, read_number

CALENDAR_PAGE, CATEGORY_PAGE = "desk:admin_calendar", "desk:admin_categories"


@require_staff(CALENDAR)
@take_filters({"year": read_number})
def show_calendar(request: DeskRequest) -> HttpResponse:
    """Show the days of a year and the office hours; when a form is posted, change a day or the hours."""
    year = read_number(request.GET.get("year")) or clock.today().year
    year = year if year in office.YEARS else clock.today().year
    change = request.POST.get("what", "")
    day = DayForm(request.POST if change == "day" else None, initial={"is_workday": "0"})
    text = " ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in office.read_office_hours())
    hours = HoursForm(request.POST if change == "hours" else None, initial={"hours": text})
    status = 200
    if request.method == "POST":
        form = day if change == "day" else hours
        try:
            if change == "clear" or form.is_valid():
                return _change_calendar(request, change, form.cleaned_data if change != "clear" else {}, year)
            status = 422
        except UserError as fault:
            add_refusal(form, fault)
            status = fault.status
    context = {
        "year": year,
        "years": range(year - 2, year + 3),
        "days": office.list_special_days(year),
        "day_form": day,
        "hours_form": hours,
        "provisional": office.find_provisional_years(),
    }
    return render_page(request, CALENDAR_PAGE, "calendar.html", context, status)


def _change_calendar(request: DeskRequest, change: str, data: dict[str, Any], year: int) -> HttpResponse:
    if change == "hours":
        office.set_hours(actor=request.actor, hours=office.parse_hours(data["hours"]))
        messages.success(request, _("办公时间已保存；已经开始的计时不变。"))
    elif change == "clear":
        day = read_day(request.POST.get("day"))
        if day is not None:
            office.clear_day(actor=request.actor, day=day)
            messages.success(request, _("%(day)s 已恢复为全国日历。") % {"day": day})
    else:
        day_values = {"is_workday": data["is_workday"], "name": data["name"]}
        office.set_day(actor=request.actor, day=data["day"], **day_values)
        messages.success(
            request,
            _("%(day)s 已保存；已经开始的计时不变，“暂定”的期限稍后按新日历确定。") % {"day": data["day"]},
        )
        year = data["day"].year
    return redirect(f"{reverse(CALENDAR_PAGE)}?{urlencode({'year': year})}")


@require_staff(CATEGORIES, DUTIES)
@take_filters({"q": None, "major": read_number})
def list_categories(request: DeskRequest) -> HttpResponse:
    """List the categories."""
    text, major = request.GET.get("q", "").strip()[:40], read_number(request.GET.get("major"))
    majors = [row for row in catalogue.CATEGORIES.get().values() if row.parent_id is None]
    context = {"q": text, "major": major, "majors": majors, "rows": rows.list_categories(text, major)}
    return render_page(request, CATEGORY_PAGE, "categories.html", context)


@require_staff(CATEGORIES, DUTIES)
def edit_category(request: DeskRequest, category_id: int) -> HttpResponse:
    """Show the form of a category, for users who may change it, and its duties; save the form when it is posted."""
    category = rows.find_category(category_id)
    if category is None:
        raise NotFoundError(_("没有这个类别。"), hint=_("请回到类别表再选。"))
    kind = category.get_kind_display()
    context = {
        "title": category.label,
        "note": f"{kind} {category.code}" + (f" · {category.parent.label}" if category.parent else ""),
        "below": "desk/admin/duties.html",
        "duties": rows.list_duties(category_id),
        "duties_off": rows.list_duties_off(request.actor, category),
        "category_id": category_id,
        "may_edit_duties": request.actor.can(DUTIES),
    }
    if not request.actor.can(CATEGORIES):
        return render_page(request, CATEGORY_PAGE, "form.html", context)
    layer = list_own_layers()["category"]
    return handle_own_form(request, CATEGORY_PAGE, layer, category, back=reverse(CATEGORY_PAGE), **context)
