"""Match the columns of a sheet to the fields of a register, and find every fault in the header."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from jiedao.kernel.tables.passed_over import is_reason_header
from jiedao.kernel.tables.reading import Table
from jiedao.kernel.tables.rows import Row, format_column, join_words, normalise_header, read_headers
from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.registers.definition import NUMERIC, Anchor, Definition, Field
from jiedao.registers.importing.account import SheetAccount

# Headers of the columns that every register has; those of the template come first.
ALIASES: dict[str, tuple[str, ...]] = {
    "code": ("编码", "编号", "code"),
    "name": ("名称", "name"),
    "area": (
        *("社区、网格", "网格/社区", "社区/网格", "网格", "社区", "所属网格", "所在网格", "网格代码"),
        *("community, grid", "area", "grid", "community"),
    ),
    "premise": ("处所", "处所编码", "premise"),
    "unit": ("单位", "所属单位", "主管单位", "unit"),
    "parent": ("所属", "所属编码", "part of", "parent"),
    "place_text": ("地点", "地址", "place", "address", "place_text"),
    "lon": ("经度", "lon", "lng", "longitude"),
    "lat": ("纬度", "lat", "latitude"),
    "on": ("生效日期", "自", "自（生效日期）", "since", "on"),
    "active": ("在册", "in the register", "active"),
}
# Columns that an export has and an import ignores.
EXPORT_ONLY = ("等级", "等级理由", "grade", "reasons for the grade")
VALUES = "values."
REMARKS = frozenset({"必填", "选填", "required", "optional"})


@dataclass(frozen=True)
class Column:
    """A column of the sheet. `target` is a key of `ALIASES`, or `VALUES` followed by the key of the field `own`."""

    index: int
    title: str
    target: str
    own: Field | None = None

    def cell(self, row: int) -> str:
        """Return the address of the column's cell in a row, such as "C17"."""
        return f"{format_column(self.index)}{row}"


@dataclass
class Layout:
    """The header row, its columns by target, and the required columns that the sheet lacks."""

    row: Row
    columns: dict[str, Column] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)  # target -> title


class _HeaderNames:
    """The headers that a register accepts: first compared as written, then without remarks and units."""

    def __init__(self, definition: Definition) -> None:
        self._exact: dict[str, tuple[str, Field | None]] = {}
        self._loose: dict[str, tuple[str, Field | None]] = {}
        for register_field in definition.active_fields:
            for name in (register_field.name, register_field.name_en, register_field.key):
                self._add(name, VALUES + register_field.key, register_field)
        for name in (definition.code_name, definition.code_name_en):
            self._add(name, "code", None)
        for target, names in ALIASES.items():
            for name in (*names, *_parent_names(definition, target)):
                self._add(name, target, None)

    def _add(self, name: str, target: str, own: Field | None) -> None:
        if name:
            self._exact.setdefault(_normalise(name), (target, own))
            self._loose.setdefault(normalise_header(name), (target, own))

    def find(self, title: str) -> tuple[str, Field | None] | None:
        """Return the target and field of a header, None for an unknown header."""
        plain, _remark = split_remark(title)
        return (
            self._exact.get(_normalise(title))
            or self._exact.get(_normalise(plain))
            or self._loose.get(normalise_header(title))
        )


def _parent_names(definition: Definition, target: str) -> tuple[str, ...]:
    parent = register_info(definition.parent) if target == "parent" else None
    if parent is None:
        return ()
    return (
        parent.definition.name,
        parent.definition.name_en,
        f"所属{parent.definition.name}",
        f"所属{parent.definition.name}编码",
    )


def _normalise(title: str) -> str:
    return "".join(title.split()).rstrip("*＊").lower()


def split_remark(title: str) -> tuple[str, str]:
    """Split a header into its name, without the star, and the last remark in parentheses, "" for none."""
    text = title.strip().rstrip("*＊").strip()
    for opening, closing in (("（", "）"), ("(", ")")):
        if text.endswith(closing) and opening in text:
            plain, _sign, remark = text[: -len(closing)].rpartition(opening)
            return plain.strip(), remark.strip()
    return text, ""


def find_layout(info: RegisterInfo, table: Table, account: SheetAccount) -> Layout:
    """Find the header among the first rows and add its faults to the account.

    Faults are unknown columns, two columns for one field, columns in another unit, and a missing code column.

    Raises:
        UserError: no row contains a header of the register.
    """
    names = _HeaderNames(info.definition)

    def count_known(row: Row) -> int:
        return sum(names.find(title) is not None for title in read_headers(row) if title)

    row = max(table.head, key=count_known)
    if not count_known(row):
        raise table.refuse(
            _("“%(name)s”里没有“%(register)s”的表头。") % {"name": table.name, "register": info.label},
            _("请下载这本台账的模板，按它的表头填写。"),
        )
    layout = Layout(row)
    for index, title in enumerate(read_headers(row)):
        if title:
            _add_column(layout, names, index, title, account)
    _find_missing(info.definition, layout, account)
    table.describe_header(row, (column.index for column in layout.columns.values()))
    return layout


def _add_column(layout: Layout, names: _HeaderNames, index: int, title: str, account: SheetAccount) -> None:
    cell = f"{format_column(index)}{layout.row.number}"
    match = names.find(title)
    if match is None and _is_export_only(title):
        return
    if match is None:
        reason = _("这本台账没有名为“%(title)s”的一项；请删去这一列，或改成模板里的表头。")
        account.fault(layout.row.number, title, cell, reason % {"title": title[:40]})
        return
    target, own = match
    if target in layout.columns:
        reason = _("与“%(other)s”（%(cell)s）是同一项，不知道用哪一列；请删去其中一列。")
        other = layout.columns[target]
        values = {"other": other.title[:40], "cell": other.cell(layout.row.number)}
        account.fault(layout.row.number, title, cell, reason % values)
        return
    if own is not None and (unit := _other_unit(own, title)):
        reason = _("这一项以“%(unit)s”为单位，表头写的是“%(other)s”；请换算后再导入。")
        account.fault(layout.row.number, title, cell, reason % {"unit": own.unit, "other": unit[:20]})
    layout.columns[target] = Column(index, title, target, own)


def _is_export_only(title: str) -> bool:
    return is_reason_header(title) or normalise_header(title) in map(normalise_header, EXPORT_ONLY)


def _other_unit(own: Field, title: str) -> str:
    """Return the unit in a header if it is not the unit of the field, else ""."""
    if own.kind not in NUMERIC or _normalise(title) in {
        _normalise(own.name),
        _normalise(own.name_en),
        _normalise(own.key),
    }:
        return ""
    unit = own.unit or "元"
    remark = split_remark(title)[1]
    accepted_remarks = {unit, own.unit_en, *REMARKS}
    return (
        ""
        if not remark
        or remark.removesuffix("，必填") in accepted_remarks
        or remark.lower() in accepted_remarks
        else remark
    )


def _find_missing(definition: Definition, layout: Layout, account: SheetAccount) -> None:
    required = {"code": definition.code_name or _("编码"), "name": _("名称")}
    required |= {
        Anchor.GRID: {"area": _("社区、网格")},
        Anchor.PREMISE: {"premise": _("处所")},
        Anchor.UNIT: {"unit": _("单位")},
        Anchor.REGISTER: {"parent": _("所属")},
        Anchor.TOWN: {},
    }[definition.on]
    required |= {VALUES + field.key: field.label for field in definition.active_fields if field.required}
    present = set(layout.columns)
    if {"lon", "lat"} <= present:
        required.pop("area", None)
    layout.missing = {target: title for target, title in required.items() if target not in present}
    if "code" in layout.missing:
        reason = _("缺少“%(title)s”一列：再次导入时靠它认出已有的记录。现有的表头：%(found)s。")
        headers = join_words(title[:30] for title in read_headers(layout.row) if title)
        account.fault(
            layout.row.number,
            required["code"],
            "",
            reason % {"title": layout.missing.pop("code"), "found": headers},
        )
