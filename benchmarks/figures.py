# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""All measures of the reference pack at very many cases: brought up to date, recounted, and read by the board.

    python -m benchmarks.figures     prints the seconds of each part as JSON

Run as a process on a database of `prepare_office`. PostgreSQL only: an office of so many cases needs it.
"""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import django

from benchmarks.client import encode_get
from benchmarks.loads import measure_load
from benchmarks.report import Line
from benchmarks.servers import prepare_office, run_server

NEW = 1000
TIMES = 40  # readings whose 95th percentile is reported
LIMITED = (  # name, whose scope, and what is read
    ("unit_total", "a unit's handler", "in total"),
    ("unit_by_unit", "a unit's handler", "by unit"),
    ("unit_trend", "a unit's handler", "course of 12 months"),
    ("community_total", "a community's secretary", "in total"),
    ("community_by_unit", "a community's secretary", "by unit"),
)
BARE = """
SELECT count(*) FILTER (WHERE reported_date BETWEEN {days}), count(*) FILTER (WHERE accepted_at {time}),
  count(*) FILTER (WHERE filed_at {time}), count(*) FILTER (WHERE filed_at {time} AND self_handled),
  count(*) FILTER (WHERE ended_at {time} AND state = 'REJECTED'), count(*) FILTER (WHERE ended_at {time} AND
  state = 'VOIDED'), count(*) FILTER (WHERE handle_due_at {time} AND {owing} AND {due}),
  count(*) FILTER (WHERE handle_due_at {time} AND {owing} AND {due} AND handled_at IS NOT NULL),
  count(*) FILTER (WHERE handle_due_at {time} AND {owing} AND {due} AND handled_on_time),
  count(*) FILTER (WHERE handle_due_at {time} AND {owing} AND {due} AND handled_on_time IS NOT TRUE),
  count(*) FILTER (WHERE handle_due_at {time} AND {owing} AND {due} AND handled_at IS NULL),
  count(*) FILTER (WHERE handle_due_at {time} AND {owing} AND {due} AND extensions > 0),
  count(*) FILTER (WHERE handle_due_at {time} AND {owing} AND {due} AND handled_at IS NOT NULL AND reworks > 0),
  count(*) FILTER (WHERE checked_at {time}), count(*) FILTER (WHERE close_due_at {time} AND {owing} AND {close}),
  count(*) FILTER (WHERE close_due_at {time} AND {owing} AND {close} AND closed_at IS NOT NULL),
  count(*) FILTER (WHERE close_due_at {time} AND {owing} AND {close} AND closed_on_time),
  count(*) FILTER (WHERE close_due_at {time} AND {owing} AND {close} AND reworks > 0),
  count(*) FILTER (WHERE visited_at {time}), count(*) FILTER (WHERE visited_at {time} AND solved),
  count(*) FILTER (WHERE visited_at {time} AND satisfaction >= 4),
  count(*) FILTER (WHERE visited_at {time} AND (NOT solved OR satisfaction <= 2))
FROM cases_case WHERE reported_date BETWEEN {days} OR accepted_at {time} OR filed_at {time} OR ended_at {time}
  OR handle_due_at {time} OR checked_at {time} OR close_due_at {time} OR visited_at {time};
SELECT count(DISTINCT a.case_id) FILTER (WHERE a.dispatched_at {time} AND NOT c.self_handled),
  count(DISTINCT a.case_id) FILTER (WHERE a.dispatched_at {time} AND NOT c.self_handled AND a.wrong),
  count(DISTINCT a.case_id) FILTER (WHERE a.ended_at {time} AND a.outcome = 'RETURNED')
FROM cases_assignment a JOIN cases_case c ON c.id = a.case_id
WHERE a.role = 'LEAD' AND (a.dispatched_at {time} OR a.ended_at {time} AND a.outcome = 'RETURNED');
SELECT m.move, m.to_state, count(DISTINCT m.case_id), count(DISTINCT m.case_id) FILTER (WHERE c.visited_at >= m.at)
FROM cases_casemove m JOIN cases_case c ON c.id = m.case_id
WHERE m.at {time} AND m.move IN ('VERIFY', 'SUSPEND', 'CLOSE', 'VISIT', 'CONFIRM_KEEP', 'REFUSE_KEEP', 'END_VISIT')
GROUP BY m.move, m.to_state;
SELECT count(DISTINCT k.case_id), count(DISTINCT k.case_id) FILTER (WHERE k.stopped_at <= k.due_at)
FROM cases_clock k JOIN cases_case c ON c.id = k.case_id
WHERE k.stage = 'ACCEPT' AND k.due_at {time} AND c.has_reporter AND c.state NOT IN ('VOIDED', 'MERGED')
"""


def measure(vendor: str, cases: int) -> list[Line]:
    """Fill, count everything once, change a thousand cases, and read the board over HTTP."""
    if vendor != "postgresql":
        return [Line("figures, SQLite", "skipped: an office of so many cases needs PostgreSQL")]
    with prepare_office(vendor) as office:
        started = time.perf_counter()
        office.run("benchmarks.fill_cases", str(cases))
        at = f"PostgreSQL, {cases:,} cases"
        lines = [Line(f"{at}: filled in", f"{time.perf_counter() - started:.0f} s")]
        seconds: dict[str, float] = json.loads(office.run("benchmarks.figures"))
        with run_server(office) as server:
            for label, path, target in (
                ("board of a past month by unit", f"/desk/board/?period={_name_month()}&by=unit", 150),
                ("board of the running month by unit", "/desk/board/?by=unit", 150),
                ("leaders' page, figures at most 20 s old", "/desk/overview/", 100),
            ):
                request = [encode_get(path, office.page_headers)]
                load, _cost = measure_load(office, server, request, clients=1, seconds=10)
                p95 = load.percentile(0.95)
                others = {status: n for status, n in load.statuses.items() if status != 200}
                text = f"p50 {load.percentile(0.5):.0f} ms, p95 {p95:.0f} ms{f', answers {others}' if others else ''}"
                met = p95 < target and not others
                lines.append(Line(f"{at}: {label}, one client", text, target=f"p95 < {target} ms", met=met))
    return [*lines, *_report(at, seconds)]


def _report(at: str, seconds: dict[str, float]) -> list[Line]:
    def line(label: str, name: str, ratio: str = "", most: float | None = None) -> Line:
        value = seconds[name]
        text = f"{value * 1000:.0f} ms" if value < 10 else f"{value:.0f} s"
        target, met = (f"< {most:g} s", value < most) if most is not None else ("", None)
        return Line(f"{at}: {label}", text, ratio, target, met)

    recount, bare = seconds["recount"], seconds["bare"]
    full, reading = seconds["fill"], seconds["fill_bare"]
    return [
        line(
            "all stored counts filled", "fill", f"{full / reading:.1f} times the same statements in SQL alone"
        ),
        line("a month of all measures recounted", "recount", f"{recount / bare:.2f} times bare SQL, goal 2"),
        line("bare SQL of the same month, the board's measures", "bare"),
        line("up to date after 1,000 new cases of three past days", "update_new", most=1),
        line("read before that, a month of all measures with what waits", "read_waiting"),
        line("up to date after 1,000 changed cases of the last month", "update_changed", most=1),
        line("the same 1,000 cases changed, each in a transaction with its difference", "change"),
        line("measures of the reference pack, a past month, p95", "pack_month"),
        line("measures of the reference pack, a past half-year, p95", "pack_half"),
        line("board by unit in the program, a past month, p95", "board_month"),
        line("board by unit in the program, this year so far, p95", "board_year"),
        line("board by unit in the program, the running month, p95", "board_running"),
        line("tiles of the leaders' page, computed anew, p95", "tiles", most=0.1),
        *(
            line(
                f"a month of all measures as {who} sees it, {what}",
                f"{name}_stored",
                f"{seconds[f'{name}_stored'] / seconds[f'{name}_rows']:.2f} times counting the rows",
            )
            for name, who, what in LIMITED
        ),
        line("median from report to closing, a past month", "median"),
    ]


def _name_month() -> str:
    first = datetime.now().astimezone().date().replace(day=1)
    return f"{(first - timedelta(days=1)).replace(day=1):%Y-%m}"


@contextmanager
def _time(seconds: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - started


def _find_p95(call: Callable[[], Any]) -> float:
    durations = []
    for _n in range(TIMES):
        started = time.perf_counter()
        call()
        durations.append(time.perf_counter() - started)
    return sorted(durations)[int(TIMES * 0.95)]


def _count_bare(period: Any) -> None:
    from django.db import connection

    words = {
        "days": f"'{period.first}' AND '{period.last}'",
        "time": f">= '{period.start_at.isoformat()}' AND {{column}} < '{period.end_at.isoformat()}'",
        "owing": "state NOT IN ('SUSPENDED', 'VOIDED', 'MERGED', 'REJECTED')",
        "due": "(handle_due_at <= now() OR handled_at IS NOT NULL)",
        "close": "(close_due_at <= now() OR closed_at IS NOT NULL)",
    }
    sql = re.sub(
        r"([a-z_.]+_at|m\.at) \{time\}",
        lambda match: f"({match[1]} {words['time'].format(column=match[1])})",
        BARE,
    )
    with connection.cursor() as cursor:
        for statement in sql.format(
            **{name: words[name] for name in ("days", "owing", "due", "close")}
        ).split(";"):
            cursor.execute(statement)
            cursor.fetchall()


def _read_limited(month: Any) -> dict[str, float]:
    """Return the seconds of readings with a limited scope, from the store and from the rows."""
    from jiedao.cases.selectors.board import TREND
    from jiedao.cases.selectors.counting import count_measures, count_periods
    from jiedao.cases.selectors.measures import MEASURES
    from jiedao.cases.stored_counts.reading import count_cases, count_run
    from jiedao.kernel import periods
    from jiedao.orgs.actor import Actor, list_unit_subtree
    from jiedao.orgs.models import Unit

    run = periods.list_periods_up_to(month, 12)
    urban = Unit.objects.order_by("pk")[1]
    station = Unit.objects.filter(area__kind="COMMUNITY").select_related("area")[0]
    common = {"user_id": 0, "post_id": 0, "label": "x", "permissions": frozenset({"cases.case:view"})}
    handler = Actor(**common, unit_id=urban.pk, unit_ids=list_unit_subtree(urban.pk), scope="UNIT")
    secretary = Actor(
        **common,
        unit_id=station.pk,
        unit_ids=list_unit_subtree(station.pk),
        scope="AREA",
        area_paths=(station.area.path,),  # type: ignore[union-attr]
    )
    calls: dict[str, Callable[[], Any]] = {
        "unit_trend_stored": lambda: count_run(handler, TREND, run),
        "unit_trend_rows": lambda: count_periods(handler, TREND, run),
    }
    for name, actor in (("unit", handler), ("community", secretary)):
        for what, splits in (("total", ()), ("by_unit", ("unit",))):
            calls[f"{name}_{what}_stored"] = partial(count_cases, actor, MEASURES, month, splits)
            calls[f"{name}_{what}_rows"] = partial(count_measures, actor, MEASURES, month, splits)
    return {name: _find_median(call) for name, call in calls.items()}


def _find_median(call: Callable[[], Any]) -> float:
    durations = []
    for _n in range(5):
        started = time.perf_counter()
        call()
        durations.append(time.perf_counter() - started)
    return sorted(durations)[2]


def main() -> None:  # noqa: PLR0915 (one part after the other)
    """Print the seconds of each part."""
    django.setup()
    from django.db import connection, transaction

    from jiedao.cases.actions.intake import NewCase, file_cases
    from jiedao.cases.models import Case
    from jiedao.cases.selectors.board import read_board
    from jiedao.cases.selectors.counting import count_measures
    from jiedao.cases.selectors.measures import MEASURES
    from jiedao.cases.stored_counts import counting
    from jiedao.cases.stored_counts.marking import mark_changes
    from jiedao.cases.stored_counts.reading import count_cases
    from jiedao.cases.stored_counts.updating import update_counts
    from jiedao.desk.overview.tiles import compute_tiles
    from jiedao.indicators.compute import compute_figures, read_measures
    from jiedao.kernel import clock, figures, periods
    from jiedao.kernel.figures import HALF
    from jiedao.orgs.actor import make_system_actor

    seconds: dict[str, float] = {}
    actor = make_system_actor("benchmark")
    month = periods.parse_period(_name_month())
    last = clock.today() - timedelta(days=1)
    for name, call in (
        ("bare", lambda: _count_bare(month)),
        ("recount", lambda: count_measures(actor, MEASURES, month)),
    ):
        call()
        with _time(seconds, name):
            call()
    with _time(seconds, "fill"):
        update_counts()
    first = Case.objects.order_by("reported_date").values_list("reported_date", flat=True)[0]
    collected: list[tuple[str, Any]] = []

    def collect(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "c_day" in sql:
            collected.append((sql, params))
            return execute(f"SELECT * FROM ({sql}) AS nothing LIMIT 0", params, many, context)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(collect):
        counting.count_days([(first, periods.LAST)])
    with connection.cursor() as cursor, _time(seconds, "fill_bare"):
        for sql, params in collected:
            cursor.execute(f"SELECT count(*) FROM ({sql}) AS counted", params)
    days = [last - timedelta(days=n) for n in (3, 4, 5)]
    new = [
        NewCase(
            channel="HOTLINE",
            subject=f"第{n}件",
            detail="路边有垃圾",
            reported_at=clock.now().replace(hour=4) - timedelta(days=(clock.today() - days[n % 3]).days),
        )
        for n in range(NEW)
    ]
    for start in range(0, NEW, 100):
        file_cases(new[start : start + 100], actor=actor)
    with _time(seconds, "read_waiting"):
        count_cases(actor, MEASURES, periods.month_of(last))
    with _time(seconds, "update_new"):
        update_counts()
    recent = list(
        Case.objects.order_by("-id").values_list("pk", flat=True)[
            : max(NEW, Case.objects.filter(reported_date__gt=last - timedelta(days=30)).count())
        ]
    )
    with _time(seconds, "change"):
        for pk in recent[:: max(1, len(recent) // NEW)][:NEW]:
            with transaction.atomic(), mark_changes([pk]):
                Case.objects.filter(pk=pk).update(extensions=1)
    with _time(seconds, "update_changed"):
        update_counts()
    pack = list(read_measures().values())
    half = periods.half_of(clock.today()).previous() or month
    seconds["pack_month"] = _find_p95(lambda: compute_figures(pack, month))
    seconds["pack_half"] = _find_p95(lambda: compute_figures(pack, half))
    seconds["board_month"] = _find_p95(lambda: read_board(actor, month, "unit"))
    seconds["board_year"] = _find_p95(lambda: read_board(actor, periods.year_of(clock.today()), "unit"))
    seconds["board_running"] = _find_p95(lambda: read_board(actor, periods.month_of(clock.today()), "unit"))
    seconds |= _read_limited(month)
    seconds["tiles"] = _find_p95(compute_tiles)
    median = {"source": "cases", "duration": "reported_closed"}
    with _time(seconds, "median"):
        figures.read_duration(median, HALF, period=month)
    json.dump(seconds, sys.stdout)


if __name__ == "__main__":
    main()
