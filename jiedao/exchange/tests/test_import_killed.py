"""A real import is killed with SIGKILL in the middle of a batch; importing the file again continues it."""

from pathlib import Path

import pytest
from django.db import connection

from jiedao.audit.models import Entry
from jiedao.cases.models import Case, CaseMove, CaseSource, Clock
from jiedao.exchange.messages import import_messages
from jiedao.exchange.models import MessageImport
from jiedao.exchange.tests.books import make_csv
from jiedao.exchange.undoing import undo_import
from jiedao.kernel.tests.test_worker_killed import start_worker
from jiedao.orgs.actor import make_system_actor
from jiedao.testing.cast import make_town

SCRIPT = Path(__file__).with_name("dying_import.py")
HEAD = "编号,标题,内容,留言时间,答复意见,答复时间\n"
OPEN = "{n},路灯不亮,第 {n} 盏路灯不亮。,2020-03-02 9:00,,\n"
ENDED = "{n},井盖,第 {n} 个井盖响。,2020-03-02 9:00,已修好,2020-03-04 10:00\n"


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_continues_without_doubles(tmp_path: Path) -> None:
    make_town()
    lines = [(ENDED if n % 3 else OPEN).format(n=n) for n in range(1, 21)]
    path = make_csv(tmp_path / "来件.csv", HEAD + "".join(lines))
    connection.close()

    doomed = start_worker(str(path), SCRIPT)
    assert doomed.stdout is not None
    assert doomed.stdout.readline() == "writing\n"
    doomed.kill()
    doomed.wait(10)

    row = MessageImport.objects.get()
    assert row.finished_at is None
    # Two complete batches of 4 are there; the third had been written and was not committed.
    assert Case.objects.count() == CaseSource.objects.filter(import_id=row.pk).count() == 8
    account = import_messages(make_system_actor(), path)
    assert account.counts() == {"read": 20, "created": 20, "existing": 0, "refused": 0}
    assert (account.import_id, MessageImport.objects.count()) == (row.pk, 1)
    keys = Case.objects.order_by().values_list("source_key", flat=True)
    assert len(keys) == len(set(keys)) == 20
    assert CaseMove.objects.filter(move="REPORT").count() == 20
    assert Clock.objects.filter(stage="ACCEPT").count() == 20
    filed = Entry.objects.filter(action__in=["cases.case:report", "cases.case:import"])
    assert filed.count() == 20
    assert undo_import(actor=make_system_actor(), import_id=row.pk).removed == 20
    assert not Case.objects.exists()
