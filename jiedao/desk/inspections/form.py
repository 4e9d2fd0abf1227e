"""The form of a checklist: one line for each item, drawn and read alike; everything given is drawn again."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jiedao.files.models import Kind
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.reading import read_number, read_numbers
from jiedao.pages.uploads import store_uploads
from jiedao.registers.actions.inspections import Answer
from jiedao.registers.actions.records import RowRefused
from jiedao.registers.definition import Item
from jiedao.registers.models import Value


@dataclass
class Line:
    """One item: the question and what was answered so far."""

    item: Item
    value: str = ""
    note: str = ""
    photos: list[int] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def kept(self) -> str:
        """The ids of its photos, for the hidden field."""
        return ",".join(map(str, self.photos))


class ChecklistForm:
    """What is answered; the action decides what of it can be kept.

    Fields are named by the item's key: `answer-exit`, `note-exit`, `photos-exit`, `kept-exit`.
    """

    values = Value.choices

    def __init__(self, items: Sequence[Item], version: int, data: Mapping[str, str] | None = None) -> None:
        given: Mapping[str, str] = data or {}
        self.lines = [
            Line(
                item,
                given.get(f"answer-{item.key}", ""),
                given.get(f"note-{item.key}", ""),
                read_numbers(given.get(f"kept-{item.key}", "").split(",")),
            )
            for item in items
        ]
        self.note = given.get("note", "")
        shown = read_number(given.get("version"))
        self.version = shown if shown is not None else version
        try:
            self.client_uuid = uuid.UUID(given.get("client_uuid", ""))
        except ValueError:
            self.client_uuid = uuid.uuid4()
        self.errors: list[str] = []

    def store_photos(self, actor: Actor, files: Any) -> None:
        """Store the photos sent along, so that they survive a form that has to be corrected."""
        for line in self.lines:
            name = f"photos-{line.item.key}"
            try:
                line.photos = store_uploads(actor, files, line.photos, Kind.PHOTO_BEFORE.value, name)
            except UserError as fault:
                line.errors.append(str(fault))

    @property
    def answers(self) -> dict[str, Answer]:
        """Return the answers as the action takes them."""
        return {line.item.key: Answer(line.value, line.note, line.photos) for line in self.lines}

    def refuse(self, fault: UserError) -> None:
        """Put what is wrong beside the items it belongs to, the rest above the form."""
        lines = {line.item.key: line for line in self.lines}
        rows = (
            [(one.field, one.reason) for one in fault.faults]
            if isinstance(fault, RowRefused)
            else [(fault.field, str(fault))]
        )
        for name, reason in rows:
            (lines[name].errors if name in lines else self.errors).append(reason)

    @property
    def wrong(self) -> list[Line]:
        """The lines that cannot be kept, for the list at the top."""
        return [line for line in self.lines if line.errors]
