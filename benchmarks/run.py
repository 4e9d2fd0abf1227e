"""Run the measurements and print one table: `make bench`, or `python -m benchmarks.run [NAME ...]`.

Nothing is written outside a temporary folder. Other programs use the cores too, so compare ratios rather than times.
"""

import argparse
import os
import sys
from collections.abc import Callable
from datetime import datetime

from benchmarks import (
    figures,
    first_view,
    intake,
    ledger,
    lists,
    moves,
    offices,
    pages,
    portal,
    real,
    records,
    schedules,
)
from benchmarks.report import Line, format_table
from tools.test_pg import NoPostgresError

VENDORS = ("postgresql", "sqlite")
Measure = Callable[[str, argparse.Namespace], list[Line]]
MEASURES: dict[str, Measure] = {
    "figures": lambda vendor, chosen: figures.measure(vendor, chosen.cases),
    "first_view": lambda vendor, _chosen: first_view.measure(vendor) if vendor == "sqlite" else [],
    "intake": lambda vendor, chosen: intake.measure(vendor, chosen.seconds),
    "lists": lambda vendor, chosen: lists.measure(vendor, chosen.seconds, chosen.cases),
    "ledger": lambda vendor, _chosen: ledger.measure(vendor),
    "moves": lambda vendor, chosen: moves.measure(chosen.cases) if vendor == "sqlite" else [],
    "offices": lambda vendor, chosen: offices.measure(vendor, chosen.seconds),
    "pages": lambda vendor, _chosen: pages.measure(vendor),
    "portal": lambda vendor, chosen: portal.measure(vendor, chosen.seconds),
    "records": lambda vendor, chosen: records.measure(vendor, chosen.seconds, chosen.records),
    "real": lambda vendor, _chosen: real.measure(vendor),
    "schedules": lambda vendor, _chosen: schedules.measure(vendor),
}


def main() -> int:
    """Run the named measurements, print the table, and return 1 if one failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASURES)}; all by default")
    parser.add_argument("--database", choices=VENDORS, help="only on this database system")
    parser.add_argument("--seconds", type=float, default=10, help="duration of each load")
    parser.add_argument("--cases", type=int, default=1_000_000, help="size of the large list")
    parser.add_argument("--records", type=int, default=1_000_000, help="size of the large register")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(MEASURES):
        parser.error(f"no measurement {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}")
    lines: list[Line] = []
    failed = False
    for name in chosen.names or MEASURES:
        for vendor in [chosen.database] if chosen.database else VENDORS:
            print(f"{name} on {vendor} ... (load average {os.getloadavg()[0]:.1f})", file=sys.stderr)
            try:
                lines += MEASURES[name](vendor, chosen)
            except NoPostgresError as reason:
                lines.append(Line(f"{name}, {vendor}", f"skipped: {reason}"))
            except Exception as fault:  # a measurement that fails must not lose the results of the others
                lines.append(Line(f"{name}, {vendor}", f"failed: {fault}", met=False))
                failed = True
    when, load = datetime.now().astimezone(), os.getloadavg()[0]
    print(f"\n{when:%Y-%m-%d %H:%M}, {os.cpu_count()} cores, load average {load:.1f}\n")
    print(format_table(lines))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
