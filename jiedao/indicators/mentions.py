"""Figures that people entered for a retired area or unit, and whose period is not over."""

from jiedao.indicators.models import ENTER, RETIRED_PLACE, Entry
from jiedao.kernel import clock
from jiedao.orgs.actor import Actor
from jiedao.orgs.retired_codes import CodeMention, list_retired_codes

RIGHTS = (ENTER,)


def list_code_mentions(actor: Actor) -> list[CodeMention]:
    """Return the measures that the actor may enter, once for each retired place; no query while nothing is retired."""
    if not list_retired_codes() or not actor.can(ENTER):
        return []
    rows = Entry.objects.filter(RETIRED_PLACE, last_date__gte=clock.today())
    names: dict[tuple[str, str], str] = {}
    for row in rows.select_related("measure", "area", "unit").order_by("measure__position", "id"):
        names[row.measure.key, row.place_code] = f"{row.measure.label} · {row.place_label}"
    return [CodeMention("figure", key, name, (code,)) for (key, code), name in names.items()]
