"""Cases and records at places that a pack retired, for the page 去处未定 and its count on the home page."""

from dataclasses import dataclass

from jiedao.cases.actions import deciding as cases
from jiedao.desk.links import get_case_url, get_record_url
from jiedao.orgs.actor import Actor
from jiedao.places.undecided import Undecided
from jiedao.registers.actions import deciding as records
from jiedao.registers.catalogue import register_by_id

CASE, RECORD = "case", "record"


@dataclass(frozen=True)
class UndecidedLine:
    """A case or record that waits, with the address of its page; `sort` names the register, "" for a case."""

    kind: str
    row: Undecided
    url: str
    sort: str = ""

    @property
    def value(self) -> str:
        """What a form sends for it."""
        return f"{self.kind}:{self.row.id}:{self.row.version}"


def count_undecided(actor: Actor) -> int:
    """Return how many cases and records wait for a decision of the user; no query while no place is retired."""
    return cases.count_undecided(actor) + records.count_undecided(actor)


def list_undecided(actor: Actor) -> list[UndecidedLine]:
    """Return the cases and records that wait for a decision of the user; two statements."""
    lines = [UndecidedLine(CASE, row, get_case_url(row.key)) for row in cases.list_undecided(actor)]
    for register_id, row in records.list_undecided(actor):
        info = register_by_id(register_id)
        if info is not None:
            lines.append(UndecidedLine(RECORD, row, get_record_url(info, row.id), info.label))
    return lines
