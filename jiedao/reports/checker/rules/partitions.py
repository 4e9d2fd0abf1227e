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
    ("男", "女"),
    ("城镇", "乡村"),
    ("城镇", "农村"),
    ("满意", "基本满意", "不满意"),
    ("满意", "一般", "不满意"),
    ("预期性", "约束性"),
    ("按时", "超时"),
    ("直办", "转办"),
    ("直办", "派单"),
    ("自行处理", "派单"),
    ("直接办理", "派单"),
    ("直接答复", "转办"),
    ("当场答复", "转办"),
    ("直接解答", "转办"),
    ("事件", "部件"),
    ("有效", "无效"),
    ("合格", "基本合格", "不合格"),
    ("合格", "不合格"),
    ("达标", "不达标"),
    ("刑事", "民事", "行政"),
    ("办结", "办理中"),
    ("办结", "在办"),
    ("完成", "未完成"),
    ("解决", "未解决"),
    ("处理完毕", "正在办理"),
    ("办理完毕", "正在办理"),
    ("办结", "正在办理"),
    ("夏粮", "秋粮"),
    ("一般债务", "专项债务"),
    ("公办", "民办"),
    ("线上", "线下"),
    ("出口", "进口"),
    ("进口", "出口"),
)


# Households consume these, too, so that the three industries leave something out.
_CONSUMED = re.compile(r"用电|用水|用气|用能|耗能|能耗|能源消费")
_REGIONS = re.compile(r"^(?:个)?(?:省|自治区|直辖市|市|州|县|区|乡|镇|村|国家|城市)")
_MOST_NAMES = max(map(len, _PARTITIONS))


def is_partition(context: Context, parts: Sequence[Quantity]) -> bool:
    """Return whether the names of the parts exclude one another and leave nothing out: 税收收入 and 非税收入."""
    if len(parts) > _MOST_NAMES:
        return False
    names = [context.find_name(part) for part in parts]
    if any(len(names) == len(words) and _are_divided_by(names, words) for words in _PARTITIONS):
        return True
    return len(names) == 2 and any(
        second.startswith(sign)
        and len(second) > 2
        and first.startswith(second[1:3])
        and first[-1] == second[-1]
        for sign in "非未不"
        for first, second in [names]
    )


def _are_divided_by(names: Sequence[str], words: Sequence[str]) -> bool:
    """Return whether names differ by these words only: 全县城镇人口 and 乡村人口, but not 城镇就业 and 农村劳动力."""
    if not all(word in name for word, name in zip(words, names, strict=True)):
        return False
    rests = sorted((name.partition(word)[2] for word, name in zip(words, names, strict=True)), key=len)
    if set(words) == {"出口", "进口"}:  # 出口机电产品 and 进口 do not make 进出口
        return len({rest.strip("总值额") for rest in rests}) == 1
    if words[0] == "第一产业" and any(_CONSUMED.search(name) for name in names):
        return False
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


def may_be_divided(context: Context, total: Quantity, part: Quantity) -> bool:
    """Return whether two amounts may count one kind of thing, unlike 29个省份 and 57个城市, which name two."""
    first, second = context.find_tail(total).strip(), context.find_tail(part).strip()
    if bool(_REGIONS.match(first)) != bool(_REGIONS.match(second)):
        return False  # 105个基地 and 31个省
    is_named = len(first) > 1 and len(second) > 1
    return not is_named or any(sign in second for sign in first[:6] if sign not in "的个和及等人")


def is_named_partition(context: Context, total: Quantity, parts: Sequence[Quantity]) -> bool:
    """Return whether the words before a total name each part: 受理投诉、举报80件,其中投诉50件,举报30件."""
    clause = context.layout.find_clause(total.start)
    words = context.layout.folded[clause.start : total.start]
    names = [re.sub(r"(?:件?数|总?量|类|共|为|有)+$", "", context.find_name(part)) for part in parts]
    is_listed = len(re.findall(r"[、和及与]", words)) == len(parts) - 1
    return (
        is_listed and len(set(names)) == len(names) and all(len(name) > 1 and name in words for name in names)
    )


def _read_listed_shares(context: Context, parts: Sequence[Quantity]) -> list[Quantity]:
    """Return the shares of 甲30件、乙20件,分别占60%和40%."""
    after = [quantity for quantity in context.list_after(parts[-1], 60) if quantity.unit]
    shares = after[: len(parts)]
    if len(shares) < len(parts) or not all(share.is_percent for share in shares):
        return []
    return shares if re.search(r"分别(?:只|仅|约)?占", context.find_lead(shares[0])) else []


def read_shares(context: Context, parts: Sequence[Quantity]) -> list[Quantity]:
    """Return the share that is printed after each part; empty unless each part has one."""
    if listed := _read_listed_shares(context, parts):
        return listed
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
