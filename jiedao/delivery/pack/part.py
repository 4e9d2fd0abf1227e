"""The part of a pack that the room of deliveries declares."""

from django.utils.translation import gettext_lazy as _

from jiedao.delivery.models import Address
from jiedao.delivery.pack.checks import check_delivery
from jiedao.delivery.pack.tables import FILES
from jiedao.kernel.packs.parts import PackPart
from jiedao.orgs.pack.unit_columns import UnitColumn

FOLLOWERS = (UnitColumn("chat robots of units", _("单位的群机器人"), Address),)

PART = PackPart("delivery", files=FILES, checks=(check_delivery,), followers=FOLLOWERS)
