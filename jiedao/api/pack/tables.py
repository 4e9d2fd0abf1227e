"""The file of Open311, and its columns."""

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.packs.tables import Column, FileSpec, Kind, Shape, Table, require_field

OPEN311 = "open311.toml"
STAGES = ("production", "test")

ENDPOINT = Table(
    (
        require_field("contact", most=200, hint=_("写开发者有问题时找谁：单位、电话或邮箱。")),
        Column("contact_en", most=300),
        require_field("key_service", most=200, hint=_("写怎样申请令牌（api_key）。")),
        Column("key_service_en", most=300),
        Column("jurisdiction", most=80),
        Column("type", choices=STAGES),
        Column("without_key", Kind.BOOL, default=False),
        Column("services", Kind.TEXTS),
    ),
    Shape.ONE,
)
FILES = (FileSpec(OPEN311, {"open311": ENDPOINT}, required=False),)
