"""Reads of users, posts and units for the administration pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from jiedao.accounts.models import ApiToken, SecondFactor, User
from jiedao.kernel import clock
from jiedao.kernel.textfilter import contains_words
from jiedao.orgs.models import Deputation, Holding, Post, Unit
from jiedao.orgs.rights import PERMISSIONS
from jiedao.orgs.scopes import describe_scopes
from jiedao.orgs.units import UNITS, UnitInfo
from jiedao.places.models import in_language

PAGE = 50


@dataclass(frozen=True)
class UserRow:
    """A user with the posts that they hold today."""

    id: int
    username: str
    full_name: str
    is_active: bool
    last_login: Any
    posts: list[str]
    second_factor: bool


@dataclass(frozen=True)
class UserPage:
    """One page of users, ordered by account; the next page begins after the account `next`, "" on the last page."""

    rows: list[UserRow]
    next: str
    total: int


def read_user_page(text: str = "", unit_id: int | None = None, after: str = "") -> UserPage:
    """Return a page of users ordered by account, filtered by name or account and by unit; four statements."""
    users = User.objects.order_by("username")
    if text:
        users = users.filter(Q(username__icontains=text) | Q(full_name__icontains=text))
    if unit_id is not None:
        users = users.filter(holdings__post__unit_id=unit_id).distinct()
    total = users.count()
    matches = list(users.filter(username__gt=after)[: PAGE + 1]) if after else list(users[: PAGE + 1])
    page_users, posts = matches[:PAGE], dict[int, list[str]]()
    today = clock.today()
    holdings = Holding.objects.own().filter(user__in=page_users).select_related("post__unit").order_by("id")
    for holding in holdings:
        if _is_in_force(holding, today):
            posts.setdefault(holding.user_id, []).append(f"{holding.post.label} · {holding.post.unit.label}")
    users_with_factor = set(
        SecondFactor.objects.filter(user__in=page_users).values_list("user_id", flat=True)
    )
    rows = [
        UserRow(
            user.pk,
            user.username,
            user.full_name,
            user.is_active,
            user.last_login,
            posts.get(user.pk, []),
            user.pk in users_with_factor,
        )
        for user in page_users
    ]
    return UserPage(rows, page_users[-1].username if len(matches) > PAGE else "", total)


@dataclass(frozen=True)
class DeputationRow:
    """A time of absence with the posts in which the deputy acts."""

    row: Deputation
    posts: list[str]


def list_deputations(
    user_ids: Iterable[int], *, deputy_id: int | None = None, day: date | None = None
) -> list[DeputationRow]:
    """Return the newest 100 absences of users, and those in which `deputy_id` acts; one statement, four with rows.

    Args:
        day: only those in force on this day.
    """
    rows = Deputation.objects.filter(Q(person_id__in=list(user_ids)) | Q(deputy_id=deputy_id))
    if day is not None:
        rows = rows.filter(ended_at__isnull=True, from_date__lte=day, to_date__gte=day)
    rows = rows.select_related("person", "deputy").prefetch_related("holdings__post__unit")
    return [
        DeputationRow(row, [f"{item.post.label} · {item.post.unit.label}" for item in row.holdings.all()])
        for row in rows.order_by("-to_date", "-id")[:100]
    ]


def _is_in_force(holding: Holding, day: date) -> bool:
    return (holding.from_date is None or holding.from_date <= day) and (
        holding.to_date is None or holding.to_date >= day
    )


def list_all_holdings(user_id: int) -> list[Holding]:
    """Return all own holdings of a user, also past and future ones, with post, unit and areas."""
    rows = Holding.objects.own().filter(user_id=user_id).select_related("post__unit").order_by("id")
    return list(rows.prefetch_related("areas"))


def list_posts_by_unit(*, active: bool = True) -> list[tuple[Unit, list[Post]]]:
    """Return the units with their posts, also units without a post; two statements."""
    units = list(Unit.objects.order_by("id"))
    posts = Post.objects.select_related("superior").order_by("id")
    posts_of_unit: dict[int, list[Post]] = {}
    for post in posts.filter(active=True) if active else posts:
        posts_of_unit.setdefault(post.unit_id, []).append(post)
    return [
        (unit, posts_of_unit.get(unit.pk, []))
        for unit in units
        if unit.active or not active or unit.pk in posts_of_unit
    ]


@dataclass(frozen=True)
class UnitMatch:
    """A unit whose name, code or posts contain the words of a search, with the posts that do."""

    unit: UnitInfo
    posts: list[str]


def find_units(text: str) -> list[UnitMatch]:
    """Return the active units that match a search, those whose own name does first; one statement.

    The short form of a name matches too: 城建办 is 城市建设办公室.
    """
    posts: dict[int, list[str]] = {}
    for unit_id, title, title_en in (
        Post.objects.filter(active=True).order_by("id").values_list("unit_id", "title", "title_en")
    ):
        if contains_words(text, (title, title_en)):
            posts.setdefault(unit_id, []).append(in_language(title, title_en))
    units = [unit for unit in UNITS.get().values() if unit.active]
    own = [
        unit
        for unit in units
        if contains_words(text, (unit.name, unit.name_en, unit.code)) or _is_short_form(text, unit.name)
    ]
    others = [unit for unit in units if unit.id in posts and unit not in own]
    return [UnitMatch(unit, list(dict.fromkeys(posts.get(unit.id, [])))) for unit in (*own, *others)]


def _is_short_form(text: str, name: str) -> bool:
    """Return whether the text has the first character of the name and then others of it in their order."""
    characters = iter(name)
    return 1 < len(text) < len(name) and text[0] == name[0] and all(sign in characters for sign in text)


@dataclass(frozen=True)
class RightLine:
    """A right and the titles of the posts that hold it, each with the number of users in such a post today."""

    right: str
    posts: list[tuple[str, int]]


def build_rights_table() -> list[RightLine]:
    """Return for every right the titles of the posts that hold it; two statements."""
    people: dict[int, set[int]] = {}
    for post_id, user_id in Holding.objects.on(clock.today()).values_list("post_id", "user_id"):
        people.setdefault(post_id, set()).add(user_id)
    holders: dict[str, dict[str, set[int]]] = {}
    for post in Post.objects.filter(active=True).order_by("id"):
        for right in post.permissions:
            holders.setdefault(right, {}).setdefault(post.label, set()).update(people.get(post.pk, set()))
    return [
        RightLine(right, [(title, len(users)) for title, users in holders.get(right, {}).items()])
        for right in sorted(PERMISSIONS)
    ]


@dataclass(frozen=True)
class TokenRow:
    """A token and the post in which it acts today, "" when its user holds none."""

    token: ApiToken
    post: str

    @property
    def scopes(self) -> list[str]:
        """What the token is good for, in the reader's language."""
        return describe_scopes(self.token.scopes)


def list_tokens() -> list[TokenRow]:
    """Return the API tokens, the newest first, with their users and posts; two statements."""
    newest = list(ApiToken.objects.select_related("user").order_by("-id")[:200])
    holdings = Holding.objects.on(clock.today()).filter(user__in=[token.user_id for token in newest])
    posts: dict[int, str] = {}
    for holding in holdings.select_related("post__unit").order_by("id"):
        posts.setdefault(holding.user_id, f"{holding.post.label} · {holding.post.unit.label}")
    return [TokenRow(token, posts.get(token.user_id, "")) for token in newest]
