"""Cases in the shape in which they came: the sheet that is returned to the office which sent them.

The sheet comes in again through the same import without changing anything: its numbers are known, and only cases that
have ended here have an end in it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Mapping_
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.flow import ENDED, State
from jiedao.cases.models import Case, CaseSource
from jiedao.cases.selectors.exporting import ExportRow, read_export_rows
from jiedao.cases.sources import read_sources
from jiedao.exchange.channels import name_channel
from jiedao.exchange.mapping import Mapping
from jiedao.kernel import clock
from jiedao.kernel.workbook import Cell, write_table
from jiedao.orgs.actor import Actor

CHUNK = 500
# The headers of a 12345 sheet by field, with the width of the column; each is one of `header.ALIASES`.
SHAPE: dict[str, tuple[str, int]] = {
    "number": ("工单号", 20),
    "subject": ("诉求标题", 36),
    "detail": ("诉求内容", 60),
    "reported_at": ("诉求时间", 17),
    "event_at": ("事发时间", 17),
    "place": ("事发地点", 28),
    "demand": ("诉求类型", 10),
    "category": ("事项分类", 18),
    "channel": ("诉求来源", 12),
    "due_at": ("办理时限", 17),
    "wants_reply": ("是否回复", 9),
    "wants_visit": ("是否回访", 9),
    "status": ("办理状态", 10),
    "reply": ("答复内容", 60),
    "replied_at": ("答复时间", 17),
    "closed_at": ("办结时间", 17),
}


def count_sources(ids: Sequence[int]) -> Counter[str]:
    """Return how many of the cases came from which source; cases without a number of another system are left out."""
    counts: Counter[str] = Counter()
    for start in range(0, len(ids), CHUNK):
        rows = Case.objects.filter(pk__in=ids[start : start + CHUNK], source_key__isnull=False)
        counts.update((key or "").partition(":")[0] for key in rows.values_list("source_key", flat=True))
    return counts


def select_source(ids: Sequence[int], source: str) -> list[int]:
    """Return the ids of the cases from a source, in their order."""
    matches: set[int] = set()
    for start in range(0, len(ids), CHUNK):
        rows = Case.objects.filter(pk__in=ids[start : start + CHUNK], source_key__startswith=f"{source}:")
        matches.update(rows.values_list("pk", flat=True))
    return [pk for pk in ids if pk in matches]


def _list_values(row: ExportRow, source: CaseSource | None, end: "_End") -> dict[str, Cell]:
    """Return the value of each field; a case that is still open has no reply and no end."""
    case, has_ended = row.case, end.at is not None
    category = catalogue.category_info(case["category_id"])
    return {
        "number": case["source_key"].partition(":")[2],
        "subject": case["subject"],
        "detail": case["detail"],
        "reported_at": case["reported_at"],
        "event_at": source.event_at if source else None,
        "place": case["place_text"],
        "demand": source.demand if source else "",
        "category": category.name if category is not None else "",
        "channel": name_channel(case["channel"]),
        "due_at": source.due_at if source else None,
        "wants_reply": _describe_wish(source.wants_reply if source else None),
        "wants_visit": _describe_wish(source.wants_visit if source else None),
        "status": "已办结" if has_ended else "办理中",
        "reply": row.reply if has_ended else "",
        "replied_at": case["replied_at"] if has_ended and row.reply else None,
        "closed_at": end.at,
    }


@dataclass(frozen=True)
class _End:
    """When a case ended; None while it is open. A merged case ends with the case that it was merged into."""

    at: datetime | None


def _find_end(case: dict[str, Any], primaries: Mapping_[int, dict[str, Any]]) -> _End:
    deciding = primaries.get(case["id"]) if case["state"] == State.MERGED else case
    if deciding is None or deciding["state"] not in ENDED:
        return _End(None)
    return _End(deciding["closed_at"] or deciding["ended_at"])


def _read_primaries(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return state and end of the cases into which some of these were merged, by the id of the merged one."""
    rows = Case.objects.filter(pk__in=ids, state=State.MERGED)
    columns = ("merged_into__state", "merged_into__closed_at", "merged_into__ended_at")
    return {
        pk: {"state": state, "closed_at": closed_at, "ended_at": ended_at}
        for pk, state, closed_at, ended_at in rows.values_list("pk", *columns)
    }


def _describe_wish(wish: bool | None) -> str:
    return {True: "是", False: "否", None: ""}[wish]


def _list_own_columns() -> list[tuple[str, int, Callable[[ExportRow], Cell]]]:
    """Return the columns that follow those of the other office: what this office adds."""
    return [
        (_("街道案件编号"), 15, lambda row: row.case["number"]),
        (_("街道办理状态"), 12, lambda row: str(State(row.case["state"]).label)),
        (_("街道主办单位"), 20, lambda row: row.get("lead_unit_id")),
        (_("街道处置结果"), 50, lambda row: row.result),
    ]


def _make_shape(mapping: Mapping | None) -> tuple[list[tuple[str, str]], Callable[[str, Cell], Cell]]:
    """Return (header, field) of each column, "" for a field that this office does not send, and what writes a value."""
    if mapping is None:
        return [(header, field) for field, (header, _width) in SHAPE.items()], lambda _field, value: value
    fields: dict[str, str] = {}
    for field, headers in mapping.columns.items():
        fields.update({header: "" for header in headers[1:] if header not in fields})
        fields[headers[0]] = field if field in SHAPE else ""
    for field, template in mapping.texts.items():
        for index, header in enumerate(template.columns):
            fields.setdefault(header, field if index == 0 and field in SHAPE else "")
    words = {
        field: {meaning: word for word, meaning in reversed(table.items()) if word != "*"}
        for field, table in mapping.values.items()
    }

    def write(field: str, value: Cell) -> Cell:
        if isinstance(value, datetime):
            if mapping.date_format:
                return value.astimezone(mapping.zone).strftime(mapping.date_format)
            if mapping.zone.key != clock.TOWN_TZ.key:
                return f"{value.astimezone(mapping.zone):%Y-%m-%d %H:%M:%S}"
            return value
        meaning = (
            {"已办结": "CLOSED", "办理中": "OPEN"}.get(str(value), value) if field == "status" else value
        )
        return words.get(field, {}).get(str(meaning), value)

    return list(fields.items()), write


def write_outgoing_sheet(
    actor: Actor,
    ids: Sequence[int],
    path: Path,
    mapping: Mapping | None = None,
    advance: Callable[[int], None] = lambda _count: None,
) -> None:
    """Write the cases, all from one source, as a workbook with the headers of the mapping, else of a 12345 sheet.

    Reporters are left out: the other office has them.
    """
    shape, write = _make_shape(mapping)
    own = _list_own_columns()

    def iterate() -> Iterator[list[Cell]]:
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            rows, sources = read_export_rows(actor, chunk), read_sources(chunk)
            primaries = _read_primaries(chunk)
            for pk in chunk:
                if pk not in rows:  # it has left the actor's scope since the ids were read
                    yield []
                    continue
                row = rows[pk]
                values = _list_values(row, sources.get(pk), _find_end(row.case, primaries))
                yield [
                    *(write(field, values[field]) if field else None for _header, field in shape),
                    *(value(row) for _header, _width, value in own),
                ]
            advance(len(chunk))

    now = clock.now().astimezone(clock.TOWN_TZ)
    write_table(
        path,
        sheet=_("来件办理情况"),
        note=_("共 %(n)d 件 · %(at)s 由 %(who)s 导出 · 不含反映人信息")
        % {"n": len(ids), "at": f"{now:%Y-%m-%d %H:%M}", "who": actor.label},
        headers=[*(header for header, _field in shape), *(header for header, _width, _value in own)],
        rows=iterate(),
        count=len(ids),
        widths=[
            *(SHAPE[field][1] if field else 14 for _header, field in shape),
            *(width for _header, width, _value in own),
        ],
    )
