"""Guards against retiring units in which people still hold posts."""

from collections import Counter

from django.utils.translation import gettext as _

from jiedao.kernel.packs.rows import Values
from jiedao.kernel.packs.successions import Lookup
from jiedao.orgs.pack.post_followers import list_present_holdings


def guard_units(retired: dict[str, Values], _lookup: Lookup) -> dict[str, str]:
    """Return the reasons against retiring units without a successor: those whose posts active users hold."""
    keys = {values["pk"]: key for key, values in retired.items()}
    rows = list_present_holdings().filter(user__is_active=True, post__active=True, post__unit__in=list(keys))
    counts = Counter(keys[pk] for pk in rows.values_list("post__unit_id", flat=True))
    return {
        key: _("有 %(count)d 人在这里任职：请用 was 写明哪个单位接替它，或先结束任职") % {"count": count}
        for key, count in counts.items()
    }
