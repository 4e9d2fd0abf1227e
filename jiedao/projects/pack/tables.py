"""The files of projects and promises, and their columns."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.packs.tables import Column, FileSpec, Kind, Table, require_field
from jiedao.projects.models import MoneyKind, TaskLevel
from jiedao.projects.models.promises import PledgeKind, Relation
from jiedao.projects.network import LinkKind

PROJECTS, PROMISES = "projects.toml", "promises.toml"
MEASURE_HINT = _('写计量单位，如 "平方米"。')
COMPLETION_HINT = _("写承诺完成的日期：工期从这一天倒排。")
MONTH_HINT = _("写这个月的任意一天，如 2020-05-01。")
BUDGET_HINT = _("以元为单位，不带“万”。")
FEED_HINT = _('如 { source = "register", register = "stock", sum = "area", date = "removed_on" }')
MAX_AMOUNT = 99_999_999_999

PROJECT_KIND = Table(
    (require_field("code", most=40), require_field("name", most=120), Column("name_en", most=160))
)
PROJECT_MEASURE = Table(
    (
        require_field("code", most=40),
        require_field("name", most=120),
        Column("name_en", most=160),
        require_field("unit", most=20, hint=MEASURE_HINT),
        Column("unit_en", most=40),
    )
)
PROJECT = Table(
    (
        require_field("key", most=40),
        require_field("kind", most=40),
        require_field("name", most=120),
        Column("name_en", most=160),
        require_field("unit", most=40),
        Column("area", most=15),
        Column("premise", most=32),
        Column("leader", most=120),
        require_field("start", Kind.DATE),
        require_field("completion", Kind.DATE, hint=COMPLETION_HINT),
        Column("facts", Kind.NUMBERS),
        Column("note", most=1000),
    )
)
TASK = Table(
    (
        require_field("project", most=40),
        require_field("code", most=40),
        require_field("name", most=120),
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
        require_field("project", most=40),
        require_field("before", most=40),
        require_field("after", most=40),
        Column("kind", choices=tuple(LinkKind.values)),
        Column("lag", Kind.INT, least=-5000, most=5000),
    )
)
MONEY = Table(
    (
        require_field("project", most=40),
        require_field("month", Kind.DATE, hint=MONTH_HINT),
        Column("budget", Kind.NUMBER, required=True, least=0, most=1e11, hint=BUDGET_HINT),
        Column("kind", choices=tuple(MoneyKind.values)),
    )
)
PERMIT = Table(
    (
        require_field("project", most=40),
        require_field("code", most=40),
        require_field("name", most=120),
        Column("name_en", most=160),
        Column("authority", most=120),
        require_field("due", Kind.DATE),
    )
)

CAMPAIGN = Table(
    (
        require_field("key", most=40),
        require_field("name", most=120),
        Column("name_en", most=200),
        Column("handed_by", most=120),
        require_field("unit", most=40),
        require_field("measure", most=20),
        Column("measure_en", most=40),
        Column("note", most=400),
        Column("factor", Kind.NUMBER, least=0.0001, most=999_999_999, digits=4, default=Decimal(1)),
        Column("digits", Kind.INT, least=0, most=4, default=2),
        Column("target", Kind.NUMBER, required=True, least=0.0001, most=MAX_AMOUNT, digits=4),
        require_field("from_date", Kind.DATE),
        require_field("due_date", Kind.DATE),
        Column("feed", Kind.ANY, hint=FEED_HINT),
        Column("position", Kind.INT, least=0, most=9999),
    )
)
QUOTA = Table(
    (
        require_field("campaign", most=40),
        Column("area", most=12),
        Column("month", most=7),
        Column("amount", Kind.NUMBER, required=True, least=0, most=MAX_AMOUNT, digits=4),
    )
)
PLEDGE = Table(
    (
        Column("kind", required=True, choices=tuple(PledgeKind.values)),
        require_field("code", most=40),
        require_field("text", most=400),
        Column("text_en", most=600),
        require_field("source", most=200),
        require_field("unit", most=40),
        require_field("due_date", Kind.DATE),
        Column("helpers", Kind.TEXTS),
    )
)
PARTNER = Table(
    (
        require_field("key", most=40),
        require_field("name", most=120),
        Column("name_en", most=200),
        Column("relation", required=True, choices=tuple(Relation.values)),
        require_field("unit", most=40),
        Column("note", most=400),
    )
)
YUAN = Column("amount", Kind.NUMBER, required=True, least=0.01, most=MAX_AMOUNT, digits=2)
COMMITMENT = Table(
    (
        require_field("key", most=40),
        require_field("partner", most=40),
        require_field("purpose", most=200),
        Column("purpose_en", most=300),
        Column("document", most=200),
        YUAN,
        require_field("date", Kind.DATE),
    )
)
PAYMENT = Table(
    (
        require_field("key", most=40),
        require_field("commitment", most=40),
        require_field("document", most=200),
        YUAN,
        require_field("date", Kind.DATE),
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
