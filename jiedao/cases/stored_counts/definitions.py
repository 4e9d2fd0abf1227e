"""A digest of everything that decides how cases are counted, apart from the cases themselves."""

import hashlib
from datetime import UTC, date, datetime

from jiedao.cases import catalogue
from jiedao.cases.selectors.counting import SPLITS, read_groups
from jiedao.cases.selectors.measures import MEASURES, Window
from jiedao.kernel import clock
from jiedao.kernel.periods import day_of

FORM = "1"  # of the stored cells; a change of it makes every office count again
_WINDOW = Window(day_of(date(2000, 1, 1)), datetime(2000, 1, 1, tzinfo=UTC))


def compute_digest() -> str:
    """Return the digest of the measures, the policies that they read, and the values of the splits.

    A condition is written out as text, so that another score of 不满意 or another rule changes the digest.
    """
    parts = [FORM, str(clock.TOWN_TZ)]
    for code, measure in MEASURES.items():
        if measure.minus is None:
            parts.append(f"{code} {measure.table} {measure.time} {measure.build_filter(_WINDOW)!r}")
    for split in SPLITS:
        parts += [f"{split} {group.value} {group.key}" for group in read_groups(split)]
    parts += [f"{row.id} {row.parent_id}" for row in catalogue.CATEGORIES.get().values()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
