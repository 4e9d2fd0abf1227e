"""What the pages of promises share: figures in words, links to the rows behind them, forms that an action refuses."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jiedao.desk import links
from jiedao.desk.entry import DeskRequest
from jiedao.desk.uploads import kept_photos
from jiedao.files.models import Attachment, Kind
from jiedao.kernel.errors import UserError
from jiedao.kernel.figures import RowsLink
from jiedao.orgs.actor import Actor
from jiedao.projects.selectors.lights import Colour
from jiedao.registers.access import readable

TONES = {Colour.GREEN: "good", Colour.YELLOW: "warn", Colour.RED: "bad"}

# url name, label, right: what was promised, in the order of the tabs
TABS: list[tuple[str, Any, str]] = [
    ("desk:projects", _("重点项目"), "projects.project:view"),
    ("desk:promises", _("专项行动"), "projects.promise:view"),
    ("desk:pledges", _("责任事项和会议决定"), "projects.promise:view"),
    ("desk:aid", _("帮扶资金"), "projects.promise:view"),
]


def tabs(actor: Actor, here: str) -> list[dict[str, Any]]:
    """Return the tabs over the pages of promises and projects that the person may open, none for a single one."""
    found = [
        {"label": label, "url": reverse(name), "active": name == here}
        for name, label, right in TABS
        if actor.can(right)
    ]
    return found if len(found) > 1 else []


def shown(amount: Decimal, digits: int) -> str:
    """Return an amount with its decimals and thousands apart."""
    return f"{amount:,.{digits}f}"


def yuan(amount: Decimal) -> str:
    """Return money with thousands apart, its fen only where there are any."""
    return shown(amount, 2).removesuffix(".00")


def percent(share: float | None) -> str:
    """Return a share in per cent, "" for none."""
    return f"{share * 100:.1f} %" if share is not None else ""


def rows_url(actor: Actor, link: RowsLink | None) -> str:
    """Return the address of the list of the rows behind an amount, "" where the user may not open it."""
    if link is None or link.args[0] not in {info.key for info in readable(actor)}:
        return ""
    return links.rows_url(link)


def tried(form: forms.Form, act: Callable[[], Any]) -> tuple[Any, int]:
    """Run an action with a form and return (what it gave, 0), or (None, the status) with the refusal in the form."""
    if not form.is_valid():
        return None, 422
    try:
        return act(), 0
    except UserError as fault:
        form.add_error(fault.field if fault.field in form.fields else None, str(fault))
        return None, fault.status


def with_files(request: DeskRequest, form: forms.Form, act: Callable[[list[int]], Any]) -> tuple[Any, int]:
    """Do as `tried` with the files sent along: they are stored first, so that a form at fault does not lose them."""
    data = request.POST.copy()
    kept = [int(text) for text in data.get("kept", "").split(",") if text.isascii() and text.isdigit()][:20]

    try:
        ids = kept_photos(request.actor, request.FILES, kept, Kind.DOCUMENT.value)
    except UserError as fault:
        form.is_valid()
        form.add_error("photos", str(fault))
        return None, fault.status
    data["kept"] = ",".join(map(str, ids))
    form.data = data
    return tried(form, lambda: act(ids))


def papers(files: list[Attachment]) -> tuple[list[dict[str, Any]], list[Attachment]]:
    """Return the pictures among attachments as the photo grid takes them, and the other files."""
    pictures = [file for file in files if file.is_image]
    grid = [{"url": reverse("desk:attachment", args=[one.pk]), "label": one.name} for one in pictures]
    return grid, [file for file in files if not file.is_image]
