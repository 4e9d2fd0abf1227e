"""The file of the public's site, and its columns."""

from django.utils.translation import gettext_lazy as _

from jiedao.cases.models import CategoryKind
from jiedao.kernel.packs.checks import KEY_HINT
from jiedao.kernel.packs.tables import Column, FileSpec, Shape, Table, require_field

PORTAL = "portal.toml"
AUDIENCES = ("RESIDENT", "COMPANY")

SITE = Table(
    (
        require_field("name", most=40, hint=_("写网站的名称，例如“某某街道便民服务”。")),
        Column("name_en", most=80),
        Column("welcome", most=300),
        Column("welcome_en", most=500),
        Column("telephone", most=40),
        Column("hours", most=120),
        Column("hours_en", most=200),
        Column("address", most=120),
        Column("address_en", most=200),
        require_field("privacy", most=2000, hint=_("写明收集什么、作什么用、保留多久、怎样查询和删除。")),
        Column("privacy_en", most=4000),
    ),
    Shape.ONE,
)
OFFER = Table(
    (
        require_field("key", most=40, hint=KEY_HINT),
        require_field("label", most=40, hint=_("用居民的话说，例如“路灯不亮”。")),
        Column("label_en", most=80),
        Column("hint", most=120),
        Column("hint_en", most=200),
        Column("group", most=20),
        Column("group_en", most=40),
        Column("audience", choices=AUDIENCES),
        Column("kind", choices=tuple(CategoryKind.values)),
        Column("category", most=11),
    )
)
FILES = (FileSpec(PORTAL, {"portal": SITE, "offer": OFFER}, required=False),)
