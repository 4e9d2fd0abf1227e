# ruff: noqa: PLC0415 (Django is set up before its models are imported)
"""Fills a database with invented cases by bulk statements: run as a process on a database of `prepare_office`.

    python -m benchmarks.fill N     N more cases of a plausible spread

Prints a category and the numbers of open and closed cases as JSON.

N/50 finished cases of three weeks are written and copied by INSERT ... SELECT, each copy three weeks later; the last
N/50 cases are open. A finished case has an assignment, five moves and a search row.
"""

import json
import random
import sys
from datetime import timedelta
from typing import Any

import django

COPIES = 49
PERIOD = timedelta(days=21)
FINISHED = [("DONE", 88), ("CLOSED", 4), ("REJECTED", 5), ("VOIDED", 3)]
OPEN = [
    ("REPORTED", 10),
    ("FILED", 10),
    ("DISPATCHED", 15),
    ("HANDLING", 45),
    ("HANDLED", 12),
    ("CHECKED", 5),
    ("SUSPENDED", 3),
]
STAGES = {
    "REPORTED": "ACCEPT",
    "FILED": "DISPATCH",
    "DISPATCHED": "HANDLE",
    "HANDLING": "HANDLE",
    "HANDLED": "CHECK",
    "CHECKED": "FINISH",
    "CLOSED": "VISIT",
}
PATH = [
    ("REPORT", "", "REPORTED"),
    ("ACCEPT", "REPORTED", "FILED"),
    ("DISPATCH", "FILED", "DISPATCHED"),
    ("HANDLE", "HANDLING", "HANDLED"),
    ("CLOSE", "CHECKED", "CLOSED"),
]


class Filler:
    """Writes cases by the models, as templates for copies by SQL."""

    def __init__(self, seed: int) -> None:
        from benchmarks.texts import generate_messages
        from jiedao.cases.models import Category
        from jiedao.orgs.models import Unit
        from jiedao.places.models import Area

        self.rng = random.Random(seed)
        self.texts = generate_messages(seed)
        self.grids = list(Area.objects.filter(kind="GRID").order_by("code").values_list("id", "path"))
        self.categories = list(
            Category.objects.filter(parent__isnull=False).order_by("code").values_list("id", flat=True)
        )
        self.weights = [
            1 / (rank + 3) for rank in range(len(self.categories))
        ]  # most cases belong to a few categories
        self.units = list(Unit.objects.order_by("code").values_list("id", flat=True)[:40])

    def write_templates(self, first: int, many: int, start: Any, states: list[tuple[str, int]]) -> None:
        """Write cases first .. first + many - 1 with all that belongs to them, reported in the period from start."""
        from jiedao.cases.models import Assignment, Case, CaseMove, Clock
        from jiedao.cases.search_rows import write_search

        names, weights = zip(*states, strict=True)
        cases, moves, assignments, clocks, search = [], [], [], [], []
        chosen = self.rng.choices(names, weights, k=many)
        categories = self.rng.choices(self.categories, self.weights, k=many)
        for pk, state, category in zip(range(first, first + many), chosen, categories, strict=True):
            case = self._make_case(pk, state, category, start + PERIOD * self.rng.random())
            cases.append(case)
            search.append((pk, f"{case.subject} {case.place_text} {case.detail}"))
            path = PATH if case.closed_at else PATH[: 1 if state == "REPORTED" else 3]
            moves += [
                CaseMove(
                    case_id=pk,
                    move=code,
                    at=case.reported_at,
                    from_state=old,
                    to_state=to,
                    actor_label="生成",
                )
                for code, old, to in path
            ]
            if case.lead_unit_id:
                assignments.append(
                    Assignment(
                        case_id=pk,
                        unit_id=case.lead_unit_id,
                        role="LEAD",
                        dispatched_at=case.reported_at,
                        due_at=case.handle_due_at,
                        done_at=case.handled_at,
                        ended_at=case.handled_at,
                        on_time=case.handled_on_time,
                        outcome="DONE" if case.handled_at else "",
                    )
                )
            if case.due_at:
                clocks.append(
                    Clock(
                        case_id=pk,
                        stage=case.stage,
                        limit="3wd",
                        started_at=case.reported_at,
                        due_at=case.due_at,
                        warn_at=case.due_at,
                        next_look_at=case.due_at,
                    )
                )
        for model, rows in ((Case, cases), (CaseMove, moves), (Assignment, assignments), (Clock, clocks)):
            model.objects.bulk_create(rows, batch_size=500)
        write_search(search)

    def _make_case(self, pk: int, state: str, category: int, at: Any) -> Any:
        from jiedao.cases.models import Case

        rng, text = self.rng, next(self.texts)
        area_id, path = rng.choice(self.grids)
        done = state in {"DONE", "CLOSED"}
        open_ = state in STAGES and state != "CLOSED"
        handled = (
            at + timedelta(hours=rng.expovariate(1 / 40)) if done or state in {"HANDLED", "CHECKED"} else None
        )
        due = at + timedelta(hours=72)
        dispatched = state not in {"REPORTED", "FILED", "REJECTED", "VOIDED"}
        return Case(
            id=pk,
            number=f"{at.year}-{pk:08d}",
            channel="HOTLINE",
            subject=text["subject"],
            detail=text["detail"],
            place_text=text["place"],
            lon=text["point"]["lon"],
            lat=text["point"]["lat"],
            coord_system="WGS84",
            area_id=area_id,
            area_path=path,
            category_id=category,
            state=state,
            stage=STAGES.get(state, ""),
            lead_unit_id=rng.choice(self.units) if dispatched else None,
            reported_at=at,
            reported_date=at.date(),
            accepted_at=at if dispatched else None,
            filed_at=at if dispatched else None,
            dispatched_at=at if dispatched else None,
            handled_at=handled,
            handle_due_at=due if dispatched else None,
            handled_on_time=handled <= due if handled else None,
            close_due_at=due if dispatched else None,
            closed_at=handled if done else None,
            closed_on_time=handled <= due if done and handled else None,
            ended_at=handled if state == "DONE" else at if state in {"REJECTED", "VOIDED"} else None,
            due_at=due if open_ else None,
            satisfaction=rng.choice([3, 4, 5, 5]) if state == "DONE" else None,
            has_reporter=True,
            reporter_key=f"{rng.getrandbits(64):032x}",
        )


def copy_rows(table: str, columns: list[str], *, base: int, many: int, key: str) -> None:
    """Write the copies of the template rows: ids and times are shifted, all other columns are the same."""
    from django.db import connection

    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for n in range(1, COPIES):
            days, step = n * PERIOD.days, n * many
            expressions = []
            for name in columns:
                if name == key:
                    expressions.append(f'"{name}" + {step}')
                elif name == "number":
                    expressions.append(
                        f"substr(number, 1, 5) || substr('0000000' || ({key} + {step}), -8)"
                        if not postgres
                        else f"substr(number, 1, 5) || lpad(({key} + {step})::text, 8, '0')"
                    )
                elif name.endswith(("_at", "_date")):
                    shifted = f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', \"{name}\", '+{days} days') || '000'"
                    if name == "reported_date":
                        shifted = f"date(reported_date, '+{days} days')"
                    expressions.append(f"\"{name}\" + interval '{days} days'" if postgres else shifted)
                else:
                    expressions.append(f'"{name}"')
            names = ", ".join(f'"{name}"' for name in columns)
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {', '.join(expressions)} FROM {table} "
                f'WHERE "{key}" BETWEEN %s AND %s',
                [base, base + many - 1],
            )


def copy_search_rows(base: int, many: int) -> None:
    """Copy the search rows; SQLite's index stores no text, so there they are computed again."""
    from django.db import connection

    from jiedao.cases.models import Case
    from jiedao.cases.search_rows import write_search

    if connection.vendor == "postgresql":
        copy_rows("cases_searchrow", ["case_id", "tokens"], base=base, many=many, key="case_id")
        return
    texts = Case.objects.filter(pk__range=(base, base + many - 1)).values_list(
        "pk", "subject", "place_text", "detail"
    )
    joined = [(pk, " ".join(parts)) for pk, *parts in texts]
    for n in range(1, COPIES):
        write_search([(pk + n * many, text) for pk, text in joined])


def main() -> None:
    """Fill, advance the sequence, analyse, and print a category and case numbers."""
    django.setup()
    from django.db import connection, transaction

    from jiedao.cases.models import Assignment, Case, CaseMove
    from jiedao.kernel import clock

    many = int(sys.argv[1]) // (COPIES + 1)
    base = (Case.objects.order_by("-id").values_list("id", flat=True).first() or 0) + 1
    open_ = base + many * COPIES
    filler = Filler(base)
    start = clock.now() - PERIOD * (COPIES + 1)
    with transaction.atomic():
        filler.write_templates(base, many, start, FINISHED)
        for model, key in ((Case, "id"), (CaseMove, "case_id"), (Assignment, "case_id")):
            columns = [
                field.column for field in model._meta.concrete_fields if field.column != "id" or key == "id"
            ]
            copy_rows(model._meta.db_table, columns, base=base, many=many, key=key)
        copy_search_rows(base, many)
        filler.write_templates(open_, many, clock.now() - PERIOD, OPEN)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT setval('cases_case_id_seq', (SELECT max(id) FROM cases_case))")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    category = filler.categories[0]
    kind, code = Case.objects.filter(category_id=category).values_list("category__kind", "category__code")[0]
    closed = (
        Case.objects.filter(category_id=category, state="DONE")
        .order_by("-id")
        .values_list("number", flat=True)
    )
    opened = Case.objects.filter(state="HANDLING").order_by("-id").values_list("number", flat=True)
    json.dump(
        {"category": f"{kind}:{code}", "closed": list(closed[:100]), "open": list(opened[:100])}, sys.stdout
    )


if __name__ == "__main__":
    main()
