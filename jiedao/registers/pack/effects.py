"""What a pack's changes of a register do to its records, counted."""

from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiedao.kernel.packs.comparing import CHANGE, Comparison
from jiedao.registers.definition import Definition, Field
from jiedao.registers.models import Record

GRADING = ("grades", "rules")


def find_register_effects(comparison: Comparison) -> dict[str, list[str]]:
    """State how many records changed fields, choices and rules concern, in one statement for each changed register."""
    effects = {}
    for item in comparison.items:
        if item.action == CHANGE and "definition" in comparison.current[item.key]:
            stored = Definition.from_json(comparison.current[item.key]["definition"])
            wanted = comparison.details[item.key].definition
            effects[item.key] = _describe(comparison.current[item.key]["pk"], stored, wanted)
    return effects


def _describe(register_id: int, stored: Definition, wanted: Definition) -> list[str]:
    before = {field.store: field for field in stored.fields}
    counted: dict[str, tuple[Any, Field, Q]] = {}
    for field in wanted.fields:
        old = before.get(field.store)
        has_value = Q(values__has_key=field.store)
        if field.retired and old is not None and not old.retired:
            text = _("字段“%(name)s”停用：%(n)d 条记录填了它，保留但不再显示。")
            counted[f"retired_{field.store}"] = (text, field, has_value)
        elif field.required and not field.retired and not (old and old.required):
            text = _("字段“%(name)s”以后必填：%(n)d 条记录没有填，下次修改时要补。")
            counted[f"required_{field.store}"] = (text, field, ~has_value)
        elif old is None and not field.retired:
            text = _("新字段“%(name)s”：%(n)d 条记录还没有填。")
            counted[f"new_{field.store}"] = (text, field, ~has_value)
        if dropped := _find_dropped_choices(field, old):
            text = _("“%(name)s”停用了选项：%(n)d 条记录选的是它，保留。")
            counted[f"choices_{field.store}"] = (text, field, Q(**{f"values__{field.store}__in": dropped}))
    numbers = {f"n{place}": Count("pk", filter=row[2]) for place, row in enumerate(counted.values())}
    records = Record.objects.filter(register_id=register_id, active=True)
    counts = records.aggregate(total=Count("pk"), **numbers)
    sentences = [
        text % {"name": field.name, "n": counts[f"n{place}"]}
        for place, (text, field, _filter) in enumerate(counted.values())
    ]
    if any(getattr(stored, name) != getattr(wanted, name) for name in GRADING) and counts["total"]:
        text = ngettext(
            "定级规则变了：%(n)d 条记录的等级先不变，在台账页面或用 jiedao register regrade 重新定级后更新。",
            "定级规则变了：%(n)d 条记录的等级先不变，在台账页面或用 jiedao register regrade 重新定级后更新。",
            counts["total"],
        )
        sentences.append(text % {"n": counts["total"]})
    return sentences


def _find_dropped_choices(field: Field, old: Field | None) -> list[str]:
    """Return the codes of choices that are retired now and were not before."""
    if old is None or field.retired:
        return []
    in_use = {choice.code for choice in old.choices if not choice.retired}
    return [choice.code for choice in field.choices if choice.retired and choice.code in in_use]


EFFECTS = {"register": find_register_effects}
