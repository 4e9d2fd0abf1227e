"""The offices of the district's sub-districts: their addresses and tokens, and whether they answer."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from jiedao.desk.admin.frame import handle_form
from jiedao.desk.navigation import OFFICES
from jiedao.district import actions
from jiedao.district.client import OfficeFault
from jiedao.district.models import Office
from jiedao.district.reading import try_office
from jiedao.kernel import clock
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.units import UNITS
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.parameters import take_filters
from jiedao.places.selectors import list_streets

PAGE = "desk:admin_offices"


def _list_areas() -> list[tuple[str, str]]:
    return [(area.code, f"{area.label} {area.code}") for area in list_streets()]


def _list_units() -> list[tuple[str, str]]:
    return [("", _("没有")), *((unit.code, unit.label) for unit in UNITS.get().values() if unit.active)]


class OfficeForm(forms.Form):
    """An office that the district reads."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=80)
    address = forms.CharField(
        label=gettext_lazy("网址"),
        max_length=300,
        widget=forms.URLInput({"autocomplete": "off", "placeholder": "https://"}),
        help_text=gettext_lazy("街道自己的系统的网址；内部网络要先写进 JIEDAO_OFFICE_NETWORKS。"),
    )
    area = forms.ChoiceField(label=gettext_lazy("区划"), choices=_list_areas)
    unit = forms.ChoiceField(
        label=gettext_lazy("本区代表它的单位"),
        required=False,
        choices=_list_units,
        help_text=gettext_lazy("区里交给这个街道的案件派给这个单位。"),
    )
    token = forms.CharField(
        label=gettext_lazy("令牌"),
        required=False,
        max_length=200,
        widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text=gettext_lazy("街道用 jiedao token issue 发放；加密保存，不再显示。"),
    )


class NewOfficeForm(OfficeForm):
    """A new office."""

    code = forms.CharField(
        label=gettext_lazy("代码"), max_length=40, help_text=gettext_lazy("例如 BUJI；建好后不能改。")
    )
    field_order = ["code", "name"]


class OfficeEditForm(OfficeForm):
    """An office with its state of use; an empty token leaves the stored one."""

    active = forms.BooleanField(label=gettext_lazy("启用"), required=False)


def _get_office(office_id: int) -> Office:
    office = Office.objects.filter(pk=office_id).select_related("unit").first()
    if office is None:
        raise NotFoundError(_("没有找到这个下辖街道。"), hint=_("它可能已被删除；请回到列表再选。"))
    return office


@require_staff(OFFICES)
@take_filters()
def list_offices(request: DeskRequest) -> HttpResponse:
    """List the offices with their state; when the form is posted, add one."""

    def save(data: dict[str, Any]) -> HttpResponse:
        office = actions.add_office(actor=request.actor, **data)
        messages.success(request, _("已添加 %(name)s。点“检查”看能不能读到。") % {"name": office.name})
        return redirect(PAGE)

    areas = dict(_list_areas())
    offices = [
        {"row": office, "area": areas.get(office.area_code, office.area_code)}
        for office in Office.objects.select_related("unit")
    ]
    return handle_form(
        request,
        PAGE,
        NewOfficeForm(request.POST or None),
        save,
        title=_("下辖街道"),
        above="desk/admin/offices.html",
        form_title=_("添加下辖街道"),
        submit=_("添加"),
        offices=offices,
        now=clock.real_now(),
    )


@require_staff(OFFICES)
@take_filters()
def edit_office(request: DeskRequest, office_id: int) -> HttpResponse:
    """Change an office."""
    office = _get_office(office_id)

    def save(data: dict[str, Any]) -> HttpResponse:
        actions.change_office(actor=request.actor, code=office.code, **data)
        messages.success(request, _("已保存。"))
        return redirect(PAGE)

    initial = {
        "name": office.name,
        "address": office.address,
        "area": office.area_code,
        "unit": office.unit.code if office.unit else "",
        "active": office.active,
    }
    form = OfficeEditForm(request.POST or None, initial=initial)
    note = _("令牌留空则不变；换了网址须填新的令牌。")
    context = {"title": office.name, "form_note": note, "submit": _("保存"), "cancel_url": reverse(PAGE)}
    return handle_form(request, PAGE, form, save, **context)


@require_staff(OFFICES)
@require_POST
def check_office(request: DeskRequest, office_id: int) -> HttpResponse:
    """Ask an office for its published figures once, and state what is wrong."""
    office = _get_office(office_id)
    try:
        count = try_office(office)
    except OfficeFault as fault:
        messages.error(request, f"{office.name}：{fault}")
    else:
        messages.success(request, _("%(name)s 正常，公布 %(n)d 项指标。") % {"name": office.name, "n": count})
    return redirect(PAGE)


@require_staff(OFFICES)
@require_POST
def remove_office(request: DeskRequest, office_id: int) -> HttpResponse:
    """Delete an office with the figures that were read of it."""
    office = _get_office(office_id)
    actions.remove_office(actor=request.actor, code=office.code)
    messages.success(request, _("已删除 %(name)s。") % {"name": office.name})
    return redirect(PAGE)
