"""Notes and reasons of scores are codes with parameters, so that each reader has them in the own language."""

import re
from typing import Any

from django.db import migrations, models

# How the notes were written before, in Chinese and in English, by their code. More exact patterns come first.
PATTERNS = [
    ("score.full_points", r"(?P<why>.+)，给满分", r"(?P<why>.+); full points"),
    ("score.too_few", r"(?P<name>.+) (?P<value>\S+)，不足 (?P<minimum>\S+)，不参加考评", r"(?P<name>.+): (?P<value>\S+), fewer than (?P<minimum>\S+); not scored"),
    ("score.too_few_holders", r"在岗 (?P<n>\d+) 人，不足 (?P<minimum>\d+) 人：不对个人评分", r"(?P<n>\d+) in the post, fewer than (?P<minimum>\d+): a single worker is not scored"),
    ("score.item_fault", r"规则无法读取：(?P<why>.+)", r"The rule cannot be read: (?P<why>.+)"),
    ("score.periods_left_out", r"(?P<n>\d+) 个时段没有得分，不计入平均", r"(?P<n>\d+) periods have no score and do not count in the mean"),
    ("score.not_given", r"没有人工评分", r"No points were given"),
    ("score.no_item_has_data", r"各项都没有数据", r"No item has data"),
    ("score.scaled", r"(?P<n>\d+) 项没有数据，按其余各项折算", r"(?P<n>\d+) item\(s\) without data; the rest is scaled"),
    ("score.no_score", r"期内没有已公布的得分", r"No score of the period is published"),
    ("score.no_target", r"没有设定目标", r"No target is set"),
    ("score.no_growth", r"没有增速", r"No growth is known"),
    ("score.no_data", r"没有数据", r"No data"),
    ("score.nothing_to_compare", r"没有可比的单位或社区", r"There is nobody to compare with"),
    ("score.points_given", r"人工评分：(?P<reason>.+)", r"Points given: (?P<reason>.+)"),
    ("score.cases_struck", r"申诉成立，剔除案件 (?P<number>.+)", r"Appeal granted, case (?P<number>.+) struck"),
    ("figure.not_entered", r"没有数据：尚未填报，或尚未确认", r"No data: not entered yet, or not confirmed yet"),
    ("figure.months_missing", r"没有数据：有的月份尚未填报", r"No data: some months have not been entered"),
    ("figure.not_recorded", r"没有数据：那时还没有开始记录", r"No data: nothing was recorded yet"),
    ("figure.no_cases", r"没有数据：期内没有这样的案件", r"No data: no such case in the period"),
    ("figure.divisor_zero", r"除数为 0，没有结果", r"The divisor is 0, so there is no result"),
    ("figure.not_by_area", r"本指标不按社区统计", r"This measure is not counted by community"),
    ("figure.not_by_unit", r"本指标不按单位统计", r"This measure is not counted by unit"),
    ("figure.town_only", r"本指标只有本街道的数", r"This measure has figures of the town only"),
    ("figure.source_fault", r"数据来源已不可用：(?P<why>.+)", r"The source of the figure cannot be read: (?P<why>.+)"),
    ("figure.formula_fault", r"公式无法计算：(?P<why>.+)", r"The formula cannot be computed: (?P<why>.+)"),
    ("figure.terms_missing", r"缺少 (?P<names>.+)", r"Missing: (?P<names>.+)"),
    ("figure.no_denominator", r"(?P<name>.+)为 0，没有比率", r"(?P<name>.+) is 0, so there is no rate"),
]  # fmt: skip


def read_note(text: str, names: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Return the code and the parameters of a stored text; a text that a person wrote is left as it is."""
    if not text:
        return {}
    for code, *patterns in PATTERNS:
        for pattern in patterns:
            if match := re.fullmatch(pattern, text):
                params = match.groupdict().items()
                return {"code": code} | {key: _read_param(code, key, value, names) for key, value in params}
    return {"code": "text", "text": text}


def _read_param(code: str, key: str, value: str, names: dict[str, dict[str, str]]) -> Any:
    """Return a parameter exactly as a new note stores it, so that the next computation finds no difference."""
    if key == "n" or code == "score.too_few_holders":
        return int(value)
    if code == "score.full_points":
        return read_note(value, names)
    if key == "names":
        return [names.get(name, {"zh": name, "en": ""}) for name in re.split("、|, ", value)]
    if key == "number":
        return re.split("、|, ", value)
    return names.get(value, {"zh": value, "en": ""}) if key == "name" else value


def read_names(apps: Any) -> dict[str, dict[str, str]]:
    """Return the names of measures and of denominators in both languages, by their keys and by either name."""
    names: dict[str, dict[str, str]] = {}
    for measure in apps.get_model("indicators", "Measure").objects.all():
        pairs = [(measure.name, measure.name_en)]
        pairs.append((measure.spec.get("denominator_name", ""), measure.spec.get("denominator_name_en", "")))
        for zh, en in pairs:
            for name in filter(None, (measure.key, zh, en)):
                names.setdefault(name, {"zh": zh, "en": en})
    return names


def read_notes(apps: Any, schema_editor: Any) -> None:
    """Read the texts of all scores and lines."""
    names = read_names(apps)
    for model, columns in {"Score": ("note", "reason"), "ScoreLine": ("note",)}.items():
        rows = apps.get_model("evaluation", model).objects
        for column in columns:
            for text in rows.exclude(**{column: ""}).values_list(column, flat=True).distinct():
                rows.filter(**{column: text}).update(**{f"new_{column}": read_note(text, names)})


class Migration(migrations.Migration):
    dependencies = [
        ("evaluation", "0002_posts_and_several_cases"),
        ("indicators", "0004_durations"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="score", name="new_score_gives_a_reason"),
        migrations.AddField("score", "new_note", models.JSONField(blank=True, default=dict, verbose_name="说明")),
        migrations.AddField("score", "new_reason", models.JSONField(blank=True, default=dict, verbose_name="重新计分的原因")),
        migrations.AddField("scoreline", "new_note", models.JSONField(blank=True, default=dict)),
        # The columns are dropped in the next migration: PostgreSQL alters no table that has checks waiting.
        migrations.RunPython(read_notes, migrations.RunPython.noop),
    ]
