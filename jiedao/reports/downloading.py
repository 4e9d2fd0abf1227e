"""The audit entries of downloads of reports and forms: who downloaded which file."""

from enum import Enum

from jiedao.audit.actions import record_entry
from jiedao.orgs.actor import Actor
from jiedao.reports.forms.models import Form, FormFill
from jiedao.reports.models import Report


class FormFile(Enum):
    """The files of a form that are downloaded."""

    BLANK = "blank"
    FILLED = "filled"
    MARKED = "marked"


def record_report_download(
    *, actor: Actor, report: Report, suffix: str, is_draft: bool, word_template: str = ""
) -> None:
    """Record who downloaded a report, in which format, and whether it was signed."""
    after = {"format": suffix, "draft": is_draft} | (
        {"word_template": word_template} if word_template else {}
    )
    record_entry(
        actor=actor, action="reports.report:export", obj_type="reports.report", obj_id=report.pk, after=after
    )


def record_blank_download(*, actor: Actor, form: Form) -> None:
    """Record who downloaded the blank of a form."""
    record_entry(
        actor=actor,
        action="reports.form:export",
        obj_type="reports.form",
        obj_id=form.pk,
        after={"file": FormFile.BLANK.value},
    )


def record_fill_download(*, actor: Actor, fill: FormFill, is_marked: bool) -> None:
    """Record who downloaded a filled form, or the copy in which changes are marked, and whether it is a draft."""
    file = FormFile.MARKED if is_marked else FormFile.FILLED
    record_entry(
        actor=actor,
        action="reports.form:export",
        obj_type="reports.fill",
        obj_id=fill.pk,
        after={"file": file.value, "draft": not fill.digest},
    )
