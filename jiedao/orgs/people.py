"""Whom to notify: users by unit, by right, or as superiors of a post."""

from collections.abc import Iterable
from typing import NamedTuple

from jiedao.kernel import clock
from jiedao.orgs.models import Holding, Post
from jiedao.places.models import in_language


def _list_holdings_in_force() -> "Iterable[Holding]":
    today = clock.now().astimezone(clock.TOWN_TZ).date()
    return Holding.objects.on(today).select_related("post")


def find_holders_in_units(unit_ids: Iterable[int], permission: str) -> list[int]:
    """Return the ids of the users who hold the right in one of the units."""
    wanted_units = set(unit_ids)
    return [
        holding.user_id
        for holding in _list_holdings_in_force()
        if holding.post.unit_id in wanted_units and permission in holding.post.permissions
    ]


class _Holder(NamedTuple):
    user_id: int
    post_id: int
    unit_id: int
    title: str
    title_en: str


class PostOnDuty(NamedTuple):
    """A post of a unit that somebody holds today; `label` is its title in the reader's language."""

    unit_id: int
    label: str


def _find_holders(permission: str, area_path: str, scope: str = "") -> list[_Holder]:
    """Return the holders of the right over the area; two statements, without the large outlines of the areas."""
    today = clock.now().astimezone(clock.TOWN_TZ).date()
    own_paths: dict[int, list[str]] = {}
    for holding_id, path in Holding.areas.through.objects.values_list("holding_id", "area__path"):
        own_paths.setdefault(holding_id, []).append(path)
    holdings = Holding.objects.on(today).values_list(
        "id",
        "post__permissions",
        "post__scope",
        "post__unit__area__path",
        "user_id",
        "post_id",
        "post__unit_id",
        "post__title",
        "post__title_en",
    )
    holders = []
    for pk, permissions, post_scope, unit_path, user_id, post_id, unit_id, title, title_en in holdings:
        if permission not in permissions or (scope and post_scope != scope):
            continue
        paths = own_paths.get(pk) or ([unit_path] if unit_path else [])
        if not area_path or not paths or any(area_path.startswith(path) for path in paths):
            holders.append(_Holder(user_id, post_id, unit_id, title, title_en))
    return holders


def find_holders(permission: str, area_path: str = "", scope: str = "") -> list[int]:
    """Return the ids of the users who hold the right, with a path only over that area.

    Args:
        scope: only posts of this scope. AREA selects those who answer for the area, not the units that work in it.
    """
    return [row.user_id for row in _find_holders(permission, area_path, scope)]


def find_posts_with_right(permission: str, area_path: str = "", scope: str = "") -> list[int]:
    """Return the ids of the posts that give the right to the users of `find_holders`."""
    return sorted({row.post_id for row in _find_holders(permission, area_path, scope)})


def list_posts_on_duty(
    permission: str, area_path: str = "", unit_ids: Iterable[int] | None = None
) -> list[PostOnDuty]:
    """Return the posts that hold the right today, without repetition: over the area, or in the given units."""
    if unit_ids is None:
        posts = [
            PostOnDuty(row.unit_id, in_language(row.title, row.title_en))
            for row in _find_holders(permission, area_path)
        ]
    else:
        wanted_units = set(unit_ids)
        posts = [
            PostOnDuty(row.post.unit_id, row.post.label)
            for row in _list_holdings_in_force()
            if row.post.unit_id in wanted_units and permission in row.post.permissions
        ]
    return list(dict.fromkeys(posts))


def find_superiors(post_ids: Iterable[int], rungs: int) -> list[int]:
    """Return the ids of the users whose posts are `rungs` steps above the given posts; 1 is directly above.

    Where there are fewer posts above, the top post is used.
    """
    ladder = dict(Post.objects.values_list("id", "superior_id"))
    tops = set()
    for pk in post_ids:
        current = pk
        for _rung in range(rungs):
            superior_id = ladder.get(current)
            if superior_id is None:
                break
            current = superior_id
        if current != pk:
            tops.add(current)
    return [row.user_id for row in _list_holdings_in_force() if row.post_id in tops]


def find_posts_in_units(unit_ids: Iterable[int], permission: str) -> list[int]:
    """Return the ids of the posts in the units that hold the right."""
    rows = Post.objects.filter(unit_id__in=list(unit_ids), active=True).values_list("id", "permissions")
    return [pk for pk, rights in rows if permission in rights]
