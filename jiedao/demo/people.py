"""Create the users of the demonstration: those that its file names, and one for every post without a holder.

Where the file has `[crews]`, the posts of a role get several holders, such as the grid workers of a community.

All of them have the same known password, so all are marked as accounts of the demonstration (`User.is_demo`). Those
that the file names have a text `about`, and the sign-in page lists them.
"""

import random
import tomllib
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password

from jiedao.accounts.models import User
from jiedao.accounts.views import DEMO_PASSWORD
from jiedao.audit.actions import record_entry
from jiedao.orgs.actor import Actor
from jiedao.orgs.models import Holding, Post
from jiedao.places.models import Area

SYSTEM_ROLES = {"UPPER"}  # held by the account of another system, with which nobody signs in


def make_people(folder: Path, rng: random.Random, *, actor: Actor) -> int:
    """Create the missing users of `demo/people.toml` and of posts without a holder; return how many were created."""
    book: dict[str, Any] = tomllib.loads((folder / "people.toml").read_text(encoding="utf-8"))
    posts = {post.code: post for post in Post.objects.all()}
    password = make_password(DEMO_PASSWORD)
    before = User.objects.count()
    for entry in book["person"]:
        user, new = User.objects.get_or_create(
            username=entry["username"],
            defaults={
                "full_name": entry["name"],
                "password": password,
                "is_demo": True,
                "about": entry["about"],
                "about_en": entry["about_en"],
            },
        )
        if new:
            _give_post(user, posts[entry["post"]], entry.get("areas", []), actor)
    names = _read_names(book["names"], rng)
    held_post_ids = set(Holding.objects.values_list("post_id", flat=True))
    for post in sorted(posts.values(), key=lambda row: row.id):
        is_of_person = post.code.rpartition(".")[2] not in SYSTEM_ROLES
        if post.active and is_of_person and post.id not in held_post_ids:
            name = next(names)
            user = User.objects.create(
                username=f"d{post.id:04d}", full_name=name, password=password, is_demo=True
            )
            _give_post(user, post, [], actor)
    return User.objects.count() - before


def make_crews(folder: Path, rng: random.Random, *, actor: Actor) -> int:
    """Create further holders of posts, up to the number that `[crews]` states for their role; return how many."""
    book: dict[str, Any] = tomllib.loads((folder / "people.toml").read_text(encoding="utf-8"))
    crews: dict[str, int] = book.get("crews", {})
    password = make_password(DEMO_PASSWORD)
    names, before = _read_names(book["names"], rng), User.objects.count()
    for post in Post.objects.filter(active=True).order_by("id"):
        held = Holding.objects.filter(post=post).count()
        for number in range(held + 1, crews.get(post.code.partition(".")[2], 0) + 1):
            user, new = User.objects.get_or_create(
                username=f"d{post.id:04d}-{number}",
                defaults={"full_name": next(names), "password": password, "is_demo": True},
            )
            if new:
                _give_post(user, post, [], actor)
    return User.objects.count() - before


def _read_names(book: dict[str, str], rng: random.Random) -> Any:
    used_names: set[str] = set()
    while True:
        name = rng.choice(book["surnames"]) + "".join(rng.choices(book["given"], k=rng.choice([1, 2, 2])))
        if name not in used_names:
            used_names.add(name)
            yield name


def _give_post(user: User, post: Post, area_codes: list[str], actor: Actor) -> None:
    holding = Holding.objects.create(user=user, post=post)
    holding.areas.set(Area.objects.filter(code__in=area_codes))
    record_entry(
        actor=actor,
        action="orgs.holding:create",
        obj_type="orgs.holding",
        obj_id=holding.pk,
        before=None,
        after={"user": user.username, "post": post.code},
    )
