"""The form of a move: one class for all moves, with the fields that the move's row in the flow table declares.

Whether a field must be filled is never decided here: `MoveField.get_need` decides it for the form and the action alike.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.flow import Stage
from jiedao.cases.models import Case
from jiedao.cases.moves.cleaning import describe_missing, is_missing
from jiedao.cases.moves.fields import FieldKind, MoveField, Need
from jiedao.cases.moves.step import Move
from jiedao.cases.selectors.detail import CaseDetail
from jiedao.desk.category_words import get_words_url
from jiedao.kernel import clock
from jiedao.kernel.calendar import get_town_calendar
from jiedao.kernel.worktime import Limit
from jiedao.orgs.units import unit_info
from jiedao.pages.choices import (
    format_limit,
    get_area_choices,
    get_category_choices,
    get_premise_choices,
    get_unit_choices,
)
from jiedao.pages.fields import DayField, PeriodField
from jiedao.pages.forms import FormWithFiles, show_typed
from jiedao.pages.questions import QuestionFields
from jiedao.pages.widgets import AddOneSelect, MultipleFileField, QuickSelect
from jiedao.places.selectors import is_district

LONG_TEXT_FIELDS = {"result", "reply"}
ONE_LINE_FIELDS = {"subject", "place_text"}
CONFIRMATIONS = {"sure"}  # boxes that are shown once the action has asked for them
EMPTY_CHOICE = ("", "—")


class MoveForm(QuestionFields, FormWithFiles):
    """The fields of a move. The action checks what the values mean.

    `version` is the version of the case that the user saw, `kept` holds the ids of photos that are already uploaded.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)
    field_order = ("version", "kept")
    queue = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, move: Move, detail: CaseDetail, data: Any = None, files: Any = None) -> None:
        super().__init__(
            data, files, initial={"version": detail.case.version}, auto_id=f"{move.code.lower()}_%s"
        )
        self.move, self.case = move, detail.case
        self.stored_photos: dict[str, list[int]] = {}
        for field in move.fields:
            if field.kind is FieldKind.ANSWERS:
                self._ask_again(detail)
                continue
            if field.kind is FieldKind.PREMISE and not get_premise_choices():
                continue
            form_field = _FIELD_MAKERS[field.kind](field, move, detail)
            need = field.get_need(detail.case)
            form_field.label, form_field.required = field.label, need is Need.REQUIRED
            if field.kind is FieldKind.AREA and is_district():
                form_field.label = _("所属街道")
            if need in {Need.EITHER, Need.DEPENDS}:
                form_field.need_words = field.depends  # type: ignore[attr-defined]
            if field.kind is FieldKind.PHOTOS:
                form_field.help_text = " ".join(map(str, filter(None, [field.help, form_field.help_text])))
            elif field.kind is not FieldKind.LIMIT:  # the field of a limit has its own help
                form_field.help_text = form_field.help_text or field.help
            form_field.error_messages["required"] = describe_missing(field)
            form_field.error_messages["invalid_choice"] = _("请从列表中选择。")
            self.fields[field.name] = form_field

    def _ask_again(self, detail: CaseDetail) -> None:
        """Add the questions of the category with the answers that are stored; personal ones are not shown."""
        answers = {row.key: row.value for row in detail.answers if row.value is not None}
        stored = frozenset(row.key for row in detail.answers if row.question.personal and not row.erased)
        self.ask_about(detail.case.category_id, answers, demands=False, stored=stored)

    def store_photos(self, photos: dict[str, list[int]]) -> None:
        """Take the ids of the uploaded photos by field; a field that has some needs no others."""
        self.stored_photos = photos
        for name in (name for name, ids in photos.items() if ids and self.fields[name].required):
            self.fields[name].required = False
            self.fields[name].need_words = ""  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse what the rule refuses and a single field cannot know: missing photos, and neither of two fields."""
        data = {**self.cleaned_data, **self.stored_photos}
        if self.questions:
            self.check_answers(demands=False)
            data["answers"] = self.posted_answers
        for field in self.move.fields:
            if not {field.name, field.instead} & set(self.errors) and is_missing(field, data, self.case):
                self.add_error(field.name, describe_missing(field))
        return self.cleaned_data

    def show_typed(self, typed: QueryDict | None) -> None:
        """Show what was typed in a form that is not checked yet."""
        if typed is not None:
            show_typed(self, typed)

    def show_confirmation(self, name: str) -> None:
        """Show a box that is hidden until the action asks for it, such as that an empty unit is meant."""
        if name in self.fields:
            self.fields[name].widget = forms.CheckboxInput()

    def values(self) -> dict[str, Any]:
        """Return the values by field, as `perform` takes them."""
        values = {field.name: self.cleaned_data.get(field.name) for field in self.move.fields}
        if self.questions:
            values["answers"] = self.posted_answers
        return {**values, **self.stored_photos}

    def get_shown_fields(self) -> list[forms.BoundField]:
        """Return the fields without the hidden ones."""
        return list(self.visible_fields())

    def list_typed_texts(self) -> list[tuple[str, str]]:
        """Return (label, text) of every typed text, for the user to copy if the move is not possible."""
        texts = [(field, str(self.data.get(field.name, "")).strip()) for field in self.move.fields]
        return [(str(field.label), text) for field, text in texts if text and field.kind in _TEXT_KINDS]


_TEXT_KINDS = {FieldKind.TEXT, FieldKind.LINES, FieldKind.CASE}


def find_suggested_category(case: Case) -> int | None:
    """Return the id of the case's category, else of the first suggested category that exists, else None."""
    if case.category_id is not None:
        return int(case.category_id)
    ids = [row.get("category") for row in case.suggestions or [] if row.get("category") is not None]
    return int(ids[0]) if ids else None


def _make_text_field(field: MoveField, move: Move, detail: CaseDetail) -> forms.Field:
    if field.name in ONE_LINE_FIELDS:
        return forms.CharField(max_length=200, initial=getattr(detail.case, field.name))
    unanswered = (
        field.name == "reply" and move.code == "CLOSE" and field.get_need(detail.case) is Need.REQUIRED
    )
    hint = _("反映人还没有收到答复，请在这里答复。") if unanswered else ""
    rows = 5 if field.name in LONG_TEXT_FIELDS else 3
    return forms.CharField(widget=forms.Textarea(attrs={"rows": rows, "maxlength": 5000}), help_text=hint)


class MoveChoiceField(forms.ChoiceField):
    """A choice of a move, which is also sent as "on" for its first value, as a box of earlier pages did."""

    def to_python(self, value: Any) -> str:
        """Return the value of the choice."""
        text = str(super().to_python(value))
        return str(self.choices[0][0]) if text == "on" else text  # type: ignore[index]


def _make_choice_field(field: MoveField, _move: Move, _detail: CaseDetail) -> forms.Field:
    return MoveChoiceField(choices=field.choices, widget=forms.RadioSelect, initial=field.initial or None)


def _make_reason_field(field: MoveField, move: Move, _detail: CaseDetail) -> forms.Field:
    rows = catalogue.list_reasons(field.reason_kind or move.reason_kind)
    choices = [
        (row.code, _("%(reason)s（%(law)s）") % {"reason": row, "law": row.law} if row.law else str(row))
        for row in rows
    ]
    return forms.ChoiceField(choices=[EMPTY_CHOICE, *choices], widget=QuickSelect)


def _make_unit_field(_field: MoveField, move: Move, detail: CaseDetail) -> forms.Field:
    if move.code == "RELEASE_HELP":
        units = [unit_info(pk) for pk in detail.helping]
        choices: list[Any] = [(unit.id, unit.label) for unit in units if unit is not None]
        return forms.ChoiceField(choices=[EMPTY_CHOICE, *choices], widget=QuickSelect)
    duty = catalogue.find_duty(detail.case.category_id, detail.case.area_path)
    duty_unit_id = duty.lead_unit_id if duty is not None else None
    hint = ""
    if duty_unit_id is not None and duty_unit_id != detail.case.lead_unit_id:
        unit = unit_info(duty_unit_id)
        hint = _("权责清单：%(unit)s") % {"unit": unit.label} if unit is not None else ""
    else:
        duty_unit_id = None
    return forms.ChoiceField(
        choices=get_unit_choices().with_empty(), widget=QuickSelect, initial=duty_unit_id, help_text=hint
    )


def _make_units_field(_field: MoveField, move: Move, detail: CaseDetail) -> forms.Field:
    duty = catalogue.find_duty(detail.case.category_id, detail.case.area_path)
    duty_helper_ids = list(duty.helper_ids) if duty is not None and move.code == "DISPATCH" else []
    choices = [
        row for _kind, rows in get_unit_choices() for row in rows if row[0] != detail.case.lead_unit_id
    ]
    return forms.MultipleChoiceField(choices=choices, widget=AddOneSelect, initial=duty_helper_ids)


def _make_category_field(_field: MoveField, move: Move, detail: CaseDetail) -> forms.Field:
    initial = detail.case.category_id if move.code == "CORRECT" else find_suggested_category(detail.case)
    widget = QuickSelect(attrs={"data-words": get_words_url()})
    return forms.ChoiceField(choices=get_category_choices().with_empty(), widget=widget, initial=initial)


def _make_area_field(_field: MoveField, _move: Move, detail: CaseDetail) -> forms.Field:
    return forms.ChoiceField(
        choices=get_area_choices().with_empty(), widget=QuickSelect, initial=detail.case.area_id
    )


def _make_premise_field(_field: MoveField, _move: Move, detail: CaseDetail) -> forms.Field:
    return forms.ChoiceField(
        choices=get_premise_choices().with_empty(),
        widget=QuickSelect,
        help_text=_("选了小区、楼栋，网格随之确定。"),
    )


def _make_bool_field(field: MoveField, _move: Move, _detail: CaseDetail) -> forms.Field:
    """Return a box, hidden where it confirms what the action has not questioned yet."""
    hidden = field.name in CONFIRMATIONS
    return forms.BooleanField(widget=forms.HiddenInput() if hidden else forms.CheckboxInput())


def _make_score_field(_field: MoveField, _move: Move, _detail: CaseDetail) -> forms.Field:
    words = [_("很不满意"), _("不满意"), _("一般"), _("满意"), _("很满意")]
    choices = [(score, f"{score} {word}") for score, word in enumerate(words, start=1)]
    return forms.ChoiceField(choices=choices[::-1], widget=forms.RadioSelect)


def _make_date_field(field: MoveField, _move: Move, _detail: CaseDetail) -> forms.Field:
    if field.name == "answer_date":
        next_workday = get_town_calendar().add(clock.now(), Limit.parse("1wd")).at
        return DayField(initial=next_workday.astimezone(clock.TOWN_TZ).date())
    review_date = clock.today() + timedelta(days=30)
    return DayField(initial=review_date, help_text=_("到这一天仍未恢复的，会提醒复核。"))


def _make_limit_field(field: MoveField, move: Move, detail: CaseDetail) -> forms.Field:
    case = detail.case
    stage = Stage.HELP if move.code == "CALL_HELP" else Stage.HANDLE
    is_optional = field.get_need(case) is Need.OPTIONAL
    duty_limit = catalogue.find_limit(stage.value, case.category_id, case.area_path) if is_optional else ""
    hint = _("留空：按权责清单，%(limit)s。") % {"limit": format_limit(duty_limit)} if duty_limit else ""
    return PeriodField(usual=duty_limit, help_text=hint)


def _make_request_field(_field: MoveField, _move: Move, detail: CaseDetail) -> forms.Field:
    open_request = detail.open_request
    choices = (
        [
            (
                open_request.pk,
                _("%(limit)s：%(reason)s")
                % {"limit": format_limit(open_request.limit), "reason": open_request.reason},
            )
        ]
        if open_request is not None
        else [EMPTY_CHOICE]
    )
    return forms.ChoiceField(
        choices=choices, widget=QuickSelect, initial=open_request.pk if open_request is not None else None
    )


def _make_photos_field(_field: MoveField, _move: Move, _detail: CaseDetail) -> forms.Field:
    widget = MultipleFileField.widget(attrs={"accept": "image/*", "data-photos": True, "multiple": True})
    return MultipleFileField(widget=widget, help_text=_("上传前自动缩小；拍摄位置等信息会被去除。"))


_FIELD_MAKERS: dict[FieldKind, Callable[[MoveField, Move, CaseDetail], forms.Field]] = {
    FieldKind.TEXT: _make_text_field,
    FieldKind.REASON: _make_reason_field,
    FieldKind.UNIT: _make_unit_field,
    FieldKind.UNITS: _make_units_field,
    FieldKind.CATEGORY: _make_category_field,
    FieldKind.AREA: _make_area_field,
    FieldKind.PREMISE: _make_premise_field,
    FieldKind.CASE: lambda *_given: forms.CharField(max_length=20, help_text=_("如 2026-00012268")),
    FieldKind.BOOL: _make_bool_field,
    FieldKind.CHOICE: _make_choice_field,
    FieldKind.SCORE: _make_score_field,
    FieldKind.DATE: _make_date_field,
    FieldKind.LIMIT: _make_limit_field,
    FieldKind.LINES: lambda *_given: forms.CharField(widget=forms.Textarea(attrs={"rows": 4})),
    FieldKind.PHOTOS: _make_photos_field,
    FieldKind.REQUEST: _make_request_field,
}
