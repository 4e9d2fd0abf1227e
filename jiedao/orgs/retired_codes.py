"""Codes of retired areas and units in texts and definitions, which no rule rewrites."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from jiedao.orgs.units import UNITS
from jiedao.places.selectors import EVERY_AREA


@dataclass(frozen=True)
class CodeMention:
    """A row that names retired areas or units by code.

    Attributes:
        kind: the sort of row, such as "pledge"; key: what identifies it in an address.
        codes: those that it names.
    """

    kind: str
    key: str
    name: str
    codes: tuple[str, ...]


def list_retired_codes() -> frozenset[str]:
    """Return the codes of the retired areas and units; without a query."""
    areas = {area.code for area in EVERY_AREA.get().values() if not area.active}
    return frozenset(areas | {unit.code for unit in UNITS.get().values() if not unit.active})


def find_retired_codes(text: str, codes: Iterable[str]) -> tuple[str, ...]:
    """Return which of the codes a text names, in order; a code inside a longer word or number is none."""
    return tuple(
        code
        for code in sorted(codes)
        if re.search(rf"(?<![A-Za-z0-9_]){re.escape(code)}(?![A-Za-z0-9_])", text)
    )


def build_text_filter(column: str, codes: Iterable[str]) -> Q:
    """Return the filter of rows whose text contains one of the codes; `find_retired_codes` is exact."""
    condition = Q()
    for code in sorted(codes):
        condition |= Q(**{f"{column}__contains": code})
    return condition
