"""The actor: a user in a post with its rights and scope. Every action and every list requires one."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import F, Prefetch
from django.utils.translation import gettext as _

from jiedao.accounts.models import User
from jiedao.kernel import clock
from jiedao.kernel.errors import NotAllowed
from jiedao.kernel.memo import Memo
from jiedao.kernel.prepared import SOME_DAY, SOME_ID, PreparedQuery
from jiedao.orgs.deputies import Tie, read_ties
from jiedao.orgs.former_units import FORMER_UNITS
from jiedao.orgs.models import Holding, Post, Scope, Unit
from jiedao.orgs.second_factor import require_second_factor
from jiedao.places.following import add_retired_paths
from jiedao.places.models import Area

ALL = "ALL"


@dataclass(frozen=True)
class Actor:
    """A user in a post, or the system itself.

    Attributes:
        user_id, post_id: None for the system.
        represents_id: for a deputy, the absent user in whose post they act.
        label: what the timeline and the audit show, e.g. "王敏 · 派遣员", "李强 代 王敏 · 派遣员" for a deputy.
        unit_id: the unit of the post; unit_ids: that unit and all below it, with the units that they were.
        member_of: the units of all posts that the user holds, not only of this one.
        permissions: names such as "cases.case:dispatch"; the system holds every one.
        scope: "AREA", "UNIT", "OWN" (of the post) or "ALL".
        area_paths: materialised paths of the areas the post covers (scope AREA), and of retired ones on their ground.
        town_wide: True when the areas cover the complete town, so that no filter is needed.
    """

    user_id: int | None
    post_id: int | None
    label: str
    unit_id: int | None = None
    unit_ids: tuple[int, ...] = ()
    member_of: tuple[int, ...] = ()
    permissions: frozenset[str] = frozenset()
    scope: str = Scope.OWN.value
    area_paths: tuple[str, ...] = ()
    town_wide: bool = False
    user_name: str = ""
    post_title: str = ""
    request_id: str = ""
    address: str = ""
    represents_id: int | None = None

    @property
    def principal_id(self) -> int | None:
        """The user to whom belongs what waits for an answer: the represented one for a deputy."""
        return self.represents_id or self.user_id

    @property
    def own_ids(self) -> tuple[int, ...]:
        """The users whose own matters these are: the user, and for a deputy the represented one; () for the system."""
        return tuple(pk for pk in (self.user_id, self.represents_id) if pk is not None)

    @cached_property
    def ties(self) -> tuple[Tie, ...]:
        """The users who count as the same person as this one, see `deputies`; one statement, read once."""
        return read_ties(self.user_id) if self.user_id is not None else ()

    @property
    def is_system(self) -> bool:
        """Return whether the system itself acts."""
        return self.scope == ALL and self.user_id is None

    @property
    def sees_town(self) -> bool:
        """Return whether the actor may see the complete town: the system, or a post with scope AREA over the town."""
        return self.is_system or (self.scope == Scope.AREA and self.town_wide)

    @property
    def confined_to(self) -> tuple[str, ...] | None:
        """The paths of the areas to which a post with scope AREA is confined; None when no area confines the actor."""
        return self.area_paths if self.scope == Scope.AREA and not self.town_wide else None

    def can(self, permission: str) -> bool:
        """Return whether the post holds the right."""
        return self.scope == ALL or permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise NotAllowed unless the post holds the right."""
        if not self.can(permission):
            raise NotAllowed(
                _("您的岗位没有这项权限（%(name)s）。") % {"name": permission},
                hint=_("请联系本单位负责人，或换一个岗位后再试。"),
            )

    def bind_to_request(self, request_id: str, address: str) -> "Actor":
        """Return the same actor bound to one request, for the audit."""
        return replace(self, request_id=request_id, address=address)


def make_system_actor(label: str = "系统") -> Actor:
    """Return the system as an explicit actor, for jobs, imports and commands."""
    return Actor(user_id=None, post_id=None, label=label, scope=ALL, town_wide=True)


def list_current_holdings(user: User) -> list[Holding]:
    """Return the posts the user holds today, with post, unit and areas but without their outlines; two statements.

    Their own posts come first, then those in which they are a deputy.
    """
    today = clock.now().astimezone(clock.TOWN_TZ).date()
    rows = (
        Holding.objects.on(today).filter(user=user).order_by(F("represents_id").asc(nulls_first=True), "id")
    )
    rows = rows.select_related("post__unit__area", "represents__user")
    areas = Prefetch("areas", Area.objects.defer("polygon"))
    return list(rows.defer("post__unit__area__polygon").prefetch_related(areas))


def _load_unit_tree() -> dict[int | None, list[int]]:
    children: dict[int | None, list[int]] = {}
    for pk, parent in Unit.objects.order_by("id").values_list("id", "parent_id"):
        children.setdefault(parent, []).append(pk)
    return children


UNIT_TREE: Memo[dict[int | None, list[int]]] = Memo(_load_unit_tree)


def list_unit_subtree(unit_id: int) -> tuple[int, ...]:
    """Return the unit and every unit below it, with the retired units whose place these took.

    The closed cases of a unit that was renamed or merged stay its own, and its people must still find them.
    """
    children = UNIT_TREE.get()
    subtree, queue = set[int](), [unit_id]
    while queue:
        current = queue.pop()
        if current not in subtree:
            subtree.add(current)
            queue.extend(children.get(current, []))
            queue.extend(FORMER_UNITS.get().get(current, ()))
    return tuple(sorted(subtree))


def make_actor(holding: Holding) -> Actor:
    """Return the actor who acts in this holding, a member of its unit alone."""
    unit_area = holding.post.unit.area
    areas: list[Any] = list(holding.areas.all()) or ([unit_area] if unit_area is not None else [])
    represented = holding.represents.user if holding.represents is not None else None
    area_kinds = {area.path: area.kind for area in areas}
    return _build_actor(
        holding.user,
        holding.post,
        area_kinds,
        (represented.pk, represented.full_name) if represented is not None else None,
    )


MAX_LABEL = 120  # of the columns that store it


def _build_actor(
    user: User, post: Post, area_kinds: dict[str, str], represented: tuple[int, str] | None = None
) -> Actor:
    """Return the user in the post.

    Args:
        area_kinds: maps the paths of the areas that the post covers to their kinds.
        represented: id and name of the absent user whose deputy the user is.
    """
    label, title = f"{user.full_name} · {post.title}", post.label
    if represented is not None:
        label = f"{user.full_name} 代 {represented[1]} · {post.title}"[:MAX_LABEL]
        title = _("代 %(name)s · %(post)s") % {"name": represented[1], "post": title}
    return Actor(
        user_id=user.pk,
        post_id=post.pk,
        represents_id=represented[0] if represented is not None else None,
        label=label,
        unit_id=post.unit_id,
        unit_ids=list_unit_subtree(post.unit_id),
        member_of=(post.unit_id,),
        permissions=frozenset(post.permissions),
        scope=post.scope,
        area_paths=add_retired_paths(area_kinds),
        town_wide=not {"DISTRICT", "STREET"}.isdisjoint(area_kinds.values()),
        user_name=user.full_name,
        post_title=title,
    )


# What an actor needs of a post, as attributes of the model.
_POST_COLUMNS = ("id", "unit_id", "title", "title_en", "permissions", "scope")


_HOLDING_ROWS = PreparedQuery(
    lambda day, user, *, own_only: (
        (Holding.objects.on(day).own() if own_only else Holding.objects.on(day))
        .filter(user_id=user)
        .order_by(F("represents_id").asc(nulls_first=True), "id")
        .values_list(
            "post__unit__area__path",
            "post__unit__area__kind",
            "areas__path",
            "areas__kind",
            "represents__user_id",
            "represents__user__full_name",
            *(f"post__{name}" for name in _POST_COLUMNS),
        )
    ),
    SOME_DAY,
    SOME_ID,
)


def find_actor(
    user: User,
    post_id: int | None = None,
    *,
    represents_id: int | None = None,
    own_only: bool = False,
    has_factor: bool = False,
) -> Actor | None:
    """Return the user's actor in the chosen post, or in the first one; None when the user holds no post.

    Every request begins with it: it is one statement and builds no rows of holdings, units and areas, which took
    1.7 ms of processor time against 0.9.

    Args:
        represents_id: with a post, the absent user whose deputy the user is in it; None for a post of their own.
        own_only: leave out the posts in which the user is a deputy.
        has_factor: whether the provider at which the user signed in has checked a second factor.

    Raises SecondFactorRequired where the post requires a second factor that the user has not set up.
    """
    rows = _HOLDING_ROWS.fetch(clock.today(), user.pk, shape=(own_only,), own_only=own_only)
    if not rows:
        return None
    posts = {(row[6], row[4]): Post(**dict(zip(_POST_COLUMNS, row[6:], strict=True))) for row in rows}
    key = (post_id or 0, represents_id)
    if key not in posts:
        key = (rows[0][6], rows[0][4])
    post = posts[key]
    if not has_factor:
        require_second_factor(user, frozenset(post.permissions))
    own_rows = [row for row in rows if (row[6], row[4]) == key]
    area_kinds = {path: kind for _unit_path, _unit_kind, path, kind, *_post in own_rows if path}
    if not area_kinds and own_rows[0][0]:
        area_kinds = dict([own_rows[0][:2]])
    units = {row.unit_id for row in posts.values()}
    represented = (own_rows[0][4], own_rows[0][5]) if own_rows[0][4] is not None else None
    return replace(_build_actor(user, post, area_kinds, represented), member_of=tuple(sorted(units)))
