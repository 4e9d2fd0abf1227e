"""A plan in words, for the command line and the page: what changes, what is refused, what it means for running work."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from jiedao.cases.flow import Stage
from jiedao.kernel.packs.comparing import Changes, Item, shorten
from jiedao.kernel.packs.parts import list_sections
from jiedao.kernel.packs.plan import Plan
from jiedao.kernel.packs.section import Section, TableSection
from jiedao.kernel.phrasing import list_names, name_subject
from jiedao.kernel.policies import list_policies
from jiedao.kernel.worktime import LIMIT_TEXT, Limit
from jiedao.packs.words import COLUMNS, FOLLOWERS, KINDS, PARTS, PROPERTIES
from jiedao.pages.right_names import get_right_name

NOTHING = "—"
LONG_TEXT = 160  # characters of a value in a line; the JSON document has all


@dataclass(frozen=True)
class Line:
    """One value that changes: for a list what is added and removed, else the value before and after."""

    label: str
    before: str = ""
    after: str = ""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not (self.added or self.removed):
            return name_subject(self.label, f"{self.before} -> {self.after}")
        parts = [f"+ {text}" for text in self.added] + [f"- {text}" for text in self.removed]
        return name_subject(self.label, list_names(parts))


class PlanWords:
    """The words of one plan. Linked rows are called by their names in the pack, else in the database."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    @cached_property
    def _sections(self) -> dict[str, Section]:
        return {section.kind: section for section in list_sections()}

    @cached_property
    def _policies(self) -> dict[str, str]:
        return {spec.key: str(spec.label) for spec in list_policies() if spec.label}

    # -- rows ----------------------------------------------------------------------------------------------------------

    def name_row(self, kind: str, key: str) -> str:
        """Return the name of a row, or its key where the plan has no such row or it has no name."""
        comparison = self.plan.comparisons.get(kind)
        if comparison is None or not key:
            return key
        values = comparison.wanted.get(key) or comparison.current.get(key) or {}
        return next((str(values[name]) for name in ("name", "title", "text") if values.get(name)), key)

    def name_item(self, item: Item) -> str:
        """Return what a person calls the row of an item."""
        if item.kind == "policy":
            return _("全街道的时限") if item.key == "limits" else self._policies.get(item.key, item.key)
        section = self._sections[item.kind]
        if item.kind == "post":
            return self._name_post(item)
        if not isinstance(section, TableSection) or "name" in section.columns or "title" in section.columns:
            return item.name
        comparison = self.plan.comparisons[item.kind]
        values = comparison.wanted.get(item.key) or comparison.current.get(item.key) or {}
        names = [
            self.name_row(kind, values[link])
            for link, kind in section.links.items()
            if values.get(link) and link not in ("lead_unit", "unit")
        ]
        return " · ".join(names) or item.name

    def _name_post(self, item: Item) -> str:
        comparison = self.plan.comparisons["post"]
        values = comparison.wanted.get(item.key) or comparison.current[item.key]
        return " · ".join(filter(None, (self.name_row("unit", values["unit"]), item.name)))

    def list_lines(self, item: Item) -> list[Line]:
        """Return the changed values of an item; a part of a definition that is new or dropped is one line."""
        lines: list[Line] = []
        parts = _group_parts(item.fields)
        for name, (before, after) in item.fields.items():
            part = " ".join(name.split(" ")[:2])
            pairs = parts.get(part, {})
            if len(pairs) > 1 and (_is_empty(pairs, 0) or _is_empty(pairs, 1)):
                if name == next(iter(pairs)):
                    lines.append(self._describe_part(item, part, pairs))
            else:
                lines += self._list_column(item, name, before, after)
        return lines

    def _describe_part(self, item: Item, part: str, pairs: Changes) -> Line:
        """Return the line of a complete field, grade, rule or checklist."""
        side = 1 if _is_empty(pairs, 0) else 0
        values = {name.split(" ")[-1]: pair[side] for name, pair in pairs.items()}
        text = _show_plain(
            next((values[name] for name in ("name", "because", "when") if values.get(name)), "")
        )
        label = self.label_column(self._sections[item.kind], part)
        return Line(label, added=(text,)) if side else Line(label, removed=(text,))

    # -- columns -------------------------------------------------------------------------------------------------------

    def _list_column(self, item: Item, name: str, before: Any, after: Any) -> Iterable[Line]:
        section = self._sections[item.kind]
        label = self.label_column(section, name)
        if name == "limits" or (item.kind == "policy" and item.key == "limits"):
            return self._list_limits(before, after)
        if isinstance(before, dict) and isinstance(after, dict):
            return self._list_table(label, before, after)
        if isinstance(before, list) or isinstance(after, list):
            return [self._compare_lists(section, name, label, before or [], after or [])]
        return [Line(label, self._show(section, name, before), self._show(section, name, after))]

    def label_column(self, section: Section, name: str) -> str:
        """Return the name of a column, or of a part of a definition such as "fields storeys unit"."""
        if isinstance(section, TableSection) and " " not in name:
            try:
                words = str(section.model._meta.get_field(name).verbose_name)
            except FieldDoesNotExist:
                words = ""
            if words and words != name.replace("_", " "):
                return words
        first, *rest = name.split(" ")
        if not rest:
            return str(COLUMNS.get(name) or PARTS.get(name) or PROPERTIES.get(name, name))
        *middle, last = rest
        if not middle and first in PARTS and last not in PROPERTIES:
            return f"{PARTS[first]} {last}"  # a complete field, such as "fields storeys"
        return " ".join(
            [str(PARTS.get(first, first)), *middle, str(PROPERTIES.get(last) or COLUMNS.get(last, last))]
        )

    def _list_limits(self, before: Any, after: Any) -> Iterable[Line]:
        old, new = before or {}, after or {}
        for code, stage in Stage.choices:
            if old.get(code) != new.get(code):
                label = _("%(stage)s时限") % {"stage": stage}
                yield Line(capfirst(label), _show_limit(old.get(code)), _show_limit(new.get(code)))

    def _list_table(self, label: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Line]:
        for key in [*after, *(key for key in before if key not in after)]:
            if before.get(key) != after.get(key):
                yield Line(f"{label} {key}", _show_plain(before.get(key)), _show_plain(after.get(key)))

    def _compare_lists(self, section: Section, name: str, label: str, before: Any, after: Any) -> Line:
        if not isinstance(before, list) or not isinstance(after, list):
            return Line(label, _show_plain(before), _show_plain(after))
        added = tuple(self._show(section, name, value) for value in after if value not in before)
        removed = tuple(self._show(section, name, value) for value in before if value not in after)
        if not added and not removed:  # only the order differs
            old, new = ([self._show(section, name, value) for value in values] for values in (before, after))
            return Line(label, _cut(_("、").join(old)), _cut(_("、").join(new)))
        return Line(label, added=added, removed=removed)

    def _show(self, section: Section, name: str, value: Any) -> str:
        """Return a value as a person reads it: links and codes by their names, limits and truth in words."""
        if value is None or value == "":
            return NOTHING
        if name == "permissions":
            return get_right_name(str(value))
        if isinstance(section, TableSection) and isinstance(value, str):
            kind = section.links.get(name) or section.many.get(name)
            if kind:
                row_name = self.name_row(kind, value)
                return (
                    value
                    if row_name == value
                    else _("%(name)s（%(key)s）") % {"name": row_name, "key": value}
                )
            choices = _find_choices(section, name)
            if value in choices:
                return str(choices[value])
        return _show_plain(value)


def _group_parts(fields: Changes) -> dict[str, Changes]:
    """Return the changes of a definition by its fields, grades, rules and checklists, such as "fields storeys"."""
    parts: dict[str, Changes] = {}
    for name, pair in fields.items():
        words = name.split(" ")
        if len(words) > 2:
            parts.setdefault(" ".join(words[:2]), {})[name] = pair
    return parts


def _is_empty(pairs: Changes, side: int) -> bool:
    return all(pair[side] is None for pair in pairs.values())


def _find_choices(section: TableSection, name: str) -> dict[Any, Any]:
    try:
        choices = getattr(section.model._meta.get_field(name), "choices", None)
    except FieldDoesNotExist:
        return {}
    return dict(choices or ())


def _show_limit(text: Any) -> str:
    return Limit.parse(text).label if text else NOTHING


def _show_plain(value: Any) -> str:
    value = shorten(value)
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, str) and LIMIT_TEXT.fullmatch(value):
        return Limit.parse(value).label
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return _cut(_("、").join(_show_plain(part) for part in value)) or NOTHING
    return _cut(str(value))


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONG_TEXT else f"{text[:LONG_TEXT]}…"


def merge_alike(words: PlanWords, items: Iterable[Item]) -> list[tuple[Item, list[Item]]]:
    """Return items, each with the further ones of its kind that change in the same way, such as posts of one role."""
    merged: dict[Any, tuple[Item, list[Item]]] = {}
    for item in items:
        lines = words.list_lines(item)
        same = (tuple(lines), item.note, item.effects) if lines and not item.blocked else item.key
        if (key := (item.kind, item.action, same)) in merged:
            merged[key][1].append(item)
        else:
            merged[key] = (item, [])
    return list(merged.values())


def name_kind(kind: str) -> str:
    """Return the name of a kind of row."""
    return str(KINDS.get(kind, kind))


# -- the complete plan as a document, for the page ---------------------------------------------------------------------


def describe_plan(plan: Plan) -> dict[str, Any]:
    """Return a plan in words of the active language as JSON values, refused rows first within each group."""
    words = PlanWords(plan)
    return {
        **plan.counts,
        "items": [_describe_item(words, item, others) for item, others in merge_alike(words, plan.items)],
        "own": [
            {
                "kind": name_kind(line.kind),
                "name": line.name or line.key,
                "field": line.field,
                "value": _show_plain(line.value),
                "pack_value": _show_plain(line.pack_value),
                "pack_now": _show_plain(line.pack_now),
                "state": line.state,
                "set_by": line.set_by,
                "reason": line.reason,
            }
            for line in plan.own
        ],
        "following": [
            {
                "what": str(FOLLOWERS.get(line.what, line.what)),
                "kind": name_kind(line.kind),
                "old": _("%(name)s（%(key)s）") % {"name": line.old_name, "key": line.old_key},
                "moved": [
                    {
                        "name": words.name_row(line.kind, key),
                        "key": key,
                        "count": count,
                        "moves_along": key == line.old_key,
                    }
                    for key, count in line.moved.items()
                ],
                "undecided": line.undecided,
            }
            for line in plan.follow_lines
        ],
    }


def _describe_item(words: PlanWords, item: Item, others: list[Item]) -> dict[str, Any]:
    return {
        "action": item.action,
        "kind": item.kind,
        "key": item.key,
        "name": words.name_item(item),
        "alike": [{"key": other.key, "name": words.name_item(other)} for other in others],
        "lines": [
            {
                "label": line.label,
                "before": line.before,
                "after": line.after,
                "added": list(line.added),
                "removed": list(line.removed),
            }
            for line in words.list_lines(item)
        ],
        "blocked": item.blocked,
        "needed_by": [
            {"what": rows.what, "count": rows.count, "names": list(rows.names), "query": rows.query}
            for rows in item.needed_by
        ],
        "note": item.note,
        "effects": list(item.effects),
    }
