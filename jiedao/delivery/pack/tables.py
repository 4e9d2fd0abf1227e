"""The file of messages outside the system, and its columns."""

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.packs.tables import Column, FileSpec, Kind, Shape, Table, require_field

DELIVERY = "delivery.toml"
CHANNELS = ("MAIL", "SMS", "WEBHOOK", "DIGEST")
GROUPS = ("TASK", "URGE", "NEWS")

TIME_HINT = _('写当地时间，如 "22:00"。')
HOURS = Table(
    (
        Column("quiet_from", most=5, hint=TIME_HINT),
        Column("quiet_to", most=5, hint=TIME_HINT),
        Column("digest_hour", Kind.INT, least=0, most=23),
        Column("urgent", Kind.TEXTS),
    ),
    Shape.ONE,
)
SEND = Table(
    (Column("roles", Kind.TEXTS), require_field("groups", Kind.TEXTS), require_field("channels", Kind.TEXTS))
)
FILES = (FileSpec(DELIVERY, {"hours": HOURS, "send": SEND}, required=False),)
