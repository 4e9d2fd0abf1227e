"""The files of projects and promises, and their columns."""

from decimal import Decimal

from jiedao.kernel.packs.tables import Column, FileSpec, Kind, Table, required
from jiedao.projects.models import MoneyKind, TaskLevel
from jiedao.projects.models.promises import PledgeKind, Relation
from jiedao.projects.network import LinkKind

PROJECTS, PROMISES = "projects.toml", "promises.toml"
COMPLETION_HINT = "The day that was promised: the schedule counts back from it."
FEED_HINT = 'Such as { source = "register", register = "stock", sum = "area", date = "removed_on" }.'
MAX_AMOUNT = 99_999_999_999

PROJECT_KIND = Table((required("code", most=40), required("name", most=120), Column("name_en", most=160)))
PROJECT_MEASURE = Table(
    (
        required("code", most=40),
        required("name", most=120),
        Column("name_en", most=160),
        required("unit", most=20, hint='What it is counted in, such as "平方米".'),
        Column("unit_en", most=40),
    )
)
PROJECT = Table(
    (
        required("key", most=40),
        required("kind", most=40),
        required("name", most=120),
        Column("name_en", most=160),
        required("unit", most=40),
        Column("area", most=15),
        Column("premise", most=32),
        Column("leader", most=120),
        required("start", Kind.DATE),
        required("completion", Kind.DATE, hint=COMPLETION_HINT),
        Column("facts", Kind.NUMBERS),
        Column("note", most=1000),
    )
)
TASK = Table(
    (
        required("project", most=40),
        required("code", most=40),
        required("name", most=120),
        Column("name_en", most=160),
        Column("level", choices=tuple(TaskLevel.values)),
        Column("parent", most=40),
        Column("duration", Kind.INT, least=0, most=5000),
        Column("unit", most=40),
        Column("start", Kind.DATE),
        Column("due", Kind.DATE),
    )
)
LINK = Table(
    (
        required("project", most=40),
        required("before", most=40),
        required("after", most=40),
        Column("kind", choices=tuple(LinkKind.values)),
        Column("lag", Kind.INT, least=-5000, most=5000),
    )
)
MONEY = Table(
    (
        required("project", most=40),
        required("month", Kind.DATE, hint="Any day of the month, such as 2020-05-01."),
        Column("budget", Kind.NUMBER, required=True, least=0, most=1e11, hint="Write yuan, without 万."),
        Column("kind", choices=tuple(MoneyKind.values)),
    )
)
PERMIT = Table(
    (
        required("project", most=40),
        required("code", most=40),
        required("name", most=120),
        Column("name_en", most=160),
        Column("authority", most=120),
        required("due", Kind.DATE),
    )
)

CAMPAIGN = Table(
    (
        required("key", most=40),
        required("name", most=120),
        Column("name_en", most=200),
        Column("handed_by", most=120),
        required("unit", most=40),
        required("measure", most=20),
        Column("measure_en", most=40),
        Column("note", most=400),
        Column("factor", Kind.NUMBER, least=0.0001, most=999_999_999, digits=4, default=Decimal(1)),
        Column("digits", Kind.INT, least=0, most=4, default=2),
        Column("target", Kind.NUMBER, required=True, least=0.0001, most=MAX_AMOUNT, digits=4),
        required("from_date", Kind.DATE),
        required("due_date", Kind.DATE),
        Column("feed", Kind.ANY, hint=FEED_HINT),
        Column("position", Kind.INT, least=0, most=9999),
    )
)
QUOTA = Table(
    (
        required("campaign", most=40),
        Column("area", most=12),
        Column("month", most=7),
        Column("amount", Kind.NUMBER, required=True, least=0, most=MAX_AMOUNT, digits=4),
    )
)
PLEDGE = Table(
    (
        Column("kind", required=True, choices=tuple(PledgeKind.values)),
        required("code", most=40),
        required("text", most=400),
        Column("text_en", most=600),
        required("source", most=200),
        required("unit", most=40),
        required("due_date", Kind.DATE),
        Column("helpers", Kind.TEXTS),
    )
)
PARTNER = Table(
    (
        required("key", most=40),
        required("name", most=120),
        Column("name_en", most=200),
        Column("relation", required=True, choices=tuple(Relation.values)),
        required("unit", most=40),
        Column("note", most=400),
    )
)
YUAN = Column("amount", Kind.NUMBER, required=True, least=0.01, most=MAX_AMOUNT, digits=2)
COMMITMENT = Table(
    (
        required("key", most=40),
        required("partner", most=40),
        required("purpose", most=200),
        Column("purpose_en", most=300),
        Column("document", most=200),
        YUAN,
        required("date", Kind.DATE),
    )
)
PAYMENT = Table(
    (
        required("key", most=40),
        required("commitment", most=40),
        required("document", most=200),
        YUAN,
        required("date", Kind.DATE),
    )
)

PROJECT_FILES = (
    FileSpec(
        PROJECTS,
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
)
PROMISE_FILES = (
    FileSpec(
        PROMISES,
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
