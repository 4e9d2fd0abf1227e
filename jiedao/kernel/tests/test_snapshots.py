"""Several reads that see one state of the database."""

import pytest
from django.db import connection, transaction

from jiedao.kernel.models import Policy
from jiedao.kernel.snapshots import is_in_read_snapshot, read_once, read_snapshot, write_snapshot

pytestmark = pytest.mark.django_db(transaction=True)


def count_policies() -> int:
    return read_once("policies", Policy.objects.count)


def test_within_a_block_a_value_is_read_once() -> None:
    calls: list[int] = []
    with read_snapshot():
        assert is_in_read_snapshot()
        for _n in range(3):
            with read_snapshot():
                read_once("key", lambda: calls.append(1))
    assert calls == [1]
    assert not is_in_read_snapshot()
    for _n in range(2):
        read_once("key", lambda: calls.append(1))
    assert calls == [1, 1, 1]


def test_in_a_transaction_that_writes_nothing_is_cached() -> None:
    with transaction.atomic(), read_snapshot():
        assert count_policies() == 0
        Policy.objects.create(key="unsatisfied_score", value=3)
        assert count_policies() == 1


def test_after_an_error_the_connection_serves_and_writes_again() -> None:
    def fail() -> None:
        with read_snapshot():
            count_policies()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with write_snapshot():
        Policy.objects.create(key="unsatisfied_score", value=3)
    with read_snapshot():
        assert count_policies() == 1
    assert not connection.in_atomic_block


def test_a_write_that_fails_leaves_nothing() -> None:
    def fail() -> None:
        with write_snapshot():
            Policy.objects.create(key="unsatisfied_score", value=3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not Policy.objects.exists()
