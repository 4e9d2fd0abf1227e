"""The questions of a pack: `questions.toml`, its section and its checks."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import ClassVar

from django.utils.translation import gettext as _

from jiedao.cases.models import CaseAnswer, Question, QuestionType
from jiedao.cases.pack.duties import read_category_facts
from jiedao.cases.pack.tables import CATEGORIES, KINDS, QUESTION, QUESTIONS
from jiedao.cases.questions.conditions import build_environment
from jiedao.kernel.expressions import BOOL, find_expression_faults, parse_expression
from jiedao.kernel.expressions.nodes import list_names
from jiedao.kernel.folding import fold_key
from jiedao.kernel.packs.checks import KEY, KEY_HINT, check_duplicates
from jiedao.kernel.packs.comparing import Comparison
from jiedao.kernel.packs.faults import Report
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row, Values
from jiedao.kernel.packs.section import TableSection
from jiedao.kernel.phrasing import list_names as join_names

CHOOSING = {QuestionType.CHOICE.value, QuestionType.CHOICES.value}
KeyFault = tuple[str, str, str]  # the key at fault, why, what to do


@dataclass
class DeclaredQuestion:
    """A question of a pack with the attributes that conditions need."""

    key: str
    name: str
    type: str
    personal: bool
    choices: list[Values]


def list_categories(pack: Pack, row: Row) -> list[str]:
    """Return the keys of the categories about whose cases a question is asked, such as "MATTER 06" or "MATTER 06010".

    Without majors and categories it is asked about all of its kind, without a kind about all.
    """
    kinds = [row.values["kind"]] if "kind" in row.values else list(KINDS)
    codes = [*row.get("majors", ()), *row.get("categories", ())]
    known = {(each.values.get("kind"), each.get("code")) for each in pack.rows(CATEGORIES)}
    if not codes:
        codes = sorted({code for kind, code in known if kind in kinds and len(code) == 2})
    return sorted({f"{kind} {code}" for kind in kinds for code in codes if (kind, code) in known})


def read_choices(row: Row) -> list[Values]:
    """Return the choices of a question as the database stores them."""
    return [
        {"code": code, "name": name, "name_en": name_en, "retired": False}
        for code, (name, name_en) in (row.values.get("choices") or {}).items()
    ]


class QuestionSection(TableSection):
    """Questions about the cases of categories."""

    kind, model = "question", Question
    file, table = QUESTIONS, QUESTION
    key_columns = ("key",)
    columns = (
        "key",
        "name",
        "name_en",
        "help",
        "help_en",
        "type",
        "unit",
        "unit_en",
        "whole",
        "least",
        "most",
        "required",
        "personal",
        "choices",
        "condition",
        "position",
    )
    many: ClassVar[dict[str, str]] = {"categories": "category"}

    def read(self, pack: Pack) -> dict[str, Values]:
        """Return the questions in the order of the file."""
        wanted = {}
        for position, row in enumerate(pack.rows(QUESTIONS, self.kind)):
            values = {name: row.get(name) for name in ("key", "name", "name_en", "help", "help_en", "type")}
            wanted[row.get("key")] = {
                **values,
                "unit": row.get("unit"),
                "unit_en": row.get("unit_en"),
                "whole": bool(row.get("whole", False)),
                "least": row.values.get("least"),
                "most": row.values.get("most"),
                "required": bool(row.get("required", False)),
                "personal": bool(row.get("personal", False)),
                "choices": read_choices(row),
                "condition": row.get("when"),
                "position": position,
                "categories": list_categories(pack, row),
            }
        return wanted

    def add_items(self, comparison: Comparison) -> None:
        """Mark choices that the pack no longer contains as retired instead of removing them: old answers name them."""
        for key, values in comparison.wanted.items():
            if key in comparison.current:
                codes = {choice["code"] for choice in values["choices"]}
                values["choices"] += [
                    {**choice, "retired": True}
                    for choice in comparison.current[key]["choices"]
                    if choice["code"] not in codes
                ]
        super().add_items(comparison)

    def find_blocked(self, comparison: Comparison) -> dict[str, str]:
        """Return the questions whose stored answers would change their meaning or be exposed."""
        changed = {
            key: names
            for key, values in comparison.wanted.items()
            if key in comparison.current
            and (
                names := [
                    name
                    for name in ("type", "unit", "personal")
                    if comparison.current[key][name] != values[name]
                ]
            )
        }
        if not changed:
            return {}
        answered = CaseAnswer.objects.filter(question__key__in=list(changed))
        keys = set(answered.values_list("question__key", flat=True).distinct())
        text = _("已有回答，不能再改 %(names)s：新的问题请用新的代码。")
        return {key: text % {"names": join_names(names)} for key, names in changed.items() if key in keys}


# -- checks ----------------------------------------------------------------------------------------------------------


def check_questions(pack: Pack, report: Report) -> None:
    """Check keys, categories, types and conditions of the questions."""
    rows = pack.rows(QUESTIONS, "question")
    check_duplicates(rows, report, ("key",))
    for row in rows:
        _check_categories(pack, row, report)
        for name, why, hint in _find_faults(row.values):
            if name not in row.faulty:
                message = _("问题 %(key)s：%(why)s") % {"key": row.get("key"), "why": why}
                report.error_at(row, name, "bad-value", message, hint)
        _check_choices(row, report)
    if report.has_read(QUESTIONS):
        _check_conditions(pack, rows, report)


def _check_categories(pack: Pack, row: Row, report: Report) -> None:
    if not report.has_read(CATEGORIES):
        return
    facts = read_category_facts(pack)
    kind = row.values.get("kind")
    known = {
        "majors": {code[:2] for each, code in facts if kind in {None, each}},
        "categories": {code for each, code in facts if kind in {None, each}},
    }
    for key, codes in known.items():
        for code in row.get(key, []):
            if code not in codes:
                message = _("%(key)s：没有 %(code)s") % {"key": key, "code": code}
                report.dangling(row, key, code, codes, message, noun=_("现有"))
            elif kind is None and _is_in_both(facts, code):
                message = _("%(key)s：部件和事项都有 %(code)s") % {"key": key, "code": code}
                hint = _('写 kind = "MATTER" 或 kind = "COMPONENT"。')
                report.error_at(row, key, "bad-value", message, hint, item=code)


def _is_in_both(facts: dict[tuple[str, str], Values], code: str) -> bool:
    return len({kind for kind, each in facts if code in {each, each[:2]}}) > 1


def _find_faults(values: Values) -> Iterator[KeyFault]:
    key, type_ = values.get("key"), values.get("type")
    if key is not None and not KEY.fullmatch(key):
        yield "key", _("不能用这个代码"), str(KEY_HINT)
    if type_ is None:
        return
    for name in ("unit", "whole", "least", "most"):
        if name in values and type_ != QuestionType.NUMBER:
            yield name, _("只有数才写 %(key)s") % {"key": name}, _('写 type = "number"，或不写它。')
    if values.get("least", -inf) > values.get("most", inf):
        yield "least", _("least 大于 most"), _("把两个数对调。")
    if (type_ in CHOOSING) != bool(values.get("choices")):
        hint = _('写成：choices = { HOME = ["居住", "Dwelling"] }')
        yield "choices", _('choices 和 type = "choice" 或 "choices" 要一起写'), hint
    if values.get("personal") and type_ not in {QuestionType.TEXT, QuestionType.LONG_TEXT}:
        yield "personal", _("个人信息只能是文字"), _('写 type = "text"，或不写 personal。')


def _check_choices(row: Row, report: Report) -> None:
    """Report choices that a caller could not distinguish, because a code or name of both folds to one."""
    owners: dict[str, str] = {}
    for code, names in (row.values.get("choices") or {}).items():
        for name in filter(None, dict.fromkeys((code, *names))):
            other = owners.setdefault(fold_key(name), code)
            if other != code:
                message = _("两个选项都叫“%(name)s”：%(other)s 和 %(code)s")
                message %= {"name": name, "other": other, "code": code}
                hint = _("选项的代码和名称都不能重复。")
                report.error_at(row, "choices", "duplicate", message, hint)


def _check_conditions(pack: Pack, rows: list[Row], report: Report) -> None:
    """Check that a condition uses only questions before its own, and that these are asked wherever it is."""
    sound = [row for row in rows if {"key", "type", "name"} <= row.values.keys()]
    areas = {row.get("key"): set(list_small(pack, row)) for row in sound}
    for place, row in enumerate(sound):
        if "when" not in row.values:
            continue
        text = row.values["when"]
        earlier = [_declare(each) for each in sound[:place]]
        names = build_environment(earlier, [each.get("key") for each in sound[place:]])
        faults = find_expression_faults(text, names, wanted=BOOL)
        report.expression_at(row, "when", text, faults)
        if not faults:
            _warn_of_gaps(row, list_names(parse_expression(text)), areas, report)


def _warn_of_gaps(row: Row, names: tuple[str, ...], areas: dict[str, set[str]], report: Report) -> None:
    """Warn of categories where the question is asked, but not a question that its condition names."""
    for name in names:
        missing = sorted(areas[row.get("key")] - areas[name])
        if missing:
            message = _("when：类别 %(codes)s 不问 %(name)s，这个问题在那里就问不到")
            message %= {"codes": join_names(missing, 3), "name": name}
            hint = _("让两个问题属于同样的类别。")
            report.warn_at(row, "when", "never-asked", message, hint)


def list_small(pack: Pack, row: Row) -> list[str]:
    """Return the 小类 about whose cases a question is asked."""
    named = set(list_categories(pack, row))
    return [
        f"{kind} {code}"
        for kind, code in read_category_facts(pack)
        if {f"{kind} {code}", f"{kind} {code[:2]}"} & named
    ]


def _declare(row: Row) -> DeclaredQuestion:
    return DeclaredQuestion(
        row.get("key"),
        row.get("name"),
        row.get("type"),
        bool(row.get("personal", False)),
        read_choices(row),
    )
