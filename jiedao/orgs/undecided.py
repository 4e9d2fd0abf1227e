"""What still names a unit that ended, because a succession could not decide to which of its successors it belongs."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from django.db import transaction
from django.utils.translation import gettext as _

from jiedao.kernel.errors import Stale, UserError
from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import SuccessionRow
from jiedao.kernel.packs.parts import list_followers
from jiedao.orgs.actions import MANAGE_USERS
from jiedao.orgs.actor import Actor
from jiedao.orgs.former_units import FORMER_UNITS, POST, UNIT, list_successors
from jiedao.orgs.granting import check_give, check_not_self
from jiedao.orgs.models import Holding, Post, Unit
from jiedao.orgs.pack.post_followers import list_present_holdings, move_holding
from jiedao.orgs.people import DUTY_ROWS
from jiedao.orgs.units import UnitInfo, unit_info

DECIDE = "orgs.post:manage"
REDISPATCH = "cases.case:redispatch"
OPEN_CASES, OPEN_HELP = "open cases", "parts in open cases of others"
# What users who dispatch in the complete town decide too.
CASEWORK = (OPEN_CASES, OPEN_HELP)


@runtime_checkable
class Movable(Protocol):
    """A follower of units whose rows a person can give to a unit."""

    kind: str
    what: str
    title: Any

    def find_open(self, unit_ids: Collection[int]) -> Any:
        """Return the open rows that name one of the units."""

    def write(self, wanted: dict[int, tuple[int, int]], actor: Actor) -> int:
        """Give rows to other units; return how many were changed."""


@dataclass(frozen=True)
class UndecidedRows:
    """The rows of one sort that still name a unit that ended.

    Attributes:
        what: identifies the sort of row, such as "open cases"; title: in the reader's language.
        rows: the primary keys.
        successors: the units among which a person decides; none where all of them have ended as well.
    """

    what: str
    title: str
    unit: UnitInfo
    rows: tuple[int, ...]
    successors: tuple[UnitInfo, ...]


def _list_movable() -> list[Movable]:
    return [
        follower for follower in list_followers() if follower.kind == UNIT and isinstance(follower, Movable)
    ]


def count_undecided_rows(actor: Actor) -> int:
    """Return how many rows `list_undecided` lists; without a query in a town where no unit has ended."""
    if not FORMER_UNITS.get() or not may_decide(actor):
        return 0
    ids = _list_ended_units()
    followers = [follower for follower in _list_movable() if may_decide(actor, follower.what)] if ids else []
    # One statement for each sort of row, however many units have ended: the home page counts them every time.
    rows: int = sum(follower.find_open(ids).count() for follower in followers)
    return rows


def count_undecided_holdings(actor: Actor) -> int:
    """Return how many holdings `list_undecided_holdings` lists."""
    return int(_find_holdings().count()) if actor.can(MANAGE_USERS) else 0


def label_rows(group: UndecidedRows, most: int) -> list[tuple[int, str]]:
    """Return primary key and name of the first rows of a group."""
    follower = next(row for row in _list_movable() if row.what == group.what)
    label = getattr(follower, "label_row", str)
    return [(row.pk, label(row)) for row in follower.find_open([group.unit.id])[:most]]


def describe_open_rows(unit_id: int) -> str:
    """Return what names a unit now, in words: "在办案件 3、任职 2"; "" for nothing."""
    counts = [(str(row.title), row.find_open([unit_id]).count()) for row in _list_movable()]
    holders = list_present_holdings().filter(post__unit=unit_id, post__active=True, user__is_active=True)
    counts.append((_("任职"), holders.count()))
    return "、".join(f"{title} {count}" for title, count in counts if count)


def may_decide(actor: Actor, what: str = "") -> bool:
    """Return whether the actor may decide on a sort of row, or on any."""
    if actor.can(DECIDE):
        return True
    return actor.can(REDISPATCH) and actor.sees_town and (not what or what in CASEWORK)


def list_undecided(actor: Actor) -> list[UndecidedRows]:
    """Return the rows on which the actor may decide, by sort and unit that ended."""
    return [group for group in _iterate_undecided() if may_decide(actor, group.what)]


def _list_ended_units() -> list[int]:
    """Return the units that ended by a succession."""
    succeeded = SuccessionRow.objects.filter(kind=UNIT).values("old_id")
    return sorted(Unit.objects.filter(active=False, pk__in=succeeded).values_list("pk", flat=True))


def _iterate_undecided(what: str = "", unit_id: int | None = None) -> Iterator[UndecidedRows]:
    ids = [pk for pk in _list_ended_units() if unit_id in {None, pk}]
    if not ids:
        return
    successors = list_successors(UNIT, ids)
    for follower in _list_movable():
        if what and follower.what != what:
            continue
        for pk in ids:
            rows = tuple(follower.find_open([pk]).values_list("pk", flat=True))
            unit = unit_info(pk)
            if rows and unit is not None:
                choices = tuple(info for new_id in successors[pk] if (info := unit_info(new_id)) is not None)
                yield UndecidedRows(follower.what, str(follower.title), unit, rows, choices)


def decide(*, actor: Actor, what: str, unit_id: int, new_unit_id: int, rows: Sequence[int] = ()) -> int:
    """Give rows of a unit that ended to one of its successors; return how many were moved.

    Args:
        what: the sort of row, see `UndecidedRows`.
        rows: the primary keys; all rows of the sort and unit by default.

    Raises:
        NotAllowed: without the right. UserError: the unit is no successor. Stale: another user has decided meanwhile.
    """
    if not may_decide(actor, what):
        actor.require(DECIDE)
    with transaction.atomic():
        group = next(_iterate_undecided(what, unit_id), None)
        if group is None:
            raise Stale(_("这些已经有了去处。"), hint=_("请刷新页面。"))
        if new_unit_id not in {unit.id for unit in group.successors}:
            raise UserError(
                _("这个单位不是“%(unit)s”的承接单位。") % {"unit": group.unit.label},
                hint=_("请从列表中选择。"),
                field="unit",
            )
        chosen = [pk for pk in group.rows if not rows or pk in set(rows)]
        follower = next(row for row in _list_movable() if row.what == what)
        moved = follower.write(dict.fromkeys(chosen, (unit_id, new_unit_id)), actor)
        if not moved:
            raise Stale(_("这些已经有了去处。"), hint=_("请刷新页面。"))
        transaction.on_commit(forget_all)
    return moved


# -- holders ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class UndecidedHolding:
    """A user who holds a post that ended, and the posts in use that took its place."""

    holding: Holding
    successors: tuple[Post, ...]


def _find_holdings() -> Any:
    return list_present_holdings().filter(post__active=False, user__is_active=True)


def list_undecided_holdings(actor: Actor) -> list[UndecidedHolding]:
    """Return the holdings of posts that ended, for users who may give posts."""
    if not actor.can(MANAGE_USERS):
        return []
    holdings = list(
        _find_holdings().select_related("user", "post__unit").order_by("post__code", "user__full_name")
    )
    successors = list_successors(POST, {row.post_id for row in holdings})
    posts = Post.objects.select_related("unit").in_bulk({pk for pks in successors.values() for pk in pks})
    return [UndecidedHolding(row, tuple(posts[pk] for pk in successors[row.post_id])) for row in holdings]


@transaction.atomic
def decide_holding(*, actor: Actor, holding_id: int, post_id: int) -> Holding:
    """Move a holder to one of the posts that took the place of the old one.

    Raises:
        NotAllowed: without the right, for the actor's own post, or for rights that the actor may not give.
        UserError: the post is no successor. Stale: another user has decided meanwhile.
    """
    actor.require(MANAGE_USERS)
    row = next((row for row in list_undecided_holdings(actor) if row.holding.pk == holding_id), None)
    if row is None:
        raise Stale(_("这些已经有了去处。"), hint=_("请刷新页面。"))
    check_not_self(actor, row.holding.user_id)
    post = next((post for post in row.successors if post.pk == post_id), None)
    if post is None:
        raise UserError(_("这个岗位不承接原来的岗位。"), hint=_("请从列表中选择。"), field="post")
    check_give(actor, post.permissions)
    moved = move_holding(actor, holding_id, row.holding.post_id, post.pk)
    if moved is None:
        raise Stale(_("这些已经有了去处。"), hint=_("请刷新页面。"))
    transaction.on_commit(DUTY_ROWS.forget)
    return moved
