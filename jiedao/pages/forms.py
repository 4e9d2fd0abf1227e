"""Fields and steps that many forms share: a day, files that survive a refused form, an action that may refuse."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest

from jiedao.files.models import Kind
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.reading import read_numbers
from jiedao.pages.uploads import MAX_FILES, store_uploads
from jiedao.pages.widgets import FilesField


def day_field(label: Any, **options: Any) -> forms.DateField:
    """Return a field for a day."""
    return forms.DateField(
        label=label, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **options
    )


def files_field(label: Any) -> FilesField:
    """Return a field for several files."""
    return FilesField(label=label, required=False, widget=FilesField.widget(attrs={"multiple": True}))


class KeepsFiles(forms.Form):
    """A form with files; the hidden field `kept` holds the ids of those uploaded with an earlier try."""

    kept = forms.CharField(widget=forms.HiddenInput, required=False)

    @property
    def kept_ids(self) -> list[int]:
        """The ids of the files uploaded with an earlier try."""
        return read_numbers(str(self.data.get("kept", "")).split(",")) if self.is_bound else []


def submit(form: forms.Form, act: Callable[[], Any]) -> tuple[Any, int]:
    """Run an action with a form.

    Returns (its result, 0), or (None, the status of the answer) with the refusal in the form.
    """
    if not form.is_valid():
        return None, 422
    try:
        return act(), 0
    except UserError as fault:
        add_fault(form, fault)
        return None, fault.status


def submit_with_files(
    request: HttpRequest, actor: Actor, form: forms.Form, act: Callable[[list[int]], Any]
) -> tuple[Any, int]:
    """Run an action with a form and the ids of its files, as `submit` does.

    The files are stored first, so that a form that has to be corrected does not lose them.
    """
    data = request.POST.copy()
    kept = read_numbers(data.get("kept", "").split(","))
    try:
        ids = store_uploads(actor, request.FILES, kept[:MAX_FILES], Kind.DOCUMENT.value)
    except UserError as fault:
        form.is_valid()
        form.add_error("photos", str(fault))
        return None, fault.status
    data["kept"] = ",".join(map(str, ids))
    form.data = data
    return submit(form, lambda: act(ids))


def add_fault(form: forms.Form, fault: UserError) -> None:
    """Show a refusal at the field it belongs to, above the form where it belongs to none."""
    form.add_error(fault.field if fault.field in form.fields else None, str(fault))
