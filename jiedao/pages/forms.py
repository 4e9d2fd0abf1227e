"""What many forms share: fields for days and files, and running an action whose refusal is shown in the form."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest

from jiedao.files.models import Kind
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.fields import DayField
from jiedao.pages.reading import read_numbers
from jiedao.pages.uploads import MAX_FILES, store_uploads
from jiedao.pages.widgets import MultipleFileField


def make_day_field(label: Any, **options: Any) -> DayField:
    """Return a form field for a day; `options` are those of Django's DateField."""
    return DayField(label=label, **options)


def make_files_field(label: Any) -> MultipleFileField:
    """Return a form field that accepts several files."""
    return MultipleFileField(
        label=label, required=False, widget=MultipleFileField.widget(attrs={"multiple": True})
    )


class FormWithFiles(forms.Form):
    """A form with files; the hidden field `kept` holds the ids of the files uploaded with an earlier attempt."""

    kept = forms.CharField(widget=forms.HiddenInput, required=False)

    @property
    def kept_ids(self) -> list[int]:
        """The ids of the files uploaded with an earlier attempt."""
        kept = self.data.get("kept", "") if self.is_bound else self.initial.get("kept", "")
        return read_numbers(str(kept).split(","))


def submit_form(form: forms.Form, action: Callable[[], Any]) -> tuple[Any, int]:
    """Run an action if the form is valid.

    Return (the action's result, 0). If the form is not valid or the action refuses, return (None, the HTTP status of
    the answer); the form then holds the errors.
    """
    if not form.is_valid():
        return None, 422
    try:
        return action(), 0
    except UserError as fault:
        add_refusal(form, fault)
        return None, fault.status


def submit_form_with_files(
    request: HttpRequest, actor: Actor, form: forms.Form, action: Callable[[list[int]], Any]
) -> tuple[Any, int]:
    """Run an action with the ids of the uploaded files; return the same as `submit_form`.

    The files are stored before the form is checked, so that the user need not choose them again after an error.
    """
    data = request.POST.copy()
    stored_ids = read_numbers(data.get("kept", "").split(","))
    try:
        ids = store_uploads(actor, request.FILES, stored_ids[:MAX_FILES], Kind.DOCUMENT.value)
    except UserError as fault:
        form.is_valid()
        form.add_error("photos", str(fault))
        return None, fault.status
    data["kept"] = ",".join(map(str, ids))
    form.data = data
    return submit_form(form, lambda: action(ids))


def add_refusal(form: forms.Form, fault: UserError) -> None:
    """Show a refusal at its field, or above the form if the form does not have that field."""
    form.add_error(fault.field if fault.field in form.fields else None, str(fault))
