"""What a pack may contain: every file, table and field. `docs/reference/pack-format.md` says it in words."""

from dataclasses import dataclass
from enum import Enum

from jiedao.cases.flow import Stage
from jiedao.cases.models import CategoryKind, ReasonKind
from jiedao.orgs.models import Scope, UnitKind
from jiedao.places.models import PremiseKind
from jiedao.projects.models import MoneyKind, TaskLevel
from jiedao.projects.models.promises import PledgeKind, Relation
from jiedao.projects.network import LinkKind
from jiedao.registers.definition import FieldKind, Hangs


class Kind(Enum):
    """What a value is."""

    TEXT = "text"
    TEXTS = "list of texts"
    BOOL = "true or false"
    INT = "whole number"
    NUMBER = "number"
    DATE = "date"
    LIMIT = "limit"
    LIMITS = "table of limits by stage"
    NAMES = "table of codes with their names"
    NUMBERS = "table of codes with their numbers"
    ANY = "anything"


class Shape(Enum):
    """How often a table stands in its file."""

    ONE = "one"
    MANY = "many"
    MAP = "map"  # free keys, one kind of value


@dataclass(frozen=True)
class Field:
    """One key of a table. `least` and `most` bound numbers, `most` also the length of a text."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    hint: str = ""


@dataclass(frozen=True)
class Table:
    """The fields of a table."""

    fields: tuple[Field, ...]
    shape: Shape = Shape.MANY


@dataclass(frozen=True)
class FileSpec:
    """One file of a pack; the single table of a CSV or GeoJSON file has the name ""."""

    name: str
    tables: dict[str, Table]
    required: bool = True
    purpose: str = ""


def need(name: str, kind: Kind = Kind.TEXT, most: float | None = None, hint: str = "") -> Field:
    """Return a required field."""
    return Field(name, kind, required=True, most=most, hint=hint)


KINDS = tuple(CategoryKind.values)
STAGES = tuple(stage.lower() for stage in Stage.values)
CODE_HINT = "Areas have 6 (district), 9 (sub-district), 12 (community) or 15 digits (grid)."

PACK = Table(
    (
        Field("format", Kind.INT, required=True, least=1, most=1, hint="This jiedao reads format = 1."),
        need("name", most=80),
        Field("name_en", most=120),
        need("version", most=20),
        need("town", most=9, hint='The 9-digit code of the sub-district, such as "440307014".'),
        Field("schematic", Kind.BOOL),
        Field("note", most=2000),
        Field("demonstration", Kind.BOOL),
    ),
    Shape.ONE,
)
POLICY = Table(
    (
        Field("warn_share", Kind.NUMBER, least=0.05, most=0.95),
        Field("escalate_every", Kind.LIMIT),
        Field("escalate_rungs", Kind.INT, least=0, most=10),
        Field("max_returns", Kind.INT, least=0, most=20),
        Field("max_extensions", Kind.INT, least=0, most=20),
        Field("visit_attempts", Kind.INT, least=1, most=20),
        Field("reopen_days", Kind.INT, least=0, most=365),
        Field("wrong_reasons", Kind.TEXTS),
        Field("retention_days", Kind.INT, least=180, most=3650),
        Field("second_factor_rights", Kind.TEXTS),
        Field("slack_days", Kind.INT, least=0, most=250),
        Field("permit_days", Kind.INT, least=0, most=250),
        Field("promise_warn_days", Kind.INT, least=0, most=60),
    ),
    Shape.ONE,
)
AREA = Table((need("code", most=12, hint=CODE_HINT), need("name", most=60), Field("name_en", most=80)))
OUTLINE = Table((need("code", most=12, hint=CODE_HINT), Field("name"), need("geometry", Kind.ANY)))
GRID = Table(
    (
        need("code", most=15, hint="A grid code is its community's 12 digits and 3 more."),
        Field("name", most=60),
        Field("name_en", most=80),
        need("geometry", Kind.ANY),
    )
)
PREMISE = Table(
    (
        need("code", most=32),
        Field("kind", required=True, choices=tuple(PremiseKind.values)),
        need("name", most=80),
        Field("name_en", most=120),
        need("area", most=15),
        Field("address", most=200),
        Field("lon", Kind.NUMBER, least=-180, most=180, hint="Write degrees, -180 to 180."),
        Field(
            "lat", Kind.NUMBER, least=-90, most=90, hint="Write degrees, -90 to 90. Are lon and lat swapped?"
        ),
    )
)
ROAD = Table((need("name", most=60), Field("name_en", most=80), Field("areas")))
UNIT = Table(
    (
        need("code", most=40),
        need("name", most=80),
        Field("name_en", most=120),
        Field("kind", required=True, choices=tuple(UnitKind.values)),
        Field("parent", most=40),
        Field("area", most=15),
    )
)
ROLE = Table(
    (
        need("key", most=19),
        need("title", most=60),
        Field("title_en", most=100),
        Field("scope", required=True, choices=tuple(Scope.values)),
        need("permissions", Kind.TEXTS),
    )
)
POST = Table(
    (
        need("role", most=19),
        Field("units", Kind.TEXTS),
        Field("unit_kinds", Kind.TEXTS),
        Field("superior", most=60),
        Field("title", most=60),
        Field("title_en", most=100),
    )
)
CATEGORY = Table(
    (
        Field("kind", required=True, choices=KINDS),
        need("code", most=11),
        need("name", most=80),
        Field("name_en", most=160),
        Field("verify_first", Kind.BOOL),
        Field("visit_required", Kind.BOOL),
        Field("filing", most=400),
        Field("closing", most=400),
    )
)
RULES = Table((Field("verify_first"), Field("visit_required")), Shape.ONE)
LIMITS = Table(tuple(Field(stage, Kind.LIMIT) for stage in STAGES), Shape.ONE)
DUTY = Table(
    (
        Field("kind", choices=KINDS),
        Field("majors", Kind.TEXTS),
        Field("when"),
        Field("categories", Kind.TEXTS),
        Field("areas", Kind.TEXTS),
        Field("lead"),
        Field("helpers", Kind.TEXTS),
        Field("limits", Kind.LIMITS),
        Field("note"),
    )
)
REASON = Table(
    (
        Field("kind", required=True, choices=tuple(ReasonKind.values)),
        need("code", most=40),
        need("text", most=200),
        Field("text_en", most=300),
        Field("law", most=200),
    )
)
WORDS = Table((Field("value", Kind.TEXTS, required=True),), Shape.MAP)
OFFICE = Table(
    (need("hours", Kind.TEXTS, hint='Such as hours = ["09:00-12:00", "14:00-18:00"].'),), Shape.ONE
)
DAY = Table((need("date", Kind.DATE), need("working", Kind.BOOL), Field("name", most=60)))

PROJECT_KIND = Table((need("code", most=40), need("name", most=120), Field("name_en", most=160)))
PROJECT_MEASURE = Table(
    (
        need("code", most=40),
        need("name", most=120),
        Field("name_en", most=160),
        need("unit", most=20, hint='What it is counted in, such as "平方米".'),
        Field("unit_en", most=40),
    )
)
PROJECT = Table(
    (
        need("key", most=40),
        need("kind", most=40),
        need("name", most=120),
        Field("name_en", most=160),
        need("unit", most=40),
        Field("area", most=15),
        Field("premise", most=32),
        Field("leader", most=120),
        need("start", Kind.DATE),
        need("completion", Kind.DATE, hint="The day that was promised: the schedule counts back from it."),
        Field("facts", Kind.NUMBERS),
        Field("note", most=1000),
    )
)
TASK = Table(
    (
        need("project", most=40),
        need("code", most=40),
        need("name", most=120),
        Field("name_en", most=160),
        Field("level", choices=tuple(TaskLevel.values)),
        Field("parent", most=40),
        Field("duration", Kind.INT, least=0, most=5000),
        Field("unit", most=40),
        Field("start", Kind.DATE),
        Field("due", Kind.DATE),
    )
)
LINK = Table(
    (
        need("project", most=40),
        need("before", most=40),
        need("after", most=40),
        Field("kind", choices=tuple(LinkKind.values)),
        Field("lag", Kind.INT, least=-5000, most=5000),
    )
)
MONEY = Table(
    (
        need("project", most=40),
        need("month", Kind.DATE, hint="Any day of the month, such as 2020-05-01."),
        Field("budget", Kind.NUMBER, required=True, least=0, most=1e11, hint="Write yuan, without 万."),
        Field("kind", choices=tuple(MoneyKind.values)),
    )
)
PERMIT = Table(
    (
        need("project", most=40),
        need("code", most=40),
        need("name", most=120),
        Field("name_en", most=160),
        Field("authority", most=120),
        need("due", Kind.DATE),
    )
)
TONES = ("good", "info", "warn", "bad", "neutral")
DAYS = Field("every_days", Kind.INT, least=1, most=3660)
REGISTER = Table(
    (
        need("name", most=80),
        Field("name_en", most=120),
        Field("group", most=40),
        Field("group_en", most=60),
        Field("note", most=400),
        Field("note_en", most=600),
        Field("icon", most=40),
        Field("position", Kind.INT, least=0, most=9999),
        Field("on", choices=tuple(one.value for one in Hangs)),
        Field("parent", most=40),
        Field("unit", most=40),
        Field("read", Kind.TEXTS),
        Field("write", Kind.TEXTS),
        Field("map_tone", choices=TONES),
        Field("code_name", most=40),
        Field("code_name_en", most=60),
        DAYS,
    ),
    Shape.ONE,
)
REGISTER_FIELD = Table(
    (
        need("key", most=40),
        need("name", most=40),
        Field("name_en", most=80),
        Field("was", most=40),
        Field("kind", choices=tuple(one.value for one in FieldKind)),
        Field("unit", most=20),
        Field("unit_en", most=20),
        Field("help", most=200),
        Field("help_en", most=300),
        Field("required", Kind.BOOL),
        Field("unique", Kind.BOOL),
        Field("filter", Kind.BOOL),
        Field("column", Kind.BOOL),
        Field("personal", Kind.BOOL),
        Field("whole", Kind.BOOL),
        Field("summed", Kind.BOOL),
        Field("least", Kind.NUMBER),
        Field("most", Kind.NUMBER),
        Field("choices", Kind.NAMES),
    )
)
GRADE = Table(
    (
        need("code", most=20),
        need("name", most=40),
        Field("name_en", most=60),
        Field("tone", choices=TONES),
        DAYS,
    )
)
RULE = Table(
    (
        need("grade", most=20),
        need("when", most=1000),
        need("because", most=120),
        Field("because_en", most=200),
    )
)
CHECKLIST = Table((need("key", most=40), need("name", most=80), Field("name_en", most=120)))
ITEM = Table(
    (
        need("checklist", most=40),
        need("key", most=40),
        need("name", most=120),
        Field("name_en", most=200),
        need("category", most=20, hint='The category of the case that a bad answer opens: "MATTER 06010".'),
        Field("urgent", Kind.BOOL),
        Field("photo", Kind.BOOL),
    )
)

FEED_HINT = 'Such as { source = "register", register = "stock", sum = "area", date = "removed_on" }.'
CAMPAIGN = Table(
    (
        need("key", most=40),
        need("name", most=120),
        Field("name_en", most=200),
        Field("handed_by", most=120),
        need("unit", most=40),
        need("measure", most=20),
        Field("measure_en", most=40),
        Field("factor", Kind.NUMBER, least=0.0001, most=999_999_999),
        Field("digits", Kind.INT, least=0, most=4),
        Field("target", Kind.NUMBER, required=True, least=0.0001, most=99_999_999_999),
        need("from_date", Kind.DATE),
        need("due_date", Kind.DATE),
        Field("feed", Kind.ANY, hint=FEED_HINT),
        Field("note", most=400),
        Field("position", Kind.INT, least=0, most=9999),
    )
)
QUOTA = Table(
    (
        need("campaign", most=40),
        Field("area", most=12),
        Field("month", most=7),
        Field("amount", Kind.NUMBER, required=True, least=0, most=99_999_999_999),
    )
)
PLEDGE = Table(
    (
        Field("kind", required=True, choices=tuple(PledgeKind.values)),
        need("code", most=40),
        need("text", most=400),
        Field("text_en", most=600),
        need("source", most=200),
        need("unit", most=40),
        Field("helpers", Kind.TEXTS),
        need("due_date", Kind.DATE),
    )
)
PARTNER = Table(
    (
        need("key", most=40),
        need("name", most=120),
        Field("name_en", most=200),
        Field("relation", required=True, choices=tuple(Relation.values)),
        need("unit", most=40),
        Field("note", most=400),
    )
)
YUAN = Field("amount", Kind.NUMBER, required=True, least=0.01, most=99_999_999_999)
COMMITMENT = Table(
    (
        need("key", most=40),
        need("partner", most=40),
        YUAN,
        need("date", Kind.DATE),
        need("purpose", most=200),
        Field("purpose_en", most=300),
        Field("document", most=200),
    )
)
PAYMENT = Table(
    (
        need("key", most=40),
        need("commitment", most=40),
        YUAN,
        need("date", Kind.DATE),
        need("document", most=200),
    )
)

# folders of files that are all alike; a file's name is the key of what it holds
FOLDERS: dict[str, FileSpec] = {
    spec.name: spec
    for spec in (
        FileSpec(
            "registers/*.toml",
            {
                "register": REGISTER,
                "field": REGISTER_FIELD,
                "grade": GRADE,
                "rule": RULE,
                "checklist": CHECKLIST,
                "item": ITEM,
            },
            required=False,
        ),
    )
}
FILES: dict[str, FileSpec] = {
    spec.name: spec
    for spec in (
        FileSpec("pack.toml", {"pack": PACK, "policy": POLICY}),
        FileSpec("areas.csv", {"": AREA}),
        FileSpec("communities.geojson", {"": OUTLINE}, required=False),
        FileSpec("grids.geojson", {"": GRID}),
        FileSpec("premises.csv", {"": PREMISE}, required=False),
        FileSpec("roads.csv", {"": ROAD}, required=False),
        FileSpec("units.toml", {"unit": UNIT}),
        FileSpec("posts.toml", {"role": ROLE, "post": POST}),
        FileSpec("categories.csv", {"": CATEGORY}),
        FileSpec("rules.toml", {"rules": RULES}, required=False),
        FileSpec("keywords.toml", {"component": WORDS, "matter": WORDS}, required=False),
        FileSpec("duties.toml", {"limits": LIMITS, "duty": DUTY}),
        FileSpec("reasons.toml", {"reason": REASON}),
        FileSpec("calendar.toml", {"office": OFFICE, "day": DAY}, required=False),
        FileSpec(
            "projects.toml",
            {
                "project_kind": PROJECT_KIND,
                "project_measure": PROJECT_MEASURE,
                "project": PROJECT,
                "task": TASK,
                "link": LINK,
                "money": MONEY,
                "permit": PERMIT,
            },
            required=False,
        ),
        FileSpec(
            "promises.toml",
            {
                "campaign": CAMPAIGN,
                "quota": QUOTA,
                "pledge": PLEDGE,
                "partner": PARTNER,
                "commitment": COMMITMENT,
                "payment": PAYMENT,
            },
            required=False,
        ),
    )
}
