"""The files of registers and their columns."""

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.packs.tables import Column, FileSpec, Kind, Shape, Table, require_field
from jiedao.registers.definition import Anchor, FieldKind

FOLDER = "registers"
TONES = ("good", "info", "warn", "bad", "neutral")
CATEGORY_HINT = _('不合格时立案用的类别，如 "MATTER 06010"。')
EVERY_DAYS = Column("every_days", Kind.INT, least=1, most=3660)

REGISTER = Table(
    (
        require_field("name", most=80),
        Column("name_en", most=120),
        Column("group", most=40),
        Column("group_en", most=60),
        Column("note", most=400),
        Column("note_en", most=600),
        Column("icon", most=40),
        Column("position", Kind.INT, least=0, most=9999),
        Column("on", choices=tuple(parent.value for parent in Anchor)),
        Column("parent", most=40),
        Column("unit", most=40),
        Column("read", Kind.TEXTS),
        Column("write", Kind.TEXTS),
        Column("map_tone", choices=TONES),
        Column("code_name", most=40),
        Column("code_name_en", most=60),
        EVERY_DAYS,
    ),
    Shape.ONE,
)
FIELD = Table(
    (
        require_field("key", most=40),
        require_field("name", most=40),
        Column("name_en", most=80),
        Column("was", most=40),
        Column("kind", choices=tuple(kind.value for kind in FieldKind)),
        Column("unit", most=20),
        Column("unit_en", most=20),
        Column("help", most=200),
        Column("help_en", most=300),
        Column("required", Kind.BOOL),
        Column("unique", Kind.BOOL),
        Column("filter", Kind.BOOL),
        Column("column", Kind.BOOL),
        Column("personal", Kind.BOOL),
        Column("whole", Kind.BOOL),
        Column("summed", Kind.BOOL),
        Column("least", Kind.NUMBER),
        Column("most", Kind.NUMBER),
        Column("choices", Kind.NAMES),
    )
)
GRADE = Table(
    (
        require_field("code", most=20),
        require_field("name", most=40),
        Column("name_en", most=60),
        Column("tone", choices=TONES),
        EVERY_DAYS,
    )
)
RULE = Table(
    (
        require_field("grade", most=20),
        require_field("when", most=1000),
        require_field("because", most=120),
        Column("because_en", most=200),
    )
)
CHECKLIST = Table(
    (require_field("key", most=40), require_field("name", most=80), Column("name_en", most=120))
)
ITEM = Table(
    (
        require_field("checklist", most=40),
        require_field("key", most=40),
        require_field("name", most=120),
        Column("name_en", most=200),
        require_field("category", most=20, hint=CATEGORY_HINT),
        Column("urgent", Kind.BOOL),
        Column("photo", Kind.BOOL),
    )
)

TABLES = {
    "register": REGISTER,
    "field": FIELD,
    "grade": GRADE,
    "rule": RULE,
    "checklist": CHECKLIST,
    "item": ITEM,
}
FILES = (FileSpec(f"{FOLDER}/*.toml", TABLES, required=False),)
