"""The columns that template and export show, in order, under the headers by which an import knows them."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.registers.definition import NUMERIC, Definition, Field, FieldKind, Hangs

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
    """A column.

    Attributes:
        target: "code", "name", "area" ..., or "" where it shows the field `own`.
        title: its header, with the unit.  note: what goes in, in words.  example: what the example row shows.
        options: what may be chosen; empty where anything may be written.
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
        """The header with a star where it must be filled in."""
        return f"{self.title}*" if self.required else self.title

    @property
    def personal(self) -> bool:
        """Tell whether it holds personal data, which no export shows."""
        return self.own is not None and self.own.personal


def sheet_columns(info: RegisterInfo) -> list[SheetColumn]:
    """Return the columns of a register's sheets in the reader's language, without those that only an export has."""
    return [*_before(info.definition), *(_of_field(one) for one in info.definition.live), *_after()]


def _before(definition: Definition) -> list[SheetColumn]:
    on = definition.on
    parent = register_info(definition.parent)
    code = definition.code_name or _("编码")
    found = [
        SheetColumn(
            "code", code, _("每条记录一个，不重复；再次导入时靠它认出已有的记录"), _("示例"), 16, True
        ),
        SheetColumn("name", _("名称"), _("人们怎么称呼它"), _("示例：某某楼"), 24, True),
    ]
    if on is Hangs.REGISTER and parent is not None:
        note = _("“%(name)s”里的编码") % {"name": parent.label}
        found.append(SheetColumn("parent", parent.label, note, "00001", 16, True))
    if on is Hangs.PREMISE:
        found.append(SheetColumn("premise", _("处所"), _("处所的编码"), "P0001", 16, True))
    area = _("代码，或不会弄混的名称")
    found.append(SheetColumn("area", _("社区、网格"), area, "", 24, on is Hangs.GRID))
    found.append(SheetColumn("unit", _("单位"), _("代码或名称"), "", 20, on is Hangs.UNIT))
    found.append(SheetColumn("place_text", _("地点"), _("地址或位置，用文字"), _("某某路 1 号"), 28))
    degrees = _("十进制的度，WGS84；与纬度一起填")
    found.append(SheetColumn("lon", _("经度"), degrees, "114.1286", 11))
    found.append(SheetColumn("lat", _("纬度"), _("十进制的度，WGS84；与经度一起填"), "22.6103", 11))
    return found


def _after() -> list[SheetColumn]:
    yes, no = _("是"), _("否")
    since = _("从哪天起是这样；不填就是导入当天")
    return [
        SheetColumn("on", _("生效日期"), since, "2020-06-30", 12),
        SheetColumn("active", _("在册"), _("已经不在的填否"), yes, 8, options=(yes, no)),
    ]


def _of_field(one: Field) -> SheetColumn:
    unit = one.unit_label if one.kind in NUMERIC else ""
    options = tuple(choice.label for choice in one.choices if not choice.retired)
    if one.kind is FieldKind.BOOL:
        options = (_("是"), _("否"))
    parts = [KINDS[one.kind]()]
    if unit:
        parts.append(_("以“%(unit)s”为单位，只写数，不写单位、万或亿") % {"unit": unit})
    if one.whole:
        parts.append(_("整数"))
    if one.least is not None:
        parts.append(_("不小于 %(least)g") % {"least": one.least})
    if one.most is not None:
        parts.append(_("不大于 %(most)g") % {"most": one.most})
    if options and one.kind is FieldKind.CHOICE:
        parts.append("、".join(options))
    if one.unique:
        parts.append(_("不与别的记录相同"))
    if one.personal:
        parts.append(_("个人信息：加密保存，不导出"))
    if one.help_label:
        parts.append(one.help_label)
    title = f"{one.label}（{unit}）" if unit else one.label
    width = min(max(len(title) * 2 + 2, 10), 30)
    return SheetColumn(
        "", title, _("；").join(parts), _example(one, options), width, one.required, one, options
    )


def _example(one: Field, options: tuple[str, ...]) -> str:
    if options:
        return options[0]
    if one.kind in NUMERIC:
        return f"{one.least or 1:g}"
    return {FieldKind.DATE: "2020-06-30", FieldKind.PERSON: "张三 13800000000"}.get(one.kind, "")
