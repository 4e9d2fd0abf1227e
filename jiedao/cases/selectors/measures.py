"""What the board counts: one table of measures and one of rates, in words and as filters alike.

A number on the board and the list behind it come from the same line of this table, so they cannot differ.
The definitions are those of the field (处置率, 按期处置率, 结案率, 返工率 and the three rates of 接诉即办); the reasons
for them are in docs/reference/figures-of-the-loop.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiedao.cases.flow import Stage, State
from jiedao.cases.models import Role
from jiedao.kernel.periods import Period
from jiedao.kernel.policies import get_policy

SATISFIED = 4  # of 5: 满意 and 非常满意

# A case that is suspended, voided, merged or refused need be neither handled nor closed.
OWING = sorted(
    s.value for s in State if s not in {State.SUSPENDED, State.VOIDED, State.MERGED, State.REJECTED}
)


class Table(Enum):
    """The table whose rows a measure looks at; what is counted is always cases, each once."""

    CASE = "case"
    ASSIGNMENT = "assignment"  # a unit's turn as the lead
    MOVE = "move"  # CaseMove
    CLOCK = "clock"


@dataclass(frozen=True)
class Window:
    """A period as filters need it.

    `now` decides which deadlines of a running period have passed; with None every deadline has.
    """

    period: Period
    now: datetime | None

    def build_filter(self, column: str) -> Q:
        """Return the filter that a column of times or dates lies in the period."""
        if column.endswith("_date"):
            return Q(**{f"{column}__gte": self.period.first, f"{column}__lte": self.period.last})
        return Q(**{f"{column}__gte": self.period.start_at, f"{column}__lt": self.period.end_at})


def _no_condition() -> Q:
    return Q()


@dataclass(frozen=True)
class Measure:
    """One count of the rows of a table.

    Attributes:
        time: the column that lies in the period; an index finds the rows of a period by it.
        kind: which rows of the table, as equalities that the index may hold too.
        condition: what else must hold.
        until: of a measure of deadlines, the column that is filled once the row is done; until then it counts only
            after its deadline.
        minus: the two measures of which it is the difference.
    """

    code: str
    label: Any
    formula: Any
    table: Table
    time: str
    kind: dict[str, Any] = field(default_factory=dict)
    condition: Callable[[], Q] = _no_condition
    until: str | None = None
    minus: tuple[str, str] | None = None

    def build_period_filter(self, window: Window) -> Q:
        """Return the filter of the rows that may count: their kind and their time, as an index knows them."""
        return Q(**self.kind) & window.build_filter(self.time)

    def build_filter(self, window: Window) -> Q:
        """Return the filter of the rows that count."""
        return self.build_period_filter(window) & self.build_condition(window.now)

    def build_condition(self, now: datetime | None) -> Q:
        """Return what must hold beside kind and period; with None for the present every deadline has passed."""
        if self.until is None or now is None:
            return self.condition()
        return self.condition() & (Q(**{f"{self.time}__lte": now}) | Q(**{f"{self.until}__isnull": False}))

    def build_waiting_filter(self, window: Window) -> Q:
        """Return the filter of the rows that count only once their deadline, still to come, has passed."""
        waiting = Q(**{f"{self.time}__gt": window.now, f"{self.until}__isnull": True})
        return self.build_period_filter(window) & self.condition() & waiting


@dataclass(frozen=True)
class Rate:
    """One rate: a measure over another that contains it, so it never exceeds 1.

    `met` and `failing` name the two parts of the denominator; where a low rate is good, the numerator is what fails.
    """

    code: str
    label: Any
    numerator: str
    denominator: str
    met: Any
    failing: Any
    low_is_good: bool = False


def _is_owing() -> Q:
    return Q(state__in=OWING)


def _is_to_respond() -> Q:
    return Q(case__has_reporter=True) & ~Q(case__state__in=[State.VOIDED.value, State.MERGED.value])


def _is_unsatisfied() -> Q:
    return Q(solved=False) | Q(satisfaction__lte=int(get_policy("unsatisfied_score")))


def _where(**columns: Any) -> Callable[[], Q]:
    return lambda: Q(**columns)


def _owing(condition: Q) -> Callable[[], Q]:
    return lambda: _is_owing() & condition


C, A, M, K = Table.CASE, Table.ASSIGNMENT, Table.MOVE, Table.CLOCK
DUE, DUE_CLOSE = "handle_due_at", "close_due_at"
DONE, CLOSED, STOPPED = "handled_at", "closed_at", "stopped_at"
LEAD, ANSWER = {"role": Role.LEAD.value}, {"stage": Stage.ACCEPT.value}
RETURNED = {"role": Role.LEAD.value, "outcome": "RETURNED"}
TO_CALL = {"move": "CLOSE", "to_state": State.CLOSED.value}

MEASURES: dict[str, Measure] = {
    row.code: row
    for row in (
        Measure("reported", _("上报数"), _("期内上报的案件"), C, "reported_date"),
        Measure("accepted", _("受理数"), _("期内受理的案件"), C, "accepted_at"),
        Measure("rejected", _("不予受理数"), _("期内决定不予受理的案件"), C, "ended_at",
                condition=_where(state=State.REJECTED.value)),
        Measure("verified", _("核实数"), _("期内现场核实属实的案件"), M, "at", {"move": "VERIFY"}),
        Measure("filed", _("立案数"), _("期内立案的案件"), C, "filed_at"),
        Measure("self_handled", _("自行处置数"), _("期内由发现人当场处置的案件"), C, "filed_at",
                condition=_where(self_handled=True)),
        Measure("voided", _("作废数"), _("期内作废的案件"), C, "ended_at",
                condition=_where(state=State.VOIDED.value)),
        Measure("dispatched", _("派遣数"), _("期内交给主办单位的案件（自行处置除外）"), A, "dispatched_at", LEAD,
                _where(case__self_handled=False, succeeds=False)),
        Measure("wrong", _("错派数"), _("派遣数中因不属于本单位被退回的"), A, "dispatched_at", LEAD,
                _where(case__self_handled=False, succeeds=False, wrong=True)),
        Measure("right", _("准确派遣数"), _("派遣数减错派数"), A, "dispatched_at", LEAD,
                minus=("dispatched", "wrong")),
        Measure("returned", _("退回数"), _("期内被主办单位退回的案件"), A, "ended_at", RETURNED),
        Measure("due", _("应处置数"), _("处置时限在期内、且已到期或已处置的案件"), C, DUE, condition=_is_owing,
                until=DONE),
        Measure("handled", _("处置数"), _("应处置中已处置的"), C, DUE,
                condition=_owing(Q(handled_at__isnull=False)), until=DONE),
        Measure("on_time", _("按期处置数"), _("应处置中在时限前处置的"), C, DUE,
                condition=_owing(Q(handled_on_time=True)), until=DONE),
        Measure("overdue", _("超期数"), _("应处置中未在时限前处置的（含仍未处置）"), C, DUE,
                condition=_owing(Q(handled_on_time=False) | Q(handled_on_time__isnull=True)), until=DONE),
        Measure("pending", _("超期待处置数"), _("应处置中到现在仍未处置的"), C, DUE,
                condition=_owing(Q(handled_at__isnull=True)), until=DONE),
        Measure("extended", _("延期数"), _("应处置中批准过延期的"), C, DUE,
                condition=_owing(Q(extensions__gt=0)), until=DONE),
        Measure("rework", _("返工数"), _("处置数中核查不通过、返工过的"), C, DUE,
                condition=_owing(Q(handled_at__isnull=False, reworks__gt=0)), until=DONE),
        Measure("suspended", _("挂账数"), _("期内挂账过的案件"), M, "at", {"move": "SUSPEND"}),
        Measure("checked", _("核查通过数"), _("期内核查通过的案件"), C, "checked_at"),
        Measure("due_close", _("应结案数"), _("全程时限在期内、且已到期或已结案的案件"), C, DUE_CLOSE,
                condition=_is_owing, until=CLOSED),
        Measure("closed", _("结案数"), _("应结案中已结案的"), C, DUE_CLOSE,
                condition=_owing(Q(closed_at__isnull=False)), until=CLOSED),
        Measure("closed_on_time", _("按期结案数"), _("应结案中在全程时限前结案的"), C, DUE_CLOSE,
                condition=_owing(Q(closed_on_time=True)), until=CLOSED),
        Measure("rework_close", _("返工数（应结案口径）"), _("应结案数中返工过的"), C, DUE_CLOSE,
                condition=_owing(Q(reworks__gt=0)), until=CLOSED),
        Measure("handled_in", _("期内处置完成数"), _("经派遣、在期内处置的案件，不论时限在何时"), C, "handled_at",
                condition=_where(dispatched_at__isnull=False)),
        Measure("closed_in", _("期内结案数"), _("在期内结案的案件，不论时限在何时"), C, "closed_at"),
        Measure("to_respond", _("应响应数"), _("有反映人、受理时限在期内、且已到期或已受理的案件"), K, "due_at",
                ANSWER, _is_to_respond, until=STOPPED),
        Measure("responded", _("按时响应数"), _("应响应中在受理时限前答复受理与否的"), K, "due_at", ANSWER,
                lambda: _is_to_respond() & Q(stopped_at__lte=F("due_at")), until=STOPPED),
        Measure("to_visit", _("应回访数"), _("期内结案、须回访的案件"), M, "at", TO_CALL),
        Measure("visited", _("已回访数"), _("应回访中联系上反映人的"), M, "at", TO_CALL,
                _where(case__visited_at__gte=F("at"))),
        Measure("reached", _("回访数"), _("期内回访并联系上反映人的案件"), C, "visited_at"),
        # Before "solved", whose name the counting gives to a sum while this condition needs the column.
        Measure("unsatisfied", _("不满意数"), _("联系上的反映人中认为没有解决、或评分不满意的"), C, "visited_at",
                condition=_is_unsatisfied),
        Measure("solved", _("解决数"), _("联系上的反映人中认为已解决的"), C, "visited_at",
                condition=_where(solved=True)),
        Measure("satisfied", _("满意数"), _("联系上的反映人中评 4 分或 5 分的"), C, "visited_at",
                condition=_where(satisfaction__gte=SATISFIED)),
        Measure("redone", _("不满意重办数"), _("期内回访不满意、当即重新办理的案件"), M, "at", {"move": "VISIT"},
                _where(to_state__in=[State.DISPATCHED.value, State.FILED.value])),
        Measure("kept", _("不再办理数"), _("期内反映人不满意、经另一人确认不再办理的案件"), M, "at",
                {"move": "CONFIRM_KEEP"}),
        Measure("keep_refused", _("不再办理被退回数"), _("期内提出不再办理、被退回重新办理的案件"), M, "at",
                {"move": "REFUSE_KEEP"}),
        Measure("unreached", _("联系不上数"), _("期内因联系不上反映人而结束回访的案件"), M, "at",
                {"move": "END_VISIT"}),
    )
}  # fmt: skip

RATES: dict[str, Rate] = {
    row.code: row
    for row in (
        Rate("handling_rate", _("处置率"), "handled", "due", _("已处置"), _("未处置")),
        Rate("on_time_rate", _("按期处置率"), "on_time", "due", _("按期"), _("未按期")),
        Rate("pending_rate", _("超期待处置率"), "pending", "due", _("已处置"), _("超期待处置"), low_is_good=True),
        Rate("extension_rate", _("延期率"), "extended", "due", _("未延期"), _("延过期"), low_is_good=True),
        Rate("closing_rate", _("结案率"), "closed", "due_close", _("已结案"), _("未结案")),
        Rate("closing_on_time_rate", _("按期结案率"), "closed_on_time", "due_close", _("按期"), _("未按期")),
        Rate("dispatch_accuracy", _("准确派遣率"), "right", "dispatched", _("派遣准确"), _("错派")),
        Rate("rework_rate", _("返工率（对处置数）"), "rework", "handled", _("未返工"), _("返过工"), low_is_good=True),
        Rate("rework_rate_closing", _("返工率（对应结案数）"), "rework_close", "due_close", _("未返工"), _("返过工"),
             low_is_good=True),
        Rate("response_rate", _("响应率"), "responded", "to_respond", _("按时响应"), _("未按时响应")),
        Rate("visit_rate", _("回访率"), "visited", "to_visit", _("已回访"), _("未回访到")),
        Rate("solved_rate", _("解决率"), "solved", "reached", _("已解决"), _("未解决")),
        Rate("satisfaction_rate", _("满意率"), "satisfied", "reached", _("满意"), _("未评满意")),
    )
}  # fmt: skip


# (least share, label, tone), best first.
GRADES: list[tuple[float, Any, str]] = [
    (0.95, _("优"), "good"),
    (0.85, _("良"), "info"),
    (0.7, _("中"), "warn"),
    (0.0, _("差"), "bad"),
]


def find_grade(rate: Rate, share: float | None) -> tuple[str, str]:
    """Return the grade in words and its tone; ("", "neutral") where the rate is unknown."""
    if share is None:
        return "", "neutral"
    good = 1 - share if rate.low_is_good else share
    for least, label, tone in GRADES:
        if good >= least:
            return str(label), str(tone)
    return "", "neutral"


def compute_rates(counts: dict[str, int]) -> dict[str, float | None]:
    """Return every rate of the counts, 0 to 1 at four decimals; None where the denominator is 0."""
    return {
        rate.code: round(counts[rate.numerator] / counts[rate.denominator], 4)
        if counts[rate.denominator]
        else None
        for rate in RATES.values()
    }
