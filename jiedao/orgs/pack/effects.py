"""What a pack's changes of posts do to the people who hold them."""

from collections import Counter

from django.utils.translation import gettext as _

from jiedao.kernel import clock
from jiedao.kernel.packs.comparing import CHANGE, Comparison, Item
from jiedao.orgs.models import Holding


def find_post_effects(comparison: Comparison) -> dict[str, list[str]]:
    """State how many holders lose or get rights, or have another scope, in one statement."""
    items = [
        item
        for item in comparison.items
        if item.action == CHANGE and {"permissions", "scope"} & set(item.fields)
    ]
    if not items:
        return {}
    pks = {comparison.current[item.key]["pk"]: item.key for item in items}
    holders = Counter[str]()
    for pk in (
        Holding.objects.on(clock.today()).filter(post_id__in=list(pks)).values_list("post_id", flat=True)
    ):
        holders[pks[pk]] += 1
    return {item.key: _describe(item, comparison, holders[item.key]) for item in items if holders[item.key]}


def _describe(item: Item, comparison: Comparison, count: int) -> list[str]:
    before = set(comparison.current[item.key]["permissions"])
    after = set(comparison.wanted[item.key]["permissions"])
    sentences = []
    if lost := before - after:
        text = _("%(n)d 人担任这个岗位，会失去 %(rights)d 项权限。")
        sentences.append(text % {"n": count, "rights": len(lost)})
    if gained := after - before:
        text = _("%(n)d 人担任这个岗位，会得到 %(rights)d 项权限。")
        sentences.append(text % {"n": count, "rights": len(gained)})
    if "scope" in item.fields:
        sentences.append(_("%(n)d 人担任这个岗位，看到的范围会变。") % {"n": count})
    return sentences


EFFECTS = {"post": find_post_effects}
