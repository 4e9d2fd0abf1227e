"""Check that the file of messages names times, kinds, groups, channels and roles that exist."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

from jiedao.delivery.pack.tables import CHANNELS, DELIVERY, GROUPS, TIME_HINT
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row
from jiedao.notices.kinds import list_notice_kinds
from jiedao.orgs.pack.tables import POSTS

TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def check_delivery(pack: Pack, report: Report) -> None:
    """Check [hours] and each [[send]]."""
    kinds = [kind.code for kind in list_notice_kinds()]
    for row in pack.rows(DELIVERY, "hours"):
        for key in ("quiet_from", "quiet_to"):
            if row.get(key) and not TIME.fullmatch(row.get(key)):
                message = _("%(time)s 不是时间") % {"time": row.get(key)}
                report.error_at(row, key, "bad-value", message, TIME_HINT)
        _check_names(row, "urgent", kinds, report)
    roles = list(pack.by_key(POSTS, "role", "key"))
    for row in pack.rows(DELIVERY, "send"):
        _check_names(row, "groups", GROUPS, report)
        _check_names(row, "channels", CHANNELS, report)
        if report.has_read(POSTS):
            _check_names(row, "roles", roles, report)


def _check_names(row: Row, key: str, known: Iterable[str], report: Report) -> None:
    for name in row.get(key, None) or []:
        if name not in known:
            message = _("%(key)s：没有 %(code)s") % {"key": key, "code": name}
            report.dangling(row, key, name, known, message, noun=_("现有"))
