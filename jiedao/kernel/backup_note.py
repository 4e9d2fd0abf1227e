"""When the last backup of the office was made: a small file in its data folder, which the health page reads.

It does not state whether that backup still exists; it is a reminder when none was made for a long time.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

NAME = "last_backup.json"


@dataclass(frozen=True)
class BackupNote:
    """The last backup: when, to which folder, its size, and how many attachments were missing or damaged."""

    made_at: str
    folder: str
    size: int
    missing: int

    @property
    def at(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.made_at)


def write_backup_note(note: BackupNote) -> None:
    """Write the note in place of the earlier one; raise OSError where the folder cannot be written."""
    path = Path(settings.JIEDAO_DATA) / NAME
    draft = path.with_name(f".{NAME}.part")
    draft.write_text(json.dumps(asdict(note), ensure_ascii=False), encoding="utf-8")
    draft.replace(path)


def read_backup_note() -> BackupNote | None:
    """Return the note of the last backup; None where there is none that can be read."""
    try:
        note = BackupNote(**json.loads((Path(settings.JIEDAO_DATA) / NAME).read_text(encoding="utf-8")))
        return note if note.at.tzinfo is not None else None
    except (OSError, ValueError, TypeError):
        return None
