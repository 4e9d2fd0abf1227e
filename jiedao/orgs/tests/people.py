"""A small office for tests: three separate administrators, a clerk, a head, and a post that nobody holds."""

from dataclasses import dataclass, field

from jiedao.accounts.models import User
from jiedao.kernel.memo import forget_all
from jiedao.orgs.actor import Actor, find_actor
from jiedao.orgs.models import Holding, Post, Unit
from jiedao.places.models import Area

POSTS: dict[str, tuple[str, str, list[str]]] = {
    "sys": ("系统管理员", "OWN", ["orgs.user:manage", "kernel.calendar:manage", "cases.category:manage"]),
    "sec": ("安全管理员", "OWN", ["orgs.post:manage"]),
    "audit": ("审计管理员", "OWN", ["audit.entry:view"]),
    "clerk": ("受理员", "AREA", ["cases.case:view", "cases.case:accept"]),
    "head": ("主任", "UNIT", ["orgs.user:manage", "orgs.post:manage", "cases.case:view"]),
    "empty": ("空岗", "OWN", []),
}


@dataclass
class Office:
    """The office by short names: the users `sys`, `sec`, `audit`, `clerk` and `head` hold the posts of these names."""

    area: Area
    unit: Unit
    posts: dict[str, Post] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    def actor(self, name: str) -> Actor:
        """Return the actor of a user."""
        actor = find_actor(self.users[name])
        assert actor is not None
        return actor


def make_office() -> Office:
    """Create the office in the empty database."""
    area = Area.objects.add_root(instance=Area(kind="STREET", code="990001001", name="云溪街道"))
    office = Office(area, Unit.objects.create(code="OFFICE", name="云溪街道办事处", kind="OFFICE", area=area))
    for name, (title, scope, rights) in POSTS.items():
        office.posts[name] = Post.objects.create(
            code=name.upper(), unit=office.unit, title=title, scope=scope, permissions=rights
        )
        if name != "empty":
            office.users[name] = User.objects.create_user(name, None, title)
            Holding.objects.create(user=office.users[name], post=office.posts[name])
    office.users["new"] = User.objects.create_user("new", None, "新人")
    forget_all()
    return office
