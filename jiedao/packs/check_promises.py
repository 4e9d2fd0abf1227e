"""Check the promises of a pack: codes they name, splits that add up, feeds that can be read, money and days."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import override

from jiedao.packs.check_areas import check_duplicates, no_area
from jiedao.packs.check_registers import KEY, KEY_HINT
from jiedao.packs.faults import Report, did_you_mean
from jiedao.packs.pack import Pack
from jiedao.packs.promises import FILE, month_of, number
from jiedao.packs.reading import Row
from jiedao.packs.registers import definition_of, files_of
from jiedao.projects.splitting import months_between, plain, split_gap
from jiedao.registers.definition import settle
from jiedao.registers.figures.records import check_register_spec

DIGITS = {"quota": 4, "campaign": 4, "commitment": 2, "payment": 2}
MONTH_HINT = 'Write a month such as "2020-06", between from_date and due_date of its campaign.'
COMMUNITY = 12  # digits of its code


def check_promises(pack: Pack, report: Report) -> None:
    """Check campaigns, quotas, responsibility items and aid."""
    for table, keys in (
        ("campaign", ("key",)),
        ("quota", ("campaign", "area")),
        ("quota", ("campaign", "month")),
        ("pledge", ("code",)),
        ("partner", ("key",)),
        ("commitment", ("key",)),
        ("payment", ("key",)),
    ):
        check_duplicates(pack.rows(FILE, table), report, keys)
    for table, digits in DIGITS.items():
        for row in pack.rows(FILE, table):
            _check_digits(row, digits, report)
    units = set(pack.coded("units.toml", "unit"))
    for table in ("campaign", "pledge", "partner"):
        for row in pack.rows(FILE, table):
            named = [
                ("unit", row.values.get("unit")),
                *(("helpers", one) for one in row.values.get("helpers", ())),
            ]
            for name, code in named if report.knows("units.toml") else ():
                if code is not None and code not in units:
                    hint = did_you_mean(code, units)
                    report.error(FILE, row.line(name, code), "dangling", f"no unit {code}", hint)
            if row.values.get("unit") in row.values.get("helpers", ()):
                hint = "Take it from the helpers."
                report.error(FILE, row.line("helpers"), "bad-value", "the owner helps itself", hint)
    _check_campaigns(pack, report)
    _check_quotas(pack, report)
    _check_money(pack, report)


def _check_digits(row: Row, most: int, report: Report) -> None:
    for key in ("target", "factor", "amount"):
        value = number(row.values.get(key, 0))
        if value != round(value, most):
            hint = f"Write at most {most} decimals."
            report.error(FILE, row.line(key), "bad-value", f"{key!r} has too many decimals: {value}", hint)


def _check_campaigns(pack: Pack, report: Report) -> None:
    files = files_of(pack)
    for row in pack.rows(FILE, "campaign"):
        key = row.values.get("key", "")
        if key and not KEY.fullmatch(key):
            report.error(
                FILE, row.line("key"), "bad-value", f"{key!r} cannot be the key of a campaign", KEY_HINT
            )
        first, last = row.values.get("from_date"), row.values.get("due_date")
        if first and last and last < first:
            hint = "Exchange them."
            report.error(FILE, row.line("due_date"), "bad-value", "due_date is before from_date", hint)
        feed = row.values.get("feed")
        if feed is None:
            continue
        for fault in _feed_faults(pack, feed, files, report):
            hint = "What a feed of a register needs stands in docs/reference/pack-format.md."
            report.error(FILE, row.line("feed"), "bad-value", f"feed: {fault}", hint)


def _feed_faults(pack: Pack, feed: Any, files: Mapping[str, str], report: Report) -> list[str]:
    if not isinstance(feed, Mapping) or feed.get("source") != "register":
        return ['it is a table with source = "register"']
    key = str(feed.get("register"))
    if key not in files:
        return [f"no register {key!r}. {did_you_mean(key, files)}"]
    if not report.knows(files[key]) or any(fault.file == files[key] for fault in report.errors):
        return []  # the register itself is to be mended first
    definition, _renamed = definition_of(pack, key, files[key])
    return check_register_spec(feed, settle(definition, None, {}).definition, flow=True)


def _check_quotas(pack: Pack, report: Report) -> None:
    campaigns = pack.coded(FILE, "campaign", "key")
    parts: dict[tuple[str, str], list[tuple[Row, Decimal]]] = {}
    for row in pack.rows(FILE, "quota"):
        key, amount = row.values.get("campaign"), row.values.get("amount")
        by = [name for name in ("area", "month") if name in row.values]
        if len(by) != 1:
            hint = 'Write area = "440307014001" or month = "2020-06", not both.'
            report.error(FILE, row.line(), "bad-value", "a quota is of one area or of one month", hint)
        if key is not None and key not in campaigns:
            hint = did_you_mean(key, campaigns)
            report.error(FILE, row.line("campaign"), "dangling", f"no campaign {key}", hint)
        elif key is not None and len(by) == 1:
            _check_part(pack, row, campaigns[key], report)
            if amount is not None:
                parts.setdefault((key, by[0]), []).append((row, number(amount)))
    for (key, by_what), rows in parts.items():
        target = campaigns[key].values.get("target")
        with override("en"):
            gap = split_gap(number(target), [amount for _row, amount in rows]) if target is not None else None
        if gap is not None:
            side = "missing" if gap.target > gap.parts else "too much"
            words = f"the quotas of {key} by {by_what} come to {plain(gap.parts)}, the target is {plain(gap.target)}"
            hint = f"{plain(abs(gap.target - gap.parts))} is {side}."
            report.error(FILE, rows[-1][0].line("amount"), "bad-value", words, hint)


def _check_part(pack: Pack, row: Row, campaign: Row, report: Report) -> None:
    area, text = row.values.get("area"), row.values.get("month")
    if area is not None and len(area) != COMMUNITY:
        hint = "Write the 12 digits of a community."
        report.error(FILE, row.line("area"), "bad-value", f"{area} is no community", hint)
    elif area is not None and (near := no_area(pack, area, report)) is not None:
        report.error(FILE, row.line("area"), "dangling", f"no area {area}", near)
    first, last = campaign.values.get("from_date"), campaign.values.get("due_date")
    month = month_of(text) if text is not None else None
    inside = first is None or last is None or month in months_between(first, last)
    if text is not None and (month is None or not inside):
        report.error(FILE, row.line("month"), "bad-value", f"{text} is no month of the campaign", MONTH_HINT)


def _check_money(pack: Pack, report: Report) -> None:
    """Check that promises name places, payments name promises, follow them, and do not exceed them."""
    partners, promised = pack.coded(FILE, "partner", "key"), pack.coded(FILE, "commitment", "key")
    _check_named(pack, "commitment", "partner", partners, report)
    _check_named(pack, "payment", "commitment", promised, report)
    paid: dict[str, Decimal] = {}
    for row in pack.rows(FILE, "payment"):
        key, day = row.values.get("commitment", ""), row.values.get("date")
        promise = promised.get(key)
        if promise is None:
            continue
        begin: date | None = promise.values.get("date")
        if day is not None and begin is not None and day < begin:
            hint = f"It was promised on {begin}."
            report.error(FILE, row.line("date"), "bad-value", "paid before it was promised", hint)
        paid[key] = paid.get(key, Decimal(0)) + number(row.values.get("amount", 0))
        most = number(promise.values.get("amount", 0))
        if paid[key] > most and "amount" in promise.values:
            hint = f"{plain(paid[key] - most)} yuan too much."
            report.error(FILE, row.line("amount"), "bad-value", f"more than {key} promises is paid", hint)


def _check_named(pack: Pack, table: str, name: str, known: Mapping[str, Row], report: Report) -> None:
    for row in pack.rows(FILE, table):
        key = row.values.get(name)
        if key is not None and key not in known:
            hint = did_you_mean(key, known)
            report.error(FILE, row.line(name), "dangling", f"no {name} {key}", hint)
