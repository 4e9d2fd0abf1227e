"""Decisions as a form sends them: each row in its own transaction, with its own result."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from jiedao.cases.actions import deciding as cases
from jiedao.desk.undecided.page import format_place
from jiedao.desk.undecided_lines import CASE, PROJECT, RECORD, UndecidedLine, list_undecided
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.reading import read_number
from jiedao.places.following import PRESENT_KINDS
from jiedao.places.undecided import OldPlace
from jiedao.projects.actions import deciding as projects
from jiedao.registers.actions import deciding as records

MOST = 200


@dataclass
class Decisions:
    """The rows that were decided, and the others with the reason; `left` is how many more wait at the place."""

    done: list[UndecidedLine] = field(default_factory=list)
    refused: list[tuple[UndecidedLine, str]] = field(default_factory=list)
    left: int = 0


def read_place(text: str) -> OldPlace:
    """Return the place that a form names; raise UserError for none."""
    kind, _colon, digits = text.partition(":")
    pk = read_number(digits)
    if kind not in PRESENT_KINDS or pk is None:
        raise UserError(_("没有选择归到哪里。"), hint=_("请在“归到”里选一处。"), field="to")
    return OldPlace(kind, pk)


def decide_rows(
    actor: Actor, *, old: str, values: Sequence[str], takes_all: bool, to: str, note: str
) -> Decisions:
    """Move the chosen rows of an old place, or all of them, to a place that exists.

    A row that another user changed after the page was opened is refused: `values` hold its version.

    Raises:
        UserError: nothing or too much is chosen, or no place, or no reason.
    """
    place = read_place(to)
    if not note.strip():
        raise UserError(_("没有写明理由。"), hint=_("请写明为什么归到那里。"), field="note")
    waiting = [line for line in list_undecided(actor) if format_place(line.row.place) == old]
    versions = {line.value.rpartition(":")[0]: line.row.version for line in waiting[:MOST]}
    if not takes_all:
        pairs = [value.rpartition(":") for value in dict.fromkeys(values)]
        versions = {name: read_number(version) or 0 for name, _colon, version in pairs}
    if len(versions) > MOST:
        raise UserError(
            _("一次最多 %(most)d 件，选了 %(n)d 件。") % {"most": MOST, "n": len(versions)},
            hint=_("请分几次办理。"),
        )
    chosen = [line for line in waiting if line.value.rpartition(":")[0] in versions]
    if not chosen:
        raise UserError(_("没有选择要归并的件。"), hint=_("请在列表中勾选；已经处理过的不再列出。"))
    result = Decisions(left=len(waiting))
    for line in chosen:
        version = versions[line.value.rpartition(":")[0]]
        try:
            _decide(actor, line, place=place, note=note, version=version)
        except UserError as fault:
            result.refused.append((line, str(fault)))
        else:
            result.done.append(line)
            result.left -= 1
    return result


def _decide(actor: Actor, line: UndecidedLine, *, place: OldPlace, note: str, version: int) -> None:
    if line.kind == CASE:
        cases.decide(actor=actor, case_id=line.row.id, version=version, place=place, note=note)
    elif line.kind == RECORD:
        records.decide(actor=actor, record_id=line.row.id, version=version, place=place, note=note)
    elif line.kind == PROJECT:
        projects.decide_project(
            actor=actor, project_id=line.row.id, old=line.row.place, place=place, note=note
        )
