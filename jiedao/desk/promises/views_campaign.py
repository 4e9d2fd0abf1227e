"""The page of a campaign, the split of its target, and amounts that are entered by hand."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from jiedao.desk.promises import campaign_page
from jiedao.desk.promises.forms import EntryForm, SplitForm
from jiedao.files.models import Attachment
from jiedao.kernel import clock
from jiedao.pages.entry import DeskRequest, require_staff
from jiedao.pages.forms import submit_form, submit_form_with_files
from jiedao.pages.parameters import is_area, take_filters
from jiedao.pages.reading import read_day, read_number
from jiedao.places.models import Area
from jiedao.projects.actions.campaigns import add_entry, split_campaign
from jiedao.projects.models.promises import Campaign, CampaignEntry
from jiedao.projects.promise_access import get_campaign, require_work_for_unit, works_for_unit
from jiedao.projects.selectors.campaigns import EntryFilters, read_campaign_status, read_entries, read_quotas
from jiedao.projects.splitting import format_amount


@require_staff("projects.promise:view")
@require_safe
@take_filters({"on": read_day, "from": read_day, "to": read_day, "area": is_area})
def show_campaign(request: DeskRequest, key: str) -> HttpResponse:
    """Show the status of a campaign at the end of a day (`?on=2020-06-30`), by default today."""
    return _render_page(
        request, get_campaign(request.actor, key), _read_day_or_today(request.GET.get("on", ""))
    )


def _read_day_or_today(text: str) -> date:
    today = clock.today()
    return min(read_day(text) or today, today)


def _render_page(
    request: DeskRequest, campaign: Campaign, day: date, form: EntryForm | None = None, status: int = 200
) -> HttpResponse:
    works = works_for_unit(request.actor, campaign.unit_id)
    may_enter = works and campaign.feed is None
    context: dict[str, Any] = {
        **campaign_page.build_context(request.actor, read_campaign_status(request.actor, campaign, day)),
        "day": day,
        "today": clock.today(),
        "works": works,
        "entries": _list_entries(campaign, _read_filters(request)) if campaign.feed is None else None,
        "form": (form or EntryForm(initial={"day": clock.today()})) if may_enter else None,
        "open": form is not None,
    }
    return render(request, "desk/promises/campaign.html", context, status=status)


def _read_filters(request: DeskRequest) -> EntryFilters | None:
    """Return the filters of the address for the amounts that were entered, None if it has none."""
    query = request.GET
    filters = EntryFilters(
        read_day(query.get("from")), read_day(query.get("to")), read_number(query.get("area"))
    )
    return filters if filters != EntryFilters() else None


def _list_entries(
    campaign: Campaign, filters: EntryFilters | None
) -> list[tuple[CampaignEntry, str, list[Attachment]]]:
    return [(entry, format_amount(entry.amount), files) for entry, files in read_entries(campaign, filters)]


@require_staff("projects.promise:edit")
@require_http_methods(["GET", "POST"])
def split_target(request: DeskRequest, key: str) -> HttpResponse:
    """Split the target of a campaign by community and by month."""
    campaign = get_campaign(request.actor, key)
    require_work_for_unit(request.actor, campaign.unit_id)
    areas, months = read_quotas(campaign)
    form, status = SplitForm(campaign, areas, months, request.POST or None), 200
    if request.method == "POST":

        def action() -> None:
            by_area, by_month = form.get_parts()
            split_campaign(actor=request.actor, key=campaign.key, areas=by_area, months=by_month)

        _result, status = submit_form(form, action)
        if not status:
            messages.success(request, _("指标已分解。"))
            return redirect("desk:campaign", campaign.key)
    context = {
        "campaign": campaign,
        "target": format_amount(campaign.target),
        "form": form,
        "areas": form.get_fields("area"),
        "months": form.get_fields("month"),
    }
    return render(request, "desk/promises/campaign_split.html", context, status=status)


@require_staff("projects.promise:edit")
def create_entry(request: DeskRequest, key: str) -> HttpResponse:
    """Record an amount with its document."""
    campaign = get_campaign(request.actor, key)
    if request.method != "POST":
        return redirect("desk:campaign", campaign.key)
    require_work_for_unit(request.actor, campaign.unit_id)
    form = EntryForm(request.POST, request.FILES)

    def action(files: list[int]) -> None:
        data = form.cleaned_data
        area = Area.objects.filter(pk=data["area"]).first() if data["area"] else None
        add_entry(
            actor=request.actor,
            key=campaign.key,
            day=data["day"],
            amount=data["amount"],
            document=data["document"],
            area=area,
            attachments=files,
        )

    _result, status = submit_form_with_files(request, request.actor, form, action)
    if status:
        return _render_page(request, campaign, clock.today(), form, status)
    messages.success(request, _("已登记。"))
    return redirect("desk:campaign", campaign.key)
