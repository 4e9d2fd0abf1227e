"""The actors of these tests, and helpers that write past the application."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from jiedao.audit.actions import record_entry
from jiedao.audit.models import Entry

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Person:
    user_id: int | None
    post_id: int | None
    label: str
    request_id: str = ""
    address: str = ""


WANG = Person(11, 3, "王敏 · 派遣员", "req-1", "10.0.0.8")
SYSTEM = Person(None, None, "系统")


def write_dispatch_entry(case: int = 1, **after: Any) -> Entry:
    return record_entry(
        actor=WANG, action="cases.case:dispatch", obj_type="cases.case", obj_id=case, before=None, after=after
    )


def write_entry_with_id(number: int, **values: Any) -> Entry:
    """Write an entry whose id was assigned earlier: its transaction commits only now."""
    about = {"actor_label": "系统", "action": "x", "object_type": "y", "object_id": 1}
    return Entry.objects.create(id=number, **{**about, **values})


def run_sql(statement: str, *values: Any) -> None:
    """Run raw SQL, as an intruder with the database's password would."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
