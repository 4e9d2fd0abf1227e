"""Find the percentages of a text that are a share or a rate of an amount printed beside them."""

import re
from dataclasses import dataclass, replace

from jiedao.reports.checker.context import CHANGED, Context, is_subsequence
from jiedao.reports.checker.quantities import Quantity
from jiedao.reports.checker.rules.completions import is_completion

_FILLERS = r"(?:高?达到?|为|是|约|近|超过?|仅|均|:|已|在|不到|的|就|还|只|有|\s)*$"
_GROWTH = re.compile(
    r"(?:增长|增速|增幅|下降|上升|上涨|减少|提高|降低|回升|回落|提升|压减|缩减|精简|压缩|下滑|扩大|增加|高于|低于|快于|慢于|同比|环比"
    r"|贡献率|拉动|减|增|涨|跌|降|翻|优于)[^占率]{0,5}$"
)
_SHARE = re.compile(
    rf"占(?:到|了|据)?(?P<base>[^占]{{0,24}}?)(?:总数|总量|总额|总)?的?(?:比重|比例|比|份额)?(?:率|重)?{_FILLERS}"
)
_RATE = re.compile(rf"(?P<stem>[\w“”]{{1,14}})率{_FILLERS}")
_UNBOUND_RATES = re.compile(
    r"(?:增长|完成|利用|使用|覆盖|普及|自给|周转|压减|精简|压缩|缩减|下降|减少|降低|贡献|复合增长|负债|就业|失业|城镇化|渗透|化)$"
)
# Words before the step that a rate is of, which do not limit it: 投诉解决率 is the rate of 解决.
_PLAIN = re.compile(
    r"^(?:投诉|举报|工单|案件|事件|问题|隐患|诉求|提案|建议|信访|纠纷|矛盾|综合|总体?|整体|平均|群众|市民|来电|件)+(?=..)"
)
# What a step is done with: 检出不合格样品 is the step of 不合格率.
_THINGS = re.compile(r"(?:食品|样品|产品|商品|案件|工单|事项|问题|隐患|企业|项目|申请|投诉|人)?数?量?$")
_SAME_STEP = {
    "办结": ("结案", "办理完毕", "已办"),
    "结案": ("办结",),
    "答复": ("办复",),
    "办复": ("答复",),
    "回复": ("答复",),
}
_COUNTED_BY = re.compile(r"\(按([^()]{1,6})\)")
_FORMER = re.compile(r"占(?P<base>[^占]{0,24}?)的?(?:比重|比例|比)?(?:由|从)[^,;]{0,8}$")
_MOVED_TO = re.compile(r"^(?:提高|上升|增加|提升|下降|降低|减少|回落|升|降)(?:到|至)$")
_MOVED_REACH = 30
_NEGATION = re.compile(r"[未不非无]")
_SHARE_REACH = 60  # characters between an amount and its share
_NAMED_REACH = 240  # characters before a share in which both of its amounts may be, where it names them


@dataclass(frozen=True)
class RatioClaim:
    """A percentage with the amount above the line, and the ways in which its base may be named.

    Attributes:
        base: the words for the base, "" where none are printed.
        direct: the base, where the sentence names the number itself.
        rate: the name of a rate, "" for a share.
    """

    percentage: Quantity
    part: Quantity
    base: str = ""
    direct: Quantity | None = None
    rate: str = ""


def list_claims(context: Context) -> list[RatioClaim]:
    """Return the shares and rates of a text in their order.

    A share without words for its base has that of the share before it in the sentence: 占进出口总值的15.3%;…占13.7%.
    """
    claims: list[RatioClaim] = []
    for percentage in context.percentages:
        claim = _read_claim(context, percentage) if percentage.value > 0 else None
        if claim is None:
            continue
        if (
            claims
            and not (claim.base or claim.rate or claim.direct)
            and _continues(context, claims[-1], claim)
        ):
            claim = replace(claim, base=claims[-1].base)
        claims.append(claim)
    return claims


def _continues(context: Context, earlier: RatioClaim, claim: RatioClaim) -> bool:
    """Return whether a share is the next item of the list of an earlier one."""
    between = context.layout.folded[earlier.percentage.end : claim.part.start]
    return not re.search(r"[。!?\n]|其中|包括", between) and earlier.part.unit == claim.part.unit


def _read_claim(context: Context, percentage: Quantity) -> RatioClaim | None:
    lead = context.find_lead(percentage)
    before = context.list_sentence_before(percentage)
    if _MOVED_TO.search(lead):
        return _read_moved_share(context, percentage, before)
    if _GROWTH.search(lead) or _FORMER.search(lead) or (is_completion(lead) and "占" not in lead):
        return None
    if re.fullmatch(r"的(?:约|近|超|超过)?", lead.strip()):
        return _read_completion(context, percentage, before)
    if "分别" in lead or _continues_list(context, percentage) or _begins_list(context, percentage):
        return _read_listed_share(context, percentage, before)
    if match := _SHARE.search(lead):
        return _read_share(context, percentage, before, match)
    rate = _RATE.search(lead)
    return _read_rate(context, percentage, before, rate["stem"].strip("“”")) if rate else None


def _read_completion(context: Context, percentage: Quantity, before: list[Quantity]) -> RatioClaim | None:
    """拆除32.28万平方米,完成任务35.42万平方米的91%: the number directly before is the base."""
    if len(before) < 2 or percentage.start - before[0].end > 3:
        return None
    whole = before[0]
    part = next((amount for amount in before[1:] if amount.unit == whole.unit), None)
    if part is None or part.value > whole.value * 3:
        return None
    return RatioClaim(percentage, part, direct=whole)


def _read_share(
    context: Context, percentage: Quantity, before: list[Quantity], match: re.Match[str]
) -> RatioClaim | None:
    lead = context.find_lead(percentage)
    subject = re.sub(
        r"[\s,;、和且]|其|仅|只|均|约|也|分别|(?:上|下)半年度?|目前|经核实", "", lead[: match.start()]
    )
    base = re.sub(r"[\s“”]|其|全部|总$|类?事?件?总数$", "", match["base"])
    if not before or percentage.start - before[0].end > _SHARE_REACH:
        return _read_named_share(context, percentage, subject, base)
    part = next((amount for amount in before if not CHANGED.search(context.find_lead(amount))), before[0])
    if percentage.start - part.end > _SHARE_REACH:
        part = before[0]
    if subject and not _names_agree(subject, context.find_name(part)):
        return None
    if context.find_depth(part.start) > context.find_depth(percentage.start):
        part = next(
            (
                amount
                for amount in before
                if context.find_depth(amount.start) <= context.find_depth(percentage.start)
            ),
            part,
        )
    if _has_nearer_number(context, part, percentage, before):
        return None
    return RatioClaim(percentage, part, base=base)


def _has_nearer_number(
    context: Context, part: Quantity, percentage: Quantity, before: list[Quantity]
) -> bool:
    """Return whether the item of a share has a number of its own behind a semicolon: bare, or in brackets."""
    item = context.layout.folded.rfind(";", part.end, percentage.start)
    own = [quantity for quantity in context.list_between(max(item, 0), percentage.start) if not quantity.unit]
    return item >= 0 and bool(own or any(amount.start > item for amount in before))


def _read_moved_share(context: Context, percentage: Quantity, before: list[Quantity]) -> RatioClaim | None:
    """今年为30亿元,占总收入的比重从20%提高到25%: the share of today is the second."""
    former = next(iter(context.list_before(percentage, _MOVED_REACH)), None)
    match = _FORMER.search(context.find_lead(former)) if former and former.is_percent else None
    before = [amount for amount in before if former and amount.end <= former.start]
    if match is None or former is None or not before or former.start - before[0].end > _MOVED_REACH:
        return None
    return RatioClaim(percentage, before[0], base=re.sub(r"[\s“”]|其|总$", "", match["base"]))


def _continues_list(context: Context, percentage: Quantity) -> bool:
    """Return whether a percentage is a later item of a list such as 51.8%和48.2%."""
    return context.find_lead(percentage).strip() in {"和", "、", "及", "与"}


def _begins_list(context: Context, percentage: Quantity) -> bool:
    """Return whether a share begins a list without 分别: 火灾39万起、亡645人,占总数的59.1%和48.7%."""
    following = next(iter(context.list_after(percentage, 12)), None)
    return bool(
        following
        and following.is_percent
        and _continues_list(context, following)
        and "占" in context.find_lead(percentage)
    )


def _read_listed_share(context: Context, percentage: Quantity, before: list[Quantity]) -> RatioClaim | None:
    """甲类30件,乙类20件,分别占总数的60%和40%: each share belongs to the amount at its place."""
    sentence = context.layout.find_sentence(percentage.start)
    percentages = [
        quantity for quantity in context.list_between(sentence.start, sentence.end) if quantity.is_percent
    ]
    runs: list[list[Quantity]] = []
    for quantity in percentages:
        if runs and _continues_list(context, quantity):
            runs[-1].append(quantity)
        else:
            runs.append([quantity])
    run = next(run for run in runs if percentage in run)
    match = re.search(
        r"(?:分别(?:只|仅|约)?)?占([^占、和]{0,24}?)的?(?:比重)?(?:为|达)?$", context.find_lead(run[0])
    )
    amounts = [amount for amount in before if amount.end <= run[0].start][: len(run)][::-1]
    if (
        match is None
        or len(run) < 2
        or len(amounts) < len(run)
        or len({amount.unit for amount in amounts}) > 1
    ):
        return None
    return RatioClaim(percentage, amounts[run.index(percentage)], base=match[1])


def _read_named_share(context: Context, percentage: Quantity, subject: str, base: str) -> RatioClaim | None:
    """非房收入占区级收入比重…占比达到14%: both amounts are in earlier sentences, under these names."""
    sentence = context.layout.find_sentence(percentage.start)
    words = context.layout.folded[sentence.start : percentage.start]
    match = re.search(r"([\w]{3,12})占([\w]{3,12}?)(?:的?比重|的?比例|比)", words)
    if match is None:
        return None
    reach = context.list_before(percentage, _NAMED_REACH)
    amounts = [amount for amount in reach if amount in context.amounts]
    parts = [amount for amount in amounts if is_subsequence(match[1], context.find_name(amount))]
    if not parts:
        return None
    wholes = [
        amount
        for amount in amounts
        if amount.unit == parts[0].unit and amount.value > parts[0].value
        and is_subsequence(match[2], context.find_name(amount))
    ]  # fmt: skip
    return RatioClaim(percentage, parts[0], base=match[2], direct=wholes[0]) if wholes else None


def _read_rate(
    context: Context, percentage: Quantity, before: list[Quantity], stem: str
) -> RatioClaim | None:
    stem = re.sub(r"^(?:实现|其中|和|及|的)", "", stem)
    if _UNBOUND_RATES.search(stem) or len(stem) < 2:
        return None
    item = context.layout.folded.rfind(";", 0, percentage.start)
    before = _keep_counted(context, percentage, before)
    if any(amount.start > item for amount in before):  # the item of a list has amounts of its own
        before = [amount for amount in before if amount.start > item]
    for amount in before[:8]:
        name = context.find_name(amount)
        position = name.rfind(stem)
        if (
            position >= 0
            and not _NEGATION.search(name[:position][-1:])
            and name[:position] in {"", "已", "实际", "共", "本月共", "累计"}
        ) or (name == "办" and stem == "办结"):
            return RatioClaim(percentage, amount, rate=stem)
    core = _PLAIN.sub("", stem.removesuffix("数"))
    for amount in before[:8]:
        name = context.find_name(amount)
        if _THINGS.sub("", name).endswith((core, *_SAME_STEP.get(core, ()))) and not _NEGATION.search(
            _THINGS.sub("", name).removesuffix(core)[-1:]
        ):
            return RatioClaim(percentage, amount, rate=stem)
    return None


def _keep_counted(context: Context, percentage: Quantity, before: list[Quantity]) -> list[Quantity]:
    """Return the amounts of the unit that a bracket behind a rate names: 起诉率(按人数)为81.12%."""
    clause = context.layout.find_clause(percentage.start)
    counted = _COUNTED_BY.search(context.layout.folded, clause.start, percentage.start)
    return [amount for amount in before if amount.unit in counted[1]] if counted else before


def _names_agree(subject: str, name: str) -> bool:
    """Return whether the subject of a share names the amount before it: 税收占比 after 税收收入4.50亿元."""
    return subject[:2] in name and len(subject) <= len(name) + 2
