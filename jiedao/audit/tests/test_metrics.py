"""The numbers of sealed and unsealed entries in the metrics."""

import pytest

from jiedao.audit.sealing import count_entries, seal_entries
from jiedao.audit.tests.cast import write_dispatch_entry, write_entry_with_id

pytestmark = pytest.mark.django_db


def test_sealed_and_unsealed_entries_are_counted() -> None:
    assert count_entries() == (0, 0)
    for case in (1, 2, 3):
        write_dispatch_entry(case)
    assert count_entries() == (0, 3)
    seal_entries()
    write_dispatch_entry(4)
    assert count_entries() == (3, 1)


def test_an_entry_that_committed_late_is_unsealed_though_its_id_is_low() -> None:
    first = write_dispatch_entry(1).pk
    write_entry_with_id(first + 5)
    seal_entries()
    write_entry_with_id(first + 2)
    assert count_entries() == (2, 1)
