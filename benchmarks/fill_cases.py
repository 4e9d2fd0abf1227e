# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""Fills PostgreSQL with very many plain cases, for counting: run as a process on a database of `prepare_office`.

    python -m benchmarks.fill_cases N     N cases of three years, the last of them reported yesterday

Each case has an assignment (one in twenty an earlier one of another unit), three moves and the clock of accepting.
Texts are short and there are no search rows, so that ten million cases fit.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django

YEARS = 3
TABLES = ("cases_case", "cases_assignment", "cases_casemove", "cases_clock")

CASES = """
INSERT INTO cases_case ({names}) SELECT {values} FROM (
  SELECT n, at, at + random() * interval '80 hours' AS handled, at + interval '72 hours' AS due,
         random() AS luck, units[1 + (random() * (array_length(units, 1) - 1))::int] AS unit,
         categories[1 + (random() * (array_length(categories, 1) - 1))::int] AS category,
         grids[1 + (random() * (array_length(grids, 1) - 1))::int] AS grid,
         channels[1 + (random() * 3)::int] AS channel
  FROM (SELECT n, %(start)s::timestamptz + (n::float8 / %(many)s) * interval '{days} days' AS at
        FROM generate_series(1, %(many)s) AS n) AS numbers,
       (SELECT %(units)s::bigint[] AS units, %(categories)s::bigint[] AS categories, %(grids)s::text[] AS grids,
               ARRAY['HOTLINE', 'PATROL', 'WEB', 'APP'] AS channels) AS lists
) AS q
"""
ASSIGNMENTS = """
INSERT INTO cases_assignment (case_id, unit_id, role, round, dispatched_at, due_at, done_at, ended_at, outcome, wrong,
                              on_time, result)
SELECT id, lead_unit_id, 'LEAD', 1, dispatched_at, handle_due_at, handled_at, handled_at, 'DONE', false,
       handled_on_time, '' FROM cases_case WHERE dispatched_at IS NOT NULL
UNION ALL
SELECT id, coalesce((SELECT min(u.id) FROM orgs_unit u WHERE u.id > lead_unit_id), lead_unit_id), 'LEAD', 1,
       dispatched_at - interval '1 day', handle_due_at, NULL,
       dispatched_at - interval '1 hour', 'RETURNED', true, NULL, ''
FROM cases_case WHERE dispatched_at IS NOT NULL AND id %% 20 = 0
"""
MOVES = """
INSERT INTO cases_casemove (case_id, move, at, from_state, to_state, actor_label, text, data, public)
SELECT id, 'REPORT', reported_at, '', 'REPORTED', '生成', '', '{}'::jsonb, false FROM cases_case
UNION ALL
SELECT id, 'DISPATCH', dispatched_at, 'FILED', 'DISPATCHED', '生成', '', '{}'::jsonb, false
FROM cases_case WHERE dispatched_at IS NOT NULL
UNION ALL
SELECT id, 'CLOSE', closed_at, 'CHECKED', 'CLOSED', '生成', '', '{}'::jsonb, false
FROM cases_case WHERE closed_at IS NOT NULL
"""
CLOCKS = """
INSERT INTO cases_clock (case_id, stage, "limit", started_at, due_at, warn_at, provisional, stopped_at, escalated)
SELECT id, 'ACCEPT', '2wh', reported_at, reported_at + interval '2 hours', reported_at, false,
       coalesce(accepted_at, ended_at), 0 FROM cases_case
"""


def list_columns() -> dict[str, str]:
    """Return the columns that differ from case to case, as expressions over the invented values."""
    done, refused = "(luck < 0.92)", "(luck >= 0.97)"
    handled = f"CASE WHEN {done} AND handled < now() - interval '1 day' THEN handled END"
    return {
        "id": "n",
        "number": "to_char(at, 'YYYY') || '-' || lpad(n::text, 8, '0')",
        "channel": "channel",
        "subject": "'路边有垃圾'",
        "detail": "'路边堆着垃圾，请清理。'",
        "area_path": "grid",
        "category_id": "category",
        "state": f"CASE WHEN {refused} THEN 'REJECTED' WHEN {handled} IS NOT NULL THEN 'DONE' ELSE 'HANDLING' END",
        "lead_unit_id": f"CASE WHEN NOT {refused} THEN unit END",
        "reported_at": "at",
        "reported_date": "(at AT TIME ZONE 'Asia/Shanghai')::date",
        "accepted_at": f"CASE WHEN NOT {refused} THEN at + luck * interval '3 hours' END",
        "filed_at": f"CASE WHEN NOT {refused} THEN at + interval '3 hours' END",
        "dispatched_at": f"CASE WHEN NOT {refused} THEN at + interval '4 hours' END",
        "handle_due_at": f"CASE WHEN NOT {refused} THEN due END",
        "close_due_at": f"CASE WHEN NOT {refused} THEN due + interval '2 days' END",
        "handled_at": handled,
        "handled_on_time": f"({handled}) <= due",
        "checked_at": handled,
        "closed_at": handled,
        "closed_on_time": f"({handled}) <= due + interval '2 days'",
        "visited_at": f"({handled}) + interval '4 hours'",
        "ended_at": f"CASE WHEN {refused} THEN at + interval '1 hour' ELSE ({handled}) + interval '4 hours' END",
        "satisfaction": f"CASE WHEN ({handled}) IS NOT NULL THEN 1 + (luck * 1000)::int %% 5 END",
        "solved": f"CASE WHEN ({handled}) IS NOT NULL THEN luck < 0.8 END",
        "has_reporter": "channel <> 'PATROL'",
    }


def build_case_statement() -> str:
    """Return the INSERT of all cases: what does not differ has the value of an untouched case."""
    from jiedao.cases.rows import UNTOUCHED_CASE

    columns = list_columns()
    for name, value in UNTOUCHED_CASE.items():
        if name not in columns:
            literal = (
                "NULL" if value is None else repr(value) if not isinstance(value, list) else "'[]'::jsonb"
            )
            columns[name] = literal
    return CASES.format(names=", ".join(columns), values=", ".join(columns.values()), days=365 * YEARS)


@contextmanager
def without_indexes(cursor: Any) -> Iterator[None]:
    """Drop the indexes of the filled tables and build them again after the block: sorted, that is many times faster."""
    cursor.execute(
        "SELECT format('%%I', indexrelid::regclass::text), pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = ANY(%s::regclass[])"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [list(TABLES)],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    cursor.execute("SET session_replication_role = replica")  # foreign keys are not checked row by row
    yield
    cursor.execute("SET session_replication_role = origin")
    cursor.execute("SET maintenance_work_mem = '512MB'")
    for _name, definition in indexes:
        cursor.execute(definition)


def main() -> None:
    """Fill, advance the sequence and analyse."""
    django.setup()
    from datetime import timedelta

    from django.db import connection, transaction

    from jiedao.cases.models import Category
    from jiedao.kernel import clock
    from jiedao.orgs.models import Unit
    from jiedao.places.models import Area

    many = int(sys.argv[1])
    values = {
        "many": many,
        "start": clock.now() - timedelta(days=365 * YEARS + 1),
        "units": list(Unit.objects.order_by("pk").values_list("pk", flat=True)[:30]),
        "categories": list(Category.objects.filter(parent__isnull=False).values_list("pk", flat=True)[:60]),
        "grids": list(Area.objects.filter(kind="GRID").values_list("path", flat=True)[:60]),
    }
    with connection.cursor() as cursor:
        with transaction.atomic(), without_indexes(cursor):
            cursor.execute("SELECT setseed(0.5)")
            cursor.execute(build_case_statement(), values)
            for statement in (ASSIGNMENTS % (), MOVES, CLOCKS):
                cursor.execute(statement)
        cursor.execute("SELECT setval('cases_case_id_seq', %s)", [many])
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    main()
