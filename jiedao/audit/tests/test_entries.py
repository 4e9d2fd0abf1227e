from datetime import date
from decimal import Decimal

import pytest

from jiedao.audit.actions import record_entries, record_entry
from jiedao.audit.models import AppendOnlyError, Entry
from jiedao.audit.tests.cast import NOON, SYSTEM, WANG, run_sql, write_dispatch_entry
from jiedao.kernel import clock

pytestmark = pytest.mark.django_db


def test_an_entry_stores_who_did_what_and_when():
    with clock.at(NOON):
        record_entry(
            actor=WANG,
            action="cases.case:close",
            obj_type="cases.case",
            obj_id=7,
            before={"state": "CHECK"},
            after={"on": date(2026, 11, 23), "cost": Decimal("1.50")},
        )
    row = Entry.objects.get()
    assert (row.at, row.actor_label, row.user_id, row.post_id) == (NOON, "王敏 · 派遣员", 11, 3)
    assert (row.action, row.object_type, row.object_id) == ("cases.case:close", "cases.case", 7)
    assert (row.before, row.after) == ({"state": "CHECK"}, {"on": "2026-11-23", "cost": "1.50"})
    assert (row.request_id, row.address) == ("req-1", "10.0.0.8")


def test_many_entries_cost_one_statement(django_assert_num_queries):
    same = {"actor": SYSTEM, "action": "x", "obj_type": "y"}
    entries = [{**same, "obj_id": number, "after": {"n": number}} for number in range(60)]
    with django_assert_num_queries(1):
        record_entries(entries)
    assert Entry.objects.filter(user_id=None, before__isnull=True).count() == 60


def test_the_history_of_an_object_is_newest_first():
    numbers = [
        write_dispatch_entry(case=1).pk,
        write_dispatch_entry(case=2).pk,
        write_dispatch_entry(case=1).pk,
    ]
    assert [row.pk for row in Entry.objects.all().of_object("cases.case", 1)] == [numbers[2], numbers[0]]


def test_an_actor_needs_no_address():
    class Bare:
        user_id, post_id, label, request_id = None, None, "系统", ""

    assert record_entry(actor=Bare(), action="x", obj_type="y", obj_id=None).address == ""


def test_raw_sql_may_leave_out_request_and_address():
    columns = "at, actor_label, action, object_type, object_id"
    run_sql(f"INSERT INTO audit_entry ({columns}) VALUES (%s, 'a', 'x', 'y', 1)", NOON)
    row = Entry.objects.get()
    assert (row.request_id, row.address, row.before) == ("", "", None)


@pytest.mark.parametrize(
    "change",
    [
        lambda row: row.save(),
        lambda row: row.delete(),
        lambda _: Entry.objects.update(action="z"),
        lambda _: Entry.objects.filter(action="x").delete(),
        lambda _: Entry.objects.all().delete(),
        lambda row: Entry.objects.bulk_update([row], ["action"]),
        lambda row: Entry.objects.update_or_create(pk=row.pk, defaults={"action": "z"}),
    ],
)
def test_an_entry_cannot_be_changed_or_deleted(change):
    row = write_dispatch_entry()
    with pytest.raises(AppendOnlyError, match="only ever added"):
        change(row)
    assert Entry.objects.get().action == "cases.case:dispatch"
