"""Write new cases by raw SQL, for each database: the one hot path of jiedao.

On PostgreSQL one data-modifying statement, prepared once for each connection, writes case, clock, timeline, audit
entry, reporter and search row. SQLite admits one writer at a time, so sharing a commit saves most there: a thread
gathers the single cases of a process and commits them together (synchronous=FULL stays on).
"""

import queue
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import JSONField, Model

from jiedao.audit.macs import compute_stamp
from jiedao.cases import repeats, rows
from jiedao.cases.insert_statements import CASE, POSTGRES, REPORTED, SQLITE, SQLITE_CASE, SQLITE_MANY
from jiedao.cases.models import Case, CaseMove
from jiedao.cases.rows import FiledCase
from jiedao.cases.search_rows import SQLITE_SEARCH, make_search_words
from jiedao.cases.stored_counts.marking import Change, build_change, write_change
from jiedao.kernel import clock
from jiedao.kernel.outages import find_outage
from jiedao.orgs.actor import Actor

_COMPARED = ("id", "number", "intake_digest", *repeats.OLD_COLUMNS)


def _list_values(row: rows.IntakeRow, actor: Actor) -> dict[str, Any]:
    """Return the bound values of one new case, by the names used in the statements."""
    columns, due = row.columns, row.due
    values = {name: columns[name] for name in rows.OWN_COLUMNS}
    values["suggestions"] = rows.to_json(columns["suggestions"])
    after = {name: columns[name] for name in ("channel", "subject", "area_path")}
    now = clock.now()
    # A matter that was late before it came in, as in an import of old ones, is displayed as overdue but alarms no user.
    is_late = due.due_at <= now
    values.update(
        year=rows.format_number(columns["reported_at"], 0)[:4],
        limit=due.limit,
        warn_at=due.warn_at,
        actor_label=actor.label,
        user_id=actor.user_id,
        unit_id=actor.unit_id,
        post_id=actor.post_id,
        now=now,
        look_at=None if is_late else due.warn_at,
        late_at=due.due_at if is_late else None,
        after=rows.to_json(after),
        stamp=_compute_stamp(actor, now, after),
        request_id=actor.request_id,
        address=actor.address,
        tokens=make_search_words(row.search_text),
    )
    if row.reporter is not None:
        values.update(vars(row.reporter))
    return values


def _compute_stamp(actor: Actor, now: datetime, after: dict[str, Any]) -> str:
    """Return the stamp of the audit entry, from which the statement makes its code."""
    who = (actor.label, actor.user_id, actor.post_id)
    return compute_stamp(
        (None, now, *who, REPORTED, CASE, None, None, after, actor.request_id, actor.address)
    )


def _find_first(row: rows.IntakeRow, actor: Actor) -> FiledCase:
    """Return the case that was filed first under the same client UUID, else under the same source key.

    Where the key belongs to another user or another matter, the result names it in `taken_key` and no case.
    """
    for key in repeats.KEYS:
        value = row.columns[key]
        stored = Case.objects.filter(**{key: value}).values(*_COMPARED).first() if value is not None else None
        if stored is None:
            continue
        user_id = None
        if stored["intake_digest"] is None:
            moves = CaseMove.objects.filter(case_id=stored["id"], move="REPORT")
            user_id = moves.values_list("user_id", flat=True).first()
        if repeats.is_same_matter(row.columns, actor.user_id, stored, user_id):
            return FiledCase(stored["id"], stored["number"], created=False, outside=row.columns["outside"])
        return FiledCase(0, "", created=False, taken_key=key)
    raise LookupError("the database refused a case as known that is not there")


def _build_change(batch: Iterable[rows.IntakeRow]) -> Change:
    """Return what the new cases add to the stored counts."""
    return build_change(
        ({**rows.NEW_CASE, **row.columns}, row.due.due_at)
        for row in batch
        if row.columns["reported_date"] is not None  # the database refuses a row without a day
    )


def _write_postgres(row: rows.IntakeRow, actor: Actor) -> FiledCase:
    change = rows.to_json(_build_change([row]).as_json())
    with connection.cursor() as cursor:
        cursor.execute(POSTGRES[row.reporter is not None], {**_list_values(row, actor), "change": change})
        created = cursor.fetchone()
    if created is None:
        return _find_first(row, actor)
    return FiledCase(created[0], created[1], created=True, outside=row.columns["outside"])


def _to_sqlite(value: Any) -> Any:
    """Return what Django's own adapters would store on SQLite: naive UTC text, hex UUIDs."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    if isinstance(value, UUID):
        return value.hex
    return value.isoformat() if isinstance(value, date) else value


def _has_repeats(batch: Sequence[tuple[rows.IntakeRow, Actor]]) -> bool:
    """Return whether the batch has a client UUID or source key twice, or one that the database has already."""
    for name in ("client_uuid", "source_key"):
        keys = [row.columns[name] for row, _actor in batch if row.columns[name] is not None]
        if len(set(keys)) < len(keys) or (keys and Case.objects.filter(**{f"{name}__in": keys}).exists()):
            return True
    return False


def _write_one_by_one(
    cursor: Any, batch: Sequence[tuple[rows.IntakeRow, Actor]]
) -> tuple[list[FiledCase], list[dict[str, Any]]]:
    filed: list[FiledCase] = []
    new: list[dict[str, Any]] = []
    for row, actor in batch:
        values = {name: _to_sqlite(value) for name, value in _list_values(row, actor).items()}
        cursor.execute(SQLITE_CASE.sql, [values["year"], *SQLITE_CASE.bind(values)])
        created = cursor.fetchone()
        if created is None:
            filed.append(_find_first(row, actor))
            continue
        filed.append(FiledCase(created[0], created[1], created=True, outside=values["outside"]))
        new.append({**values, "case": created[0]})
    return filed, new


def _write_at_once(
    cursor: Any, batch: Sequence[tuple[rows.IntakeRow, Actor]]
) -> tuple[list[FiledCase], list[dict[str, Any]]]:
    """Insert the cases with one statement; the write lock is held, so the ids can be counted here."""
    new: list[dict[str, Any]] = []
    for pk, (row, actor) in zip(take_ids(len(batch)), batch, strict=True):
        values = {name: _to_sqlite(value) for name, value in _list_values(row, actor).items()}
        new.append({**values, "case": pk, "number": rows.format_number(row.columns["reported_at"], pk)})
    cursor.executemany(SQLITE_MANY.sql, [SQLITE_MANY.bind(values) for values in new])
    filed = [
        FiledCase(values["case"], values["number"], created=True, outside=values["outside"]) for values in new
    ]
    return filed, new


def _write_sqlite(batch: Sequence[tuple[rows.IntakeRow, Actor]]) -> list[FiledCase]:
    """Write the batch inside the caller's transaction with one statement for each table, or each case among repeats."""
    with connection.cursor() as cursor:
        write_cases = _write_at_once if len(batch) > 1 and not _has_repeats(batch) else _write_one_by_one
        filed, new = write_cases(cursor, batch)
        for table, insert in SQLITE.items():
            bound = [insert.bind(values) for values in new if table != "cases_reporter" or "secret" in values]
            if bound:
                cursor.executemany(insert.sql, bound)
        if new:
            cursor.executemany(SQLITE_SEARCH, [[values["tokens"], values["case"]] for values in new])
    created = zip(batch, filed, strict=True)
    write_change(_build_change(row for (row, _actor), case in created if case.created))
    return filed


class GroupCommit:
    """The writer thread of this process, which commits all waiting cases together (SQLite)."""

    most = 64  # cases in one commit
    patience = 60.0  # seconds that a caller waits

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[rows.IntakeRow, Actor, Future[FiledCase]]] = (
            queue.SimpleQueue()
        )
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def write(self, row: rows.IntakeRow, actor: Actor) -> FiledCase:
        """Hand over one case and wait until it is committed.

        Raise the database error of this case, or TimeoutError when the writer did not reach it within a minute; it is
        not written later then.
        """
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="case-writer", daemon=True)
                self._thread.start()
        result: Future[FiledCase] = Future()
        self._waiting.put((row, actor, result))
        try:
            return result.result(timeout=self.patience)
        except FutureTimeoutError:
            if result.cancel():
                raise
            return result.result()

    def _run(self) -> None:
        while True:
            first = self._waiting.get()
            batch = [first] if first[2].set_running_or_notify_cancel() else []
            self._commit([*batch, *self._take_waiting()])

    def _take_waiting(self) -> list[tuple[rows.IntakeRow, Actor, Future[FiledCase]]]:
        """Return the cases that wait now, as many as fit into one commit; callers that gave up are left out."""
        batch: list[tuple[rows.IntakeRow, Actor, Future[FiledCase]]] = []
        while len(batch) < self.most - 1 and not self._waiting.empty():
            entry = self._waiting.get()
            if entry[2].set_running_or_notify_cancel():
                batch.append(entry)
        return batch

    def _commit(self, batch: Sequence[tuple[rows.IntakeRow, Actor, Future[FiledCase]]]) -> None:
        """Commit the batch; when that fails, commit each case alone, so that only a faulty one fails.

        When the database is locked or the disk is full, all that wait fail at once: each would wait for the lock again.
        """
        if not batch:
            return
        try:
            with transaction.atomic():
                filed = _write_sqlite([(row, actor) for row, actor, _result in batch])
        except Exception as fault:
            # The connection is reused for the next batch, because closing it makes a checkpoint, but not after a fault.
            connection.close()
            outage = find_outage(fault)
            if outage:
                batch = [*batch, *self._take_waiting()]
            if outage or len(batch) == 1:
                for _row, _actor, result in batch:
                    result.set_exception(fault)
                return
            for entry in batch:
                self._commit([entry])
            return
        for (_row, _actor, result), case in zip(batch, filed, strict=True):
            result.set_result(case)


GROUP = GroupCommit()


def write_one(row: rows.IntakeRow, actor: Actor) -> FiledCase:
    """Write and commit one case outside any transaction."""
    if connection.vendor == "postgresql":
        return _write_postgres(row, actor)
    return GROUP.write(row, actor)


def write_many(batch: Sequence[rows.IntakeRow], actor: Actor) -> list[FiledCase]:
    """Write cases inside the caller's transaction."""
    if connection.vendor == "postgresql":
        return [_write_postgres(row, actor) for row in batch]
    return _write_sqlite([(row, actor) for row in batch])


def take_ids(n: int) -> list[int]:
    """Take n case ids inside the caller's transaction."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT nextval('cases_case_id_seq') FROM generate_series(1, %s)", [n])
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'cases_case'")
        last = (cursor.fetchone() or (0,))[0]
        return list(range(last + 1, last + n + 1))


def insert_many(model: type[Model], objects: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows inside the caller's transaction; keys that the database makes are not read back.

    Django's own bulk_create calls each field for each row to convert the value: on SQLite that takes longer than the
    database does.

    Args:
        objects: the values of all columns by attribute name ("area_id"), without "id" where the database makes it.
    """
    if not objects:
        return
    fields = [field for field in model._meta.concrete_fields if field.attname in objects[0]]
    if connection.vendor == "postgresql":
        names = [field.attname for field in fields]
        rows_to_insert = [model(**{name: row[name] for name in names}) for row in objects]
        model._default_manager.bulk_create(rows_to_insert, batch_size=2000)
        return
    converters = [
        (field.attname, rows.to_json if isinstance(field, JSONField) else _to_sqlite) for field in fields
    ]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.executemany(
            f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({marks})',  # noqa: S608
            [[convert(row[name]) for name, convert in converters] for row in objects],
        )
