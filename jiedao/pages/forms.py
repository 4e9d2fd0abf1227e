"""What many forms share: fields for days and files, and running an action whose refusal is shown in the form."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest

from jiedao.files.selectors import read_names
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.fields import DayField
from jiedao.pages.reading import read_numbers
from jiedao.pages.uploads import ACCEPT_FILES, store_uploads
from jiedao.pages.widgets import MultipleFileField


def make_day_field(label: Any, **options: Any) -> DayField:
    """Return a form field for a day; `options` are those of Django's DateField."""
    return DayField(label=label, **options)


def make_files_field(label: Any) -> MultipleFileField:
    """Return a form field that accepts several files."""
    attributes = {"multiple": True, "accept": ACCEPT_FILES, "data-photos": True}
    return MultipleFileField(label=label, required=False, widget=MultipleFileField.widget(attrs=attributes))


class FormWithFiles(forms.Form):
    """A form with files; the hidden field `kept` holds the ids of the files uploaded with an earlier attempt.

    A file that was refused is an error at its field, with its name, beside all other errors of the form.
    """

    kept = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.refusals: dict[str, list[str]] = {}
        self.uploader: Actor | None = None

    def store_uploads(self, actor: Actor, files: Any, field: str = "photos", **options: Any) -> list[int]:
        """Store the uploads of a field, remember which were refused, and return the ids of all stored ones.

        `options` are those of `uploads.store_uploads`; `stored_ids` are those of an earlier attempt.
        """
        self.uploader = actor
        options.setdefault("stored_ids", self.kept_ids)
        uploads = store_uploads(actor, files.getlist(field), **options)
        if uploads.refusals:
            self.refusals[field] = uploads.refusals
        return uploads.ids

    def full_clean(self) -> None:
        """Check the fields, and add the refused files to the errors."""
        super().full_clean()
        if self.is_bound:
            for field, refusals in self.refusals.items():
                self.add_error(field if field in self.fields else None, list(refusals))

    @property
    def stored_names(self) -> list[str]:
        """The names of the files uploaded with an earlier attempt."""
        return read_names(self.uploader, self.kept_ids) if self.uploader is not None else []

    @property
    def kept_ids(self) -> list[int]:
        """The ids of the files uploaded with an earlier attempt."""
        kept = self.data.get("kept", "") if self.is_bound else self.initial.get("kept", "")
        return read_numbers(str(kept).split(","))


def show_typed(form: forms.Form, data: Any) -> None:
    """Show what was typed in a form that is not checked yet."""
    for name, field in form.fields.items():
        if isinstance(field, forms.FileField):
            continue
        value = field.widget.value_from_datadict(data, {}, form.add_prefix(name))
        if value is not None:
            form.initial[name] = value


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
    request: HttpRequest, actor: Actor, form: FormWithFiles, action: Callable[[list[int]], Any]
) -> tuple[Any, int]:
    """Run an action with the ids of the uploaded files; return the same as `submit_form`.

    The files are stored before the form is checked, so that the user need not choose them again after an error.
    """
    data = request.POST.copy()
    ids = form.store_uploads(actor, request.FILES)
    data["kept"] = ",".join(map(str, ids))
    form.data = data
    return submit_form(form, lambda: action(ids))


def add_refusal(form: forms.Form, fault: UserError) -> None:
    """Show a refusal at its field, or above the form if the form does not have that field."""
    form.add_error(fault.field if fault.field in form.fields else None, str(fault))
