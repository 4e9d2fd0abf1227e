"""Forms of projects. They check the format of what was typed; the actions check everything else."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from jiedao.desk.category_words import get_words_url
from jiedao.kernel.errors import UserError
from jiedao.kernel.readers.numbers import YUAN
from jiedao.pages.choices import get_category_choices
from jiedao.pages.fields import AmountField
from jiedao.pages.forms import make_day_field
from jiedao.pages.widgets import QuickSelect
from jiedao.projects.models import MoneyKind, Permit, ProjectMoney, Task, TaskLevel
from jiedao.projects.selectors.scheduling import check_in_calendar


class VersionedForm(forms.Form):
    """A form with the version of the row that it changes, so that the action can refuse an outdated form."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class IdempotentForm(forms.Form):
    """A form that the action carries out once, even if it is sent several times."""

    client_uuid = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class ProgressForm(VersionedForm, IdempotentForm):
    """The progress of a task; a milestone has no percentage and no start."""

    percent = forms.IntegerField(label=_("完成比例（%）"), min_value=0, max_value=100)
    started = make_day_field(_("实际开始"), required=False)
    finished = make_day_field(_("实际完成"), required=False, help_text=_("没有完成就空着。"))
    note = forms.CharField(label=_("说明"), max_length=1000, required=False, widget=forms.Textarea)

    def __init__(self, task: Task, data: Any = None) -> None:
        initial = {
            "version": task.version,
            "percent": task.percent,
            "started": task.actual_start,
            "finished": task.actual_finish,
        }
        super().__init__(data, initial=initial)
        if task.level == TaskLevel.MILESTONE:
            del self.fields["percent"], self.fields["started"]


class MoneyForm(VersionedForm):
    """The amount paid in a month, and its budget unless the pack declares the budget."""

    month = forms.DateField(
        label=_("月份"),
        input_formats=["%Y-%m", "%Y-%m-%d"],
        widget=forms.DateInput({"type": "month"}, format="%Y-%m"),
        help_text=_("写作 2026-09。"),
    )
    kind = forms.ChoiceField(label=_("用途"), choices=lambda: MoneyKind.choices)
    budget = AmountField(label=_("计划（元）"), unit=YUAN, max_digits=14, decimal_places=2, required=False)
    paid = AmountField(label=_("已付（元）"), unit=YUAN, max_digits=14, decimal_places=2)

    def __init__(self, row: ProjectMoney | None, data: Any = None) -> None:
        # Version 0 is that of a month without a row. If the month has a row by now, the action refuses the form
        # instead of overwriting the row.
        initial: dict[str, Any] = {"version": 0, "kind": MoneyKind.WORKS}
        if row is not None:
            initial = {"version": row.version, "budget": row.budget, "paid": row.paid}
        super().__init__(data, initial=initial)
        if row is not None:
            del self.fields["month"], self.fields["kind"]
            if row.declared:
                del self.fields["budget"]


class PermitForm(VersionedForm):
    """The dates on which a permit was applied for and granted."""

    submitted = make_day_field(_("报送日期"), required=False)
    granted = make_day_field(_("取得日期"), required=False)
    document = forms.CharField(label=_("文号"), max_length=120, required=False)

    def __init__(self, permit: Permit, data: Any = None) -> None:
        initial = {
            "version": permit.version,
            "submitted": permit.submitted_date,
            "granted": permit.granted_date,
            "document": permit.document,
        }
        super().__init__(data, initial=initial)


class ObstacleForm(IdempotentForm):
    """An obstacle that keeps the project from continuing."""

    text = forms.CharField(
        label=_("什么障碍"), max_length=1000, widget=forms.Textarea, help_text=_("什么事、卡在哪里。")
    )
    task = forms.TypedChoiceField(label=_("影响的任务"), coerce=int, required=False, empty_value=None)
    category = forms.TypedChoiceField(
        label=_("案件类别"),
        coerce=int,
        required=False,
        empty_value=None,
        widget=QuickSelect,
        help_text=_("不选则由受理员确定。"),
    )

    def __init__(self, tasks: list[Task], task_id: int | None, data: Any = None) -> None:
        super().__init__(data, initial={"task": task_id})
        open_tasks = [(task.pk, task.label) for task in tasks]
        self.fields["task"].choices = [("", _t("整个项目")), *open_tasks]  # type: ignore[attr-defined]
        self.fields["category"].choices = [("", _t("请选择")), *get_category_choices()]  # type: ignore[attr-defined]
        self.fields["category"].widget.attrs["data-words"] = get_words_url()


class WhatIfForm(forms.Form):
    """A change of one task whose effect is calculated and not stored."""

    task = forms.ChoiceField(label=_("任务"))
    duration = forms.IntegerField(label=_("工期改为（工作日）"), min_value=1, max_value=5000, required=False)
    finish = make_day_field(_("或在这一天完成"), required=False)
    delay = forms.IntegerField(
        label=_("或推迟（工作日）"),
        min_value=-5000,
        max_value=5000,
        required=False,
        help_text=_("提前填负数。"),
    )

    def __init__(self, tasks: list[Task], data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial, auto_id="id_try_%s")
        self.fields["task"].choices = [(task.code, task.label) for task in tasks]  # type: ignore[attr-defined]

    def clean_finish(self) -> Any:
        """Refuse a day outside the calendar."""
        day = self.cleaned_data["finish"]
        try:
            return check_in_calendar(day) if day is not None else None
        except UserError as fault:
            raise forms.ValidationError(str(fault)) from fault

    def clean(self) -> dict[str, Any]:
        """Require exactly one change."""
        given_names = [
            name for name in ("duration", "finish", "delay") if self.cleaned_data.get(name) is not None
        ]
        if len(given_names) != 1 and not self.errors:
            self.add_error("duration", _t("请在工期、完成日、推迟天数中填写一项。"))
        return self.cleaned_data
