"""Whether a plan is still the one that a person saw: what an apply compares, and the words for what has changed."""

import json
from typing import Any

from django.utils.translation import gettext as _

from jiedao.kernel.packs.plan import Plan

Basis = dict[str, Any]  # of an item: "kind key" -> [action, changed values]
MOST_NAMED = 6


def make_basis(plan: Plan) -> Basis:
    """Return what a plan would write, as JSON values.

    Words and counts are left out: they depend on the language, and cases come and go while a person reads.
    """
    basis: Basis = {
        f"{item.kind} {item.key}": [item.action, item.fields, item.is_blocked] for item in plan.items
    }
    basis |= {
        f"own {line.kind} {line.key} {line.field}": [line.state, line.value, line.pack_now]
        for line in plan.own
    }
    document: Basis = json.loads(json.dumps(basis, default=str))
    return document


def describe_drift(seen: Basis, now: Basis) -> str:
    """Return in words what a plan has now and had not when it was seen, and the reverse; "" where they are the same."""
    parts = [
        (_("新出现：%(items)s"), [key for key in now if key not in seen]),
        (_("已经不在：%(items)s"), [key for key in seen if key not in now]),
        (_("变了：%(items)s"), [key for key in now if key in seen and now[key] != seen[key]]),
    ]
    return " ".join(text % {"items": _name(keys)} for text, keys in parts if keys)


def _name(keys: list[str]) -> str:
    named = "、".join(keys[:MOST_NAMED])
    more = _("等 %(n)d 项") % {"n": len(keys)} if len(keys) > MOST_NAMED else ""
    return f"{named} {more}".strip()
