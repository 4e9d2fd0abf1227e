"""Check the open data of a pack: registers and columns exist, and nothing personal is chosen."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiedao.kernel.packs.checks import KEY_HINT, check_duplicates
from jiedao.kernel.packs.faults import Report, did_you_mean
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row
from jiedao.publishing.models.open_data import DataSource, PositionKind
from jiedao.publishing.open_data.columns import CASE_COLUMNS, RECORD_COLUMNS, may_open_field
from jiedao.publishing.open_data.definition import has_personal_fields
from jiedao.publishing.pack.tables import OPEN_DATA
from jiedao.registers.definition import Definition
from jiedao.registers.pack.definitions import read_registers

PERSONAL_HINT = gettext_lazy("请去掉这一列。开放数据里不能有个人信息。")
POSITION_HINT = gettext_lazy('请写 position = "blurred" 或 "none"。')


def check_data_sets(pack: Pack, report: Report) -> None:
    """Report data sets whose register or columns do not exist, or whose columns are personal."""
    rows = pack.rows(OPEN_DATA, "data_set")
    check_duplicates(rows, report, ("key",))
    registers = read_registers(pack) if rows else {}
    for row in rows:
        key = row.values.get("key", "")
        if key and not key.replace("-", "").replace("_", "").isalnum():
            report.error_at(
                row, "key", "bad-value", _("%(key)s 不能用作数据集的代码") % {"key": key}, KEY_HINT
            )
        if row.values.get("source") == DataSource.CASES:
            _check_case_set(row, report)
        elif row.values.get("source") == DataSource.REGISTER:
            name = row.values.get("register", "")
            declared = registers.get(name)
            if declared is None:
                message = _("没有台账 %(code)s") % {"code": name or "—"}
                report.error_at(
                    row, "register", "dangling", message, did_you_mean(name, registers, noun=_("现有台账"))
                )
            else:
                _check_register_set(row, declared.definition, report)


def _check_case_set(row: Row, report: Report) -> None:
    if row.values.get("register"):
        message = _("source 是 cases 的数据集没有台账")
        report.error_at(row, "register", "bad-value", message, _("请删去 register。"))
    for key in row.values.get("columns", []):
        if key not in CASE_COLUMNS:
            message = _("案件没有可以开放的列 %(code)s") % {"code": key}
            report.error_at(
                row, "columns", "dangling", message, did_you_mean(key, CASE_COLUMNS, noun=_("可以开放的列"))
            )
    if row.values.get("position") == PositionKind.EXACT:
        report.error_at(row, "position", "bad-value", _("案件的位置不能准确公开"), POSITION_HINT)


def _check_register_set(row: Row, definition: Definition, report: Report) -> None:
    open_keys = {field.key for field in definition.active_fields if may_open_field(field)} | set(
        RECORD_COLUMNS
    )
    for key in row.values.get("columns", []):
        field = definition.field(key)
        if field is not None and not may_open_field(field):
            message = _("%(code)s 是个人信息，不能开放") % {"code": key}
            report.error_at(row, "columns", "bad-value", message, PERSONAL_HINT)
        elif key not in open_keys:
            message = _("台账 %(register)s 没有列 %(code)s") % {"register": definition.key, "code": key}
            report.error_at(
                row, "columns", "dangling", message, did_you_mean(key, open_keys, noun=_("可以开放的列"))
            )
    if row.values.get("position") == PositionKind.EXACT and has_personal_fields(definition):
        message = _("台账 %(register)s 有个人信息，位置不能准确公开") % {"register": definition.key}
        report.error_at(row, "position", "bad-value", message, POSITION_HINT)
