"""Check the registers of a pack: keys, codes they name, fields, rules, checklists."""

import re
from collections.abc import Iterator
from math import inf

from jiedao.kernel.expressions import ExpressionFault
from jiedao.orgs.models import UnitKind
from jiedao.packs.check_areas import check_duplicates
from jiedao.packs.desired import Values, category_key
from jiedao.packs.faults import Report, did_you_mean
from jiedao.packs.pack import Pack
from jiedao.packs.reading import Row
from jiedao.packs.registers import FOLDER, definition_of, files_of
from jiedao.registers.definition import NUMERIC, FieldKind, Hangs, settle
from jiedao.registers.grading import check_rule
from jiedao.registers.rows import STANDARD

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
KEY_HINT = "Write small letters, digits and _, a letter first."
RESERVED = {*STANDARD, "on", "active", "grade", "id", "version"}
ADDRESSES = {"new", "map", "import", "export", "template"}  # what stands beside keys in addresses of pages

Wrong = tuple[str, str, str]  # the key at fault, why, what to do


def check_registers(pack: Pack, report: Report) -> None:
    """Check keys, codes that registers name, kinds of fields, grading rules and checklists."""
    files = files_of(pack)
    for file in pack.files(FOLDER):
        if file not in files.values() and report.knows(file):
            report.error(
                file, 0, "missing-key", "the table [register] is missing", "Write [register] with a name."
            )
    for key, file in files.items():
        row = pack.rows(file, "register")[0]
        if not KEY.fullmatch(key) or key in ADDRESSES:
            report.error(
                file,
                0,
                "bad-value",
                f"{key!r} cannot be the key of a register",
                f"Rename the file. {KEY_HINT}",
            )
        _check_links(pack, row, set(files), report)
        for keys, table in (
            (("key",), "field"),
            (("code",), "grade"),
            (("key",), "checklist"),
            (("checklist", "key"), "item"),
        ):
            check_duplicates(pack.rows(file, table), report, keys)
        faults = len(report.errors)
        for one in pack.rows(file, "field"):
            _check_field(one, {other.values.get("key") for other in pack.rows(file, "field")}, report)
        _check_checklists(pack, file, report)
        if len(report.errors) == faults and report.knows(file):
            _check_whole(pack, key, file, report)
    _check_parents(pack, files, report)


def _check_links(pack: Pack, row: Row, keys: set[str], report: Report) -> None:
    values, units = row.values, set(pack.coded("units.toml", "unit"))
    named = [("unit", values["unit"], units)] if "unit" in values else []
    named += [
        (name, one, units | set(UnitKind.values))
        for name in ("read", "write")
        for one in values.get(name, ())
    ]
    for name, code, known in named if report.knows("units.toml") else []:
        if code not in known:
            report.error(
                row.file, row.line(name, code), "dangling", f"no unit {code}", did_you_mean(code, known)
            )
    parent, on = values.get("parent", ""), values.get("on", "")
    if (on == Hangs.REGISTER.value) != bool(parent):
        hint = 'A record of another register: on = "register" and parent = "its key".'
        report.error(
            row.file, row.line("parent" if parent else "on"), "bad-value", "on and parent go together", hint
        )
    elif parent and parent not in keys:
        report.error(
            row.file, row.line("parent"), "dangling", f"no register {parent}", did_you_mean(parent, keys)
        )


def _check_parents(pack: Pack, files: dict[str, str], report: Report) -> None:
    above = {key: pack.one(file, "register").get("parent", "") for key, file in files.items()}
    for key, file in files.items():
        seen, at = [key], above[key]
        while at in above and at not in seen:
            seen.append(at)
            at = above[at]
        if at == key:
            line = pack.rows(file, "register")[0].line("parent")
            report.error(
                file, line, "cycle", f"{' > '.join([*seen, key])} hang on each other", "Let one stand alone."
            )


def _check_field(row: Row, keys: set[str | None], report: Report) -> None:
    values, key = row.values, row.values.get("key", "")
    kind = FieldKind(values.get("kind", FieldKind.TEXT.value))
    for name, words, hint in (
        *_wrong_key(values, keys),
        *_wrong_number(values, kind),
        *_wrong_kind(values, kind),
    ):
        if name not in row.faulty:
            report.error(row.file, row.line(name), "bad-value", f"field {key!r}: {words}", hint)
    names = [name for name, _english in values.get("choices", {}).values()]
    for name in sorted({name for name in names if names.count(name) > 1}):
        hint = "A sheet could not tell them apart."
        report.error(row.file, row.line("choices"), "duplicate", f"two choices are called {name}", hint)


def _wrong_key(values: Values, keys: set[str | None]) -> Iterator[Wrong]:
    key = values.get("key")
    if key is not None and (not KEY.fullmatch(key) or key in RESERVED):
        taken = f"Every record has {', '.join(sorted(RESERVED))} already."
        yield "key", "it cannot be called so", f"{KEY_HINT} {taken}"
    if "was" in values and values["was"] in keys:
        yield "was", f"{values['was']!r} is still a field", "Leave `was` out, or remove the other field."


def _wrong_number(values: Values, kind: FieldKind) -> Iterator[Wrong]:
    for name in ("unit", "whole", "summed", "least", "most"):
        if name in values and kind not in NUMERIC:
            yield name, f"{name} belongs to numbers", 'Write kind = "number", or leave it out.'
    if "unit" in values and kind is FieldKind.MONEY:
        yield "unit", "money is kept in yuan", "Leave `unit` out."
    if values.get("least", -inf) > values.get("most", inf):
        yield "least", "least is over most", "Exchange them."


def _wrong_kind(values: Values, kind: FieldKind) -> Iterator[Wrong]:
    if (kind is FieldKind.CHOICE) != bool(values.get("choices")):
        yield "choices", 'choices and kind = "choice" go together', '{ HOME = ["居住", "Dwelling"] }'
    shown = [name for name in ("filter", "column", "unique") if values.get(name)]
    if values.get("personal") and shown:
        yield shown[0], f"personal data cannot be {shown[0]}", "They lie encrypted: leave it out."
    if kind is FieldKind.PERSON and not values.get("personal"):
        yield "kind", "a person is personal", "Write personal = true."


def _check_checklists(pack: Pack, file: str, report: Report) -> None:
    lists = pack.coded(file, "checklist", "key")
    categories = {
        category_key(row.values.get("kind", ""), row.values.get("code", ""))
        for row in pack.rows("categories.csv")
    }
    for row in pack.rows(file, "item"):
        name, category = row.values.get("checklist"), row.values.get("category")
        if name is not None and name not in lists:
            report.error(
                file, row.line("checklist"), "dangling", f"no checklist {name}", did_you_mean(name, lists)
            )
        if category is not None and category not in categories and report.knows("categories.csv"):
            hint = did_you_mean(category, categories)
            report.error(file, row.line("category"), "dangling", f"no category {category}", hint)
    asked = {row.values.get("checklist") for row in pack.rows(file, "item")}
    for key, row in lists.items():
        if key not in asked:
            report.error(
                file, row.line("key"), "missing-key", f"checklist {key} asks nothing", "Add an [[item]]."
            )
    every = [
        row for table in ("register", "grade") for row in pack.rows(file, table) if "every_days" in row.values
    ]
    if every and not lists:
        hint = "Add a [[checklist]] with its [[item]]s, or leave every_days out."
        report.error(
            file, every[0].line("every_days"), "missing-key", "inspections without a checklist", hint
        )


def _check_whole(pack: Pack, key: str, file: str, report: Report) -> None:
    """Check what needs the definition as a whole: the rules, and that every filter finds its column."""
    definition, _renamed = definition_of(pack, key, file)
    rows = pack.rows(file, "rule")
    for row, rule in zip(rows, definition.rules, strict=True):
        if definition.grade(rule.grade) is None:
            hint = did_you_mean(rule.grade, [grade.code for grade in definition.grades])
            report.error(file, row.line("grade"), "dangling", f"no grade {rule.grade}", hint)
        try:
            check_rule(definition, rule)
        except ExpressionFault as fault:
            report.error(file, row.line("when"), "expression", f"when {fault}", fault.hint)
    for reason in settle(definition, None, {}).blocked:
        line = pack.rows(file, "register")[0].line()
        report.error(file, line, "bad-value", reason, "Take `filter` or `unique` from another field.")
