"""The files of units, posts and the calendar, and their columns."""

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.packs.tables import WAS, Column, FileSpec, Kind, Shape, Table, require_field
from jiedao.orgs.models import Scope, UnitKind

UNITS, POSTS, CALENDAR = "units.toml", "posts.toml", "calendar.toml"
HOURS_HINT = _('如 hours = ["09:00-12:00", "14:00-18:00"]')

UNIT = Table(
    (
        require_field("code", most=40),
        require_field("name", most=80),
        Column("name_en", most=120),
        Column("kind", required=True, choices=tuple(UnitKind.values)),
        Column("parent", most=40),
        Column("area", most=15),
        Column("duty_phone", most=30),
        WAS,
    )
)
ROLE = Table(
    (
        require_field("key", most=19),
        require_field("title", most=60),
        Column("title_en", most=100),
        Column("scope", required=True, choices=tuple(Scope.values)),
        require_field("permissions", Kind.TEXTS),
        WAS,
    )
)
POST = Table(
    (
        require_field("role", most=19),
        Column("units", Kind.TEXTS),
        Column("unit_kinds", Kind.TEXTS),
        Column("superior", most=60),
        Column("title", most=60),
        Column("title_en", most=100),
    )
)
OFFICE = Table((require_field("hours", Kind.TEXTS, hint=HOURS_HINT),), Shape.ONE)
DAY = Table((require_field("date", Kind.DATE), require_field("working", Kind.BOOL), Column("name", most=60)))

FILES = (
    FileSpec(UNITS, {"unit": UNIT}),
    FileSpec(POSTS, {"role": ROLE, "post": POST}),
)
CALENDAR_FILES = (FileSpec(CALENDAR, {"office": OFFICE, "day": DAY}, required=False),)
