"""Announced counts beside what is listed: 甲酒店、乙酒店、丙酒店共3个; 4类人员(密接者、…); 有两点:一是…二是….

A name may hold 和 or 与 itself, so that a list has a least and a greatest number of names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from jiedao.reports.checker.context import Context
from jiedao.reports.checker.findings import Claim, Kind, Verdict
from jiedao.reports.checker.quantities import Quantity

_LONGEST_LIST = 400  # characters of the names before a count
_MOST = 30  # names that a list may have; larger counts are not enumerated
# Units of what is listed by name. In 甲电厂、乙电厂共6台机组, another thing is counted.
_KINDS = frozenset({"个", "家", "所", "类", "种", "项", "条", "大", "方面"})
_PAIR = re.compile(r"以及|及其?|和|与|暨")
_UNLISTED = re.compile(r"[\d;:。!?“”《》…]|等")
_BRACKET = re.compile(r"[^,。;()\n]{0,8}(?<![省州盟旗国县市区乡镇村])\(([^()\n]{3,200})\)")
_BEFORE = re.compile(r"(?P<list>(?:[^,。;:!?()\n、]+、)+[^,。;:!?()\n、]+?)(?P<word>共计?|合计|等)$")
_ITEM = re.compile(r"(?:^|[\s。;:,])([一二三四五六七八九十])(?:是|要)(?=[^否])")
_ANNOUNCED = re.compile(r"(?:方面|点|大|项|个|条)?[^。;!?\n\d]{0,16}[:。]\s*(?=一是|\n\s*一是)")
_ORDINALS = "一二三四五六七八九十"


@dataclass(frozen=True)
class Listing:
    """The number of names in a list, which is a range where a name may hold 和."""

    least: int
    greatest: int

    def allows(self, count: int) -> bool:
        """Return whether the list may have so many names."""
        return self.least <= count <= self.greatest


def check_enumerations(context: Context) -> Iterator[Claim]:
    """Yield the counts of things that the text also lists by name."""
    for quantity in context.prose:
        is_count = quantity.step == 0 and quantity.unit and 2 <= quantity.value <= _MOST and quantity.is_exact
        if is_count:
            yield from _check_names_before(context, quantity)
            yield from _check_names_in_bracket(context, quantity)
            yield from _check_numbered(context, quantity)


def _check_names_before(context: Context, quantity: Quantity) -> Iterator[Claim]:
    clause = context.layout.find_clause(quantity.start)
    start = max(clause.start, quantity.start - _LONGEST_LIST)
    match = _BEFORE.search(context.layout.folded[start : quantity.start].rstrip())
    if match is None or _UNLISTED.search(match["list"]):
        return
    names = match["list"].split("、")
    listing = _count_names(names)
    count = int(quantity.value)
    if match["word"] == "等":
        # 等 may leave names out, so that only a list longer than the count is wrong.
        is_wrong, is_right = listing.least > count, listing.allows(count)
    else:
        is_wrong, is_right = not listing.allows(count), listing.allows(count)
    if is_right or (is_wrong and quantity.unit in _KINDS and _have_one_ending(names)):
        yield _state(context, quantity, listing, is_right=is_right)


def _check_names_in_bracket(context: Context, quantity: Quantity) -> Iterator[Claim]:
    match = _BRACKET.match(context.layout.folded, quantity.end)
    if match is None or _UNLISTED.search(match[1]) or "、" not in match[1] or "," in match[1]:
        return
    names = match[1].split("、")
    if min(map(len, names)) < 2:  # 县(市、区) is one word
        return
    listing = _count_names(names)
    is_right = listing.allows(int(quantity.value))
    if is_right or quantity.unit in _KINDS:
        yield _state(context, quantity, listing, is_right=is_right)


def _check_numbered(context: Context, quantity: Quantity) -> Iterator[Claim]:
    """Yield 有两点:一是…二是…; only items that go on beyond the count are certainly wrong, as a text may be cut off."""
    text = context.layout.folded
    if quantity.unit not in {"方面", "点", "个", "项", "条"} or not _ANNOUNCED.match(text, quantity.end):
        return
    expected = 0
    for match in _ITEM.finditer(text, quantity.end, quantity.end + 3000):
        if match[1] != _ORDINALS[expected : expected + 1]:
            break
        expected += 1
    if expected == quantity.value or (expected > quantity.value and expected > 1):
        listing = Listing(expected, expected)
        yield _state(context, quantity, listing, is_right=expected == quantity.value)


def _count_names(names: list[str]) -> Listing:
    pairs = sum(len(_PAIR.findall(name)) for name in names)
    return Listing(len(names), len(names) + pairs)


def _have_one_ending(names: list[str]) -> bool:
    """Return whether all names are of one kind, as 甲酒店 and 乙酒店: then no word of a longer phrase was counted."""
    return len({name.strip()[-1:] for name in names}) == 1 and all("的" not in name for name in names)


def _state(context: Context, quantity: Quantity, listing: Listing, *, is_right: bool) -> Claim:
    reason = _("列举了 %(listed)s 项，文中为 %(count)s%(unit)s") % {
        "listed": listing.least
        if listing.least == listing.greatest
        else f"{listing.least}~{listing.greatest}",
        "count": quantity.printed,
        "unit": quantity.unit,
    }
    verdict = Verdict.HOLDS if is_right else Verdict.WRONG
    return context.claim(Kind.PART_WHOLE, verdict, quantity, reason, confidence=0.7)
