"""Check the reports of a pack: their texts exist, are valid, and name measures that the pack declares."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.indicators.pack.tables import MEASURES
from jiedao.kernel.packs.checks import KEY_HINT, check_duplicates
from jiedao.kernel.packs.faults import Report, did_you_mean
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row
from jiedao.reports.functions import NAMES
from jiedao.reports.pack.tables import FOLDER, REPORTS
from jiedao.reports.pack.texts import read_text
from jiedao.reports.templating import TextFault, find_named_measures

TEXT_HINT = gettext_lazy("报告的文字怎样写，见 docs/how-to/write-a-report.md。")


def check_reports(pack: Pack, report: Report) -> None:
    """Report texts that are missing or invalid, and measures that do not exist."""
    rows = pack.rows(REPORTS, "report")
    check_duplicates(rows, report, ("key",))
    for row in rows:
        key = row.values.get("key", "")
        if key and not key.replace("-", "").replace("_", "").isalnum():
            message = _("%(key)s 不能用作报告的代码") % {"key": key}
            report.error_at(row, "key", "bad-value", message, KEY_HINT)
        if "text" in row.values:
            _check_text(pack, row, report)


def _check_text(pack: Pack, row: Row, report: Report) -> None:
    name = row.values["text"]
    try:
        text = read_text(pack, name)
    except ValueError as fault:
        report.error_at(row, "text", "missing-file", str(fault), TEXT_HINT)
        return
    try:
        named = find_named_measures(text, NAMES)
    except TextFault as fault:
        report.error(f"{FOLDER}/{name}", fault.line, "bad-text", str(fault), TEXT_HINT)
        return
    if not report.has_read(MEASURES):
        return
    measures = pack.by_key(MEASURES, "measure", "key")
    for key, line in named:
        if key not in measures:
            message = _("没有指标 %(code)s") % {"code": key}
            hint = did_you_mean(key, measures, noun=_("现有指标"))
            report.error(f"{FOLDER}/{name}", line, "dangling", message, hint)
