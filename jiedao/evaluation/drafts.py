"""Drafts of a sheet's next version: read from a version or a file of a pack, tried on a period, written for a pack.

A draft is never stored. It becomes a version when its file is part of a pack that is applied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.utils.translation import gettext as _

from jiedao.evaluation.actions.publishing import read_exclusions
from jiedao.evaluation.computing import SubjectResult, compute_scores
from jiedao.evaluation.definition import read_item, read_version
from jiedao.evaluation.models import ScoreSheet, SheetItem, SheetVersion
from jiedao.evaluation.pack.sections import build_item_spec, build_version_spec
from jiedao.evaluation.pack.tables import FILES, SCORESHEETS
from jiedao.evaluation.rules.rule import VALUE, RuleFault
from jiedao.kernel.errors import UserError
from jiedao.kernel.packs.faults import Fault, Report
from jiedao.kernel.packs.own_toml import write_table
from jiedao.kernel.packs.pack import load_pack
from jiedao.kernel.packs.rows import Row
from jiedao.kernel.periods import Period

MOST_BYTES = 200_000
SHOWN_FAULTS = 5
TEXTS = ("key", "name", "name_en", "meaning", "meaning_en")


@dataclass(frozen=True)
class DraftItem:
    """An item of a draft; `spec` is that of `definition.read_item`."""

    key: str
    name: str
    name_en: str = ""
    meaning: str = ""
    meaning_en: str = ""
    spec: Mapping[str, Any] = field(default_factory=dict)

    @property
    def points(self) -> Decimal:
        """What the item is worth, 0 where its rule cannot be read."""
        try:
            return read_item(self.spec).rule.points
        except RuleFault:
            return Decimal(0)

    def change_rule(self, rule: Mapping[str, Any]) -> "DraftItem":
        """Return the item with another rule."""
        return replace(self, spec={**self.spec, "rule": dict(rule)})


@dataclass(frozen=True)
class Draft:
    """A version of a sheet that is not stored; `spec` is that of `definition.read_version`."""

    total: Decimal
    digits: int
    appeal_days: int
    basis: str
    spec: Mapping[str, Any]
    items: tuple[DraftItem, ...]

    @property
    def reached(self) -> Decimal:
        """The points of all items."""
        return sum((item.points for item in self.items), Decimal(0))


def build_draft(version: SheetVersion) -> Draft:
    """Return a draft that is equal to a version; raise UserError where a rule of it cannot be read."""
    items = tuple(
        DraftItem(**{name: getattr(row, name) for name in TEXTS}, spec=row.spec)
        for row in version.items.filter(active=True)
    )
    draft = Draft(
        version.total, version.digits, version.appeal_days, version.basis, dict(version.spec), items
    )
    _refuse_unreadable(draft)
    return draft


def _refuse_unreadable(draft: Draft, lines: Mapping[str, int] | None = None) -> None:
    """Raise UserError for a draft with a rule that cannot be read; `lines` are those of the items of a file by key."""
    lines = lines or {}
    for item in draft.items:
        try:
            read_item(item.spec)
        except RuleFault as fault:
            raise UserError(
                _write_place(lines.get(item.key))
                + _("“%(item)s”的规则无法读取：%(why)s") % {"item": item.name, "why": _join_lines(fault)},
                hint=_("请改正这一项。"),
                field="file",
            ) from fault
    try:
        read_version(draft.spec)
    except RuleFault as fault:
        raise UserError(
            _write_place(lines.get("")) + _("版本无法读取：%(why)s") % {"why": _join_lines(fault)},
            hint=_("请改正所列的内容。"),
            field="file",
        ) from fault


def _write_place(line: int | None) -> str:
    return _("第 %(line)d 行：") % {"line": line} if line else ""


def read_draft(sheet: ScoreSheet, raw: bytes) -> Draft:
    """Return the latest version of a sheet in a file `scoresheets.toml`.

    Raises:
        UserError: the file is too large, cannot be read, or does not describe the sheet; with the lines at fault.
    """
    if len(raw) > MOST_BYTES:
        raise UserError(
            _("文件过大，最多 %(n)d KB。") % {"n": MOST_BYTES // 1000},
            hint=_("只上传 scoresheets.toml。"),
            field="file",
        )
    report = Report()
    with TemporaryDirectory() as folder:
        (Path(folder) / SCORESHEETS).write_bytes(raw)
        pack = load_pack(Path(folder), FILES, report)
    _refuse_faults(report)
    versions = [row for row in pack.rows(SCORESHEETS, "scoresheet_version") if row.get("sheet") == sheet.key]
    if not versions:
        raise UserError(
            _("文件里没有评分表“%(key)s”的版本。") % {"key": sheet.key},
            hint=_("请写 [[scoresheet_version]]，sheet = “%(key)s”。") % {"key": sheet.key},
            field="file",
        )
    version = max(versions, key=lambda row: row.values["from"])
    items = [
        row
        for row in pack.rows(SCORESHEETS, "scoresheet_item")
        if (row.get("sheet"), row.get("version")) == (sheet.key, version.get("key"))
    ]
    return _build_draft_of_rows(version, items)


def _refuse_faults(report: Report) -> None:
    if report.errors:
        lines = [
            _write_place(fault.line) + _describe_fault(fault)
            for fault in sorted(report.errors)[:SHOWN_FAULTS]
        ]
        raise UserError(
            _("文件有误：%(faults)s") % {"faults": "；".join(lines)},
            hint=_("请改正所列的行，再上传。"),
            field="file",
        )


def _describe_fault(fault: Fault) -> str:
    if not fault.hint:
        return fault.message
    return _("%(words)s（%(why)s）") % {"words": fault.message, "why": fault.hint}


def _join_lines(fault: RuleFault) -> str:
    return _("；").join(str(fault).splitlines())


def _build_draft_of_rows(version: Row, rows: Sequence[Row]) -> Draft:
    if not rows:
        raise UserError(
            _("版本“%(key)s”没有项目。") % {"key": version.get("key")},
            hint=_("请写 [[scoresheet_item]]。"),
            field="file",
        )
    values = version.values
    items = tuple(
        DraftItem(**{name: str(row.get(name)) for name in TEXTS}, spec=build_item_spec(row.values))
        for row in rows
    )
    keys = [item.key for item in items]
    repeated = next((key for key in keys if keys.count(key) > 1), None)
    if repeated is not None:
        raise UserError(
            _("项目“%(key)s”写了两次。") % {"key": repeated}, hint=_("请改一个代码。"), field="file"
        )
    draft = Draft(
        total=Decimal(str(values.get("total", 100))),
        digits=int(values.get("digits", 2)),
        appeal_days=int(values.get("appeal_days", 5)),
        basis=version.get("basis"),
        spec=build_version_spec(values),
        items=items,
    )
    lines = {row.get("key"): row.line("rule") for row in rows}
    _refuse_unreadable(draft, {**lines, "": version.line()})
    return draft


def simulate(version: SheetVersion, draft: Draft, period: Period) -> list[SubjectResult]:
    """Return the scores of a period by a draft instead of the version that holds; nothing is stored.

    Cases that appeals struck under the version stay out.

    Raises:
        UserError: a rule or the version cannot be read, or a measure does not exist.
    """
    _refuse_unreadable(draft)
    tried = SheetVersion(
        sheet=version.sheet,
        key=version.key,
        from_date=version.from_date,
        total=draft.total,
        digits=draft.digits,
        spec=dict(draft.spec),
    )
    rows = [
        SheetItem(
            version=tried,
            **{name: getattr(item, name) for name in TEXTS},
            spec=dict(item.spec),
            position=position,
        )
        for position, item in enumerate(draft.items)
    ]
    return compute_scores(tried, period, read_exclusions(version, period), rows)


def write_draft(sheet: ScoreSheet, draft: Draft, from_date: date) -> str:
    """Return a draft as tables of `scoresheets.toml`, a version that begins on a day, to be copied into a pack."""
    key = f"{from_date:%Y-%m}"
    version = write_table(
        "scoresheet_version",
        {
            "sheet": sheet.key,
            "key": key,
            "basis": draft.basis or None,
            "total": _write_number(draft.total),
            "digits": draft.digits,
            "appeal_days": draft.appeal_days,
            **{name: _write_part(name, value) for name, value in draft.spec.items()},
        },
        many=True,
    )
    version = version.replace(f'key = "{key}"\n', f'key = "{key}"\nfrom = {from_date}\n', 1)
    return "\n".join([version, *(_write_item(sheet, key, item) for item in draft.items)])


def _write_part(name: str, value: Any) -> Any:
    """Return a part of the spec of a version; codes such as "440307014001" stay texts."""
    if name == "grades":
        return [{**grade, "least": _write_number(grade["least"])} for grade in value]
    return _write_number(value) if name == "minimum" else value


def _write_item(sheet: ScoreSheet, version: str, item: DraftItem) -> str:
    values = dict(item.spec.get("values") or {})
    measure = values.pop(VALUE, None)
    texts = {name: getattr(item, name) or None for name in TEXTS}
    return write_table(
        "scoresheet_item",
        {
            "sheet": sheet.key,
            "version": version,
            **texts,
            "measure": measure,
            "values": values or None,
            "rule": _write_rule(item.spec.get("rule") or {}),
            **{name: item.spec[name] for name in ("reads", "missing", "scores_of") if item.spec.get(name)},
        },
        many=True,
    )


def _write_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if name == "rule" else _write_value(value) for name, value in rule.items()}


def _write_value(value: Any) -> Any:
    """Return a value of a spec as TOML holds it: numbers may be stored as texts, so that they lose no decimals."""
    if isinstance(value, Mapping):
        return {name: _write_value(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_write_value(part) for part in value]
    return _write_number(value)


def _write_number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, Decimal | str):
        return value
    try:
        number = Decimal(value)
    except ArithmeticError:
        return value
    if not number.is_finite():
        return value
    return int(number) if number == number.to_integral_value() else float(number)
