"""Check the registers of a pack: keys, the codes that they name, fields, rules, checklists."""

from collections.abc import Iterator
from math import inf

from django.utils.translation import gettext as _

from jiedao.cases.pack.sections import make_category_key
from jiedao.cases.pack.tables import CATEGORIES
from jiedao.kernel.expressions import BOOL, find_expression_faults, parse_expression
from jiedao.kernel.expressions.divisors import find_open_divisors
from jiedao.kernel.folding import fold_key
from jiedao.kernel.packs.checks import KEY, KEY_HINT, check_duplicates
from jiedao.kernel.packs.faults import Report, did_you_mean
from jiedao.kernel.packs.pack import Pack
from jiedao.kernel.packs.rows import Row, Values
from jiedao.kernel.phrasing import list_choices, list_names
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
            message = _("缺少 [register] 这个表")
            hint = _("写 [register] 和它的 name。")
            report.error(file, 0, "missing-key", message, hint)
    for key, file in files.items():
        if not KEY.fullmatch(key) or key in ADDRESSES:
            message = _("%(key)s 不能用作台账的代码") % {"key": key}
            hint = _("给文件改名：%(how)s") % {"how": KEY_HINT}
            report.error(file, 0, "bad-value", message, hint)
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
        message = _("on 和 parent 要一起写")
        hint = _('挂在另一个台账的记录下时，写 on = "register" 和 parent = "那个台账的代码"')
        report.error_at(row, "parent" if parent else "on", "bad-value", message, hint)
    elif parent and parent not in keys:
        report.dangling(row, "parent", parent, keys, _("没有台账 %(code)s") % {"code": parent})


def _check_parents(pack: Pack, files: dict[str, str], report: Report) -> None:
    parents = {key: pack.single(file, "register").get("parent", "") for key, file in files.items()}
    for key, file in files.items():
        trail, ancestor = [key], parents[key]
        while ancestor in parents and ancestor not in trail:
            trail.append(ancestor)
            ancestor = parents[ancestor]
        if ancestor == key:
            message = _("台账互相归属：%(trail)s") % {"trail": " > ".join([*trail, key])}
            row = pack.rows(file, "register")[0]
            report.error_at(row, "parent", "cycle", message, _("其中一个不写 parent。"))


def _check_definition(pack: Pack, key: str, file: str, report: Report) -> None:
    """Make the checks that need the complete definition: of the rules, and that there is a column for every filter."""
    definition = read_register(pack, key, file).definition
    names = build_environment(definition)
    for row, rule in zip(pack.rows(file, "rule"), definition.rules, strict=True):
        if definition.grade(rule.grade) is None:
            grades = [grade.code for grade in definition.grades]
            message = _("没有等级 %(code)s") % {"code": rule.grade}
            report.dangling(row, "grade", rule.grade, grades, message)
        if "when" in row.values:
            faults = find_expression_faults(rule.when, names, wanted=BOOL)
            report.expression_at(row, "when", rule.when, faults)
            if not faults:
                _warn_of_divisors(definition, rule, row, report)
    for reason in merge_definition(definition, None, {}).blocked:
        hint = _("把别的字段的 filter 或 unique 去掉。")
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
        message = _("when：%(divisor)s 可能是 0，是 0 的记录存不进去")
        hint = _("把 0 排除：%(divisor)s > 0 && …，或给这个字段写大于 0 的 least。")
        words = {"divisor": divisor}
        report.warn(row.file, line, "divides", message % words, hint % words, column=column)


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
            message = _("字段 %(field)s：%(why)s") % {"field": row.get("key"), "why": why}
            report.error_at(row, name, "bad-value", message, hint)
    _check_choices(row, report)


def _check_choices(row: Row, report: Report) -> None:
    """Report choices that a sheet could not distinguish, because a code or name of both folds to one."""
    choices_by_name: dict[str, str] = {}
    for code, names in row.values.get("choices", {}).items():
        for name in filter(None, dict.fromkeys((code, *names))):
            other = choices_by_name.setdefault(fold_key(name), code)
            if other != code:
                message = _("两个选项都叫“%(name)s”：%(other)s 和 %(code)s")
                message %= {"name": name, "other": other, "code": code}
                hint = _("表格里分不开它们：全角半角、空格和看不见的字符不算区别。")
                report.error_at(row, "choices", "duplicate", message, hint)


def _find_key_faults(values: Values, keys: set[str | None]) -> Iterator[KeyFault]:
    key = values.get("key")
    if key is not None and (not KEY.fullmatch(key) or key in RESERVED_KEYS):
        hint = _("%(how)s这些每条记录都有，不能再用：%(names)s。")
        names = list_names(sorted(RESERVED_KEYS))
        yield "key", _("不能用这个代码"), hint % {"how": KEY_HINT, "names": names}
    if "was" in values and values["was"] in keys:
        message = _("was 写的 %(key)s 还是一个字段") % {"key": values["was"]}
        yield "was", message, _("不写 was，或删去那个字段。")


def _find_number_faults(values: Values, kind: FieldKind) -> Iterator[KeyFault]:
    for name in ("unit", "whole", "summed", "least", "most"):
        if name in values and kind not in NUMERIC:
            message = _("只有数才写 %(key)s") % {"key": name}
            yield name, message, _('写 kind = "number"，或不写它。')
    if "unit" in values and kind is FieldKind.MONEY:
        yield "unit", _("金额以元保存"), _("不写 unit。")
    if values.get("least", -inf) > values.get("most", inf):
        yield "least", _("least 大于 most"), _("把两个数对调。")


def _find_kind_faults(values: Values, kind: FieldKind) -> Iterator[KeyFault]:
    if (kind is FieldKind.CHOICE) != bool(values.get("choices")):
        message = _('choices 和 kind = "choice" 要一起写')
        yield "choices", message, _('写成：choices = { HOME = ["居住", "Dwelling"] }')
    uses = [name for name in ("filter", "column", "unique") if values.get(name)]
    if values.get("personal") and uses:
        message = _("个人信息不能写 %(key)s") % {"key": uses[0]}
        yield uses[0], message, _("个人信息加密保存：不写它。")
    if kind is FieldKind.PERSON and not values.get("personal"):
        yield "kind", _("人名是个人信息"), _("写 personal = true")


# -- checklists ------------------------------------------------------------------------------------------------------


def _check_checklists(pack: Pack, file: str, report: Report) -> None:
    checklists = pack.by_key(file, "checklist", "key")
    categories = {make_category_key(row.get("kind"), row.get("code")) for row in pack.rows(CATEGORIES)}
    for row in pack.rows(file, "item"):
        name, category = row.values.get("checklist"), row.values.get("category")
        if name is not None and name not in checklists:
            message = _("没有检查表 %(code)s") % {"code": name}
            report.dangling(row, "checklist", name, checklists, message)
        if category is not None and category not in categories and report.has_read(CATEGORIES):
            kinds = sorted(key for key in categories if key.endswith(f" {category}"))
            hint = (
                _("请写 %(kinds)s。") % {"kinds": list_choices(kinds)}
                if kinds
                else did_you_mean(category, categories)
            )
            message = _("没有类别 %(code)s") % {"code": category}
            report.missing_name(row, "category", category, message, hint)
    checklists_with_items = {row.values.get("checklist") for row in pack.rows(file, "item")}
    for key, row in checklists.items():
        if key not in checklists_with_items:
            message = _("检查表 %(key)s 没有检查项") % {"key": key}
            report.error_at(row, "key", "missing-key", message, _("加一个 [[item]]。"))
    periodic_rows = [
        row for table in ("register", "grade") for row in pack.rows(file, table) if "every_days" in row.values
    ]
    if periodic_rows and not checklists:
        message = _("要定期检查，却没有检查表")
        hint = _("加一个 [[checklist]] 和它的 [[item]]，或不写 every_days。")
        report.error_at(periodic_rows[0], "every_days", "missing-key", message, hint)
