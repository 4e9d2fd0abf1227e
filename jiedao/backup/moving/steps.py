"""The steps of a move, in their order."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from jiedao.backup.moving.changes import bring_changes, make_difference_error
from jiedao.backup.moving.checking import (
    check_columns,
    check_source,
    check_target,
    find_by_words,
    run_on_target,
    verify_audit,
)
from jiedao.backup.moving.copying import copy_rows
from jiedao.backup.moving.digests import read_digests, start_readers
from jiedao.backup.moving.files import (
    Blob,
    check_folder,
    copy_attachments,
    copy_others,
    find_missing,
    list_blobs,
)
from jiedao.backup.moving.move import Move, Outcome
from jiedao.backup.moving.postgres_side import make_reference_error
from jiedao.backup.moving.side import Side
from jiedao.backup.moving.tables import WIDTH, TableDigest
from jiedao.kernel.errors import UserError
from jiedao.kernel.standstill import MOVED, READY, REREAD_SECONDS, STILL, UNFINISHED


def move_office(move: Move) -> Outcome:
    """Copy an office to an empty database, compare both, and mark the old one as moved.

    Raises:
        UserError: the office cannot be moved, or not to this database. Nothing in it has changed.
    """
    began = time.monotonic()
    check_source(move.source, move.tables)
    if finish_interrupted(move):
        return Outcome(audit=verify_audit(move.url), seconds=time.monotonic() - began)
    check_target(move.target, move.office, move.source)
    if move.folder is not None:
        check_folder(move.folder, move.target)
    restore, outcome = prepare_target(move), Outcome()
    copied, mark = copy_rows(move.source, move.target, move.tables, move.steps)
    try:
        restore_indexes(move, restore)
        files: set[Blob] = set()
        bring_files(move, files)
        check_copy(move, copied, outcome)
        mark = catch_up(move, mark, copied, outcome)
        pause_and_finish(move, mark, copied, files, outcome)
    finally:
        move.source.drop_state(mark)
    outcome.seconds = time.monotonic() - began
    return outcome


def finish_interrupted(move: Move) -> bool:
    """Finish a move that was interrupted between its last two statements; return whether there was one."""
    there, here = move.target.read_mark(), move.source.read_mark()
    if here.state != MOVED:
        return False
    if there.state != READY or there.office != move.office:
        raise UserError(
            f"This office has moved to {here.other} ({here.since}) already.",
            hint="Set JIEDAO_DATABASE_URL to that database. To work here again: jiedao move --undo.",
        )
    move.target.drop_mark()
    return True


def prepare_target(move: Move) -> list[str]:
    """Mark the target as unfinished and make its tables, empty; return the statements that restore its indexes."""
    if move.target.read_mark().state:
        move.target.erase()
    set_mark(move.target, UNFINISHED, move.source, move.office)
    with move.steps("make tables", 0):
        run_on_target(move.url, "-m", "django", "migrate", "--verbosity=0")
    check_columns(move.source, move.target, move.tables)
    return move.target.prepare_load(move.tables)


def set_mark(side: Side, state: str, other: Side, office: str) -> None:
    """Replace the mark of a database in a transaction of its own."""
    side.begin_write()
    side.write_mark(state, other.address, office)
    side.end(commit=True)


def restore_indexes(move: Move, statements: Sequence[str]) -> None:
    """Make the indexes and conditions of the target, which check its rows."""
    with move.steps("index", len(statements)) as progress:
        for statement in statements:
            try:
                move.target.execute(statement)
            except psycopg.IntegrityError as fault:
                raise make_reference_error(fault) from fault
            progress(1)
        move.target.finish_load()
        move.target.analyze()


def check_copy(move: Move, copied: dict[str, TableDigest], outcome: Outcome) -> None:
    """Read the copy and compare its digests with those of the source; search in it, and verify its audit chain."""
    with start_readers(move.target) as readers, ThreadPoolExecutor(1) as beside:
        verdict = beside.submit(verify_audit, move.url, compare=True)
        compare_digests(copied, read_digests(move.target, move.tables, "read back", move.steps, readers))
        with move.steps("audit", 0):
            outcome.audit = verdict.result()
    find_by_words(move.target, move.tables)


def compare_digests(written: dict[str, TableDigest], read: dict[str, TableDigest]) -> None:
    """Raise UserError unless the target returns the rows that were read from the source."""
    for name, digest in written.items():
        if digest.parts != read[name].parts:
            numbers = digest.parts.keys() | read[name].parts.keys()
            part = min(n for n in numbers if digest.parts.get(n) != read[name].parts.get(n))
            raise make_difference_error(f"{name} from {part * WIDTH} on")


def bring_files(move: Move, present: set[Blob]) -> list[str]:
    """Copy the data folder, or where it stays only check the attachments; return those that are missing.

    Args:
        present: attachments that an earlier call has verified; those of this call are added.
    """
    blobs = list_blobs(move.source) - present
    if move.folder is None:
        missing = find_missing(sorted(blobs))
    else:
        with move.steps("files", sum(size for _sha256, size in blobs)) as progress:
            missing = copy_attachments(sorted(blobs), move.folder, progress)
        copy_others(move.folder)
    present.update(blob for blob in blobs if blob[0] not in missing)
    return missing


# The last steps


def catch_up(move: Move, mark: Any, copied: dict[str, TableDigest], outcome: Outcome) -> Any:
    """Copy what has changed since the copy, while the office works, so that little is left for the last step.

    Returns:
        The mark of a state before which nothing is left.
    """
    with move.source.freeze():
        new = move.source.mark_state()
    try:
        move.source.begin_snapshot()
        try:
            outcome.changed_rows += bring_changes(move, "catch up", mark, copied)
            move.target.end(commit=True)
        finally:
            move.source.end()
    except BaseException:
        move.source.drop_state(new)
        raise
    move.source.drop_state(mark)
    return new


def pause_and_finish(
    move: Move, mark: Any, copied: dict[str, TableDigest], files: set[Blob], outcome: Outcome
) -> None:
    """Stop writing in the office, replace what it has changed, compare it, and mark both databases.

    If this process dies, the office works on: the lock ends with it, and the mark without a lock counts for nothing.
    """
    began = time.monotonic()
    set_mark(move.source, STILL, move.target, move.office)
    try:
        time.sleep(2 * REREAD_SECONDS)  # until every server has read it and refuses in words
        move.source.shut_out_writers(move.tables)
        check_columns(move.source, move.target, move.tables)
        outcome.changed_rows += bring_changes(move, "compare", mark, copied)
        set_sequences(move)
        outcome.missing_files = bring_files(move, files)
        move.target.write_mark(READY, move.source.address, move.office)
        move.target.end(commit=True)
        move.target.make_durable()
        move.source.refuse_writes(move.tables)
        move.source.write_mark(MOVED, move.target.address, move.office)
    except BaseException:
        move.source.end()
        move.source.drop_mark()
        raise
    # From here on the office is in the target, even if the next line is not reached.
    move.source.end(commit=True)
    move.target.drop_mark()
    outcome.tables = copied
    outcome.still_seconds = time.monotonic() - began


def set_sequences(move: Move) -> None:
    """Let new rows continue after the numbers of the source."""
    sequences = move.source.read_sequences(move.tables)
    move.target.set_sequences(sequences)
    if move.target.read_sequences(move.tables) != sequences:
        raise make_difference_error("the numbers after which new rows continue")


def undo_move(source: Side) -> str:
    """Let an office work again in the database that it has left; return the database to which it had moved."""
    mark = source.read_mark()
    if mark.state != MOVED:
        raise UserError(
            "This database is not marked as moved.",
            hint="Check JIEDAO_DATABASE_URL: it must name the old database.",
        )
    source.begin_write()
    source.allow_writes()
    source.drop_mark()
    source.end(commit=True)
    return mark.other
