"""The board counted slowly and obviously, in plain Python, from docs/reference/figures-of-the-loop.md.

Nothing here reads `selectors.measures`, so that comparing the two finds a definition that is wrong there.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from jiedao.cases.models import Assignment, Case, CaseMove, Category, Clock
from jiedao.orgs.models import Unit
from jiedao.places.models import Area

Row = dict[str, Any]
Where = Sequence[tuple[str, str]]
SHANGHAI = ZoneInfo("Asia/Shanghai")
OWES_NOTHING = {"SUSPENDED", "VOIDED", "MERGED", "REJECTED"}


class SlowBoard:
    """All cases with their assignments, moves and clocks, read once; `find_ids` returns the cases of a measure."""

    def __init__(self, now: datetime, visible: Iterable[int] | None = None) -> None:
        allowed = set(visible) if visible is not None else None
        self.now = now
        rows: list[Any] = list(Case.objects.values())
        self.cases: dict[int, Row] = {
            row["id"]: row for row in rows if allowed is None or row["id"] in allowed
        }
        self.assignments = self._read(Assignment)
        self.moves = self._read(CaseMove)
        self.clocks = self._read(Clock)
        self.units = {row.pk: row.code for row in Unit.objects.all()}
        self.communities = {row.path: row.code for row in Area.objects.filter(kind="COMMUNITY")}
        self.categories = {row.pk: row for row in Category.objects.all()}

    def _read(self, model: Any) -> list[Row]:
        rows = [row for row in model.objects.values() if row["case_id"] in self.cases]
        return [{**row, "case": self.cases[row["case_id"]]} for row in rows]

    # -- splits ----------------------------------------------------------------------------------------------

    def find_key(self, by: str, case: Row, assignment: Row | None = None) -> str:
        """Return the key of the line that a case (or one of its assignments) belongs to."""
        if by == "unit":
            return self.units.get((assignment or case)["unit_id" if assignment else "lead_unit_id"], "-")
        if by == "area":
            inside = [code for path, code in self.communities.items() if case["area_path"].startswith(path)]
            return inside[0] if inside else "-"
        if by == "category":
            category = self.categories.get(case["category_id"])
            if category is None:
                return "-"
            major = self.categories[category.parent_id] if category.parent_id else category
            return f"{major.kind}:{major.code}"
        return str(case["channel"])

    # -- measures --------------------------------------------------------------------------------------------

    def find_ids(self, measure: str, first: date, last: date, where: Where = ()) -> set[int]:
        """Return the ids of the cases that a measure counts from the first to the last local day.

        Args:
            where: pairs of a split and a key, all of which must hold.
        """

        def inside(moment: datetime | None) -> bool:
            return moment is not None and first <= moment.astimezone(SHANGHAI).date() <= last

        if measure == "right":
            return self.find_ids("dispatched", first, last, where) - self.find_ids(
                "wrong", first, last, where
            )
        for rows, rules in (
            (self.cases.values(), self._list_case_rules(inside)),
            (self.assignments, self._list_assignment_rules(inside)),
            (self.moves, self._list_move_rules(inside)),
            (self.clocks, self._list_clock_rules(inside)),
        ):
            if measure in rules:
                return self._select(rows, rules[measure], where, of_unit=rows is self.assignments)
        raise KeyError(measure)

    def _select(self, rows: Any, rule: Callable[[Row], bool], where: Where, *, of_unit: bool) -> set[int]:
        selected = set()
        for row in rows:
            case = row.get("case", row)
            keys = ((self.find_key(by, case, row if of_unit else None), key) for by, key in where)
            if rule(row) and all(own == key for own, key in keys):
                selected.add(case["id"])
        return selected

    def _list_case_rules(self, inside: Callable[[Any], bool]) -> dict[str, Callable[[Row], bool]]:
        def due(c: Row) -> bool:
            is_reached = c["handled_at"] is not None or (c["handle_due_at"] or self.now) <= self.now
            return inside(c["handle_due_at"]) and c["state"] not in OWES_NOTHING and is_reached

        def due_close(c: Row) -> bool:
            is_reached = c["closed_at"] is not None or (c["close_due_at"] or self.now) <= self.now
            return inside(c["close_due_at"]) and c["state"] not in OWES_NOTHING and is_reached

        def reached(c: Row) -> bool:
            return inside(c["visited_at"])

        return {
            "reported": lambda c: inside(c["reported_at"]),
            "accepted": lambda c: inside(c["accepted_at"]),
            "rejected": lambda c: c["state"] == "REJECTED" and inside(c["ended_at"]),
            "filed": lambda c: inside(c["filed_at"]),
            "self_handled": lambda c: c["self_handled"] and inside(c["filed_at"]),
            "voided": lambda c: c["state"] == "VOIDED" and inside(c["ended_at"]),
            "due": due,
            "handled": lambda c: due(c) and c["handled_at"] is not None,
            "on_time": lambda c: due(c) and c["handled_on_time"] is True,
            "overdue": lambda c: due(c) and c["handled_on_time"] is not True,
            "pending": lambda c: due(c) and c["handled_at"] is None,
            "extended": lambda c: due(c) and c["extensions"] > 0,
            "rework": lambda c: due(c) and c["handled_at"] is not None and c["reworks"] > 0,
            "checked": lambda c: inside(c["checked_at"]),
            "due_close": due_close,
            "closed": lambda c: due_close(c) and c["closed_at"] is not None,
            "closed_on_time": lambda c: due_close(c) and c["closed_on_time"] is True,
            "rework_close": lambda c: due_close(c) and c["reworks"] > 0,
            "handled_in": lambda c: inside(c["handled_at"]) and c["dispatched_at"] is not None,
            "closed_in": lambda c: inside(c["closed_at"]),
            "reached": reached,
            "solved": lambda c: reached(c) and c["solved"] is True,
            "satisfied": lambda c: reached(c) and c["satisfaction"] in {4, 5},
            "unsatisfied": lambda c: reached(c) and (c["solved"] is False or c["satisfaction"] in {1, 2}),
        }

    @staticmethod
    def _list_assignment_rules(inside: Callable[[Any], bool]) -> dict[str, Callable[[Row], bool]]:
        def is_dispatched(turn: Row) -> bool:
            is_lead = turn["role"] == "LEAD" and not turn["case"]["self_handled"]
            return is_lead and inside(turn["dispatched_at"])

        return {
            "dispatched": is_dispatched,
            "wrong": lambda turn: is_dispatched(turn) and turn["wrong"],
            "returned": lambda turn: (
                turn["role"] == "LEAD" and turn["outcome"] == "RETURNED" and inside(turn["ended_at"])
            ),
        }

    @staticmethod
    def _list_move_rules(inside: Callable[[Any], bool]) -> dict[str, Callable[[Row], bool]]:
        def is_closing(move: Row) -> bool:
            return move["move"] == "CLOSE" and move["to_state"] == "CLOSED" and inside(move["at"])

        return {
            "verified": lambda move: move["move"] == "VERIFY" and inside(move["at"]),
            "suspended": lambda move: move["move"] == "SUSPEND" and inside(move["at"]),
            "redone": lambda move: (
                move["move"] == "VISIT" and move["to_state"] in {"DISPATCHED", "FILED"} and inside(move["at"])
            ),
            "kept": lambda move: move["move"] == "CONFIRM_KEEP" and inside(move["at"]),
            "keep_refused": lambda move: move["move"] == "REFUSE_KEEP" and inside(move["at"]),
            "unreached": lambda move: move["move"] == "END_VISIT" and inside(move["at"]),
            "to_visit": is_closing,
            "visited": lambda move: (
                is_closing(move)
                and move["case"]["visited_at"] is not None
                and move["case"]["visited_at"] >= move["at"]
            ),
        }

    def _list_clock_rules(self, inside: Callable[[Any], bool]) -> dict[str, Callable[[Row], bool]]:
        def to_respond(row: Row) -> bool:
            case = row["case"]
            is_real = case["has_reporter"] and case["state"] not in {"VOIDED", "MERGED"}
            is_reached = row["stopped_at"] is not None or row["due_at"] <= self.now
            return row["stage"] == "ACCEPT" and is_real and inside(row["due_at"]) and is_reached

        return {
            "to_respond": to_respond,
            "responded": lambda row: (
                to_respond(row) and row["stopped_at"] is not None and row["stopped_at"] <= row["due_at"]
            ),
        }
