"""Why a user sees no case or record, in words, and whom to ask: an empty page would look like an empty town."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Scope
from jiedao.orgs.people import list_posts_on_duty
from jiedao.orgs.units import unit_info
from jiedao.places.selectors import AREAS

MOST_NAMES = 3
# Pages of what a post sees by its scope; elsewhere, such as in the administration, the note would be in the way.
PAGES = frozenset(
    {
        *("home", "cases", "dispatcher", "map", "board", "board_rows", "hotspots", "search"),
        *("registers", "register", "register-map", "inspections", "promises", "projects"),
    }
)


@dataclass(frozen=True)
class SightNote:
    """What keeps the user from seeing anything, and what to do about it."""

    title: str
    text: str


def sees_no_area(actor: Actor) -> bool:
    """Return whether the post sees by areas and has none: neither the holding nor the unit names one."""
    return actor.scope == Scope.AREA and not actor.area_paths


def find_sight_note(actor: Actor, page: str) -> SightNote | None:
    """Return the note for a page of the desk, None where the post has areas or needs none."""
    if page not in PAGES or not sees_no_area(actor):
        return None
    unit = unit_info(actor.unit_id) if actor.unit_id is not None else None
    return SightNote(
        _("您的岗位按辖区查看，但还没有辖区"),
        _(
            "单位“%(unit)s”没有设辖区，您任职时也没有指定社区或网格，所以这里只有本单位主办、协办的和您自己上报的。"
            "请%(posts)s给您的任职指定辖区（管理 → 人员），或给单位设辖区（数据包 units.toml 的 area）。"
        )
        % {"unit": unit.label if unit is not None else "", "posts": name_administrators()},
    )


def name_administrators() -> str:
    """Return the posts that give posts to users, with their units; the office's administrator where nobody is one."""
    posts = list_posts_on_duty("orgs.user:manage")
    names = []
    for post in posts[:MOST_NAMES]:
        unit = unit_info(post.unit_id)
        names.append(f"{unit.label} {post.label}" if unit is not None else post.label)
    return "、".join(names) or _("街道的系统管理员")


def describe_scope(actor: Actor) -> str:
    """Return which cases the post sees and whom to ask for more; "" for a post that sees the complete town."""
    if actor.sees_town:
        return ""
    unit = unit_info(actor.unit_id) if actor.unit_id is not None else None
    values = {
        "unit": unit.label if unit is not None else "",
        "posts": name_administrators(),
        "areas": "、".join(_name_areas(actor)),
    }
    if actor.scope == Scope.AREA and actor.area_paths:
        text = _(
            "您的岗位看得到%(areas)s的案件，本单位主办、协办的，和您自己上报的；现在一件也没有。要看别处的，请找%(posts)s。"
        )
    elif actor.scope in {Scope.AREA, Scope.UNIT}:
        text = _(
            "您的岗位只看得到“%(unit)s”主办、协办的案件，和您自己上报的；现在一件也没有。要看更多，请找%(posts)s。"
        )
    else:
        text = _("您的岗位只看得到您自己上报的案件；现在一件也没有。要看更多，请找%(posts)s。")
    return text % values


def _name_areas(actor: Actor) -> list[str]:
    labels = [area.label for area in AREAS.get().values() if area.path in actor.area_paths]
    return (
        labels if len(labels) <= MOST_NAMES else [*labels[:MOST_NAMES], _("等 %(n)d 处") % {"n": len(labels)}]
    )
