"""The board counted slowly and obviously, in plain Python, from docs/reference/figures-of-the-loop.md.

Nothing here reads `selectors.measures`: a definition that is wrong there is found by comparing.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from jiedao.cases.models import Assignment, Case, CaseMove, Category, Clock
from jiedao.orgs.models import Unit
from jiedao.places.models import Area

Row = dict[str, Any]
SHANGHAI = ZoneInfo("Asia/Shanghai")
OWES_NOTHING = {"SUSPENDED", "VOIDED", "MERGED", "REJECTED"}


class SlowBoard:
    """Every case with what hangs on it, read once; `ids` gives the cases of a measure."""

    def __init__(self, now: datetime, visible: Iterable[int] | None = None) -> None:
        seen = set(visible) if visible is not None else None
        self.now = now
        rows: list[Any] = list(Case.objects.values())
        self.cases: dict[int, Row] = {row["id"]: row for row in rows if seen is None or row["id"] in seen}
        self.parts = self._of(Assignment)
        self.moves = self._of(CaseMove)
        self.clocks = self._of(Clock)
        self.units = {row.pk: row.code for row in Unit.objects.all()}
        self.communities = {row.path: row.code for row in Area.objects.filter(kind="COMMUNITY")}
        self.categories = {row.pk: row for row in Category.objects.all()}

    def _of(self, model: Any) -> list[Row]:
        rows = [row for row in model.objects.values() if row["case_id"] in self.cases]
        return [{**row, "case": self.cases[row["case_id"]]} for row in rows]

    # -- splits ----------------------------------------------------------------------------------------------

    def key(self, by: str, case: Row, part: Row | None = None) -> str:
        """Return the key of the line that a case (or a unit's part in it) belongs to."""
        if by == "unit":
            return self.units.get((part or case)["unit_id" if part else "lead_unit_id"], "-")
        if by == "area":
            inside = [code for path, code in self.communities.items() if case["area_path"].startswith(path)]
            return inside[0] if inside else "-"
        if by == "category":
            found = self.categories.get(case["category_id"])
            if found is None:
                return "-"
            major = self.categories[found.parent_id] if found.parent_id else found
            return f"{major.kind}:{major.code}"
        return str(case["channel"])

    # -- measures --------------------------------------------------------------------------------------------

    def ids(self, measure: str, first: date, last: date, by: str = "", key: str = "") -> set[int]:
        """Return the ids of the cases that a measure counts from the first to the last local day."""

        def inside(moment: datetime | None) -> bool:
            return moment is not None and first <= moment.astimezone(SHANGHAI).date() <= last

        if measure == "right":
            return self.ids("dispatched", first, last, by, key) - self.ids("wrong", first, last, by, key)
        for rows, rules in (
            (self.cases.values(), self._case_rules(inside)),
            (self.parts, self._part_rules(inside)),
            (self.moves, self._move_rules(inside)),
            (self.clocks, self._clock_rules(inside)),
        ):
            if measure in rules:
                return self._chosen(rows, rules[measure], by, key, of_part=rows is self.parts)
        raise KeyError(measure)

    def _chosen(
        self, rows: Any, rule: Callable[[Row], bool], by: str, key: str, *, of_part: bool
    ) -> set[int]:
        found = set()
        for row in rows:
            case = row.get("case", row)
            if rule(row) and (not by or self.key(by, case, row if of_part else None) == key):
                found.add(case["id"])
        return found

    def _case_rules(self, inside: Callable[[Any], bool]) -> dict[str, Callable[[Row], bool]]:
        def due(c: Row) -> bool:
            reached = c["handled_at"] is not None or (c["handle_due_at"] or self.now) <= self.now
            return inside(c["handle_due_at"]) and c["state"] not in OWES_NOTHING and reached

        def due_close(c: Row) -> bool:
            reached = c["closed_at"] is not None or (c["close_due_at"] or self.now) <= self.now
            return inside(c["close_due_at"]) and c["state"] not in OWES_NOTHING and reached

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
            "reached": reached,
            "solved": lambda c: reached(c) and c["solved"] is True,
            "satisfied": lambda c: reached(c) and c["satisfaction"] in {4, 5},
        }

    @staticmethod
    def _part_rules(inside: Callable[[Any], bool]) -> dict[str, Callable[[Row], bool]]:
        def given(part: Row) -> bool:
            lead = part["role"] == "LEAD" and not part["case"]["self_handled"]
            return lead and inside(part["dispatched_at"])

        return {
            "dispatched": given,
            "wrong": lambda part: given(part) and part["wrong"],
            "returned": lambda part: (
                part["role"] == "LEAD" and part["outcome"] == "RETURNED" and inside(part["ended_at"])
            ),
        }

    @staticmethod
    def _move_rules(inside: Callable[[Any], bool]) -> dict[str, Callable[[Row], bool]]:
        def entered(move: Row) -> bool:
            return move["move"] == "CLOSE" and move["to_state"] == "CLOSED" and inside(move["at"])

        return {
            "verified": lambda move: move["move"] == "VERIFY" and inside(move["at"]),
            "suspended": lambda move: move["move"] == "SUSPEND" and inside(move["at"]),
            "to_visit": entered,
            "visited": lambda move: (
                entered(move)
                and move["case"]["visited_at"] is not None
                and move["case"]["visited_at"] >= move["at"]
            ),
        }

    def _clock_rules(self, inside: Callable[[Any], bool]) -> dict[str, Callable[[Row], bool]]:
        def to_respond(row: Row) -> bool:
            case = row["case"]
            asked = case["has_reporter"] and case["state"] not in {"VOIDED", "MERGED"}
            reached = row["stopped_at"] is not None or row["due_at"] <= self.now
            return row["stage"] == "ACCEPT" and asked and inside(row["due_at"]) and reached

        return {
            "to_respond": to_respond,
            "responded": lambda row: (
                to_respond(row) and row["stopped_at"] is not None and row["stopped_at"] <= row["due_at"]
            ),
        }
