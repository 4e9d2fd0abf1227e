"""The rows of the page of categories."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.cases.flow import Stage
from jiedao.cases.models import Category, Duty
from jiedao.desk.admin.own import OwnRow, describe_own, get_value_url
from jiedao.kernel.models import OwnValue
from jiedao.kernel.packs.own import ROW
from jiedao.kernel.packs.parts import list_own_layers
from jiedao.kernel.worktime import Limit
from jiedao.orgs.actor import Actor
from jiedao.orgs.own_values import list_own_entries
from jiedao.orgs.units import unit_info


@dataclass(frozen=True)
class CategoryLine:
    """A 小类 with the unit and the limit of its town-wide duty."""

    id: int
    code: str
    label: str
    major: str
    keywords: tuple[str, ...]
    verify_first: bool
    active: bool
    unit: str
    limits: str


def list_categories(text: str, major: int | None) -> list[CategoryLine]:
    """Return the 小类 that contain the text and belong to the 大类 `major`; no query once the catalogue is cached."""
    lines = []
    for row in catalogue.CATEGORIES.get().values():
        if row.parent_id is None or (major is not None and row.parent_id != major):
            continue
        if (
            text
            and text.lower() not in f"{row.name} {row.name_en} {row.code} {' '.join(row.keywords)}".lower()
        ):
            continue
        duty = catalogue.find_duty(row.id, "")
        unit = unit_info(duty.lead_unit_id) if duty else None
        lines.append(
            CategoryLine(
                row.id,
                row.code,
                row.label,
                catalogue.find_major_category(row).label,
                row.keywords,
                row.verify_first,
                row.active,
                unit.label if unit else "",
                format_handling_limit(duty.limits if duty else {}),
            )
        )
    return lines


def format_handling_limit(limits: dict[str, str]) -> str:
    """Return the limit of handling in words, "" if the default of the town applies."""
    return Limit.parse(limits["HANDLE"]).label if "HANDLE" in limits else ""


def find_category(category_id: int) -> Category | None:
    """Return a category with its 大类, None if there is none with this id."""
    return Category.objects.select_related("parent").filter(pk=category_id).first()


def list_duties_off(actor: Actor, category: Category) -> list[OwnRow]:
    """Return the duties of a category that the town has switched off; none for a user who may not restore them."""
    entries = list_own_entries(actor, layer=list_own_layers()["duty"])
    start = f"{category.kind} {category.code} "
    return [describe_own(entry) for entry in entries if entry.own.key.startswith(start) and entry.row is None]


def list_duties(category_id: int) -> list[dict[str, Any]]:
    """Return the duties of a category in words: the town-wide duty first, then by area; four queries."""
    layer = list_own_layers()["duty"]
    rows = Duty.objects.filter(category_id=category_id).select_related("category", "area", "lead_unit")
    rows = rows.prefetch_related("helpers")
    keys = {row.pk: layer.get_key(row) for row in rows}
    own = set(OwnValue.objects.filter(kind="duty", key__in=keys.values()).values_list("key", "field"))
    own_keys = {key for key, _field in own}
    return [
        {
            "area": row.area.label if row.area else _("全街道"),
            "unit": row.lead_unit.label,
            "helpers": "、".join(unit.label for unit in row.helpers.all()),
            "limits": "；".join(
                f"{Stage(stage).label} {Limit.parse(text).label}" for stage, text in row.limits.items()
            ),
            "own": keys[row.pk] in own_keys,
            "added": (keys[row.pk], ROW) in own,
            "url": get_value_url(layer, row),
        }
        for row in sorted(rows, key=lambda row: row.area.path if row.area else "")
    ]
