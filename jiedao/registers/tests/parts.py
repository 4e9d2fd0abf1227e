"""A register of the small town, the buildings to let, for tests of this room and of rooms above it."""

from dataclasses import replace

from jiedao.orgs.actor import make_system_actor
from jiedao.registers.actions.declaring import declare_register
from jiedao.registers.catalogue import RegisterInfo, register_info
from jiedao.registers.definition import (
    Anchor,
    Choice,
    Definition,
    Field,
    FieldKind,
    Grade,
    Rule,
    merge_definition,
)

HOUSES = Definition(
    key="houses",
    name="出租屋",
    name_en="Buildings to let",
    on=Anchor.GRID,
    unit="URBAN",
    fields=(
        Field(
            "storeys",
            "层数",
            FieldKind.NUMBER,
            "Storeys",
            unit="层",
            whole=True,
            least=1,
            most=60,
            filter=True,
        ),
        Field("second_exit", "有第二出口", FieldKind.BOOL, "Second exit", filter=True),
        Field("area_m2", "面积", FieldKind.NUMBER, "Area", unit="平方米", least=0),
        Field(
            "use",
            "用途",
            FieldKind.CHOICE,
            "Use",
            required=True,
            choices=(Choice("HOME", "居住", "Dwelling"), Choice("SHOP", "商铺", "Shop")),
            filter=True,
        ),
        Field("tested", "消防检测日期", FieldKind.DATE, "Tested"),
        Field("licence", "证号", FieldKind.TEXT, "Licence", unique=True),
        Field("owner", "业主", FieldKind.PERSON, "Owner", personal=True),
    ),
    grades=(
        Grade("C", "严管类", "Strict", "bad"),
        Grade("B", "关注类", "Watch", "warn"),
        Grade("A", "放心类", "Sound", "good"),
    ),
    rules=(
        Rule(
            "C",
            "storeys >= 7 && !second_exit",
            "七层以上，无第二出口",
            "Seven storeys or more, no second exit",
        ),
        Rule("C", "use == 'SHOP' && !second_exit", "商铺无第二出口", "Shop without a second exit"),
        Rule("B", "tested_days > 365", "一年以上未做消防检测", "Not tested for more than a year"),
    ),
)


def declare(definition: Definition = HOUSES, renamed: dict[str, str] | None = None) -> RegisterInfo:
    """Declare a register and return it."""
    declare_register(actor=make_system_actor(), definition=definition, renamed=renamed)
    info = register_info(definition.key)
    assert info is not None
    return info


def without(definition: Definition, *keys: str) -> Definition:
    """Return the definition without some of its fields."""
    return replace(definition, fields=tuple(field for field in definition.fields if field.key not in keys))


def settled_houses() -> Definition:
    """Return the definition as it is stored, with stores and slots, without a database."""
    return merge_definition(HOUSES, None, {}).definition
