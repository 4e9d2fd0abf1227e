"""The columns of templates and exports, in order, under headers that an import recognises."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.registers.definition import NUMERIC, Anchor, Definition, Field, FieldKind

KINDS = {
    FieldKind.TEXT: lambda: _("文字"),
    FieldKind.NUMBER: lambda: _("数"),
    FieldKind.MONEY: lambda: _("金额，以元为单位"),
    FieldKind.DATE: lambda: _("日期，如 2020-06-30"),
    FieldKind.CHOICE: lambda: _("从列表中选"),
    FieldKind.BOOL: lambda: _("是或否"),
    FieldKind.PLACE: lambda: _("地点"),
    FieldKind.PERSON: lambda: _("姓名和电话"),
}


@dataclass(frozen=True)
class SheetColumn:
    """A column of a sheet.

    Attributes:
        target: "code", "name", "area" ..., or "" for a column of the field `own`.
        title: the header, with the unit.
        note: what to write in the column.
        example: the value in the example row.
        options: the values to choose from; empty if any value may be written.
    """

    target: str
    title: str
    note: str
    example: str = ""
    width: int = 14
    required: bool = False
    own: Field | None = None
    options: tuple[str, ...] = ()

    @property
    def header(self) -> str:
        """The header, with a star if the column is required."""
        return f"{self.title}*" if self.required else self.title

    @property
    def personal(self) -> bool:
        """Return whether the column holds personal data, which is never exported."""
        return self.own is not None and self.own.personal


def list_sheet_columns(info: RegisterInfo) -> list[SheetColumn]:
    """Return the columns of a register's sheets in the reader's language, without those of exports only."""
    return [
        *_build_leading_columns(info.definition),
        *(_build_field_column(field) for field in info.definition.active_fields),
        *_build_trailing_columns(),
    ]


def _build_leading_columns(definition: Definition) -> list[SheetColumn]:
    on = definition.on
    parent = register_info(definition.parent)
    code = definition.code_name or _("编码")
    columns = [
        SheetColumn(
            "code", code, _("每条记录一个，不重复；再次导入时靠它认出已有的记录"), _("示例"), 16, True
        ),
        SheetColumn("name", _("名称"), _("人们怎么称呼它"), _("示例：某某楼"), 24, True),
    ]
    if on is Anchor.REGISTER and parent is not None:
        note = _("“%(name)s”里的编码") % {"name": parent.label}
        columns.append(SheetColumn("parent", parent.label, note, "00001", 16, True))
    # Records of every register may be in a premise; only those of some must be.
    premise = "P0001" if on is Anchor.PREMISE else ""
    columns.append(SheetColumn("premise", _("处所"), _("处所的编码"), premise, 16, on is Anchor.PREMISE))
    area = _("代码，或不会弄混的名称")
    columns.append(SheetColumn("area", _("社区、网格"), area, "", 24, on is Anchor.GRID))
    columns.append(SheetColumn("unit", _("单位"), _("代码或名称"), "", 20, on is Anchor.UNIT))
    columns.append(SheetColumn("place_text", _("地点"), _("地址或位置，用文字"), _("某某路 1 号"), 28))
    degrees = _("十进制的度，WGS84；与纬度一起填")
    columns.append(SheetColumn("lon", _("经度"), degrees, "114.1286", 11))
    columns.append(SheetColumn("lat", _("纬度"), _("十进制的度，WGS84；与经度一起填"), "22.6103", 11))
    return columns


def _build_trailing_columns() -> list[SheetColumn]:
    yes, no = _("是"), _("否")
    since = _("从哪天起是这样；不填就是导入当天")
    return [
        SheetColumn("on", _("生效日期"), since, "2020-06-30", 12),
        SheetColumn("active", _("在册"), _("已经不在的填否"), yes, 8, options=(yes, no)),
    ]


def _build_field_column(field: Field) -> SheetColumn:
    unit = field.unit_label if field.kind in NUMERIC else ""
    options = tuple(choice.label for choice in field.choices if not choice.retired)
    if field.kind is FieldKind.BOOL:
        options = (_("是"), _("否"))
    notes = [KINDS[field.kind]()]
    if unit:
        notes.append(_("以“%(unit)s”为单位，只写数，不写单位、万或亿") % {"unit": unit})
    if field.whole:
        notes.append(_("整数"))
    if field.least is not None:
        notes.append(_("不小于 %(least)g") % {"least": field.least})
    if field.most is not None:
        notes.append(_("不大于 %(most)g") % {"most": field.most})
    if options and field.kind is FieldKind.CHOICE:
        notes.append("、".join(options))
    if field.unique:
        notes.append(_("不与别的记录相同"))
    if field.personal:
        notes.append(_("个人信息：加密保存，不导出"))
    if field.help_label:
        notes.append(field.help_label)
    title = f"{field.label}（{unit}）" if unit else field.label
    width = min(max(len(title) * 2 + 2, 10), 30)
    return SheetColumn(
        "", title, _("；").join(notes), _example_value(field, options), width, field.required, field, options
    )


def _example_value(field: Field, options: tuple[str, ...]) -> str:
    if options:
        return options[0]
    if field.kind in NUMERIC:
        return f"{field.least or 1:g}"
    return {FieldKind.DATE: "2020-06-30", FieldKind.PERSON: "张三 13800000000"}.get(field.kind, "")
