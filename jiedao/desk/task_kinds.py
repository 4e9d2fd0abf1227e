"""The tasks that users start on the desk. A subject's function is named by its path, as this module imports none."""

from django.utils.translation import gettext_lazy as _

from jiedao.tasks.kinds import TaskKind

EXPORT_CASES = TaskKind("cases.export", _("导出案件"), "jiedao.desk.cases.export.run_export")
EXPORT_FIGURE_ROWS = TaskKind("board.export", _("导出指标的案件"), "jiedao.desk.board.rows_export.run_export")
IMPORT_MESSAGES = TaskKind("exchange.import", _("导入来件"), "jiedao.desk.imports.running.run_import")
UNDO_IMPORT = TaskKind("exchange.undo", _("撤销导入"), "jiedao.desk.imports.running.run_undo")
EXPORT_OUTGOING = TaskKind("exchange.export", _("按来件格式导出"), "jiedao.desk.imports.running.run_export")
EXPORT_AUDIT = TaskKind("audit.export", _("导出审计日志"), "jiedao.desk.admin.audit_export.run_export")
EXPORT_RECORDS = TaskKind("registers.export", _("导出台账"), "jiedao.desk.registers.export.run_export")
EXPORT_PROMISES = TaskKind("reports.promises", _("导出上期承诺对照"), "jiedao.desk.reports.export.run_export")
APPLY_PACK = TaskKind("packs.apply", _("应用数据包"), "jiedao.desk.admin.packs.run_apply")
KINDS = (
    EXPORT_CASES,
    EXPORT_FIGURE_ROWS,
    EXPORT_RECORDS,
    IMPORT_MESSAGES,
    UNDO_IMPORT,
    EXPORT_OUTGOING,
    EXPORT_AUDIT,
    EXPORT_PROMISES,
    APPLY_PACK,
)
