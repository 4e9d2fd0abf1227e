"""A long chain is checked by ranges of its seals in several processes, which find what one process finds."""

from concurrent.futures import ProcessPoolExecutor

import pytest
from django.conf import settings

from jiedao.audit import checked_seals
from jiedao.audit.coverage import forget_coverage
from jiedao.audit.models import Seal
from jiedao.audit.sealing import seal_entries
from jiedao.audit.selectors import Verdict, verify
from jiedao.audit.tests.cast import HOUR, NOON, run_sql, write_entry_with_id
from jiedao.kernel import clock
from jiedao.kernel.processes import make_processes
from jiedao.kernel.tests.test_worker_killed import database_url

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let two seals be a range, each process have one, and new processes use the database of the test.

    Returns:
        A list to which the number of processes is added when they are started.
    """
    numbers: list[int] = []

    def make(number: int) -> ProcessPoolExecutor:
        numbers.append(number)
        return make_processes(number)

    monkeypatch.setattr(checked_seals, "make_processes", make)
    monkeypatch.setattr(checked_seals, "RANGE_SEALS", 2)
    monkeypatch.setattr(checked_seals, "RANGES_PER_PROCESS", 1)
    monkeypatch.setenv("JIEDAO_DATABASE_URL", database_url())
    monkeypatch.setenv("JIEDAO_DATA", str(settings.JIEDAO_DATA))
    monkeypatch.setenv("JIEDAO_SECRET_KEY", "a key for tests, known to everybody")
    forget_coverage()
    return numbers


def write_chain() -> list[int]:
    """Write six seals of three entries, from 100 to 602, an hour from each other; return the numbers of the seals."""
    for batch in range(6):
        with clock.at(NOON + batch * HOUR):
            for number in range(3):
                write_entry_with_id(100 * (batch + 1) + number, after={"text": "井盖"})
            seal_entries()
    return list(Seal.objects.order_by("id").values_list("id", flat=True))


def verify_in(processes: int) -> Verdict:
    with clock.at(NOON + 6 * HOUR):
        return verify(with_noted_heads=False, processes=processes)


def test_processes_find_what_one_finds_also_where_two_ranges_meet(started: list[int]) -> None:
    seals = write_chain()
    assert (verify_in(2)["intact"], started) == (True, [2])
    run_sql("UPDATE audit_entry SET user_id = 7 WHERE id = 202")  # the last of the first range
    run_sql("DELETE FROM audit_entry WHERE id = 300")  # the first of the second range
    write_entry_with_id(250)  # between both
    run_sql(
        "UPDATE audit_seal SET prev = %s WHERE id = %s", "0" * 64, seals[4]
    )  # the first of the third range
    verdict = verify_in(2)
    assert [(fault["kind"], fault["entry"], fault["seal"]) for fault in verdict["faults"]] == [
        ("changed", 202, seals[1]),
        ("missing", 300, seals[2]),
        ("seal", None, seals[4]),  # it does not continue the seal before it,
        ("seal", None, seals[4]),  # and its link does not hold
        ("inserted", 250, None),
    ]
    assert started == [2, 2]
    assert verify_in(1) == verdict


def test_a_seal_that_is_removed_where_two_ranges_meet_is_found(started: list[int]) -> None:
    seals = write_chain()
    run_sql("DELETE FROM audit_seal WHERE id = %s", seals[2])
    faults = verify_in(3)["faults"]
    assert (faults[0]["kind"], faults[0]["seal"]) == ("seal", seals[3])
    assert [fault["entry"] for fault in faults if fault["kind"] == "inserted"] == [300, 301, 302]
    assert started == [3]


def test_few_seals_start_no_process(started: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked_seals, "RANGES_PER_PROCESS", 2)
    write_chain()
    assert (verify_in(2)["intact"], started) == (True, [])
