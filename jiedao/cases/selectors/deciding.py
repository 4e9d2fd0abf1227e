"""The columns of a list behind a figure of the board by which a case counts, or does not count."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases.models import Assignment, Case, Clock
from jiedao.cases.selectors.measures import ANSWER, LEAD, Window
from jiedao.orgs.units import unit_label

Values = dict[int, Any]  # the id of a case -> its value


@dataclass(frozen=True)
class DecidingColumn:
    """A column: its heading, whether it holds times or texts, and how the values of some cases are read."""

    label: Any
    is_time: bool
    read: Callable[[Sequence[int], Window], Values]


def _read_field(name: str, describe: Callable[[Any], Any] = lambda value: value) -> Any:
    def read(ids: Sequence[int], _window: Window) -> Values:
        rows = Case.objects.filter(pk__in=ids).values_list("pk", name)
        return {pk: describe(value) for pk, value in rows if value is not None}

    return read


def _read_clock(name: str) -> Any:
    def read(ids: Sequence[int], window: Window) -> Values:
        rows = Clock.objects.filter(window.build_filter("due_at"), case_id__in=ids, **ANSWER).order_by("id")
        return {pk: value for pk, value in rows.values_list("case_id", name) if value is not None}

    return read


def _read_units(wrong: bool) -> Any:
    """Return the reader of the units that a case was given to in the period, or of those that it did not belong to."""

    def read(ids: Sequence[int], window: Window) -> Values:
        rows = Assignment.objects.filter(
            window.build_filter("dispatched_at"), case_id__in=ids, succeeds=False, **LEAD
        )
        units: dict[int, dict[str, None]] = {}
        for pk, unit_id, ended_at in (
            (rows.filter(wrong=True) if wrong else rows)
            .order_by("id")
            .values_list("case_id", "unit_id", "ended_at")
        ):
            units.setdefault(pk, {})[unit_label(unit_id, ended_at)] = None
        return {pk: "、".join(names) for pk, names in units.items()}

    return read


def _describe_score(score: int) -> str:
    return _("%(n)d 分") % {"n": score}


def _describe_answer(answer: bool) -> str:
    return _("是") if answer else _("否")


def _make_time(label: Any, name: str) -> DecidingColumn:
    return DecidingColumn(label, True, _read_field(name))


HANDLED = (
    _make_time(gettext_lazy("处置时间"), "handled_at"),
    _make_time(gettext_lazy("处置时限"), "handle_due_at"),
)
CLOSED = (
    _make_time(gettext_lazy("结案时间"), "closed_at"),
    _make_time(gettext_lazy("全程时限"), "close_due_at"),
)
EXTENDED = (DecidingColumn(gettext_lazy("延期次数"), False, _read_field("extensions", str)), HANDLED[1])
REWORKED = (DecidingColumn(gettext_lazy("返工次数"), False, _read_field("reworks", str)), HANDLED[0])
GIVEN = (
    DecidingColumn(gettext_lazy("派给"), False, _read_units(wrong=False)),
    DecidingColumn(gettext_lazy("不属其职责的单位"), False, _read_units(wrong=True)),
)
RESPONDED = (
    DecidingColumn(gettext_lazy("受理时间"), True, _read_clock("stopped_at")),
    DecidingColumn(gettext_lazy("受理时限"), True, _read_clock("due_at")),
)
VISITED = (CLOSED[0], _make_time(gettext_lazy("联系上的时间"), "visited_at"))
SOLVED = (
    DecidingColumn(gettext_lazy("认为已解决"), False, _read_field("solved", _describe_answer)),
    VISITED[1],
)
SATISFIED = (
    DecidingColumn(gettext_lazy("满意度"), False, _read_field("satisfaction", _describe_score)),
    SOLVED[0],
)

# measure -> the columns of its list; a rate has those of its numerator
DECIDING: dict[str, tuple[DecidingColumn, ...]] = {
    **dict.fromkeys(("due", "handled", "on_time", "overdue", "pending"), HANDLED),
    "extended": EXTENDED,
    **dict.fromkeys(("rework", "rework_close"), REWORKED),
    **dict.fromkeys(("due_close", "closed", "closed_on_time"), CLOSED),
    "handled_in": (_make_time(gettext_lazy("派遣时间"), "dispatched_at"), HANDLED[0]),
    "closed_in": (_make_time(gettext_lazy("上报时间"), "reported_at"), CLOSED[0]),
    **dict.fromkeys(("dispatched", "wrong", "right"), GIVEN),
    **dict.fromkeys(("to_respond", "responded"), RESPONDED),
    **dict.fromkeys(("to_visit", "visited"), VISITED),
    "solved": SOLVED,
    **dict.fromkeys(("reached", "satisfied"), SATISFIED),
}
