"""The form of a checklist, with one line for each item. A form that is refused shows everything that was typed."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jiedao.files.models import Kind
from jiedao.files.selectors import read_names
from jiedao.kernel.errors import UserError
from jiedao.orgs.actor import Actor
from jiedao.pages.reading import read_number, read_numbers
from jiedao.pages.uploads import store_uploads
from jiedao.registers.actions.inspections import Answer
from jiedao.registers.actions.records import RowRefused
from jiedao.registers.definition import Item
from jiedao.registers.models import AnswerValue


@dataclass
class ChecklistLine:
    """An item of the checklist with its answer so far."""

    item: Item
    value: str = ""
    note: str = ""
    photos: list[int] = field(default_factory=list)
    stored_names: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def kept(self) -> str:
        """The ids of the photos, for the hidden field `kept-KEY`."""
        return ",".join(map(str, self.photos))


class ChecklistForm:
    """The answers to a checklist; the action checks them.

    The names of the fields end in the key of the item: `answer-exit`, `note-exit`, `photos-exit`, `kept-exit`.
    """

    values = AnswerValue.choices

    def __init__(self, items: Sequence[Item], version: int, data: Mapping[str, str] | None = None) -> None:
        values: Mapping[str, str] = data or {}
        self.lines = [
            ChecklistLine(
                item,
                values.get(f"answer-{item.key}", ""),
                values.get(f"note-{item.key}", ""),
                read_numbers(values.get(f"kept-{item.key}", "").split(",")),
            )
            for item in items
        ]
        self.note = values.get("note", "")
        shown_version = read_number(values.get("version"))
        self.version = shown_version if shown_version is not None else version
        try:
            self.client_uuid = uuid.UUID(values.get("client_uuid", ""))
        except ValueError:
            self.client_uuid = uuid.uuid4()
        self.errors: list[str] = []

    def store_photos(self, actor: Actor, files: Any) -> None:
        """Store the uploaded photos, so that the user need not choose them again after an error."""
        for line in self.lines:
            name = f"photos-{line.item.key}"
            uploads = store_uploads(actor, files.getlist(name), line.photos, kind=Kind.PHOTO_BEFORE.value)
            line.photos, line.stored_names = uploads.ids, read_names(actor, uploads.ids)
            line.errors += uploads.refusals

    @property
    def answers(self) -> dict[str, Answer]:
        """The answers by key of the item, as the action takes them."""
        return {line.item.key: Answer(line.value, line.note, line.photos) for line in self.lines}

    def refuse(self, fault: UserError) -> None:
        """Show the reasons of a refusal beside their items; reasons of no item are shown above the form."""
        lines = {line.item.key: line for line in self.lines}
        reasons = (
            [(row_fault.field, row_fault.reason) for row_fault in fault.faults]
            if isinstance(fault, RowRefused)
            else [(fault.field, str(fault))]
        )
        for name, reason in reasons:
            (lines[name].errors if name in lines else self.errors).append(reason)

    @property
    def lines_with_errors(self) -> list[ChecklistLine]:
        """The lines with errors, which are listed above the form."""
        return [line for line in self.lines if line.errors]
