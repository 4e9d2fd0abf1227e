"""Check that what the site offers to report has distinct keys and categories that exist."""

from django.utils.translation import gettext as _

from jiedao.cases.pack.tables import CATEGORIES
from jiedao.kernel.packs.checks import KEY, KEY_HINT, check_duplicates
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row
from jiedao.portal.pack.tables import PORTAL


def check_portal(pack: Pack, report: Report) -> None:
    """Check each [[offer]], and that there is a [portal] which the offers belong to."""
    offers = pack.rows(PORTAL, "offer")
    if offers and not pack.rows(PORTAL, "portal") and report.has_read(PORTAL):
        hint = _("加上 [portal]，写明 name 和 privacy；没有它，网站不开放。")
        report.error_at(offers[0], "", "missing-table", _("缺少 [portal]"), hint)
    check_duplicates(offers, report, ("key",))
    codes = _list_minor_codes(pack)
    for row in offers:
        key = row.get("key")
        if key and not KEY.fullmatch(key):
            report.error_at(row, "key", "bad-key", _("%(key)s 不能作键") % {"key": key}, KEY_HINT)
        if report.has_read(CATEGORIES):
            _check_category(row, codes, report)


def _list_minor_codes(pack: Pack) -> dict[str, list[str]]:
    codes: dict[str, list[str]] = {}
    for row in pack.rows(CATEGORIES):
        if len(row.get("code")) > len("06"):
            codes.setdefault(row.get("kind"), []).append(row.get("code"))
    return codes


def _check_category(row: Row, codes: dict[str, list[str]], report: Report) -> None:
    kind, code = row.get("kind") or "MATTER", row.get("category")
    known = codes.get(kind, [])
    if code and code not in known and "category" not in row.faulty:
        message = _("%(kind)s 里没有小类 %(code)s") % {"kind": kind, "code": code}
        report.dangling(row, "category", code, known, message)
