"""Check the registers of a pack: keys, the codes that they name, fields, rules, checklists."""

from collections.abc import Iterator
from math import inf

from jiedao.cases.pack.sections import make_category_key
from jiedao.cases.pack.tables import CATEGORIES
from jiedao.kernel.expressions import BOOL, find_expression_faults, parse_expression
from jiedao.kernel.expressions.divisors import find_open_divisors
from jiedao.kernel.folding import fold_key
from jiedao.kernel.packs.checks import KEY, KEY_HINT, check_duplicates
from jiedao.kernel.packs.faults import Report, did_you_mean
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row, Values
from jiedao.orgs.pack.checks import check_units_named
from jiedao.registers.definition import NUMERIC, Anchor, Definition, FieldKind, Rule, merge_definition
from jiedao.registers.grading import build_environment
from jiedao.registers.pack.definitions import find_register_files, read_register
from jiedao.registers.pack.tables import FOLDER
from jiedao.registers.rows import STANDARD_FIELDS

RESERVED_KEYS = {*STANDARD_FIELDS, "on", "active", "grade", "id", "version"}
ADDRESSES = {
    "new",
    "map",
    "import",
    "export",
    "template",
}  # pages whose addresses a register's key would take
UNIQUE_KEYS = {"field": ("key",), "grade": ("code",), "checklist": ("key",), "item": ("checklist", "key")}

KeyFault = tuple[str, str, str]  # the key at fault, why, what to do


def check_registers(pack: Pack, report: Report) -> None:
    """Check keys, codes that registers name, kinds of fields, grading rules and checklists."""
    files = find_register_files(pack)
    for file in pack.files(FOLDER):
        if file not in files.values() and report.has_read(file):
            hint = "Write [register] with a name."
            report.error(file, 0, "missing-key", "the table [register] is missing", hint)
    for key, file in files.items():
        if not KEY.fullmatch(key) or key in ADDRESSES:
            message = f"{key!r} cannot be the key of a register"
            report.error(file, 0, "bad-value", message, f"Rename the file. {KEY_HINT}")
        _check_links(pack, pack.rows(file, "register")[0], set(files), report)
        for table, keys in UNIQUE_KEYS.items():
            check_duplicates(pack.rows(file, table), report, keys)
        faults_before = len(report.errors)
        field_keys = {row.values.get("key") for row in pack.rows(file, "field")}
        for row in pack.rows(file, "field"):
            _check_field(row, field_keys, report)
        _check_checklists(pack, file, report)
        if len(report.errors) == faults_before and report.has_read(file):
            _check_definition(pack, key, file, report)
    _check_parents(pack, files, report)


# -- the register itself ---------------------------------------------------------------------------------------------


def _check_links(pack: Pack, row: Row, keys: set[str], report: Report) -> None:
    if "unit" in row.values:
        check_units_named(pack, row, "unit", [row.values["unit"]], report)
    for name in ("read", "write"):
        check_units_named(pack, row, name, row.get(name, ()), report, kinds=True)
    parent = row.get("parent")
    if (row.get("on") == Anchor.REGISTER.value) != bool(parent):
        hint = 'A record of another register: on = "register" and parent = "its key".'
        report.error_at(row, "parent" if parent else "on", "bad-value", "on and parent go together", hint)
    elif parent and parent not in keys:
        report.dangling(row, "parent", parent, keys, f"no register {parent}")


def _check_parents(pack: Pack, files: dict[str, str], report: Report) -> None:
    parents = {key: pack.single(file, "register").get("parent", "") for key, file in files.items()}
    for key, file in files.items():
        trail, ancestor = [key], parents[key]
        while ancestor in parents and ancestor not in trail:
            trail.append(ancestor)
            ancestor = parents[ancestor]
        if ancestor == key:
            message = f"{' > '.join([*trail, key])} belong to each other"
            row = pack.rows(file, "register")[0]
            report.error_at(row, "parent", "cycle", message, "Let one stand alone.")


def _check_definition(pack: Pack, key: str, file: str, report: Report) -> None:
    """Make the checks that need the complete definition: of the rules, and that there is a column for every filter."""
    definition = read_register(pack, key, file).definition
    names = build_environment(definition)
    for row, rule in zip(pack.rows(file, "rule"), definition.rules, strict=True):
        if definition.grade(rule.grade) is None:
            grades = [grade.code for grade in definition.grades]
            report.dangling(row, "grade", rule.grade, grades, f"no grade {rule.grade}")
        if "when" in row.values:
            faults = find_expression_faults(rule.when, names, wanted=BOOL)
            report.expression_at(row, "when", rule.when, faults)
            if not faults:
                _warn_of_divisors(definition, rule, row, report)
    for reason in merge_definition(definition, None, {}).blocked:
        hint = "Take `filter` or `unique` from another field."
        report.error_at(pack.rows(file, "register")[0], "", "bad-value", reason, hint)


def _warn_of_divisors(definition: Definition, rule: Rule, row: Row, report: Report) -> None:
    """Warn of divisions by what may be 0: a record with that value could not be stored."""
    never_zero = {
        field.key
        for field in definition.fields
        if (field.least is not None and field.least > 0) or (field.most is not None and field.most < 0)
    }
    for at, divisor in find_open_divisors(parse_expression(rule.when), rule.when, never_zero):
        line, column = row.locate(rule.when, at, "when")
        message = f"when: {divisor} may be 0: a record in which it is 0 is refused"
        hint = f"Exclude it: {divisor} > 0 && …, or give the field a `least` over 0."
        report.warn(row.file, line, "divides", message, hint, column=column)


# -- fields ----------------------------------------------------------------------------------------------------------


def _check_field(row: Row, keys: set[str | None], report: Report) -> None:
    values = row.values
    kind = FieldKind(values.get("kind", FieldKind.TEXT.value))
    faults = [
        *_find_key_faults(values, keys),
        *_find_number_faults(values, kind),
        *_find_kind_faults(values, kind),
    ]
    for name, why, hint in faults:
        if name not in row.faulty:
            report.error_at(row, name, "bad-value", f"field {row.get('key')!r}: {why}", hint)
    _check_choices(row, report)


def _check_choices(row: Row, report: Report) -> None:
    """Report choices that a sheet could not distinguish, because a code or name of both folds to one."""
    choices_by_name: dict[str, str] = {}
    for code, names in row.values.get("choices", {}).items():
        for name in filter(None, dict.fromkeys((code, *names))):
            other = choices_by_name.setdefault(fold_key(name), code)
            if other != code:
                hint = "A sheet could not distinguish them: width, spaces and invisible signs do not count."
                message = f"two choices are called {name}: {other} and {code}"
                report.error_at(row, "choices", "duplicate", message, hint)


def _find_key_faults(values: Values, keys: set[str | None]) -> Iterator[KeyFault]:
    key = values.get("key")
    if key is not None and (not KEY.fullmatch(key) or key in RESERVED_KEYS):
        reserved = f"Every record has {', '.join(sorted(RESERVED_KEYS))} already."
        yield "key", "it cannot be called so", f"{KEY_HINT} {reserved}"
    if "was" in values and values["was"] in keys:
        yield "was", f"{values['was']!r} is still a field", "Leave `was` out, or remove the other field."


def _find_number_faults(values: Values, kind: FieldKind) -> Iterator[KeyFault]:
    for name in ("unit", "whole", "summed", "least", "most"):
        if name in values and kind not in NUMERIC:
            yield name, f"{name} belongs to numbers", 'Write kind = "number", or leave it out.'
    if "unit" in values and kind is FieldKind.MONEY:
        yield "unit", "money is stored in yuan", "Leave `unit` out."
    if values.get("least", -inf) > values.get("most", inf):
        yield "least", "least is over most", "Exchange them."


def _find_kind_faults(values: Values, kind: FieldKind) -> Iterator[KeyFault]:
    if (kind is FieldKind.CHOICE) != bool(values.get("choices")):
        yield "choices", 'choices and kind = "choice" go together', '{ HOME = ["居住", "Dwelling"] }'
    uses = [name for name in ("filter", "column", "unique") if values.get(name)]
    if values.get("personal") and uses:
        yield uses[0], f"personal data cannot be {uses[0]}", "They lie encrypted: leave it out."
    if kind is FieldKind.PERSON and not values.get("personal"):
        yield "kind", "a person is personal", "Write personal = true."


# -- checklists ------------------------------------------------------------------------------------------------------


def _check_checklists(pack: Pack, file: str, report: Report) -> None:
    checklists = pack.by_key(file, "checklist", "key")
    categories = {make_category_key(row.get("kind"), row.get("code")) for row in pack.rows(CATEGORIES)}
    for row in pack.rows(file, "item"):
        name, category = row.values.get("checklist"), row.values.get("category")
        if name is not None and name not in checklists:
            report.dangling(row, "checklist", name, checklists, f"no checklist {name}")
        if category is not None and category not in categories and report.has_read(CATEGORIES):
            kinds = sorted(key for key in categories if key.endswith(f" {category}"))
            hint = f"Write {' or '.join(map(repr, kinds))}." if kinds else did_you_mean(category, categories)
            report.missing_name(row, "category", category, f"no category {category}", hint)
    checklists_with_items = {row.values.get("checklist") for row in pack.rows(file, "item")}
    for key, row in checklists.items():
        if key not in checklists_with_items:
            report.error_at(row, "key", "missing-key", f"checklist {key} asks nothing", "Add an [[item]].")
    periodic_rows = [
        row for table in ("register", "grade") for row in pack.rows(file, table) if "every_days" in row.values
    ]
    if periodic_rows and not checklists:
        hint = "Add a [[checklist]] with its [[item]]s, or leave every_days out."
        report.error_at(
            periodic_rows[0], "every_days", "missing-key", "inspections without a checklist", hint
        )
