"""The authentication codes of entries: every way of writing makes them, and who needs none is known."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from jiedao.audit.actions import record_entries
from jiedao.audit.coverage import forget_coverage
from jiedao.audit.macs import BEGIN
from jiedao.audit.models import Entry
from jiedao.audit.sealing import seal_entries
from jiedao.audit.selectors import verify
from jiedao.audit.tests.cast import (
    HOUR,
    NOON,
    SYSTEM,
    WANG,
    run_sql,
    write_dispatch_entry,
    write_entry_with_id,
)
from jiedao.kernel import clock, keymark

pytestmark = pytest.mark.django_db
OTHER_KEY = "another key of this test, which is long enough"
# What PostgreSQL returns in another form than it was written.
VALUES = [
    None, 0, -0.0, 100.0, 1e16, 1e22, 1.5, 1e-7, 123456789.123456789, 2**70, True, "", "街道", "a\tb",
    [], {}, [1.0, [2.50]], {"b": 1, "a": {"n": 3.0}}, {"day": date(2026, 11, 23), "sum": Decimal("1.50")},
]  # fmt: skip


@pytest.fixture(autouse=True)
def _begin_anew(settings: Any, tmp_path: Any) -> Iterator[None]:
    settings.JIEDAO_DATA = tmp_path
    forget_coverage()
    keymark.forget_confirmation()
    with clock.at(NOON):
        yield
    forget_coverage()
    keymark.forget_confirmation()


def list_faults() -> list[tuple[str, int | None]]:
    return [(fault["kind"], fault["entry"]) for fault in verify()["faults"]]


def test_an_entry_of_any_values_is_authentic_as_it_is_read_back() -> None:
    for value in VALUES:
        write_dispatch_entry(value=value)
    about = {"actor": SYSTEM, "action": "x", "obj_type": "y"}
    record_entries([{**about, "obj_id": None, "before": value, "after": [value]} for value in VALUES])
    Entry.objects.create(actor_label="x", action="x", object_type="y")
    assert list_faults() == []
    assert seal_entries() == 2 * len(VALUES) + 1


def test_numbers_ascend_after_entries_of_the_highest_numbers_were_deleted() -> None:
    first = write_dispatch_entry().pk
    run_sql("DELETE FROM audit_entry WHERE id = %s", first)
    second = write_dispatch_entry().pk
    record_entries([{"actor": WANG, "action": "x", "obj_type": "y", "obj_id": 1}] * 2)
    assert first < second
    assert list(Entry.objects.order_by("id").values_list("id", flat=True)) == [second, second + 1, second + 2]


def test_a_number_of_a_transaction_that_failed_is_no_fault() -> None:
    write_dispatch_entry()
    with transaction.atomic():
        write_dispatch_entry()
        transaction.set_rollback(True)
    write_dispatch_entry()
    assert list_faults() == []


def write_old_entries(count: int) -> int:
    """Write entries as an earlier version did, without codes, and return the number of the last."""
    for _number in range(count):
        columns = "at, actor_label, action, object_type, object_id"
        run_sql(f"INSERT INTO audit_entry ({columns}) VALUES (%s, 'a', 'x', 'y', 1)", NOON)
    return int(Entry.objects.order_by("-id")[0].pk)


def upgrade() -> None:
    old_apps = MigrationLoader(connection).project_state(("audit", "0002_entry_mac")).apps
    import_module("jiedao.audit.migrations.0002_entry_mac").begin_codes(old_apps, None)


def test_after_an_upgrade_old_entries_need_no_code_and_new_ones_do() -> None:
    write_old_entries(2)
    assert [kind for kind, _entry in list_faults()] == ["inserted", "inserted"]
    upgrade()
    assert list_faults() == []
    write_dispatch_entry()
    assert seal_entries() == 4
    late = write_old_entries(1)
    assert list_faults() == [("inserted", late)]


def test_a_boundary_that_was_changed_states_nothing() -> None:
    last = write_old_entries(2)
    boundary = write_entry_with_id(last + 9, action=BEGIN, object_type="audit.entry", object_id=last)
    assert list_faults() == []
    run_sql("UPDATE audit_entry SET object_id = %s WHERE id = %s", last + 5, boundary.pk)
    assert [kind for kind, _entry in list_faults()] == ["inserted", "inserted", "changed"]


def test_a_lost_key_leaves_what_is_sealed_and_begins_anew(settings: Any) -> None:
    keymark.confirm_key()
    write_dispatch_entry()
    seal_entries()
    unsealed = write_dispatch_entry().pk
    settings.JIEDAO_FIELD_KEY = OTHER_KEY
    assert list_faults() == [("changed", unsealed)]
    keymark.confirm_key(accept=True)
    entry = Entry.objects.get(action=BEGIN)
    assert (entry.object_id, entry.after) == (unsealed, {"why": "NEW_KEY"})
    assert list_faults() == []
    keymark.confirm_key(accept=True)  # the same key again
    assert Entry.objects.filter(action=BEGIN).count() == 1
    later = write_dispatch_entry().pk
    assert seal_entries() == 3
    with clock.at(NOON + HOUR):
        run_sql("UPDATE audit_entry SET action = 'y' WHERE id = %s", later)
        assert list_faults() == [("changed", later)]


def test_the_time_of_an_entry_counts_to_the_microsecond() -> None:
    entry = write_dispatch_entry()
    run_sql("UPDATE audit_entry SET at = %s WHERE id = %s", entry.at + timedelta(microseconds=1), entry.pk)
    assert list_faults() == [("changed", entry.pk)]
