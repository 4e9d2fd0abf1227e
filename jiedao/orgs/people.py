"""Who to tell: people by unit, by right and up the ladder."""

from collections.abc import Iterable
from typing import NamedTuple

from jiedao.kernel import clock
from jiedao.orgs.models import Holding, Post


def _in_force() -> "Iterable[Holding]":
    today = clock.now().astimezone(clock.TOWN_TZ).date()
    return Holding.objects.on(today).select_related("post")


def holders_in_units(unit_ids: Iterable[int], permission: str) -> list[int]:
    """Return the user ids who hold the right in one of the units."""
    wanted = set(unit_ids)
    return [
        row.user_id
        for row in _in_force()
        if row.post.unit_id in wanted and permission in row.post.permissions
    ]


class _Held(NamedTuple):
    user_id: int
    post_id: int


def _over(permission: str, area_path: str, scope: str = "") -> list[_Held]:
    """Return who holds the right over the area. Two statements, and of areas only their paths: outlines are large."""
    today = clock.now().astimezone(clock.TOWN_TZ).date()
    own: dict[int, list[str]] = {}
    for holding_id, path in Holding.areas.through.objects.values_list("holding_id", "area__path"):
        own.setdefault(holding_id, []).append(path)
    rows = Holding.objects.on(today).values_list(
        "id", "user_id", "post_id", "post__permissions", "post__scope", "post__unit__area__path"
    )
    found = []
    for pk, user_id, post_id, permissions, of_scope, unit_path in rows:
        if permission not in permissions or (scope and of_scope != scope):
            continue
        paths = own.get(pk) or ([unit_path] if unit_path else [])
        if not area_path or not paths or any(area_path.startswith(path) for path in paths):
            found.append(_Held(user_id, post_id))
    return found


def holders_of(permission: str, area_path: str = "", scope: str = "") -> list[int]:
    """Return the user ids who hold the right anywhere, or over the area where the path is given.

    Args:
        scope: only posts of this scope: with AREA those who answer for the area, not the units that work in it.
    """
    return [row.user_id for row in _over(permission, area_path, scope)]


def posts_of(permission: str, area_path: str = "", scope: str = "") -> list[int]:
    """Return the ids of the posts under which `holders_of` hold the right."""
    return sorted({row.post_id for row in _over(permission, area_path, scope)})


def superiors(post_ids: Iterable[int], rungs: int) -> list[int]:
    """Return the holders of the posts that stand `rungs` steps above the given posts (1 = directly above).

    A ladder that is shorter ends at its top post.
    """
    ladder = dict(Post.objects.values_list("id", "superior_id"))
    tops = set()
    for pk in post_ids:
        current = pk
        for _step in range(rungs):
            above = ladder.get(current)
            if above is None:
                break
            current = above
        if current != pk:
            tops.add(current)
    return [row.user_id for row in _in_force() if row.post_id in tops]


def posts_in_units(unit_ids: Iterable[int], permission: str) -> list[int]:
    """Return ids of the posts in the units that hold the right."""
    rows = Post.objects.filter(unit_id__in=list(unit_ids), active=True).values_list("id", "permissions")
    return [pk for pk, rights in rows if permission in rights]
