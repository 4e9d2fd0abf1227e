"""The processor time of the pages of daily work, as multiples of a bare page of Django in the same process."""

import json

from benchmarks.page_costs import BARE
from benchmarks.report import Line
from benchmarks.servers import prepare_office

CASES = 2000
ROUNDS = 15
# Bare pages of Django that a page may cost; what they cost now, and a fifth for the machine.
MOST = {"case, DONE": 24.0, "case, HANDLING": 28.0, "case, REPORTED": 48.0, "home": 45.0, "list of 50": 65.0}


def measure(vendor: str) -> list[Line]:
    """Fill a database, request each page many times in turn, and report the least processor time of each."""
    name = "PostgreSQL" if vendor == "postgresql" else "SQLite"
    with prepare_office(vendor) as office:
        office.run("benchmarks.fill", str(CASES))
        costs = json.loads(office.run("benchmarks.page_costs", office.session, str(ROUNDS)))
    bare = costs.pop(BARE)["ms"]
    lines = [Line(f"{name}: {BARE}", f"{bare:.2f} ms")]
    for page, cost in costs.items():
        result = f"{cost['ms']:.1f} ms, {cost['statements']} statements, {cost['bytes'] / 1024:.0f} KB"
        ratio, most = cost["ms"] / bare, MOST.get(page)
        lines.append(
            Line(
                f"{name}: page, {page}",
                result,
                f"{ratio:.1f} times a bare page",
                f"≤ {most:.0f} times" if most else "",
                ratio <= most if most else None,
            )
        )
    return lines
