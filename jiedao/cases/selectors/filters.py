"""The filters of a list of cases: read from an address, checked, and written back into one."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from functools import partial, reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.cases import catalogue
from jiedao.cases.flow import OPEN, SOLVED, VISITING, WITHOUT_RESULT, State
from jiedao.cases.models import CaseMove, CaseQuerySet, CaseSource, Channel
from jiedao.cases.moves.events import EVENTS
from jiedao.cases.moves.table import FLOW
from jiedao.cases.questions.filtering import build_answer_filter, read_answer_filter
from jiedao.cases.selectors import search
from jiedao.cases.selectors.todo import TODO, build_todo_filter
from jiedao.kernel import clock
from jiedao.kernel.calendar import get_town_calendar
from jiedao.kernel.errors import UserError
from jiedao.kernel.parameters import (
    list_values,
    make_repeated_error,
    make_unknown_error,
    make_unreadable_error,
)
from jiedao.kernel.readers.dates import read_day
from jiedao.kernel.readers.faults import ValueFault
from jiedao.kernel.worktime import Limit
from jiedao.orgs.actor import Actor
from jiedao.orgs.units import UNITS, unit_info
from jiedao.places.following import list_area_successors
from jiedao.places.models import AreaKind
from jiedao.places.selectors import area_info, past_area_info

MAX_SEARCH = 100
SOON = Limit.parse("1wd")  # a case is due soon within one working day: on a Sunday, all of Monday counts

# Groups of states, in the words of an office.
GROUPS: dict[str, tuple[Any, frozenset[str]]] = {
    "open": (gettext_lazy("在办"), OPEN),
    "intake": (gettext_lazy("受理阶段"), frozenset({"REPORTED", "TO_VERIFY", "FILED"})),
    "unit": (gettext_lazy("单位办理中"), frozenset({"DISPATCHED", "HANDLING"})),
    "check": (gettext_lazy("核查结案中"), frozenset({"HANDLED", "CHECKED"})),
    "done": (gettext_lazy("已结案"), SOLVED),
    "other": (gettext_lazy("未受理、并案、作废"), WITHOUT_RESULT),
}
DUE: dict[str, Any] = {"overdue": gettext_lazy("已超期"), "soon": gettext_lazy("1 个工作日内到期")}
FLAGS: dict[str, tuple[Any, Q]] = {
    "supervised": (gettext_lazy("督办"), Q(supervised=True)),
    "urgent": (gettext_lazy("紧急"), Q(urgent=True)),
    "returned": (gettext_lazy("被退回过"), Q(returns__gt=0)),
    "reworked": (gettext_lazy("返过工"), Q(reworks__gt=0)),
    "reopened": (gettext_lazy("重办过"), Q(reopens__gt=0)),
    "extended": (gettext_lazy("延过期"), Q(extensions__gt=0)),
    "outside": (gettext_lazy("不在辖区"), Q(outside=True)),
    "unsatisfied": (gettext_lazy("不满意"), Q(satisfaction__lte=2) | Q(solved=False)),
    "self": (gettext_lazy("自行处置"), Q(self_handled=True)),
    "handled_on_time": (gettext_lazy("按期处置"), Q(handled_on_time=True)),
    "handled_late": (gettext_lazy("超期处置"), Q(handled_on_time=False)),
}
# The order of a list -> its words. The columns behind each are in `ordering.ORDERINGS`.
ORDERS: dict[str, Any] = {
    "newest": gettext_lazy("最新在前"),
    "oldest": gettext_lazy("最早在前"),
    "urgency": gettext_lazy("期限近的在前"),
    "-due": gettext_lazy("期限远的在前"),
    "state": gettext_lazy("按状态，先办的环节在前"),
    "-state": gettext_lazy("按状态，后办的环节在前"),
    "category": gettext_lazy("按类别"),
    "-category": gettext_lazy("按类别倒排"),
    "area": gettext_lazy("按社区、网格"),
    "-area": gettext_lazy("按社区、网格倒排"),
    "unit": gettext_lazy("按主办单位"),
    "-unit": gettext_lazy("按主办单位倒排"),
    "reported": gettext_lazy("上报早的在前"),
    "-reported": gettext_lazy("上报晚的在前"),
}
MINE: dict[str, Any] = {"moved": gettext_lazy("我办过的")}
MAX_VALUES = 50  # of one filter; more would make the statement, not the answer, longer


def _make_choice_reader(name: str, values: Any) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in values:
            raise make_unreadable_error(
                name, text, _("可用的值：%(values)s") % {"values": "、".join(map(str, values))}
            )
        return text

    return read


def _make_id_reader(name: str, exists: Callable[[int], object]) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or len(text) > 18 or not exists(int(text)):
            raise make_unreadable_error(name, text, _("请从列表中选择。"))
        return int(text)

    return read


def _make_date_reader(name: str) -> Callable[[str], date]:
    def read(text: str) -> date:
        try:
            return read_day(text, serials=False)
        except ValueFault:
            raise make_unreadable_error(name, text, _("日期写成 2026-12-31 的样子。")) from None

    return read


def read_phrase(text: str) -> str:
    """Return a phrase to search for; raise UserError where it is too long or has no word."""
    if len(text) > MAX_SEARCH:
        raise UserError(
            _("搜索的文字过长：%(n)d 字，最多 %(most)d 字。") % {"n": len(text), "most": MAX_SEARCH},
            hint=_("请只写几个关键的词。"),
            field="q",
        )
    if not search.make_query_tokens(text):
        raise UserError(
            _("“%(text)s”里没有可以搜索的字。") % {"text": text}, hint=_("请写汉字、字母或数字。"), field="q"
        )
    return text


def _read_moment(text: str) -> datetime:
    """Return a moment, without a zone in that of the town; the + of a zone may have become a space in the address."""
    try:
        moment = datetime.fromisoformat(re.sub(r"^(.{16,}) (\d\d:?\d\d)$", r"\1+\2", text))
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=clock.TOWN_TZ)).astimezone(UTC)
    except (ValueError, OverflowError):
        hint = _("时间写成 2026-05-04T09:30:00+08:00 的样子（地址里的加号要编码）。")
        raise make_unreadable_error("updated_after", text, hint) from None


READERS: dict[str, Callable[[str], Any]] = {
    "q": read_phrase,
    "group": _make_choice_reader("group", GROUPS),
    "due": _make_choice_reader("due", DUE),
    "from": _make_date_reader("from"),
    "to": _make_date_reader("to"),
    "todo": _make_choice_reader("todo", TODO),
    "mine": _make_choice_reader("mine", MINE),
    "import": _make_id_reader("import", bool),
    "updated_after": _read_moment,
    "order": _make_choice_reader("order", ORDERS),
}
# Filters that may repeat in an address: several values of one are alternatives, except flags, which must all apply.
MANY_READERS: dict[str, Callable[[str], Any]] = {
    "state": _make_choice_reader("state", State.values),
    "category": _make_id_reader("category", catalogue.category_info),
    "area": _make_id_reader("area", past_area_info),
    "unit": _make_id_reader("unit", unit_info),
    "channel": _make_choice_reader("channel", Channel.values),
    "flag": _make_choice_reader("flag", FLAGS),
    "answer": read_answer_filter,
}
_NAMES = {
    "q": "text",
    "from": "from_date",
    "to": "to_date",
    "import": "import_id",
    "state": "states",
    "category": "categories",
    "area": "areas",
    "unit": "units",
    "channel": "channels",
    "flag": "flags",
    "answer": "answers",
}
_ADDRESS_NAMES = {field: name for name, field in _NAMES.items()}


@dataclass(frozen=True)
class CaseFilters:
    """Filters of a list of cases; empty means all that the actor may see.

    Several values of a filter are alternatives; different filters must all apply.

    Attributes (the name in an address, where it differs, in brackets; * may repeat):
        text [q]: words that all occur in subject, place or detail; a case number matches that case.
        states [state*]: state codes; group: a key of GROUPS.
        categories [category*]: ids of 小类, or of 大类 with all below them; areas [area*]: ids, with all below them.
        units [unit*]: ids of lead units, with all units below them; channels [channel*]: Channel codes.
        due: "overdue" or "soon" (within one working day, see `find_end_of_soon`).
        from_date [from], to_date [to]: local days of reporting, both included.
        flags [flag*]: keys of FLAGS, all of which must apply.
        answers [answer*]: "key:code" of answers; those to one question are alternatives.
        todo: a key of `todo.TODO`: the work that waits for the actor.
        mine: a key of MINE: the cases that the actor made a move on.
        import_id [import]: the import from a file that brought the cases in.
        updated_after: a moment; the cases whose timeline has an entry that was made later.
        order: a key of ORDERS; cases without a value of its column come last.
    """

    text: str = ""
    states: tuple[str, ...] = ()
    group: str = ""
    categories: tuple[int, ...] = ()
    areas: tuple[int, ...] = ()
    units: tuple[int, ...] = ()
    channels: tuple[str, ...] = ()
    due: str = ""
    from_date: date | None = None
    to_date: date | None = None
    flags: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    todo: str = ""
    mine: str = ""
    import_id: int | None = None
    updated_after: datetime | None = None
    order: str = "newest"

    @classmethod
    def read(
        cls, params: QueryDict, *, others: Sequence[str] = ("cursor",)
    ) -> "tuple[CaseFilters, list[UserError]]":
        """Read the filters of an address; what cannot be read is left out and returned as errors.

        An unknown name is an error too, and a filter of one value that has several.

        Args:
            others: names in the address that are no filters.
        """
        values: dict[str, Any] = {}
        faults: list[UserError] = []
        for name in params:
            texts = list_values(params, name)
            if name in MANY_READERS:
                _read_into(values, _NAMES[name], partial(_read_many, name, texts), faults)
            elif name in READERS:
                _read_into(values, _NAMES.get(name, name), partial(_read_single, name, texts), faults)
            elif name not in others:
                faults.append(make_unknown_error(name, [*READERS, *MANY_READERS]))
        values = {name: value for name, value in values.items() if value is not None}
        if values.get("from_date") and values.get("to_date") and values["from_date"] > values["to_date"]:
            faults.append(UserError(_("起始日期晚于截止日期。"), hint=_("两个日期已对调。"), field="from"))
            values["from_date"], values["to_date"] = values["to_date"], values["from_date"]
        return cls(**values), faults

    def pairs(self) -> list[tuple[str, str]]:
        """Return the filters that are set, as the pairs of an address."""
        pairs: list[tuple[str, str]] = []
        for field in fields(self):
            value = getattr(self, field.name)
            if not value or (field.name == "order" and value == "newest"):
                continue
            values = value if isinstance(value, tuple) else (value,)
            pairs.extend((_ADDRESS_NAMES.get(field.name, field.name), str(item)) for item in values)
        return pairs

    def query(self, **changes: Any) -> str:
        """Return the filters, some of them changed, as the query string of an address."""
        return urlencode(replace(self, **changes).pairs())

    def apply(self, cases: CaseQuerySet, actor: Actor) -> CaseQuerySet:
        """Return the cases that match the filters."""
        return cases.filter(self.build_condition(actor))

    def build_condition(self, actor: Actor) -> Q:
        """Return the filters as one condition, for a list or for a count of the cases that the list has."""
        condition = _build_column_filter(self) & _build_state_filter(self)
        if self.text:
            condition &= Q(id__in=search.find_case_ids(self.text))
        if self.answers:
            condition &= build_answer_filter(self.answers)
        if self.todo:
            condition &= build_todo_filter(self.todo, actor)
        if self.due:
            condition &= build_due_filter(self.due, clock.now())
        if self.mine:
            moves = CaseMove.objects.filter(user_id=actor.user_id, user_id__isnull=False)
            condition &= Q(pk__in=moves.values("case_id"))
        if self.import_id is not None:
            condition &= Q(pk__in=CaseSource.objects.filter(import_id=self.import_id).values("case_id"))
        if self.updated_after is not None:
            # The timeline has an index of code and time: with every code named, it serves the time alone.
            later = CaseMove.objects.filter(move__in=[*FLOW.moves, *EVENTS], at__gt=self.updated_after)
            condition &= Q(pk__in=later.values("case_id"))
        return condition


def build_due_filter(due: str, now: datetime) -> Q:
    """Return the filter of a key of DUE. The clock of a suspended case is paused, so it is neither late nor soon."""
    running = ~Q(state=State.SUSPENDED)
    return running & (
        Q(due_at__lt=now) if due == "overdue" else Q(due_at__range=(now, find_end_of_soon(now)))
    )


def find_end_of_soon(now: datetime) -> datetime:
    """Return until when a case is due soon: one working day from now, the one definition of lists and figures.

    It counts from the next moment of office time. A Friday at 15:00 ends on Monday at 15:00, any moment of a weekend on
    Tuesday at the opening, so that Monday's work is not hidden until Monday.
    """
    return get_town_calendar().add(now, SOON).at


def _read_into(values: dict[str, Any], name: str, read: Callable[[], Any], faults: list[UserError]) -> None:
    try:
        values[name] = read()
    except UserError as fault:
        faults.append(fault)


def _read_many(name: str, texts: list[str]) -> tuple[Any, ...]:
    if len(texts) > MAX_VALUES:
        raise UserError(
            _("筛选条件“%(name)s”选得太多，最多 %(most)d 个，已略去。") % {"name": name, "most": MAX_VALUES},
            hint=_("请少选几个，或选它们的上一级。"),
            field=name,
        )
    values = list(map(MANY_READERS[name], texts))
    if name == "area":
        values = [area_id for value in values for area_id in _list_with_successors(value)]
    return tuple(dict.fromkeys(values))


def _list_with_successors(area_id: int) -> list[int]:
    """Return the area; one that a pack retired, which a bookmark may name, with the areas that it became."""
    if area_info(area_id) is not None:
        return [area_id]
    return [area_id, *(area.id for area in list_area_successors(area_id))]


def _read_single(name: str, texts: list[str]) -> Any:
    if len(texts) > 1:
        raise make_repeated_error(name, texts)
    return READERS[name](texts[0]) if texts else None


def _build_column_filter(filters: CaseFilters) -> Q:
    condition = Q()
    if filters.categories:
        wanted = set(filters.categories)
        wanted |= {row.id for row in catalogue.CATEGORIES.get().values() if row.parent_id in wanted}
        condition &= _build_value_filter("category_id", sorted(wanted))
    if filters.areas:
        condition &= reduce(or_, map(_build_area_filter, filters.areas))
    if filters.units:
        units = {below for unit in filters.units for below in list_units_below(unit)}
        condition &= Q(lead_unit_id__in=sorted(units))
    if filters.channels:
        condition &= _build_value_filter("channel", filters.channels)
    if filters.from_date:
        condition &= Q(reported_date__gte=filters.from_date)
    if filters.to_date:
        condition &= Q(reported_date__lte=filters.to_date)
    for flag in filters.flags:
        condition &= FLAGS[flag][1]
    return condition


def _build_value_filter(column: str, values: Sequence[Any]) -> Q:
    # A single value is compared by "=", which lets the database read an index in the order of the list.
    return Q(**{column: values[0]}) if len(values) == 1 else Q(**{f"{column}__in": list(values)})


def _build_area_filter(area_id: int) -> Q:
    area = past_area_info(area_id)
    if area is None:  # removed after the address was read
        return Q(pk__in=[])
    is_leaf = area.kind == AreaKind.GRID
    return Q(area_path=area.path) if is_leaf else Q(area_path__startswith=area.path)


def list_units_below(unit_id: int) -> list[int]:
    """Return the unit and all units below it, from the cache of the process."""
    unit_ids = [unit_id]
    for parent_id in unit_ids:
        unit_ids.extend(row.id for row in UNITS.get().values() if row.parent_id == parent_id)
    return unit_ids


def _build_state_filter(filters: CaseFilters) -> Q:
    wanted = set(filters.states)
    if filters.group:
        group = GROUPS[filters.group][1]
        wanted = (wanted & group or {""}) if wanted else set(group)
    if filters.due and not wanted:
        wanted = set(OPEN | VISITING)  # only these have a deadline that runs
    if not wanted:
        return Q()
    if len(wanted) == 1:
        return Q(state=next(iter(wanted)))
    if State.DONE.value in wanted:
        # Nearly all cases of a town are done. Excluding the few other states lets the database read the newest rows
        # backwards; a list of these states would make it collect and sort nearly all rows.
        return ~Q(state__in=sorted(set(State.values) - wanted))
    return Q(state__in=sorted(wanted))
