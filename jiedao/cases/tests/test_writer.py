"""The raw SQL writes the rows that the models would write; no case is lost or written twice."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from django.forms.models import model_to_dict

from jiedao.audit.fields import READ_FIELDS
from jiedao.audit.macs import has_right_mac
from jiedao.audit.models import Entry
from jiedao.cases import catalogue, rows, writer
from jiedao.cases.actions.intake import NewCase, file_case, file_cases, prepare
from jiedao.cases.models import Case, CaseMove, Category, Clock, Reporter
from jiedao.cases.selectors import search
from jiedao.kernel.errors import Stale
from jiedao.orgs.actor import make_system_actor
from jiedao.testing.cast import Town, make_town

TABLES = (Case, Clock, CaseMove, Entry)


def make_new_case(serial: int = 1, **fields: Any) -> NewCase:
    defaults: dict[str, Any] = {
        "channel": "HOTLINE",
        "subject": "",
        "detail": f"临江花园{serial}号门前堆放垃圾,请清理。",
        "lon": 114.105,
        "lat": 22.605,
    }
    return NewCase(**{**defaults, **fields})


def count_search_rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_searchrow")
        return int(cursor.fetchone()[0])


@pytest.fixture
def town(transactional_db: None) -> Iterator[Town]:
    """The cast, visible to every thread."""
    _forget_search()  # the flush between tests does not know the search table
    yield make_town()
    _forget_search()


def _forget_search() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cases_searchrow")


def run_in_threads(work: Callable[[int], Any], many: int, threads: int = 20) -> list[Any]:
    def run(serial: int) -> Any:
        try:
            return work(serial)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(many)))


def test_every_column_of_a_new_case_is_bound_or_constant() -> None:
    columns = {field.column for field in Case._meta.concrete_fields} - {"id", "number"}
    assert set(rows.UNTOUCHED_CASE) == columns
    assert set(rows.OWN_COLUMNS) <= columns


@pytest.mark.django_db
def test_constants_of_the_statement_are_those_of_a_prepared_case() -> None:
    make_town()
    row = prepare(make_new_case(reporter_name="张三", urgent=True), make_system_actor())
    constant = set(rows.NEW_CASE) - set(rows.OWN_COLUMNS)
    assert {name: row.columns[name] for name in constant} == {name: rows.NEW_CASE[name] for name in constant}


@pytest.mark.django_db
def test_a_written_case_is_read_back_as_it_was_prepared() -> None:
    town = make_town()
    actor = replace(town.actor("registrar"), request_id="r1", address="10.0.0.1")
    row = prepare(
        make_new_case(client_uuid=uuid.UUID(int=7), source_key="a:1", urgent=True, accuracy_m=3.5), actor
    )
    with transaction.atomic():
        filed = writer.write_many([row], actor)[0]
    case = Case.objects.get(pk=filed.id)
    stored = {name: getattr(case, name) for name in rows.NEW_CASE}
    assert stored == row.columns
    assert (case.number, filed.created) == (rows.format_number(case.reported_at, case.pk), True)
    clock = model_to_dict(Clock.objects.get(case=case), exclude=["id", "case"])
    assert (clock["due_at"], clock["next_look_at"], clock["stage"]) == (
        row.due.due_at,
        row.due.warn_at,
        "ACCEPT",
    )
    move = CaseMove.objects.get(case=case)
    assert (move.at, move.to_state, move.data, move.public) == (case.reported_at, "REPORTED", {}, True)
    entry = Entry.objects.get()
    assert (entry.after["subject"], entry.before, entry.address) == (case.subject, None, "10.0.0.1")
    assert search.find_matching_ids(search.make_query_tokens("垃圾"))


@pytest.mark.django_db
def test_the_audit_entry_of_each_way_of_filing_has_its_code() -> None:
    actor = replace(make_town().actor("registrar"), request_id="r1", address="10.0.0.1")
    reporters = [{"reporter_name": "张三"}, {"source_key": "a:1"}, {}]
    rows_to_write = [prepare(make_new_case(serial, **each), actor) for serial, each in enumerate(reporters)]
    with transaction.atomic():
        writer.write_many(rows_to_write[:1], actor)
        writer.write_many(rows_to_write, actor)  # with a repeat: one by one
        writer.write_many(rows_to_write[2:] * 3, actor)
    entries = list(Entry.objects.filter(action="cases.case:report").order_by("id").values_list(*READ_FIELDS))
    assert len(entries) >= 6
    assert [row[0] for row in entries if not has_right_mac(row)] == []


@pytest.mark.django_db(transaction=True)
def test_two_hundred_cases_from_twenty_threads_have_numbers_of_their_own(town: Town) -> None:
    actor = town.actor("registrar")
    filed = run_in_threads(lambda serial: file_case(make_new_case(serial), actor=actor), 200)
    assert len({case.number for case in filed}) == 200
    assert all(case.created for case in filed)
    assert {table.objects.count() for table in TABLES} == {200}
    assert count_search_rows() == 200
    details = dict(Case.objects.values_list("number", "detail"))
    assert all(f"花园{serial}号" in details[case.number] for serial, case in enumerate(filed))


@pytest.mark.django_db(transaction=True)
def test_the_same_client_uuid_from_many_threads_gives_one_case(town: Town) -> None:
    actor, key = town.actor("registrar"), uuid.uuid4()
    filed = run_in_threads(lambda _serial: file_case(make_new_case(1, client_uuid=key), actor=actor), 20)
    assert len({case.id for case in filed}) == 1
    assert sum(case.created for case in filed) == 1
    assert {table.objects.count() for table in TABLES} == {1}


@pytest.mark.django_db(transaction=True)
def test_of_several_matters_under_one_key_at_once_one_is_filed(town: Town) -> None:
    actors = [town.actor("registrar"), town.actor("shift")]
    key = uuid.uuid4()

    def send(serial: int) -> str:
        try:
            return file_case(make_new_case(serial % 4, client_uuid=key), actor=actors[serial % 2]).number
        except Stale:
            return "refused"

    answers = run_in_threads(send, 20)
    assert sorted(set(answers)) == [Case.objects.get().number, "refused"]
    assert answers.count("refused") == 15
    assert {table.objects.count() for table in TABLES} == {1}


@pytest.mark.django_db(transaction=True)
def test_only_the_faulty_case_of_a_batch_fails(town: Town) -> None:
    actor = town.actor("registrar")
    prepared = [prepare(make_new_case(serial), actor) for serial in range(40)]
    prepared[17].columns["reported_at"] = None  # breaks NOT NULL, in the middle of a batch
    prepared[17].columns["reported_date"] = None
    # No such area: a deferred fault, which appears only at the commit.
    prepared[23].columns["area_id"] = 10**12

    def write(serial: int) -> str:
        try:
            return writer.write_one(prepared[serial], actor).number
        except (DatabaseError, AttributeError) as fault:
            return type(fault).__name__

    outcomes = run_in_threads(write, 40)
    assert sorted(place for place, number in enumerate(outcomes) if not number[:1].isdigit()) == [17, 23]
    assert outcomes[23] == IntegrityError.__name__
    assert {table.objects.count() for table in TABLES} == {38}


@pytest.mark.django_db(transaction=True)
def test_many_cases_in_one_call_are_all_written_or_none(town: Town) -> None:
    category = Category.objects.create(kind="MATTER", code="99901", name="临时类别")
    assert catalogue.category_info(category.pk) is not None
    Category.objects.filter(pk=category.pk)._raw_delete(using="default")  # the cache still has it
    with pytest.raises(DatabaseError):
        file_cases(
            [make_new_case(1), make_new_case(2, category_id=category.pk)],
            actor=town.actor("registrar"),
        )
    assert {table.objects.count() for table in TABLES} == {0}
    assert count_search_rows() == 0


@pytest.mark.django_db(transaction=True)
def test_a_case_that_timed_out_is_not_written_later(town: Town) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL writes without a writer thread")
    group = writer.GroupCommit()
    group.patience = 0.3
    actor = town.actor("registrar")
    prepared = prepare(make_new_case(), actor)
    group._thread = _Busy()  # type: ignore[assignment]
    with pytest.raises(TimeoutError):
        group.write(prepared, actor)
    group._thread = None
    assert group.write(prepare(make_new_case(2), actor), actor).created
    assert Case.objects.count() == 1


class _Busy:
    """A writer thread that is alive but writes nothing."""

    def is_alive(self) -> bool:
        return True


KILLED = "a process that is killed"
FILER = """
import os, sys, threading
import django
django.setup()
from django.db import connections
connections["default"].settings_dict["NAME"] = sys.argv[1]
from jiedao.cases.actions.intake import NewCase, file_case
from jiedao.kernel.errors import Stale
from jiedao.orgs.actor import make_system_actor
def work(thread):
    for serial in range(10_000):
        new = NewCase(channel="WEB", subject="", detail=f"{thread}-{serial} 路灯不亮", reporter_name="张")
        os.write(1, (file_case(new, actor=make_system_actor()).number + "\\n").encode())
for thread in range(4):
    threading.Thread(target=work, args=(thread,)).start()
"""


@pytest.mark.django_db(transaction=True)
def test_a_killed_process_leaves_no_half_written_case_and_loses_no_confirmed_one(town: Town) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "jiedao.settings",
        "JIEDAO_DATA": str(settings.JIEDAO_DATA),
        "JIEDAO_SECRET_KEY": "a key for tests, known to everybody",
        "PYTHONPATH": str(Path(settings.BASE_DIR).parent),
        "PGAPPNAME": KILLED,
    }
    name = str(connection.settings_dict["NAME"])
    process = subprocess.Popen(
        [sys.executable, "-c", FILER, name], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    printed = [process.stdout.readline().strip() for _ in range(60)]  # it is in the middle of its work now
    assert _count_sessions() > 0 or connection.vendor != "postgresql"
    process.send_signal(signal.SIGKILL)
    printed += [line.strip() for line in process.stdout if line.endswith("\n")]
    process.wait(30)
    assert set(filter(None, printed)) <= set(Case.objects.values_list("number", flat=True))
    _wait_for_sessions()
    counts = {table.objects.count() for table in (*TABLES, Reporter)} | {count_search_rows()}
    assert len(counts) == 1, counts
    assert file_case(make_new_case(), actor=town.actor("registrar")).created


def _count_sessions() -> int:
    """Return how many sessions of the killed process the server has."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [KILLED])
        return int(cursor.fetchone()[0])


def _wait_for_sessions() -> None:
    """Wait until the server has ended them all: an idle one may still read what was sent, and commit."""
    for _attempt in range(600):
        if not _count_sessions():
            return
        time.sleep(0.05)
