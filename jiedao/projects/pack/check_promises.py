"""Check the promises of a pack: the codes that they name, sums of splits, feeds, money and days."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel import figures
from jiedao.kernel.packs.checks import KEY, KEY_HINT, check_duplicates
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row
from jiedao.orgs.pack.checks import check_units_named
from jiedao.places.pack.checks import check_area
from jiedao.projects.pack.promises import parse_month
from jiedao.projects.pack.tables import PROMISES
from jiedao.projects.splitting import find_split_gap, format_amount, list_months_between

NAMED = {
    "partner": gettext_lazy("没有帮扶对象 %(code)s"),
    "commitment": gettext_lazy("没有帮扶承诺 %(code)s"),
}
UNIQUE_KEYS = (
    ("campaign", ("key",)),
    ("quota", ("campaign", "area")),
    ("quota", ("campaign", "month")),
    ("pledge", ("code",)),
    ("partner", ("key",)),
    ("commitment", ("key",)),
    ("payment", ("key",)),
)
MONTH_HINT = gettext_lazy('写月份，如 "2020-06"，在专项行动的 from_date 和 due_date 之间。')
FEED_HINT = gettext_lazy("从台账取数怎样写，见 docs/reference/pack-format.md。")
COMMUNITY = 12  # digits of its code


def check_promises(pack: Pack, report: Report) -> None:
    """Check campaigns, quotas, responsibility items and aid."""
    for table, keys in UNIQUE_KEYS:
        check_duplicates(pack.rows(PROMISES, table), report, keys)
    for table in ("campaign", "pledge", "partner"):
        for row in pack.rows(PROMISES, table):
            _check_units(pack, row, report)
    for row in pack.rows(PROMISES, "campaign"):
        _check_campaign(pack, row, report)
    _check_quotas(pack, report)
    _check_named(pack, "commitment", "partner", report)
    _check_named(pack, "payment", "commitment", report)
    _check_payments(pack, report)


def _check_units(pack: Pack, row: Row, report: Report) -> None:
    helpers = row.get("helpers", ())
    check_units_named(pack, row, "unit", [row.values["unit"]] if "unit" in row.values else [], report)
    check_units_named(pack, row, "helpers", helpers, report)
    if row.values.get("unit") in helpers:
        message = _("责任单位又写成了协办单位")
        report.error_at(row, "helpers", "bad-value", message, _("从 helpers 里删去它。"))


# -- campaigns and quotas --------------------------------------------------------------------------------------------


def _check_campaign(pack: Pack, row: Row, report: Report) -> None:
    key = row.get("key")
    if key and not KEY.fullmatch(key):
        message = _("%(key)s 不能用作专项行动的代码") % {"key": key}
        report.error_at(row, "key", "bad-value", message, KEY_HINT)
    first, last = row.values.get("from_date"), row.values.get("due_date")
    if first and last and last < first:
        message = _("due_date 早于 from_date")
        report.error_at(row, "due_date", "bad-value", message, _("把两个日期对调。"))
    feed = row.values.get("feed")
    for fault in figures.check_declared(feed, pack, report) if feed is not None else ():
        report.words_at(row, "feed", "bad-value", fault, FEED_HINT, about="feed")


def _check_quotas(pack: Pack, report: Report) -> None:
    """Check each quota, and that those of a campaign by area and by month add up to its target."""
    campaigns = pack.by_key(PROMISES, "campaign", "key")
    splits: dict[tuple[str, str], list[tuple[Row, Decimal]]] = {}
    for row in pack.rows(PROMISES, "quota"):
        key, amount = row.values.get("campaign"), row.values.get("amount")
        parts = [name for name in ("area", "month") if name in row.values]
        if len(parts) != 1:
            message = _("分解的数要么按区域，要么按月份")
            hint = _('写 area = "440307014001" 或 month = "2020-06"，只写一个。')
            report.error_at(row, "", "bad-value", message, hint)
        if key is not None and key not in campaigns:
            message = _("没有专项行动 %(code)s") % {"code": key}
            report.dangling(row, "campaign", key, campaigns, message)
        elif key is not None and len(parts) == 1:
            _check_area_or_month(pack, row, campaigns[key], report)
            if amount is not None:
                splits.setdefault((key, parts[0]), []).append((row, amount))
    for (key, part), rows in splits.items():
        _check_sum(key, part, campaigns[key].values.get("target"), rows, report)


def _check_area_or_month(pack: Pack, row: Row, campaign: Row, report: Report) -> None:
    area, text = row.values.get("area"), row.values.get("month")
    if area is not None and len(area) != COMMUNITY:
        message = _("%(code)s 不是社区") % {"code": area}
        hint = _("写社区的 12 位代码。")
        report.error_at(row, "area", "bad-value", message, hint)
    elif area is not None:
        check_area(pack, row, area, report, _("没有区域 %(code)s") % {"code": area}, key="area")
    first, last = campaign.values.get("from_date"), campaign.values.get("due_date")
    month = parse_month(text) if text is not None else None
    is_inside = first is None or last is None or month in list_months_between(first, last)
    if text is not None and (month is None or not is_inside):
        message = _("%(month)s 不在专项行动期间") % {"month": text}
        report.error_at(row, "month", "bad-value", message, MONTH_HINT)


def _check_sum(
    key: str, part: str, target: Decimal | None, rows: list[tuple[Row, Decimal]], report: Report
) -> None:
    if target is None:
        return
    gap = find_split_gap(target, [amount for _row, amount in rows])
    if gap is not None:
        message = _("%(key)s 按 %(part)s 分解的数合计 %(sum)s，目标是 %(target)s")
        message %= {
            "key": key,
            "part": part,
            "sum": format_amount(gap.parts),
            "target": format_amount(gap.target),
        }
        hint = _("少了 %(amount)s。") if gap.target > gap.parts else _("多了 %(amount)s。")
        hint %= {"amount": format_amount(abs(gap.target - gap.parts))}
        report.error_at(rows[-1][0], "amount", "bad-value", message, hint)


# -- aid -------------------------------------------------------------------------------------------------------------


def _check_named(pack: Pack, table: str, column: str, report: Report) -> None:
    """Check that a column names rows that exist in the table with the name of the column."""
    known = pack.by_key(PROMISES, column, "key")
    for row in pack.rows(PROMISES, table):
        key = row.values.get(column)
        if key is not None and key not in known:
            report.dangling(row, column, key, known, NAMED[column] % {"code": key})


def _check_payments(pack: Pack, report: Report) -> None:
    """Check that payments are not earlier than their commitment and together do not exceed it."""
    commitments: Mapping[str, Row] = pack.by_key(PROMISES, "commitment", "key")
    paid: dict[str, Decimal] = {}
    for row in pack.rows(PROMISES, "payment"):
        key, day = row.get("commitment"), row.values.get("date")
        commitment = commitments.get(key)
        if commitment is None:
            continue
        promised_date: date | None = commitment.values.get("date")
        if day is not None and promised_date is not None and day < promised_date:
            message = _("支付早于承诺")
            hint = _("承诺的日期是 %(day)s。") % {"day": promised_date}
            report.error_at(row, "date", "bad-value", message, hint)
        paid[key] = paid.get(key, Decimal(0)) + row.get("amount", Decimal(0))
        limit = commitment.values.get("amount")
        if limit is not None and paid[key] > limit:
            message = _("支付的合计超过 %(key)s 承诺的数") % {"key": key}
            hint = _("多了 %(amount)s 元。") % {"amount": format_amount(paid[key] - limit)}
            report.error_at(row, "amount", "bad-value", message, hint)
