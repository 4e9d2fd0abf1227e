"""Whom to notify: users by unit, by right, or as superiors of a post. Deputies hold the posts in which they act."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from jiedao.kernel import clock
from jiedao.kernel.memo import Memo
from jiedao.orgs.models import Holding, Post
from jiedao.places.following import list_present_paths
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


class _DutyRow(NamedTuple):
    """A holding in force: the post with its rights, and the paths of the areas that it covers."""

    unit_id: int
    permissions: frozenset[str]
    paths: tuple[str, ...]
    title: str
    title_en: str
    deputy: "DeputyOnDuty | None" = None


class DeputyOnDuty(NamedTuple):
    """Who acts for whom today, and until when."""

    name: str
    person: str
    until: date


class PostOnDuty(NamedTuple):
    """A post of a unit that a user holds today; `label` is its title in the reader's language."""

    unit_id: int
    label: str
    deputy: DeputyOnDuty | None = None


def _read_own_paths() -> dict[int, list[str]]:
    """Return the paths of the areas of the holdings that have areas of their own."""
    own_paths: dict[int, list[str]] = {}
    for holding_id, path in Holding.areas.through.objects.values_list("holding_id", "area__path"):
        own_paths.setdefault(holding_id, []).append(path)
    return own_paths


def _covers(paths: Iterable[str], area_path: str) -> bool:
    """Return whether a post with these paths answers for the area; without paths it answers for every area."""
    if not area_path or not paths:
        return True
    return any(present.startswith(path) for path in paths for present in list_present_paths(area_path))


def _load_duty_rows() -> list[_DutyRow]:
    own_paths = _read_own_paths()
    rows = Holding.objects.on(clock.today()).values_list(
        "id",
        "post__unit_id",
        "post__permissions",
        "post__unit__area__path",
        "post__title",
        "post__title_en",
        "user__full_name",
        "represents__user__full_name",
        "to_date",
    )
    return [
        _DutyRow(
            unit_id,
            frozenset(rights),
            tuple(own_paths.get(pk) or filter(None, [unit_path])),
            title,
            title_en,
            DeputyOnDuty(name, person, to_date) if person is not None and to_date else None,
        )
        for pk, unit_id, rights, unit_path, title, title_en, name, person, to_date in rows
    ]


# For what pages state about posts on duty: reading all holdings took a tenth of the page of a case. Whether a user may
# do something, and whom to notify, is never decided by these rows: another process may be 20 seconds behind.
DUTY_ROWS: Memo[list[_DutyRow]] = Memo(_load_duty_rows)


def _find_holders(permission: str, area_path: str, scope: str = "") -> list[_Holder]:
    """Return the holders of the right over the area; two statements, without the large outlines of the areas."""
    today = clock.now().astimezone(clock.TOWN_TZ).date()
    own_paths = _read_own_paths()
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
        if _covers(paths, area_path):
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
    """Return the posts that hold the right today, without repetition: over the area, or in the given units.

    The rows are cached in the process, so that this costs no query; use it only to inform users.
    """
    wanted_units = set(unit_ids) if unit_ids is not None else None
    posts = [
        PostOnDuty(row.unit_id, in_language(row.title, row.title_en), row.deputy)
        for row in DUTY_ROWS.get()
        if permission in row.permissions
        and (row.unit_id in wanted_units if wanted_units is not None else _covers(row.paths, area_path))
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
