"""Balances: what came in and was carried over equals what was settled and is still open, in prose and in tables."""

import re
from collections.abc import Iterator
from itertools import groupby

from django.utils.translation import gettext as _

from jiedao.reports.checker.arithmetic import add_up
from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.layout import Span
from jiedao.reports.checker.quantities import Quantity
from jiedao.reports.checker.rules.columns import Row, read_rows

_IN = re.compile(r"收到|受理|新收|接收|接到|新增")
_CARRIED_IN = re.compile(
    r"(?:上(?:一)?(?:年|期|月)|去年)(?:度)?(?:结转|遗留|未结)|(?:年|期|月)初(?:结转|结存|存量|库存|余额|数|在册)?|结转(?:上年|上年度)|旧存"
)
_OUT = re.compile(r"(?<!未)(?:办结|减少|化解|销号|注销|办理完毕|办复|答复|结案|审结|执结)")
_CARRIED_OUT = re.compile(
    r"结转(?:到|至|下|20)|未办结|未结|尚未(?:办结|答复)|(?:年|期|月)末(?:结转|结存|存量|库存|余额|数|在册)?|在办|(?:尚在|正在)办理"
)
_INCLUDED = re.compile(r"含|其中|包括")
_NOT_SETTLED = re.compile(r"按[时期]|率|满意|超期|当场|部分")  # a part of what was settled
_MOST = 40  # amounts of a paragraph in which a balance is looked for
_TABLE_IN = re.compile(r"新收")
_TABLE_CARRIED_IN = re.compile(r"上(?:一)?年(?:度)?结转")
_TABLE_OUT = re.compile(r"^(?:[((][一二三四五六七八九十]+[))])?(?:总计|合计)$|办理结果总计|办结总数")
_TABLE_CARRIED_OUT = re.compile(r"结转下(?:一)?年")


def check_balances(context: Context) -> Iterator[Claim]:
    """Yield the balances of each paragraph, and of the tables of yearly reports on applications."""
    for paragraph in context.layout.paragraphs:
        if not context.layout.is_in_table(paragraph.start):
            yield from _check_paragraph(context, paragraph)
    for _table, cells in groupby(context.layout.cells, key=lambda cell: cell.table):
        context.check_time()
        yield from _check_table(context, list(read_rows(context, list(cells))))


def _check_paragraph(context: Context, paragraph: Span) -> Iterator[Claim]:
    """收到30件,上年度结转1件。办结24件,结转下年7件: each of the four is printed once."""
    text = context.layout.folded[paragraph.start : paragraph.end]
    if not (_CARRIED_IN.search(text) and _CARRIED_OUT.search(text)):
        return
    amounts = [amount for amount in context.list_amounts(paragraph) if amount.is_exact and not amount.is_word]
    if len(amounts) > _MOST:
        return

    def find(pattern: re.Pattern[str], other: re.Pattern[str] | None = None) -> list[Quantity]:
        return [
            amount
            for amount in amounts
            if pattern.search(lead := context.find_lead(amount))
            and not (other and other.search(lead))
            and not _NOT_SETTLED.search(lead)
        ]

    carried, left = find(_CARRIED_IN), find(_CARRIED_OUT)
    incoming, out = find(_IN, _CARRIED_IN), find(_OUT, _CARRIED_OUT)
    if not (carried and left and incoming and out):
        return
    roles = incoming[0], carried[0], out[0], left[0]
    if len({quantity.unit for quantity in roles}) > 1 or len(set(roles)) < len(roles):
        return
    is_single = all(
        len({quantity.value for quantity in role}) == 1 for role in (incoming, carried, out, left)
    )
    between = context.layout.folded[roles[0].end : roles[1].start] if roles[0].end < roles[1].start else ""
    yield from _judge(context, roles, is_single=is_single, is_included=bool(_INCLUDED.search(between)))


def _judge(
    context: Context,
    roles: tuple[Quantity, Quantity, Quantity, Quantity],
    *,
    is_single: bool,
    is_included: bool,
) -> Iterator[Claim]:
    incoming, carried, out, left = roles
    sides = add_up((incoming, carried)), add_up((out, left))
    holds = sides[0].overlaps(sides[1])
    reason = _("%(incoming)s + %(carried)s = %(in_sum)s，%(out)s + %(left)s = %(out_sum)s") % {
        "incoming": incoming.printed, "carried": carried.printed, "out": out.printed, "left": left.printed,
        "in_sum": incoming.format(sides[0].middle), "out_sum": incoming.format(sides[1].middle),
    }  # fmt: skip
    if not holds and is_included and add_up((incoming,)).overlaps(sides[1]):
        holds = True
        reason = _("%(out)s + %(left)s = %(out_sum)s，即 %(incoming)s（已含上期结转）") % {
            "out": out.printed, "left": left.printed,
            "out_sum": incoming.format(sides[1].middle), "incoming": incoming.printed,
        }  # fmt: skip
    if not holds and not is_single:
        return  # another of the numbers may be meant
    last = max(roles, key=lambda quantity: quantity.start)
    others = tuple(quantity for quantity in roles if quantity is not last)
    yield context.claim(
        Kind.BALANCE, Verdict.HOLDS if holds else Verdict.WRONG, last, reason,
        others=others, confidence=0.8, first=min(roles, key=lambda quantity: quantity.start),
    )  # fmt: skip


def _check_table(context: Context, rows: list[Row]) -> Iterator[Claim]:
    """Yield the columns of the table of applications: 新收 + 上年结转 = 总计 + 结转下年度."""
    for index, first in enumerate(rows):
        if not _TABLE_IN.search(first.label):
            continue
        chosen = [first]
        for pattern in (_TABLE_CARRIED_IN, _TABLE_OUT, _TABLE_CARRIED_OUT):
            row = next((row for row in rows[index + 1 :] if pattern.search(row.label)), None)
            if row is None:
                break
            index = rows.index(row)  # noqa: PLW2901 (the next row is below)
            chosen.append(row)
        if len(chosen) < 4 or len({len(row.numbers) for row in chosen}) > 1:
            continue
        for column in zip(*(row.numbers for row in chosen), strict=True):
            incoming, carried, out, left = column
            if any(number.value for number in column):
                yield from _judge(context, (incoming, carried, out, left), is_single=True, is_included=False)
