"""Forms of publications and yearly reports. They check the format of what was typed; the actions check the rest."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiedao.pages.forms import FormWithFiles, make_day_field, make_files_field
from jiedao.publishing.actions.writing import TYPED_KINDS, PublicationInput
from jiedao.publishing.models import PublicationKind
from jiedao.publishing.yearly import APPLICANTS, DISPUTES, OUTCOMES, ROWS, SOURCE, TYPED
from jiedao.reports.models import Signature


class PublicationForm(FormWithFiles):
    """The words of a publication; without `text` where a signed report or a yearly report is the source."""

    kind = forms.ChoiceField(label=_("种类"))
    title = forms.CharField(label=_("标题"), max_length=200)
    source = forms.CharField(label=_("来源"), max_length=120, help_text=_("发布这份信息的单位。"))
    document_date = make_day_field(_("成文日期"))
    document_number = forms.CharField(
        label=_("文号"), max_length=60, required=False, help_text=_("没有文号的不填。")
    )
    current_until = make_day_field(
        _("有效期至"),
        required=False,
        help_text=_("只用于通知公告：到这一天为止在首页的公告栏，以后留在信息公开里。不填的公布后 30 天。"),
    )
    report = forms.TypedChoiceField(
        label=_("取自报告"),
        coerce=int,
        required=False,
        empty_value=None,
        help_text=_("正文和数字照签发时的样子公布。另写正文的不选。"),
    )
    text = forms.CharField(
        label=_("正文"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 16}),
        help_text=_("一行一段；“一、”“（一）”“1.”单独成行的是小标题。取自报告的不写。"),
    )
    photos = make_files_field(_("附件"))

    def __init__(self, *args: Any, has_text: bool = True, has_report: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: Any = self.fields
        fields["photos"].help_text = _("公布后任何人都能下载，请先看清里面没有个人信息。")
        fields["kind"].choices = [(kind.value, kind.label) for kind in PublicationKind if kind in TYPED_KINDS]
        if has_report:
            fields["report"].choices = [("", gettext("不选，另写正文")), *list_signed_reports()]
        else:
            del fields["report"]
        if not has_text:
            del fields["text"]

    def read_input(self) -> PublicationInput:
        """Return what was entered."""
        data = self.cleaned_data
        return PublicationInput(
            kind=data.get("kind", ""),
            title=data["title"],
            source=data["source"],
            document_date=data["document_date"],
            document_number=data["document_number"],
            text=data.get("text", ""),
            current_until=data.get("current_until"),
        )


def list_signed_reports() -> list[tuple[int, str]]:
    """Return the reports whose signature is in force, the latest period first."""
    rows = Signature.objects.filter(withdrawn_at__isnull=True).defer("content")
    rows = rows.select_related("report__template", "report__area", "report__unit")
    reports = sorted((row.report for row in rows), key=lambda report: report.last_date, reverse=True)
    return [(report.pk, report.label) for report in reports]


class WithdrawForm(forms.Form):
    """Why a publication is withdrawn."""

    reason = forms.CharField(label=_("撤下原因"), max_length=200, help_text=_("公众看得到。"))


def _make_number_field(label: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        widget=forms.NumberInput(
            attrs={"class": "form-control pub-number", "inputmode": "numeric", "min": 0, "aria-label": label}
        ),
    )


class YearlyForm(forms.Form):
    """The entered part of a year's report: two tables of numbers, each cell named `row-column`, and texts.

    Args:
        sections: those of `yearly.TYPED` that the records do not cover, so that their numbers can be typed.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    overview = forms.CharField(label=_("总体情况"), required=False, widget=forms.Textarea(attrs={"rows": 5}))
    problems = forms.CharField(
        label=_("存在的主要问题及改进情况"), required=False, widget=forms.Textarea(attrs={"rows": 5})
    )
    other = forms.CharField(
        label=_("其他需要报告的事项"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(
        self, *args: Any, may_write: bool = True, sections: Collection[str] = (), **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.sections = sections
        for rows, columns in ((ROWS, APPLICANTS), (DISPUTES, OUTCOMES)):
            for row, row_label in rows.items():
                for column, label in columns.items():
                    self.fields[f"{row}-{column}"] = _make_number_field(f"{row_label} · {label}")
        for section in sections:
            for row, row_label in TYPED[section].items():
                self.fields[f"{section}-{row}"] = _make_number_field(str(row_label))
            self.fields[f"{section}-{SOURCE}"] = forms.CharField(
                label=_("来源"), required=False, max_length=200, help_text=_("填了数字就要写，年报里会写明。")
            )
        for field in self.fields.values():
            field.disabled = not may_write

    def read_numbers(self, rows: Any, columns: Any) -> dict[str, dict[str, int | None]]:
        """Return the entered numbers of a table; an empty cell is None."""
        data = self.cleaned_data
        return {row: {column: data.get(f"{row}-{column}") for column in columns} for row in rows}

    def read_typed(self) -> dict[str, dict[str, Any]]:
        """Return the typed numbers of each section with their source."""
        data = self.cleaned_data
        return {
            section: {name: data.get(f"{section}-{name}") for name in (*TYPED[section], SOURCE)}
            for section in self.sections
        }

    def list_typed(self, section: str) -> dict[str, Any]:
        """Return the fields of a section that can be typed: its rows and its source."""
        return {
            "rows": [(label, self[f"{section}-{row}"]) for row, label in TYPED[section].items()],
            "source": self[f"{section}-{SOURCE}"],
        }

    def list_lines(self, rows: Any, columns: Any) -> list[dict[str, Any]]:
        """Return the lines of a table with their fields."""
        return [
            {"key": row, "label": label, "cells": [self[f"{row}-{column}"] for column in columns]}
            for row, label in rows.items()
        ]
