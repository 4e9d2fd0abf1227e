"""The heads of the chain, noted outside the database: one line for each seal in `audit-heads.log` in JIEDAO_DATA.

A person who can write the database can cut the chain's tail, empty the tables, or write another chain. Every head that
was noted must therefore still be in the chain. The file is only ever appended to, so that an operator can protect it
(`chattr +a`) or have it copied to another machine. A person who can write both the database and the folder, and holds
no copy of an older line against him, can rewrite both: see docs/how-to/check-the-audit.md.

A restored backup begins a new part of the file: heads that were noted before it need not be in the chain.
"""

import errno
import json
import logging
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

NAME = "audit-heads.log"
SEAL, RESTORE = "seal", "restore"
log = logging.getLogger("jiedao.audit")


@dataclass(frozen=True)
class NotedHead:
    """A line of the file: the head of the chain after a seal, or that of a backup that was restored."""

    kind: str
    at: str
    seal: int
    chain: str


def get_path() -> Path:
    """Return the path of the file."""
    return Path(settings.JIEDAO_DATA) / NAME


def note_head(kind: str, *, at: datetime, seal: int, chain: str) -> None:
    """Append a line. A disk that refuses it stops no sealing: the fault is logged; the next seal notes a newer head."""
    line = json.dumps({"kind": kind, "at": at.isoformat(timespec="seconds"), "seal": seal, "chain": chain})
    try:
        file = os.open(get_path(), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            size, data = os.fstat(file).st_size, f"{line}\n".encode()
            if os.write(file, data) < len(data):
                os.ftruncate(file, size)
                raise OSError(errno.ENOSPC, "the disk is full")
            os.fsync(file)
        finally:
            os.close(file)
    except OSError:
        log.exception("the head of the audit chain could not be noted in %s", get_path())


def read_heads() -> tuple[list[NotedHead], list[int]]:
    """Return the heads that must be in the chain, and the numbers of the lines that cannot be read.

    A last line without an end is one that a crash cut short: it is no fault.
    """
    try:
        text = get_path().read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return [], []
    heads: list[NotedHead] = []
    unreadable = []
    lines = text.split("\n")
    for number, line in enumerate(lines[:-1], start=1):
        try:
            head = NotedHead(**json.loads(line))
        except (ValueError, TypeError):
            unreadable.append(number)
            continue
        if head.kind == RESTORE:
            heads = []
        heads.append(head)
    return heads, unreadable
