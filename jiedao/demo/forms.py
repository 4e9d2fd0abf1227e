"""Register, bind and fill the forms of the pack's demonstration, from `demo/forms.toml` and the blanks beside it."""

import tomllib
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from jiedao.accounts.models import User
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError
from jiedao.kernel.periods import parse_period
from jiedao.orgs.actor import Actor, find_actor
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS
from jiedao.reports.forms.actions.binding import (
    DemandInput,
    accept_suggestions,
    add_form,
    bind_cell,
    list_suggestions,
)
from jiedao.reports.forms.actions.filling import confirm_fill, enter_cells, start_fill
from jiedao.reports.forms.blank import CellRef, parse_ref
from jiedao.reports.forms.models import Form

SURE = 0.75  # the suggestions that the page of bindings ticks, too


def make_forms(folder: Path) -> None:
    """Make the forms of a folder, unless there are forms already.

    Raises:
        UserError: a person, a cell or a measure that a form names does not exist.
    """
    path = folder / "forms.toml"
    if Form.objects.exists() or not path.is_file():
        return
    for row in tomllib.loads(path.read_text(encoding="utf-8")).get("form", []):
        _make_form(folder / "forms", row)


def _make_form(folder: Path, row: Mapping[str, Any]) -> None:
    registrar = _find_person(row["registrar"])
    names = ("name", "sender", "basis", "cycle", "due_days", "unit")
    demand = DemandInput(**{name: row[name] for name in names if name in row})
    content = (folder / row["file"]).read_bytes()
    file_name = row["name"] + Path(row["file"]).suffix
    form = add_form(actor=registrar, demand=demand, content=content, file_name=file_name)
    for item in row.get("cell", []):
        _bind(registrar, form, item)
    sure = [item.ref.text for item in list_suggestions(registrar, form) if item.score >= SURE]
    accept_suggestions(actor=registrar, form=form, cells=sure)
    for item in row.get("fill", []):
        _fill(form, item)


def _bind(actor: Actor, form: Form, item: Mapping[str, Any]) -> None:
    """Bind a cell, or with `by_area` a column of cells to the communities in their order."""
    spec = {name: value for name, value in item.items() if name not in {"cell", "kind", "by_area"}}
    first, _colon, last = item["cell"].partition(":")
    start = parse_ref(first)
    end = parse_ref(f"{start.sheet}!{last}") if last else start
    areas = [area.code for area in AREAS.get().values() if area.kind == AreaKind.COMMUNITY]
    for offset, row in enumerate(range(start.row, end.row + 1)):
        cell = CellRef(start.sheet, row, start.column).text
        own = {**spec, "area": areas[offset]} if item.get("by_area") else spec
        bind_cell(actor=actor, form=form, cell=cell, kind=item["kind"], spec=own)


def _fill(form: Form, item: Mapping[str, Any]) -> None:
    at = item.get("at")
    with clock.at(at.replace(tzinfo=clock.TOWN_TZ)) if at is not None else nullcontext():
        drafter = _find_person(item["drafter"])
        fill = start_fill(actor=drafter, form=form, period=parse_period(item["period"]))
        if item.get("hand"):
            fill = enter_cells(actor=drafter, fill=fill, texts=item["hand"], why=item["why"])
        if item.get("confirmer"):
            confirmer = _find_person(item["confirmer"])
            confirm_fill(actor=confirmer, fill=fill, minutes=item.get("minutes"), allow_empty=True)


def _find_person(username: str) -> Actor:
    user = User.objects.filter(username=username).first()
    actor = find_actor(user) if user is not None else None
    if actor is None:
        raise UserError(f"演示的表要用账号 {username}，但没有这个人。", hint="请改正 demo/forms.toml。")
    return actor
