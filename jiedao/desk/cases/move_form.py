"""The form of a move, drawn from its row in the flow table: one class for all moves."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.flow import Stage
from jiedao.cases.models import Case
from jiedao.cases.moves.fields import FieldKind, MoveField
from jiedao.cases.moves.replying import is_unanswered
from jiedao.cases.moves.step import Move
from jiedao.cases.selectors.detail import CaseDetail
from jiedao.kernel import clock
from jiedao.orgs.units import unit_info
from jiedao.pages.choices import (
    format_limit,
    get_area_choices,
    get_category_choices,
    get_limit_choices,
    get_unit_choices,
)
from jiedao.pages.forms import FormWithFiles
from jiedao.pages.widgets import MultipleFileField, QuickSelect

LONG = {"result", "reply"}
ONE_LINE = {"subject", "place_text"}
BLANK = ("", "—")


class MoveForm(FormWithFiles):
    """Draws the fields of a move and gathers what was typed; the action checks what the values mean.

    `version` is the version of the case the form was drawn for; `kept` the photos already uploaded.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    field_order = ("version", "kept")

    def __init__(self, move: Move, detail: CaseDetail, data: Any = None, files: Any = None) -> None:
        super().__init__(
            data, files, initial={"version": detail.case.version}, auto_id=f"{move.code.lower()}_%s"
        )
        self.move = move
        for field in move.fields:
            made = _DRAW[field.kind](field, move, detail)
            made.label, made.required = field.label, field.required and field.kind is not FieldKind.BOOL
            if field.kind is not FieldKind.LIMIT:  # its choices say it in words
                made.help_text = made.help_text or field.help
            made.error_messages["required"] = _("请填写“%(name)s”。") % {"name": field.label}
            made.error_messages["invalid_choice"] = _("请从列表中选择。")
            self.fields[field.name] = made

    def values(self) -> dict[str, Any]:
        """Return what was typed, by field, as `perform` takes it; photos are left to the caller."""
        return {
            field.name: self.cleaned_data.get(field.name)
            for field in self.move.fields
            if field.kind is not FieldKind.PHOTOS
        }

    def drawn(self) -> list[forms.BoundField]:
        """Return the fields to draw, hidden ones left out."""
        return list(self.visible_fields())

    def typed(self) -> list[tuple[str, str]]:
        """Return label and text of every text that was typed, so that none is lost when the move is gone."""
        texts = [(field, str(self.data.get(field.name, "")).strip()) for field in self.move.fields]
        return [(str(field.label), text) for field, text in texts if text and field.kind in _TYPED]


_TYPED = {FieldKind.TEXT, FieldKind.LINES, FieldKind.CASE}


def suggested_category(case: Case) -> int | None:
    """Return the category the case has, or the first suggestion that names one."""
    if case.category_id is not None:
        return int(case.category_id)
    ids = [row.get("category") for row in case.suggestions or [] if row.get("category") is not None]
    return int(ids[0]) if ids else None


def _text(field: MoveField, move: Move, detail: CaseDetail) -> forms.Field:
    if field.name in ONE_LINE:
        return forms.CharField(max_length=200, initial=getattr(detail.case, field.name))
    if field.name == "reply" and move.code == "CLOSE" and is_unanswered(detail.case):
        hint = _("反映人还没有收到答复，请在这里答复。")
    else:
        hint = ""
    rows = 5 if field.name in LONG else 3
    return forms.CharField(widget=forms.Textarea(attrs={"rows": rows, "maxlength": 5000}), help_text=hint)


def _reason(_field: MoveField, move: Move, _detail: CaseDetail) -> forms.Field:
    rows = catalogue.list_reasons(move.reason_kind)
    choices = [(row.code, f"{row}（{row.law}）" if row.law else str(row)) for row in rows]
    return forms.ChoiceField(choices=[BLANK, *choices], widget=QuickSelect)


def _unit(_field: MoveField, move: Move, detail: CaseDetail) -> forms.Field:
    if move.code == "RELEASE_HELP":
        units = [unit_info(pk) for pk in detail.helping]
        choices: list[Any] = [(unit.id, unit.label) for unit in units if unit is not None]
        return forms.ChoiceField(choices=[BLANK, *choices], widget=QuickSelect)
    duty = catalogue.duty_for(detail.case.category_id, detail.case.area_path)
    usual = duty.lead_unit_id if duty is not None else None
    hint = ""
    if usual is not None and usual != detail.case.lead_unit_id:
        unit = unit_info(usual)
        hint = _("权责清单：%(unit)s") % {"unit": unit.label} if unit is not None else ""
    else:
        usual = None
    return forms.ChoiceField(
        choices=[BLANK, *get_unit_choices()], widget=QuickSelect, initial=usual, help_text=hint
    )


def _units(_field: MoveField, move: Move, detail: CaseDetail) -> forms.Field:
    duty = catalogue.duty_for(detail.case.category_id, detail.case.area_path)
    usual = list(duty.helper_ids) if duty is not None and move.code == "DISPATCH" else []
    flat = [row for _kind, rows in get_unit_choices() for row in rows if row[0] != detail.case.lead_unit_id]
    return forms.MultipleChoiceField(choices=flat, widget=forms.CheckboxSelectMultiple, initial=usual)


def _category(_field: MoveField, move: Move, detail: CaseDetail) -> forms.Field:
    initial = detail.case.category_id if move.code == "CORRECT" else suggested_category(detail.case)
    return forms.ChoiceField(choices=[BLANK, *get_category_choices()], widget=QuickSelect, initial=initial)


def _area(_field: MoveField, _move: Move, detail: CaseDetail) -> forms.Field:
    return forms.ChoiceField(
        choices=[BLANK, *get_area_choices()], widget=QuickSelect, initial=detail.case.area_id
    )


def _score(_field: MoveField, _move: Move, _detail: CaseDetail) -> forms.Field:
    words = [_("很不满意"), _("不满意"), _("一般"), _("满意"), _("很满意")]
    choices = [(score, f"{score} {word}") for score, word in enumerate(words, start=1)]
    return forms.ChoiceField(choices=choices[::-1], widget=forms.RadioSelect)


def _date(_field: MoveField, _move: Move, _detail: CaseDetail) -> forms.Field:
    start = clock.today() + timedelta(days=30)
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(widget=widget, initial=start, help_text=_("到这一天仍未恢复的，会提醒复核。"))


def _limit(field: MoveField, move: Move, detail: CaseDetail) -> forms.Field:
    case = detail.case
    stage = Stage.HELP if move.code == "CALL_HELP" else Stage.HANDLE
    usual = catalogue.limit_for(stage.value, case.category_id, case.area_path) if not field.required else ""
    return forms.ChoiceField(choices=get_limit_choices(usual), widget=QuickSelect)


def _request(_field: MoveField, _move: Move, detail: CaseDetail) -> forms.Field:
    row = detail.open_request
    choices = [(row.pk, f"{format_limit(row.limit)}：{row.reason}")] if row is not None else [BLANK]
    return forms.ChoiceField(choices=choices, widget=QuickSelect, initial=row.pk if row is not None else None)


def _photos(_field: MoveField, _move: Move, _detail: CaseDetail) -> forms.Field:
    widget = MultipleFileField.widget(attrs={"accept": "image/*", "data-photos": True, "multiple": True})
    return MultipleFileField(widget=widget, help_text=_("上传前自动缩小；拍摄位置等信息会被去除。"))


_DRAW: dict[FieldKind, Callable[[MoveField, Move, CaseDetail], forms.Field]] = {
    FieldKind.TEXT: _text,
    FieldKind.REASON: _reason,
    FieldKind.UNIT: _unit,
    FieldKind.UNITS: _units,
    FieldKind.CATEGORY: _category,
    FieldKind.AREA: _area,
    FieldKind.CASE: lambda *_given: forms.CharField(max_length=20, help_text=_("如 2026-00012268")),
    FieldKind.BOOL: lambda *_given: forms.BooleanField(),
    FieldKind.SCORE: _score,
    FieldKind.DATE: _date,
    FieldKind.LIMIT: _limit,
    FieldKind.LINES: lambda *_given: forms.CharField(widget=forms.Textarea(attrs={"rows": 4})),
    FieldKind.PHOTOS: _photos,
    FieldKind.REQUEST: _request,
}
