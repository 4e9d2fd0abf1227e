"""Plans of packs as the page shows them: groups with counts, refusals first, a search; and the task of an apply."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from jiedao.orgs.actor import Actor
from jiedao.packs import drafts
from jiedao.packs.describing import name_kind
from jiedao.tasks.kinds import TaskResult, TaskRun

SHOWN_ROWS = 60  # of one group; a search finds the others
SIGNS = {"create": "+", "change": "~", "retire": "−"}
VIEW_CASES = "cases.case:view"


@dataclass
class Group:
    """The rows of one kind with one action."""

    kind: str
    action: str
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def label(self) -> str:
        """The heading, such as "更改 3 类别"."""
        words = {"create": _("新增"), "change": _("更改"), "retire": _("停用")}
        return f"{words[self.action]} · {name_kind(self.kind)}"

    @property
    def sign(self) -> str:
        """The sign before its rows."""
        return SIGNS[self.action]

    @property
    def count(self) -> int:
        """How many rows of the plan it has, those that change in the same way included."""
        return _count_rows(self.rows)

    @property
    def blocked(self) -> int:
        """How many rows are refused."""
        return sum(bool(row["blocked"]) for row in self.rows)

    @property
    def noticed(self) -> int:
        """How many rows have consequences to know."""
        return _count_rows([row for row in self.rows if row["note"] or row["effects"]])

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The rows that the page lists: those with a refusal or a notice first."""
        rows = sorted(self.rows, key=lambda row: (not row["blocked"], not (row["note"] or row["effects"])))
        return rows[:SHOWN_ROWS]

    @property
    def more(self) -> int:
        """How many rows the page does not list."""
        shown = {id(row) for row in self.shown}
        return _count_rows([row for row in self.rows if id(row) not in shown])

    @property
    def is_open(self) -> bool:
        """Whether the group is unfolded: where a row is refused, and changes that fit on a screen."""
        return bool(self.blocked or self.noticed) or (self.action != "create" and len(self.rows) <= 12)


def _count_rows(rows: list[dict[str, Any]]) -> int:
    return sum(1 + len(row["alike"]) for row in rows)


def group_items(actor: Actor, plan: dict[str, Any], text: str) -> list[Group]:
    """Return the groups of a plan whose rows contain a text, those with refusals first."""
    groups: dict[tuple[str, str], Group] = {}
    for item in plan["items"]:
        if not text or contains(item, text):
            key = (item["kind"], item["action"])
            group = groups.setdefault(key, Group(*key))
            group.rows.append(
                {**item, "needed": [_describe_needed(actor, rows) for rows in item["needed_by"]]}
            )
    return sorted(groups.values(), key=lambda group: (not group.blocked, not group.noticed))


def contains(item: dict[str, Any], text: str) -> bool:
    """Return whether key, name or a changed value contains the text, whatever its case."""
    parts = [item["key"], item["name"], name_kind(item["kind"])]
    parts += [other[name] for other in item["alike"] for name in ("key", "name")]
    for line in item["lines"]:
        parts += [line["label"], line["before"], line["after"], *line["added"], *line["removed"]]
    return any(text.casefold() in part.casefold() for part in parts)


def _describe_needed(actor: Actor, rows: dict[str, Any]) -> dict[str, Any]:
    """Return the rows behind a refusal with the address of their list, for users who may open it."""
    may_open = rows["what"] == "cases.case" and actor.can(VIEW_CASES)
    return {
        "names": [(name, reverse("desk:case", args=[name]) if may_open else "") for name in rows["names"]],
        "more": rows["count"] - len(rows["names"]),
        "count": rows["count"],
        "is_hidden": rows["what"] == "cases.case" and not may_open,
        "url": f"{reverse('desk:cases')}?{rows['query']}" if may_open and rows["query"] else "",
    }


def describe_faults(faults: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return faults by file."""
    files: dict[str, list[dict[str, Any]]] = {}
    for fault in faults:
        files.setdefault(fault["file"], []).append(fault)
    return [{"name": name, "faults": rows} for name, rows in files.items()]


def run_apply(run: TaskRun) -> TaskResult:
    """Apply a pack in the background."""
    applied = drafts.run_apply(run)
    counts = {name: applied.counts.get(name, 0) for name in ("create", "change", "retire")}
    return TaskResult(
        summary=_("新增 %(create)d，更改 %(change)d，停用 %(retire)d。") % counts,
        url=reverse("desk:admin_pack", args=[applied.pk]),
    )
