"""Decide whether the parts of a total leave nothing out."""

import re
from collections.abc import Sequence
from decimal import Decimal

from jiedao.reports.checker.arithmetic import add_up, compute_percentage, is_printed_as, read_interval
from jiedao.reports.checker.context import Context
from jiedao.reports.checker.quantities import Quantity

_REST = re.compile(r"^(?:其他|其它|其余)")
_PARTITIONS = (
    ("第一产业", "第二产业", "第三产业"),
    ("第一产业", "第二产业", "第三产业[3]"),
    ("男", "女"),
    ("城镇", "乡村"),
    ("城镇", "农村"),
    ("满意", "基本满意", "不满意"),
    ("预期性", "约束性"),
    ("按时", "超时"),
    ("直办", "转办"),
    ("事件", "部件"),
    ("有效", "无效"),
    ("合格", "基本合格", "不合格"),
    ("刑事", "民事", "行政"),
    ("办结", "办理中"),
    ("办结", "在办"),
    ("完成", "未完成"),
    ("解决", "未解决"),
)
# What does not add up, and lists of the first few.


def is_partition(context: Context, parts: Sequence[Quantity]) -> bool:
    """Return whether the names of the parts exclude one another and leave nothing out: 税收收入 and 非税收入."""
    names = [context.find_name(part) for part in parts]
    if any(len(names) == len(words) and _are_divided_by(names, words) for words in _PARTITIONS):
        return True
    return len(names) == 2 and any(
        second.startswith(sign) and len(second) > 2 and first.startswith(second[1:3])
        for sign in "非未不"
        for first, second in [names]
    )


def _are_divided_by(names: Sequence[str], words: Sequence[str]) -> bool:
    """Return whether names differ by these words only: 全县城镇人口 and 乡村人口, but not 城镇就业 and 农村劳动力."""
    if not all(word in name for word, name in zip(words, names, strict=True)):
        return False
    rests = sorted((name.partition(word)[2] for word, name in zip(words, names, strict=True)), key=len)
    return all(rest.endswith(rests[0]) for rest in rests)


def is_complete(context: Context, parts: list[Quantity]) -> bool:
    """Return whether the parts are all parts: one is the rest, they exclude one another, or their shares make 100."""
    if _REST.search(context.find_name(parts[-1])) or is_partition(context, parts):
        return True
    if any(_REST.search(context.find_name(part)) for part in parts) and len(parts) > 3:
        return True
    return _make_hundred(read_shares(context, parts))


def _make_hundred(shares: Sequence[Quantity]) -> bool:
    """Return whether shares leave nothing out: they make 100 but for their rounding."""
    room = sum((share.room for share in shares), Decimal(0))
    return bool(shares) and abs(sum((share.value for share in shares), Decimal(0)) - 100) <= room


def read_shares(context: Context, parts: Sequence[Quantity]) -> list[Quantity]:
    """Return the share that is printed after each part; empty unless each part has one."""
    shares = []
    for part, after in zip(parts, [*parts[1:], None], strict=True):
        end = after.start if after else part.end + 24
        share = next(
            (quantity for quantity in context.list_between(part.end, end) if quantity.is_percent), None
        )
        if share is None or "占" not in context.find_lead(share):
            return []
        shares.append(share)
    return shares


def have_own_base(parts: Sequence[Quantity], shares: Sequence[Quantity]) -> bool:
    """Return whether the shares are those of the sum of the parts, whatever total the text prints."""
    whole = add_up(parts)
    results = [compute_percentage(read_interval(part), whole) for part in parts]
    return all(
        result is not None and is_printed_as(result, share)
        for result, share in zip(results, shares, strict=True)
    )
