"""A thousand random changes past the application, by a person with the database's password: each is found."""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from jiedao.audit import coverage, heads
from jiedao.audit.fields import SEALED_FIELDS
from jiedao.audit.macs import BEGIN, BOUNDARY_TYPE
from jiedao.audit.models import Seal
from jiedao.audit.sealing import seal_entries
from jiedao.audit.selectors import verify
from jiedao.audit.tests.cast import HOUR, NOON, run_sql, write_entry_with_id
from jiedao.kernel import clock

pytestmark = pytest.mark.django_db
NOW = NOON + 5 * HOUR
ENTRY_COLUMNS = [
    "actor_label",
    "user_id",
    "post_id",
    "action",
    "object_type",
    "object_id",
    "address",
    "at",
    "after",
]
SEAL_COLUMNS = [
    "prev",
    "chain",
    "root",
    "floor_id",
    "first_id",
    "last_id",
    "high_id",
    "count",
    "members",
    "algorithm",
    "at",
]
ALGORITHMS = ["sm3", "md5", ""]
MEMBERS = ["[[1, 3]]", "[]", "{}", "7", "[[1, 9000000000000000]]", '[["1", 3]]', "[[3, 1]]", "null"]
Dice = random.Random


@pytest.fixture
def chain(
    settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> Iterator[dict[str, list[int]]]:
    """Five seals of three entries each, with two closed gaps and their heads noted, and three unsealed entries."""
    settings.JIEDAO_DATA = tmp_path
    coverage.forget_coverage()
    sealed, seals = [], []
    for batch in range(5):
        with clock.at(NOON + batch * HOUR), django_capture_on_commit_callbacks(execute=True):
            for number in range(3):
                pk = 100 * (batch + 1) + number * 2
                sealed.append(write_entry_with_id(pk, after={"text": "井盖"}, user_id=pk, post_id=3).pk)
            seal_entries()
    ignore_constraints(on=True)
    with clock.at(NOW):
        unsealed = [
            write_entry_with_id(
                number, at=NOW - timedelta(seconds=number - 600), after={"text": "路灯", "n": 1.5}
            ).pk
            for number in (601, 602, 604)
        ]
        seals = list(Seal.objects.order_by("id").values_list("id", flat=True))
        assert (len(seals), verify()["intact"]) == (5, True)
        yield {"sealed": sealed, "unsealed": unsealed, "seals": seals}
    ignore_constraints(on=False)
    coverage.forget_coverage()


def ignore_constraints(*, on: bool) -> None:
    """Let SQLite store what is no JSON, as everybody who can write its file can."""
    if connection.vendor == "sqlite":
        run_sql(f"PRAGMA ignore_check_constraints = {'ON' if on else 'OFF'}")


def change_entry(dice: Dice, chain: dict[str, list[int]]) -> None:
    column = dice.choice(ENTRY_COLUMNS)
    if column == "at":
        value: Any = NOW - timedelta(seconds=dice.randint(1, 10**7), microseconds=7)
    elif column == "after":
        value = f'{{"n": {dice.random()}}}'
    else:
        value = dice.randint(1000, 10**9) if column.endswith("_id") else f"x{dice.random()}"
    if connection.vendor == "sqlite" and column in {"at", "after"} and dice.random() < 0.5:
        value = dice.choice(["", "{", "never", "[1,", "9999-99-99 00:00"])
    run_sql(f"UPDATE audit_entry SET {column} = %s WHERE id = %s", value, dice.choice(chain["sealed"]))


def delete_entries(dice: Dice, chain: dict[str, list[int]]) -> None:
    for pk in dice.sample(chain["sealed"], dice.randint(1, 4)):
        run_sql("DELETE FROM audit_entry WHERE id = %s", pk)


def insert_entry(dice: Dice, chain: dict[str, list[int]]) -> None:
    """Put an entry between the entries of an hour that is closed."""
    write_entry_with_id(100 * dice.randint(1, 3) + dice.choice([1, 3, 5, *range(6, 90)]))


def swap_entries(dice: Dice, chain: dict[str, list[int]]) -> None:
    first, second = dice.sample(chain["sealed"], 2)
    for old, new in ((first, -1), (second, first), (-1, second)):
        run_sql("UPDATE audit_entry SET id = %s WHERE id = %s", new, old)


def change_unsealed(dice: Dice, chain: dict[str, list[int]]) -> None:
    """Change an unsealed entry so that it waits too long, is dated in the future, or cannot be read."""
    pk = dice.choice(chain["unsealed"])
    values: list[tuple[str, Any]] = [
        ("at", NOW + dice.choice([-1, 1]) * timedelta(minutes=dice.randint(11, 10**6)))
    ]
    if connection.vendor == "sqlite":
        values += [("at", "soon"), ("after", "{"), ("before", "text"), ("at", 5)]
    column, value = dice.choice(values)
    run_sql(f"UPDATE audit_entry SET {column} = %s WHERE id = %s", value, pk)


def edit_unsealed(dice: Dice, chain: dict[str, list[int]]) -> None:
    """Change one value of an unsealed entry, its code included, to another plausible one."""
    values: dict[str, Callable[[], Any]] = {
        "at": lambda: NOW - timedelta(seconds=dice.randint(1, 500), microseconds=dice.randint(1, 999_999)),
        "before": lambda: '{"text": "井盖"}',
        "after": lambda: dice.choice(
            ['{"text": "路灯"}', '{"text": "路灯", "n": 1.51}', "{}", "null", "[1]"]
        ),
        "user_id": lambda: dice.randint(1, 99),
        "post_id": lambda: dice.randint(1, 99),
        "object_id": lambda: dice.choice([None, 2, 3, 11]),
        "mac": lambda: dice.choice([None, "", "0" * 32, dice.randbytes(16).hex()]),
    }
    names = ("actor_label", "action", "object_type", "request_id", "address")
    column = dice.choice([*values, *names])
    value = values[column]() if column in values else dice.choice(["王敏 · 派遣员", "cases.case:close", " x"])
    run_sql(f"UPDATE audit_entry SET {column} = %s WHERE id = %s", value, dice.choice(chain["unsealed"]))


def insert_unsealed(dice: Dice, chain: dict[str, list[int]]) -> None:
    """Copy an unsealed entry to a free number, with its code, another one or none."""
    columns = ", ".join(name for name in SEALED_FIELDS if name != "id")
    mac = dice.choice(["mac", "NULL", "''", f"'{dice.randbytes(16).hex()}'"])
    run_sql(
        f"INSERT INTO audit_entry (id, {columns}, mac) SELECT %s, {columns}, {mac} FROM audit_entry WHERE id = %s",
        dice.choice([501, 502, 600, 603, 605, 9000]),
        dice.choice(chain["unsealed"]),
    )


def swap_unsealed(dice: Dice, chain: dict[str, list[int]]) -> None:
    """Exchange the numbers of two unsealed entries, or move one to a free number."""
    first, second = dice.sample(chain["unsealed"], 2)
    if dice.random() < 0.5:
        second = dice.choice([501, 603, 700])
    for old, new in ((first, -1), (second, first), (-1, second)):
        run_sql("UPDATE audit_entry SET id = %s WHERE id = %s", new, old)


def forge_boundary(dice: Dice, chain: dict[str, list[int]]) -> None:
    """Change an unsealed entry, and state that entries of that time need no code."""
    edit_unsealed(dice, chain)
    run_sql(
        "INSERT INTO audit_entry (id, at, actor_label, action, object_type, object_id, mac) "
        "VALUES (%s, %s, '系统', %s, %s, 9000, %s)",
        *(dice.randint(605, 700), NOW, BEGIN, BOUNDARY_TYPE, dice.choice([None, dice.randbytes(16).hex()])),
    )


def move_unsealed(dice: Dice, chain: dict[str, list[int]]) -> None:
    """Move an unsealed entry among those that are closed."""
    pk = dice.choice(chain["unsealed"])
    run_sql("UPDATE audit_entry SET id = %s WHERE id = %s", 100 * dice.randint(1, 3) + 1, pk)


def change_seal(dice: Dice, chain: dict[str, list[int]]) -> None:
    column, pk = dice.choice(SEAL_COLUMNS), dice.choice(chain["seals"])
    values: dict[str, Callable[[], Any]] = {
        "at": lambda: NOW - timedelta(seconds=dice.randint(1, 10**7), microseconds=7),
        "algorithm": lambda: dice.choice(ALGORITHMS),
        "members": lambda: dice.choice(MEMBERS),
        "count": lambda: dice.randint(4, 999),
    }
    default = (
        (lambda: dice.randint(1000, 2**62)) if column.endswith("_id") else (lambda: dice.randbytes(32).hex())
    )
    run_sql(f"UPDATE audit_seal SET {column} = %s WHERE id = %s", values.get(column, default)(), pk)


def change_leaves(dice: Dice, chain: dict[str, list[int]]) -> None:
    size = dice.choice([0, 1, 32, 64, 96])
    run_sql(
        "UPDATE audit_seal SET leaves = %s WHERE id = %s", dice.randbytes(size), dice.choice(chain["seals"])
    )


def delete_seals(dice: Dice, chain: dict[str, list[int]]) -> None:
    """Delete some seals, the tail of the chain, or all of them."""
    count = dice.randint(1, 5)
    for pk in chain["seals"][-count:] if dice.random() < 0.5 else dice.sample(chain["seals"], count):
        run_sql("DELETE FROM audit_seal WHERE id = %s", pk)


def insert_seal(dice: Dice, chain: dict[str, list[int]]) -> None:
    """Copy a seal to the end, so that it continues the chain by its columns."""
    seal = Seal.objects.get(pk=dice.choice(chain["seals"]))
    newest = Seal.objects.order_by("-id")[0]
    seal.pk, seal.prev, seal._state.adding = newest.pk + dice.randint(1, 9), newest.chain, True
    seal.high_id = newest.high_id
    seal.chain = seal.compute_link()
    seal.save()


def swap_seals(dice: Dice, chain: dict[str, list[int]]) -> None:
    first, second = dice.sample(chain["seals"], 2)
    for old, new in ((first, -1), (second, first), (-1, second)):
        run_sql("UPDATE audit_seal SET id = %s WHERE id = %s", new, old)


def cut_the_tail(dice: Dice, chain: dict[str, list[int]]) -> None:
    """Delete the newest seals together with all their entries."""
    for seal in Seal.objects.order_by("-id")[: dice.randint(1, 5)]:
        run_sql("DELETE FROM audit_entry WHERE id >= %s", seal.members[0][0])
        run_sql("DELETE FROM audit_seal WHERE id = %s", seal.pk)


def empty_both(dice: Dice, chain: dict[str, list[int]]) -> None:
    run_sql("DELETE FROM audit_entry")
    run_sql("DELETE FROM audit_seal")


def write_another_chain(dice: Dice, chain: dict[str, list[int]]) -> None:
    """Change an entry and seal everything anew, which the seals alone cannot show."""
    change_entry(dice, {"sealed": chain["sealed"][:3]})
    run_sql("DELETE FROM audit_seal")
    seal_entries()


CHANGES = [
    change_entry, delete_entries, insert_entry, swap_entries, change_unsealed, move_unsealed, change_seal,
    change_leaves, delete_seals, insert_seal, swap_seals, cut_the_tail, empty_both, write_another_chain,
    edit_unsealed, insert_unsealed, swap_unsealed, forge_boundary,
]  # fmt: skip


def test_each_of_a_thousand_random_changes_is_found(chain: dict[str, list[int]]) -> None:
    missed, refused = [], 0
    for seed in range(1000):
        dice = Dice(seed)
        change = CHANGES[seed % len(CHANGES)]
        point = transaction.savepoint()
        try:
            with transaction.atomic():
                change(dice, chain)
        except IntegrityError:  # the database refused it, for instance because a link exists already
            refused += 1
        else:
            if verify()["intact"]:
                missed.append((seed, change.__name__))
        transaction.savepoint_rollback(point)
    assert missed == []
    assert refused < 100
    assert verify()["intact"]


@pytest.mark.parametrize("column", ["first_id", "last_id", "high_id", "count"])
def test_a_changed_number_of_a_seal_is_found_and_stops_no_sealing(
    chain: dict[str, list[int]], column: str
) -> None:
    run_sql(f"UPDATE audit_seal SET {column} = 2000000000 WHERE id = %s", chain["seals"][-1])
    coverage.forget_coverage()
    assert seal_entries() == 3
    assert [(fault["kind"], fault["seal"]) for fault in verify()["faults"]] == [("seal", chain["seals"][-1])]


@pytest.mark.parametrize(
    "change",
    ["members = '[[1, 9000000000000000]]'", "members = '{}'", "chain = ''", "floor_id = 9000000000000000"],
)
def test_a_ruined_newest_seal_stops_no_sealing(chain: dict[str, list[int]], change: str) -> None:
    run_sql(f"UPDATE audit_seal SET {change} WHERE id = %s", chain["seals"][-1])
    coverage.forget_coverage()
    assert seal_entries() >= 2
    assert seal_entries() == 0
    assert any(fault["seal"] == chain["seals"][-1] for fault in verify()["faults"])


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL stores no text that is not JSON")
def test_an_entry_that_cannot_be_read_is_named_and_stops_nothing(chain: dict[str, list[int]]) -> None:
    run_sql(
        "UPDATE audit_entry SET after = '{' WHERE id IN (%s, %s)", chain["sealed"][0], chain["unsealed"][0]
    )
    assert seal_entries() == 2
    assert [(fault["kind"], fault["entry"]) for fault in verify()["faults"]] == [
        ("changed", chain["sealed"][0]),
        ("unreadable", chain["unsealed"][0]),
    ]


def test_entries_that_wait_too_long_for_their_seal_are_one_fault(chain: dict[str, list[int]]) -> None:
    with clock.at(NOW + timedelta(minutes=9)):
        assert verify()["intact"]
    with clock.at(NOW + timedelta(minutes=11)):
        fault = verify()["faults"][0]
    assert (fault["kind"], fault["entry"]) == ("unsealed", chain["unsealed"][0])
    assert fault["message"].startswith("3 entries")


def test_a_restored_backup_begins_a_new_part_of_the_noted_heads(chain: dict[str, list[int]]) -> None:
    third = Seal.objects.get(pk=chain["seals"][2])
    run_sql("DELETE FROM audit_entry WHERE id >= 400")
    run_sql("DELETE FROM audit_seal WHERE id > %s", third.pk)
    assert [fault["kind"] for fault in verify()["faults"]] == ["head"]
    heads.note_head(heads.RESTORE, at=NOW, seal=third.pk, chain=third.chain)
    assert verify()["intact"]


def test_a_line_of_the_noted_heads_that_cannot_be_read_is_a_fault(chain: dict[str, list[int]]) -> None:
    with heads.get_path().open("a") as file:
        file.write("{}\n")
    assert [fault["kind"] for fault in verify()["faults"]] == ["head"]


def test_a_disk_that_refuses_the_head_stops_no_sealing(
    chain: dict[str, list[int]], settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.JIEDAO_DATA = Path("/nowhere")
    with django_capture_on_commit_callbacks(execute=True):
        assert seal_entries() == 3


@pytest.mark.parametrize("change", [edit_unsealed, insert_unsealed, swap_unsealed, forge_boundary])
def test_what_was_tampered_with_before_its_seal_is_never_sealed(
    chain: dict[str, list[int]], change: Callable[[Dice, dict[str, list[int]]], None]
) -> None:
    change(Dice(7), chain)
    faults = verify()["faults"]
    assert faults
    with clock.at(NOW + timedelta(minutes=1)):
        seal_entries()
        assert {fault["entry"] for fault in faults} <= {fault["entry"] for fault in verify()["faults"]}
    with clock.at(NOW + 3 * HOUR):  # and when the numbers around it are closed
        write_entry_with_id(9500)
        seal_entries()
        assert {fault["entry"] for fault in faults} <= {fault["entry"] for fault in verify()["faults"]}
