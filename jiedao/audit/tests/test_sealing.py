import hashlib
import threading

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Q
from hypothesis import given
from hypothesis import strategies as st

from jiedao.audit.coverage import Coverage
from jiedao.audit.models import Seal, group_into_ranges
from jiedao.audit.reading import read_entries
from jiedao.audit.sealing import build_seal, find_gaps, read_unsealed, seal_entries
from jiedao.audit.selectors import verify
from jiedao.audit.tests.cast import HOUR, NOON, run_sql, write_dispatch_entry, write_entry_with_id
from jiedao.kernel import clock
from jiedao.kernel.jobs import run_worker

pytestmark = pytest.mark.django_db


def seal_at(moment, batch=100) -> int:
    with clock.at(moment):
        return seal_entries(batch=batch)


def list_faults() -> list[tuple[str, int | None]]:
    return [(fault["kind"], fault["entry"] or fault["seal"]) for fault in verify()["faults"]]


def write_sealed_entries(count: int) -> list[int]:
    numbers = [write_dispatch_entry(case=number, text="井盖").pk for number in range(count)]
    seal_at(NOON)
    return numbers


def test_nothing_to_seal_is_intact():
    assert seal_at(NOON) == 0
    assert verify() == {"entries": 0, "sealed": 0, "intact": True, "head": "", "faults": []}


def test_entries_are_sealed_once_in_batches_that_form_a_chain():
    for number in range(7):
        write_dispatch_entry(case=number)
    assert seal_at(NOON, batch=3) == 7
    assert seal_at(NOON + HOUR) == 0
    seals = list(Seal.objects.order_by("id"))
    assert [seal.count for seal in seals] == [3, 3, 1]
    assert [seal.prev for seal in seals] == ["", seals[0].chain, seals[1].chain]
    verdict = verify()
    assert (verdict["entries"], verdict["sealed"], verdict["intact"]) == (7, 7, True)
    assert verdict["head"] == seals[2].chain


def test_an_unsealed_entry_is_no_fault():
    write_sealed_entries(2)
    write_dispatch_entry()
    verdict = verify()
    assert (verdict["entries"], verdict["sealed"], verdict["intact"]) == (3, 2, True)


@pytest.mark.parametrize(
    "change",
    [
        "action = 'cases.case:void'",
        "actor_label = '李四'",
        "at = '2020-01-01 00:00:00+00:00'",
        "after = '{}'",
        "user_id = NULL",
        "object_id = 99",
        "address = '10.0.0.9'",
    ],
)
def test_a_changed_entry_is_named(change):
    numbers = write_sealed_entries(5)
    run_sql(f"UPDATE audit_entry SET {change} WHERE id = %s", numbers[2])
    assert list_faults() == [("changed", numbers[2])]


def test_a_missing_entry_is_named():
    numbers = write_sealed_entries(5)
    run_sql("DELETE FROM audit_entry WHERE id = %s", numbers[3])
    assert list_faults() == [("missing", numbers[3])]


def test_an_entry_that_commits_late_is_sealed_late():
    for number in (101, 104, 102):
        write_entry_with_id(number)
    assert seal_at(NOON) == 3
    write_entry_with_id(103)
    write_entry_with_id(105)
    assert seal_at(NOON + HOUR / 60) == 2
    assert [seal.members for seal in Seal.objects.order_by("id")] == [
        [[101, 102], [104, 104]],
        [[103, 103], [105, 105]],
    ]
    assert verify()["intact"]


def test_an_entry_late_by_days_is_sealed_when_the_sealer_had_stopped():
    write_entry_with_id(101)
    write_entry_with_id(103)
    seal_at(NOON)
    write_entry_with_id(102)
    assert seal_at(NOON + 48 * HOUR) == 1
    assert verify()["intact"]


def test_an_entry_inserted_into_a_closed_gap_is_named_and_never_sealed():
    write_entry_with_id(101)
    write_entry_with_id(103)
    seal_at(NOON)
    write_entry_with_id(104)
    seal_at(NOON + 2 * HOUR)
    write_entry_with_id(102)
    write_entry_with_id(50)
    assert seal_at(NOON + 3 * HOUR) == 0
    assert list_faults() == [("inserted", 50), ("inserted", 102)]


def test_a_full_batch_closes_no_gap():
    write_entry_with_id(101)
    write_entry_with_id(105)
    seal_at(NOON)
    for number in (102, 103, 106):
        write_entry_with_id(number)
    assert seal_at(NOON + 2 * HOUR, batch=1) == 3
    assert verify()["intact"]


def test_two_sealers_cannot_both_continue_the_chain():
    write_dispatch_entry()
    rows = read_unsealed(Coverage(), 10)
    seals = [build_seal(rows, Coverage()) for _ in range(2)]
    for seal in seals:
        seal.chain = seal.compute_link()
    seals[0].save()
    with pytest.raises(IntegrityError), transaction.atomic():
        seals[1].save()


@pytest.mark.parametrize("column", ["root", "chain", "prev"])
def test_a_changed_seal_is_a_fault(column):
    write_sealed_entries(3)
    run_sql(f"UPDATE audit_seal SET {column} = %s", "0" * 64)
    assert "seal" in {kind for kind, _ in list_faults()}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("members", "[[1, 9000000000000000]]"),
        ("members", "{}"),
        ("members", "7"),
        ("algorithm", "md5"),
        ("count", 9),
    ],
)
def test_an_unreadable_seal_is_a_fault_and_no_crash(column, value):
    write_sealed_entries(3)
    run_sql(f"UPDATE audit_seal SET {column} = %s", value)
    assert [kind for kind, _ in list_faults()] == ["seal"]


def test_an_entry_changed_together_with_its_leaf_is_still_a_fault():
    numbers = write_sealed_entries(2)
    run_sql("UPDATE audit_entry SET action = 'x' WHERE id = %s", numbers[1])
    seal = Seal.objects.get()
    forged = build_seal([row for _number, row in read_entries(Q()) if row], Coverage())
    run_sql("UPDATE audit_seal SET leaves = %s WHERE id = %s", forged.leaves, seal.pk)
    assert list_faults() == [("seal", seal.pk)]


def test_a_removed_seal_breaks_the_chain():
    write_sealed_entries(2)
    write_sealed_entries(2)
    first, second = Seal.objects.order_by("id").values_list("id", flat=True)
    run_sql("DELETE FROM audit_seal WHERE id = %s", first)
    assert ("seal", second) in list_faults()


def test_a_cut_chain_is_a_fault_when_a_noted_head_is_given():
    write_sealed_entries(2)
    write_sealed_entries(1)
    head = verify()["head"]
    assert verify(head=head)["intact"]
    run_sql("DELETE FROM audit_seal WHERE chain = %s", head)
    assert verify()["intact"]
    assert [fault["kind"] for fault in verify(head=head)["faults"]] == ["head"]


def test_a_chain_may_hold_seals_of_both_digests(settings):
    if "sm3" not in hashlib.algorithms_available:
        pytest.skip("this Python's OpenSSL has no SM3")
    write_sealed_entries(2)
    settings.JIEDAO_DIGEST = "sm3"
    write_sealed_entries(2)
    assert list(Seal.objects.order_by("id").values_list("algorithm", flat=True)) == ["sha256", "sm3"]
    assert verify()["intact"]


def test_the_worker_seals_entries():
    write_dispatch_entry()
    run_worker(threading.Event(), once=True)
    assert Seal.objects.get().count == 1


@given(st.sets(st.integers(0, 40)), st.integers(0, 40), st.integers(0, 40))
def test_ranges_and_gaps_together_cover_the_span(ids, start, end):
    gaps = find_gaps(group_into_ranges(sorted(ids)), start, end)
    spread = [number for first, last in gaps for number in range(first, last + 1)]
    assert spread == [number for number in range(start, end + 1) if number not in ids]
