"""Check a whole pack: `jiedao pack check`."""

import re
from datetime import date
from pathlib import Path
from typing import Any

from jiedao.cases.models import ReasonKind
from jiedao.orgs.office import YEARS
from jiedao.packs.check_areas import check_areas, check_duplicates
from jiedao.packs.check_duties import check_categories
from jiedao.packs.check_projects import check_projects
from jiedao.packs.check_promises import check_promises
from jiedao.packs.check_registers import check_registers
from jiedao.packs.faults import Report, did_you_mean
from jiedao.packs.pack import Pack, load
from jiedao.packs.posts import check_posts

HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def check_pack(folder: Path) -> tuple[Pack, Report]:
    """Read and check a pack; return it with every fault found. Nothing is written, no database is asked."""
    report = Report()
    if not folder.is_dir():
        report.error(
            str(folder), 0, "missing-file", "there is no such folder", "Name the folder of the pack."
        )
        return Pack(folder, {}), report
    pack = load(folder, report)
    check_areas(pack, report)
    check_posts(pack, report)
    check_categories(pack, report)
    check_registers(pack, report)
    check_projects(pack, report)
    check_promises(pack, report)
    _check_reasons(pack, report)
    _check_calendar(pack, report)
    return pack, report


def _check_reasons(pack: Pack, report: Report) -> None:
    rows = pack.rows("reasons.toml", "reason")
    check_duplicates(rows, report, ("kind", "code"))
    if not report.knows("reasons.toml"):
        return
    for kind in ReasonKind.values:
        if not any(row.values.get("kind") == kind for row in rows):
            hint = "A move that asks for one could not be made."
            report.error("reasons.toml", 0, "missing-key", f"no reason of kind {kind}", hint)
    returns = {row.values.get("code", "") for row in rows if row.values.get("kind") == "RETURN"}
    for policy in pack.rows("pack.toml", "policy"):
        for code in policy.values.get("wrong_reasons", []):
            if code not in returns:
                line, hint = policy.line("wrong_reasons", code), did_you_mean(code, returns)
                report.error(policy.file, line, "dangling", f"no RETURN reason {code}", hint)


def _check_calendar(pack: Pack, report: Report) -> None:
    for row in pack.rows("calendar.toml", "office"):
        ends: list[str] = []
        for text in row.values.get("hours", []):
            found = HOURS.fullmatch(text)
            start, _, end = text.partition("-")
            if not found or start >= end or (ends and start < ends[-1]):
                report.error(
                    row.file, row.line("hours", text), "bad-value", f"{text!r} are no office hours",
                    'Write "09:00-12:00"; each begins after the one before has ended.',
                )  # fmt: skip
            ends.append(end)
    days: dict[Any, int] = {}
    for row in pack.rows("calendar.toml", "day"):
        day: date | None = row.values.get("date")
        if day is not None and day.year not in YEARS:
            hint = f"The calendar goes from {YEARS[0]} to {YEARS[-1]}."
            report.error(row.file, row.line("date"), "bad-value", f"{day} lies outside the calendar", hint)
        if day is not None and day in days:
            hint = f"It is already in line {days[day]}."
            report.error(row.file, row.line("date"), "duplicate", f"{day} stands twice", hint)
        days.setdefault(day, row.line("date"))
