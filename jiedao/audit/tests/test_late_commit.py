"""Two transactions at once on PostgreSQL: the lower id commits after the higher one was sealed."""

import threading

import pytest
from django.db import connection, transaction

from jiedao.audit.models import Entry, Seal
from jiedao.audit.sealing import seal_entries
from jiedao.audit.selectors import verify
from jiedao.audit.tests.cast import write_dispatch_entry


@pytest.mark.django_db(transaction=True)
def test_an_entry_of_a_slow_transaction_is_not_lost():
    if connection.vendor == "sqlite":
        pytest.skip("SQLite lets one writer in at a time: ids commit in their order")
    written, may_commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with transaction.atomic():
            write_dispatch_entry(case=1)
            written.set()
            may_commit.wait(30)
        connection.close()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    written.wait(30)
    higher = write_dispatch_entry(case=2).pk
    assert seal_entries() == 1
    may_commit.set()
    writer.join(30)
    assert seal_entries() == 1
    assert Seal.objects.order_by("-id")[0].last_id == Entry.objects.exclude(pk=higher).get().pk < higher
    assert verify()["intact"]
