"""What people may change of categories, duties and reasons on a page, over the values of the pack."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jiedao.cases.flow import Stage
from jiedao.cases.models import Category, Duty, Phrase, PhraseKind, Reason, ReasonKind
from jiedao.cases.pack.tables import CATEGORIES, DUTIES, KEYWORD_TABLES, KEYWORDS, PHRASES, REASONS
from jiedao.kernel.packs.own import ACTIVE, OwnField, OwnLayer, OwnText, quote_key, set_part
from jiedao.kernel.packs.own_rows import RowLayer
from jiedao.kernel.packs.own_toml import write_table
from jiedao.kernel.packs.rows import Values
from jiedao.kernel.packs.tables import Kind
from jiedao.orgs.models import Unit
from jiedao.places.models import Area

MANAGE_CATEGORIES = "cases.category:manage"
MANAGE_DUTIES = "cases.duty:manage"
MAX_KEYWORD = 20
TOWN = "town"
OWN_CODE = "TOWN-"  # the codes of texts of the town's own: TOWN-1, TOWN-2, ...
LIMIT_NOTE = _("已经开始的计时不变，新的期限从下一次计时起用。")


class CategoryLayer(OwnLayer):
    """Names, keywords and flags of a category. Its code stays, so that old cases keep their meaning."""

    kind, model = "category", Category
    key_columns = ("kind", "code")
    right, title, file = MANAGE_CATEGORIES, _("类别"), CATEGORIES
    note = _("新的来件按它提示和办理；已经立案的案件不变。")
    fields = (
        OwnField("name", _("名称"), required=True, most=80),
        OwnField("name_en", _("英文名称"), most=160),
        OwnField(
            "keywords",
            _("关键词"),
            Kind.TEXTS,
            most=MAX_KEYWORD,
            hint=_("来件里出现这些词就提示这个类别；用空格或换行分开。"),
        ),
        OwnField("verify_first", _("公众反映先核实后立案"), Kind.BOOL),
        OwnField("visit_required", _("结案后回访反映人"), Kind.BOOL),
        OwnField("photo_after", _("处置须有处置后照片"), Kind.BOOL),
        OwnField("photo_before", _("处置须有处置前照片"), Kind.BOOL),
        OwnField("site_check", _("核查须有现场照片"), Kind.BOOL),
        OwnField("filing_condition", _("立案条件"), most=400),
        OwnField("closing_condition", _("结案条件"), most=400),
        OwnField(ACTIVE, _("启用"), Kind.BOOL),
    )

    def list_rows(self) -> Iterable[Category]:
        """Return the categories by kind and code."""
        return Category.objects.select_related("parent").order_by("kind", "code")

    def describe_group(self, row: Category) -> str:
        """Return the 大类 of a category."""
        return row.parent.label if row.parent else ""

    def write_toml(self, rows: Sequence[OwnText]) -> str:
        """Return keywords as keywords.toml has them, the other columns under their names in categories.csv."""
        words: dict[str, dict[str, Any]] = {}
        for row in rows:
            kind, _space, code = row.key.partition(" ")
            if "keywords" in row.values:
                words.setdefault(KEYWORD_TABLES[kind], {})[quote_key(code)] = row.values["keywords"]
        texts = [f"# {KEYWORDS}\n" + write_table(table, values) for table, values in words.items()]
        comments = "".join(row.comment for row in rows if set(row.values) == {"keywords"})
        others = [row for row in rows if set(row.values) != {"keywords"}]
        return "\n".join(
            filter(None, [comments + texts[0] if texts else "", *texts[1:], super().write_toml(others)])
        )

    def write_row(self, key: str, values: Values) -> str:
        """Return the columns of a category under their names in categories.csv."""
        names = {"filing_condition": "filing", "closing_condition": "closing"}
        columns = {names.get(name, name): value for name, value in values.items() if name != "keywords"}
        return f"# {CATEGORIES}\n" + write_table(f"category.{quote_key(key)}", columns)


def list_category_choices() -> list[tuple[str, Any]]:
    """Return the 小类 in use by key, each with its 大类."""
    rows = Category.objects.filter(active=True, parent__isnull=False).select_related("parent")
    labels = {row.pk: f"{row.parent.label} · {row.label}" if row.parent else row.label for row in rows}
    return [(f"{row.kind} {row.code}", labels[row.pk]) for row in rows.order_by("kind", "code")]


def list_area_choices() -> list[tuple[str, Any]]:
    """Return the complete town and the areas in use by code."""
    areas = Area.objects.filter(active=True).order_by("path")
    return [(TOWN, gettext("全街道")), *((area.code, area.label) for area in areas)]


class DutyLayer(RowLayer):
    """Lead unit, helpers and limits of a line of the duty list; lines of the town's own, and lines that it drops."""

    kind, model = "duty", Duty
    right, title, file = MANAGE_DUTIES, _("权责清单"), DUTIES
    note = LIMIT_NOTE
    hint = _("留空的时限，按全街道的默认。")
    add_label, may_switch_off = _("增加一条权责"), True
    key_fields = (
        OwnField("category", _("类别"), required=True, choices=list_category_choices),
        OwnField("area", _("区域"), required=True, choices=list_area_choices),
    )
    fields = (
        OwnField("lead_unit", _("主办单位"), required=True, links="unit"),
        OwnField("helpers", _("协办单位"), links="unit", many=True),
        *(
            OwnField(f"limits.{stage.value}", format_lazy(_("{stage}时限"), stage=stage.label), Kind.LIMIT)
            for stage in Stage
        ),
    )

    def get_key(self, row: Duty) -> str:
        """Return the key of a line, such as "MATTER 06010 town"."""
        return f"{row.category.kind} {row.category.code} {row.area.code if row.area else TOWN}"

    def find_row(self, key: str) -> Duty | None:
        """Return the line with this key."""
        kind, code, area = ([*key.split(" "), "", "", ""])[:3]
        rows = Duty.objects.select_related("category__parent", "area", "lead_unit")
        rows = rows.filter(category__kind=kind, category__code=code)
        return (rows.filter(area=None) if area == TOWN else rows.filter(area__code=area)).first()

    def make_values(self, values: Mapping[str, Any]) -> Values:
        """Return the values of a new line."""
        made: Values = {
            "category": values["category"],
            "area": "" if values["area"] == TOWN else values["area"],
            "lead_unit": values["lead_unit"],
            "helpers": values["helpers"],
            "limits": {},
        }
        for name, value in values.items():
            if name.startswith("limits."):
                set_part(made, name, value)
        return made

    def make_key(self, values: Values) -> str:
        """Return the key of a line, as the section makes it."""
        return f"{values['category']} {values['area'] or TOWN}"

    def create_row(self, values: Values) -> Duty:
        """Store a line."""
        kind, _space, code = values["category"].partition(" ")
        duty = Duty.objects.create(
            category=Category.objects.get(kind=kind, code=code),
            area=Area.objects.get(code=values["area"]) if values["area"] else None,
            lead_unit=Unit.objects.get(code=values["lead_unit"]),
            limits=values["limits"],
        )
        duty.helpers.set(Unit.objects.filter(code__in=values["helpers"]))
        return duty

    def remove_row(self, row: Duty) -> None:
        """Delete a line, to which no other row refers."""
        row.delete()

    def read_row(self, row: Duty) -> Values:
        """Return the values of a line."""
        return {
            "category": f"{row.category.kind} {row.category.code}",
            "area": row.area.code if row.area else "",
            "lead_unit": row.lead_unit.code,
            "helpers": sorted(unit.code for unit in row.helpers.all()),
            "limits": row.limits,
        }

    def describe_key(self, key: str) -> str:
        """Return the category and the area of a line that is not stored."""
        kind, code, area = ([*key.split(" "), "", "", ""])[:3]
        category = Category.objects.filter(kind=kind, code=code).first()
        place = Area.objects.filter(code=area).first()
        return f"{category.label if category else code} · {place.label if place else gettext('全街道')}"

    def list_rows(self) -> Iterable[Duty]:
        """Return the lines by category and area."""
        rows = Duty.objects.select_related("category__parent", "area", "lead_unit")
        return rows.prefetch_related("helpers").order_by("category__kind", "category__code", "area__path")

    def describe(self, row: Duty) -> str:
        """Return the category and the area of a line."""
        return f"{row.category.label} · {row.area.label if row.area else gettext('全街道')}"

    def finish_row(self, values: Values) -> None:
        """Keep the lead unit out of the helpers."""
        values["helpers"] = [unit for unit in values["helpers"] if unit != values["lead_unit"]]

    def write_row(self, key: str, values: Values) -> str:
        """Return a rule for exactly this category and area, which is narrower than the other rules of the pack."""
        kind, code, area = key.split(" ")
        limits = {name.partition(".")[2].lower(): value for name, value in values.items() if "." in name}
        rule: Values = {"kind": kind, "categories": [code], "areas": None if area == TOWN else [area]}
        rule |= {"lead": values.get("lead_unit"), "helpers": values.get("helpers"), "limits": limits or None}
        return f"# {DUTIES}\n" + write_table("duty", rule, many=True)


class TextLayer(RowLayer):
    """Words that are offered while working on a case. Their kind and code stay: moves and policies name them."""

    key_columns = ("kind", "code")
    empty: ClassVar[Values] = {}
    right = MANAGE_DUTIES
    note = _("新的办理按它选择；已经写下的理由不变。")

    def make_values(self, values: Mapping[str, Any]) -> Values:
        """Return the values of a new text, with a code of its own."""
        taken = self.model.objects.filter(kind=values["kind"]).values_list("code", flat=True)
        numbers = [int(code[len(OWN_CODE) :]) for code in taken if re.fullmatch(rf"{OWN_CODE}\d+", code)]
        return {**self.empty, **values, "code": f"{OWN_CODE}{max(numbers, default=0) + 1}", ACTIVE: True}

    def create_row(self, values: Values) -> Any:
        """Store a text."""
        key = {column: values[column] for column in self.key_columns}
        return self.model.objects.update_or_create(**key, defaults={ACTIVE: True, **values})[0]

    def read_row(self, row: Any) -> Values:
        """Return the values of a text."""
        names = (*self.key_columns, *self.empty, *(field.name for field in self.fields))
        return {name: getattr(row, name) for name in names}

    def describe_group(self, row: Any) -> str:
        """Return for what the text is offered."""
        return str(row.get_kind_display())

    def write_row(self, key: str, values: Values) -> str:
        """Return the changed columns with kind and code of the entry in the file that they replace."""
        kind, code = key.split(" ", 1)
        values = {name: value for name, value in values.items() if name != "kind"}
        return f"# {self.file}\n" + write_table(self.kind, {"kind": kind, "code": code, **values}, many=True)


class ReasonLayer(TextLayer):
    """Words and law of a reason."""

    kind, model = "reason", Reason
    title, file, add_label = _("理由"), REASONS, _("增加一条理由")
    key_fields = (OwnField("kind", _("用于"), required=True, choices=lambda: list(ReasonKind.choices)),)
    fields = (
        OwnField("text", _("理由"), required=True, most=200),
        OwnField("text_en", _("英文"), most=300),
        OwnField("law", _("依据"), most=200),
        OwnField(ACTIVE, _("启用"), Kind.BOOL),
    )


class PhraseLayer(TextLayer):
    """Words of a stock phrase; its move stays too."""

    kind, model = "phrase", Phrase
    title, file, add_label = _("常用语"), PHRASES, _("增加一条常用语")
    key_fields = (OwnField("kind", _("用于"), required=True, choices=lambda: list(PhraseKind.choices)),)
    empty: ClassVar[Values] = {"move": ""}  # offered by every move with such a text
    fields = (
        OwnField("text", _("常用语"), required=True, most=500),
        OwnField("text_en", _("英文"), most=800),
        OwnField(ACTIVE, _("启用"), Kind.BOOL),
    )
