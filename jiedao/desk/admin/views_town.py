"""The calendar, the categories and the audit log."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from jiedao.audit.selectors import verify
from jiedao.cases import catalogue
from jiedao.cases.actions.categories import save_category
from jiedao.cases.flow import Stage
from jiedao.desk.admin import rows
from jiedao.desk.admin.forms import CategoryForm, DayForm, HoursForm
from jiedao.desk.admin.frame import add_refusal, handle_form, render_page
from jiedao.desk.navigation import AUDIT, CALENDAR, CATEGORIES
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.storable import make_storable
from jiedao.kernel.worktime import Limit
from jiedao.orgs import office
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.reading import read_day, read_number, read_period

CALENDAR_PAGE, CATEGORY_PAGE = "desk:admin_calendar", "desk:admin_categories"
AUDIT_PAGE = "desk:admin_audit"


@require_staff(CALENDAR)
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
            status = add_refusal(form, fault)
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


@require_staff(CATEGORIES)
def list_categories(request: DeskRequest) -> HttpResponse:
    """List the categories."""
    text, major = request.GET.get("q", "").strip()[:40], read_number(request.GET.get("major"))
    majors = [row for row in catalogue.CATEGORIES.get().values() if row.parent_id is None]
    context = {"q": text, "major": major, "majors": majors, "rows": rows.list_categories(text, major)}
    return render_page(request, CATEGORY_PAGE, "categories.html", context)


@require_staff(CATEGORIES)
def edit_category(request: DeskRequest, category_id: int) -> HttpResponse:
    """Show the form of a category and its duties; save the form when it is posted."""
    category = rows.find_category(category_id)
    if category is None:
        raise NotFoundError(_("没有这个类别。"), hint=_("请回到类别表再选。"))

    def save(data: dict[str, Any]) -> HttpResponse:
        keywords = data.pop("keywords").split()
        save_category(actor=request.actor, category_id=category_id, keywords=keywords, **data)
        messages.success(request, _("类别已保存；新的来件按它提示。"))
        return redirect(CATEGORY_PAGE)

    form = CategoryForm(request.POST or None, initial=CategoryForm.initial_of(category))
    kind = category.get_kind_display()
    note = f"{kind} {category.code}" + (f" · {category.parent.label}" if category.parent else "")
    return handle_form(
        request,
        CATEGORY_PAGE,
        form,
        save,
        title=category.label,
        note=note,
        submit=_("保存"),
        below="desk/admin/duties.html",
        duties=[_describe_duty(row) for row in rows.list_duties(category_id)],
        conditions=[(_("立案条件"), category.filing_condition), (_("结案条件"), category.closing_condition)],
    )


def _describe_duty(row: Any) -> dict[str, Any]:
    limits = [f"{Stage(stage).label} {Limit.parse(text).label}" for stage, text in row.limits.items()]
    return {
        "area": row.area.label if row.area else _("全街道"),
        "unit": row.lead_unit.label,
        "helpers": "、".join(unit.label for unit in row.helpers.all()),
        "limits": "；".join(limits),
    }


def _read_audit_filter(request: DeskRequest) -> rows.AuditFilter:
    def read(name: str) -> str:
        return make_storable(request.GET.get(name, "")).strip()[:60]

    dated = any(read(name) for name in ("from", "to", "period"))
    return rows.AuditFilter(
        who=read("who"),
        object_type=read("type"),
        object_id=read_number(read("id")),
        action=read("action"),
        period=read_period(request.GET) if dated else None,
    )


@require_staff(AUDIT)
def list_entries(request: DeskRequest) -> HttpResponse:
    """List the audit entries that match the filters."""
    try:
        audit_filter = _read_audit_filter(request)
    except UserError as fault:
        messages.error(request, f"{fault.message} {fault.hint}")
        audit_filter = rows.AuditFilter()
    entries, after = rows.read_entries(request.actor, audit_filter, read_number(request.GET.get("after")))
    query = {key: value for key, value in request.GET.items() if key != "after" and value}
    context = {
        "rows": entries,
        "audit_filter": audit_filter,
        "get": request.GET,
        "now": clock.now(),
        "types": [
            "cases.case",
            "cases.category",
            "accounts.user",
            "accounts.apitoken",
            "orgs.holding",
            "orgs.post",
            "orgs.unit",
            "kernel.calendar",
            "packs.pack",
        ],
        "pager": {
            "previous": "",
            "next": urlencode({**query, "after": after}) if after else "",
            "shown": len(entries),
            "total": None,
        },
    }
    return render_page(request, AUDIT_PAGE, "audit.html", context)


@require_staff(AUDIT)
@require_POST
def verify_entries(request: DeskRequest) -> HttpResponse:
    """Verify the complete audit log and show the result."""
    count = rows.count_entries()
    if count > rows.MAX_ENTRIES_TO_VERIFY:
        messages.warning(
            request,
            _("日志有 %(n)d 条，请在服务器上运行 jiedao audit verify 校验。") % {"n": count},
        )
        return redirect(AUDIT_PAGE)
    result = verify()
    if result["intact"]:
        messages.success(
            request,
            _("完好：共 %(n)d 条，已封存 %(sealed)d 条，没有发现改动、缺失或插入。")
            % {"n": result["entries"], "sealed": result["sealed"]},
        )
    else:
        first_faults = "；".join(fault["message"] for fault in result["faults"][:5])
        messages.error(
            request, _("发现 %(n)d 处问题：%(some)s") % {"n": len(result["faults"]), "some": first_faults}
        )
    return redirect(AUDIT_PAGE)
