"""The page of a campaign, its split, and entering amounts where no register gives them."""

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
from jiedao.pages.reading import read_day
from jiedao.places.models import Area
from jiedao.projects.actions.campaigns import add_entry, split_campaign
from jiedao.projects.models.promises import Campaign, CampaignEntry
from jiedao.projects.promise_access import get_campaign, need_unit, works_on
from jiedao.projects.selectors.campaigns import campaign_status, entries_of, quotas_of
from jiedao.projects.splitting import plain


@require_staff("projects.promise:view")
@require_safe
def campaign(request: DeskRequest, key: str) -> HttpResponse:
    """Show how a campaign stands at the end of a day, `?on=2020-06-30`, today where none is given."""
    return _show(request, get_campaign(request.actor, key), _day(request.GET.get("on", "")))


def _day(text: str) -> date:
    today = clock.today()
    return min(read_day(text) or today, today)


def _show(
    request: DeskRequest, found: Campaign, day: date, form: EntryForm | None = None, status: int = 200
) -> HttpResponse:
    works = works_on(request.actor, found.unit_id)
    enters = works and found.feed is None
    context: dict[str, Any] = {
        **campaign_page.context(request.actor, campaign_status(request.actor, found, day)),
        "day": day,
        "today": clock.today(),
        "works": works,
        "entries": _entries(found) if found.feed is None else None,
        "form": (form or EntryForm(initial={"day": clock.today()})) if enters else None,
        "open": form is not None,
    }
    return render(request, "desk/promises/campaign.html", context, status=status)


def _entries(found: Campaign) -> list[tuple[CampaignEntry, str, list[Attachment]]]:
    return [(entry, plain(entry.amount), files) for entry, files in entries_of(found)]


@require_staff("projects.promise:edit")
@require_http_methods(["GET", "POST"])
def split(request: DeskRequest, key: str) -> HttpResponse:
    """Split the target over communities and months."""
    found = get_campaign(request.actor, key)
    need_unit(request.actor, found.unit_id)
    areas, months = quotas_of(found)
    form, status = SplitForm(found, areas, months, request.POST or None), 200
    if request.method == "POST":

        def act() -> None:
            by_area, by_month = form.parts()
            split_campaign(actor=request.actor, key=found.key, areas=by_area, months=by_month)

        _none, status = submit_form(form, act)
        if not status:
            messages.success(request, _("指标已分解。"))
            return redirect("desk:campaign", found.key)
    context = {
        "campaign": found,
        "target": plain(found.target),
        "form": form,
        "areas": form.drawn("area"),
        "months": form.drawn("month"),
    }
    return render(request, "desk/promises/campaign_split.html", context, status=status)


@require_staff("projects.promise:edit")
def enter(request: DeskRequest, key: str) -> HttpResponse:
    """Enter an amount with its document."""
    found = get_campaign(request.actor, key)
    if request.method != "POST":
        return redirect("desk:campaign", found.key)
    need_unit(request.actor, found.unit_id)
    form = EntryForm(request.POST, request.FILES)

    def act(files: list[int]) -> None:
        given = form.cleaned_data
        area = Area.objects.filter(pk=given["area"]).first() if given["area"] else None
        add_entry(
            actor=request.actor,
            key=found.key,
            day=given["day"],
            amount=given["amount"],
            document=given["document"],
            area=area,
            attachments=files,
        )

    _none, status = submit_form_with_files(request, request.actor, form, act)
    if status:
        return _show(request, found, clock.today(), form, status)
    messages.success(request, _("已登记。"))
    return redirect("desk:campaign", found.key)
