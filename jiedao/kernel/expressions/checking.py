"""Type an expression: every name, code, function and operator, and the value that it gives."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.expressions.faults import ExpressionFault, format_codes
from jiedao.kernel.expressions.nodes import (
    Binary,
    Call,
    Choice,
    Items,
    Junction,
    Literal,
    Member,
    Name,
    Node,
    Unary,
)
from jiedao.kernel.expressions.types import BOOL, NUMBER, TEXT, Base, Environment, Type, list_of
from jiedao.kernel.nearest import find_nearest

ORDERED = {Base.NUMBER, Base.DATE, Base.TEXT}
METHODS = ("contains", "startsWith", "endsWith")
FUNCTIONS = "has(x), size(x), double(x), int(x), x.contains('…'), x.startsWith('…'), x.endsWith('…')"
# Functions of CEL and of other languages -> what to write instead.
_OTHER_FUNCTIONS = {
    "matches": _("用 contains、startsWith 或 endsWith。"),
    "len": _("写 size(x)。"),
    "length": _("写 size(x)。"),
    "count": _("写 size(x)。"),
    "exists": _("写 x in ['A', 'B']，或用 || 连接几个条件。"),
    "exists_one": _("写 x in ['A', 'B']，或用 || 连接几个条件。"),
    "all": _("用 && 连接几个条件。"),
    "filter": _("用 && 连接几个条件。"),
    "map": _("用 && 连接几个条件。"),
    "timestamp": _("日期直接和文字比较：tested < '2020-01-31'。"),
    "date": _("日期直接和文字比较：tested < '2020-01-31'。"),
    "duration": _("日期字段 tested 到今天的天数是 tested_days。"),
    "now": _("日期字段 tested 到今天的天数是 tested_days。"),
    "today": _("日期字段 tested 到今天的天数是 tested_days。"),
    "string": _("数和数比较，文字和文字比较，不用转换。"),
    "bool": _("是非值直接用：alarms 或 !alarms。"),
    "uint": _("数直接写，不用转换。"),
    "float": _("写 double(x)。"),
    "empty": _("写 !has(x)。"),
    "isnull": _("写 !has(x)。"),
    "includes": _("写 x.contains('…')。"),
    "startswith": _("写 x.startsWith('…')。"),
    "endswith": _("写 x.endsWith('…')。"),
    "max": _("用 ? :，如 a > b ? a : b。"),
    "min": _("用 ? :，如 a < b ? a : b。"),
    "abs": _("用 ? :，如 a < 0 ? -a : a。"),
    "if": _("写 条件 ? 值 : 另一个值。"),
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LOOSE_DAY = re.compile(r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})\D?|(\d{4})(\d{2})(\d{2})")


def check_tree(tree: Node, text: str, names: Environment, wanted: Type) -> list[ExpressionFault]:
    """Return the faults of an expression that must give a value of the type `wanted`, in the order of the text.

    A part with a fault has no type, and what only follows from that is not reported.
    """
    checker = _Checker(text, names)
    value_type = checker.find_type(tree)
    if value_type is not None and value_type.base is not wanted.base:
        checker.report_result(tree, value_type, wanted)
    return sorted(checker.faults, key=lambda fault: fault.at)


class _Checker:
    """A walk over a tree that returns the type of each node, None after a fault."""

    def __init__(self, text: str, names: Environment) -> None:
        self.text = text
        self.names = names
        self.faults: list[ExpressionFault] = []

    def quote(self, node: Node) -> str:
        """Return the text of a node, shortened."""
        words = self.text[node.start : node.end]
        return words if len(words) <= 40 else f"{words[:37]}…"

    def report(self, at: Node | int, message: Any, hint: Any, **values: Any) -> None:
        position = at if isinstance(at, int) else at.start
        self.faults.append(ExpressionFault(message, hint, at=position, **values))

    def find_type(self, node: Node) -> Type | None:
        find: dict[type[Node], Any] = {
            Literal: self.find_literal,
            Name: self.find_name,
            Member: self.find_member,
            Call: self.find_call,
            Unary: self.find_unary,
            Binary: self.find_binary,
            Junction: self.find_junction,
            Choice: self.find_choice,
            Items: self.find_items,
        }
        value_type: Type | None = find[type(node)](node)
        return value_type

    # -- values ----------------------------------------------------------------------------------------------------

    def find_literal(self, node: Literal) -> Type:
        if isinstance(node.value, bool):
            return BOOL
        return TEXT if isinstance(node.value, str) else NUMBER

    def find_name(self, node: Name) -> Type | None:
        if (known := self.names.names.get(node.name)) is not None:
            return known
        if node.name in self.names.closed:
            self.report(
                node,
                _("不能用 %(name)s：%(reason)s"),
                _("可用的名称：%(known)s。"),
                name=node.name,
                reason=self.names.closed[node.name],
                known=", ".join(self.names.names) or "—",
            )
            return None
        words, hint, values = _("没有“%(name)s”这个名称"), *self.hint_at_name(node.name, self.names.names)
        self.report(node, words, hint, name=node.name, **values)
        return None

    def hint_at_name(self, name: str, known: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Return what to write instead of an unknown name, with the values of the hint."""
        called_so = [key for key, label in self.names.labels.items() if label == name and key in known]
        if called_so:
            return _("它的名称是 %(key)s。"), {"key": called_so[0]}
        with_code = [
            key for key, its in self.names.names.items() if its.codes is not None and name in its.codes
        ]
        if with_code:
            return _("它是 %(key)s 的编码，要加引号：'%(code)s'。"), {"key": with_code[0], "code": name}
        if nearest := find_nearest(name, known):
            return _("是不是 %(known)s？"), {"known": " / ".join(nearest)}
        listed = list(known)
        shown = ", ".join(listed[:20]) + (f", … ({len(listed)})" if len(listed) > 20 else "")
        return _("可用的名称：%(known)s。文字要加引号。"), {"known": shown or "—"}

    def find_member(self, node: Member) -> Type | None:
        target = self.find_type(node.target)
        if target is None:
            return None
        if target.parts is None:
            if node.name in METHODS or node.name == "size":
                hint = _("写 %(target)s.%(name)s(…)。")
                words = _("%(name)s 后面少了括号")
                self.report(node.end, words, hint, target=self.quote(node.target), name=node.name)
                return None
            words = _("%(target)s 是%(type)s，没有“.%(name)s”")
            hint = _("删去“.%(name)s”。")
            values = {"target": self.quote(node.target), "type": target.label, "name": node.name}
            self.report(node.target.end, words, hint, **values)
            return None
        if (part := target.parts.get(node.name)) is not None:
            return part
        words = _("%(target)s 没有“%(name)s”这一项")
        nearest = find_nearest(node.name, target.parts)
        hint = _("是不是 %(known)s？") if nearest else _("它有：%(known)s。")
        known = " / ".join(nearest) if nearest else ", ".join(target.parts)
        at = node.end - len(node.name)
        self.report(at, words, hint, target=self.quote(node.target), name=node.name, known=known)
        return None

    def find_items(self, node: Items) -> Type | None:
        types = [self.find_type(item) for item in node.items]
        if None in types:
            return None
        first = types[0] if types else None
        for item, value_type in zip(node.items, types, strict=True):
            assert value_type is not None
            if value_type.base in {Base.LIST, Base.OBJECT}:
                self.report(
                    item, _("列表里不能再有%(type)s"), _("写单个的值：['A', 'B']。"), type=value_type.label
                )
                return None
            if first is not None and value_type.base is not first.base:
                words = _("列表里有%(first)s，又有%(other)s")
                hint = _("一个列表里的值要同一种：[1, 2] 或 ['A', 'B']。")
                self.report(item, words, hint, first=first.label, other=value_type.label)
                return None
        return list_of(first)

    # -- functions -------------------------------------------------------------------------------------------------

    def find_call(self, node: Call) -> Type | None:
        if node.target is None and node.name == "has":
            return self.find_has(node)
        if node.name == "size":
            return self.find_size(node)
        if node.target is None and node.name in {"int", "double"}:
            return self.find_conversion(node)
        if node.target is not None and node.name in METHODS:
            return self.find_method(node)
        self.report_function(node)
        return None

    def find_has(self, node: Call) -> Type | None:
        argument = node.arguments[0] if len(node.arguments) == 1 else None
        if not isinstance(argument, Name | Member):
            words, hint = _("has() 里写一个名称"), _("如 has(storeys)：填写了就是真。")
            self.report(node, words, hint)
            return None
        if (value_type := self.find_type(argument)) is None:
            return None
        if value_type.parts is not None:
            words, hint = _("has() 里写一个名称"), _("写其中的一项：has(%(target)s.%(part)s)。")
            part = next(iter(value_type.parts), "")
            self.report(argument, words, hint, target=self.quote(argument), part=part)
            return None
        return BOOL

    def find_size(self, node: Call) -> Type | None:
        arguments = ([node.target] if node.target is not None else []) + list(node.arguments)
        if len(arguments) != 1:
            self.report(node, _("size() 里写一个文字或列表"), _("如 size(name) > 10。"))
            return None
        value_type = self.find_type(arguments[0])
        if value_type is None:
            return None
        if value_type.base not in {Base.TEXT, Base.LIST}:
            words, hint = _("size() 数文字的字数或列表的项数，%(text)s 是%(type)s"), _("直接用 %(text)s。")
            self.report(arguments[0], words, hint, text=self.quote(arguments[0]), type=value_type.label)
            return None
        return NUMBER

    def find_conversion(self, node: Call) -> Type | None:
        if len(node.arguments) != 1:
            self.report(node, _("%(name)s() 里写一个数"), _("如 %(name)s(storeys)。"), name=node.name)
            return None
        value_type = self.find_type(node.arguments[0])
        if value_type is None:
            return None
        if value_type.base is not Base.NUMBER:
            words, hint = _("%(name)s() 里要写数，%(text)s 是%(type)s"), _("不是数的不能转换成数。")
            text = self.quote(node.arguments[0])
            self.report(node.arguments[0], words, hint, name=node.name, text=text, type=value_type.label)
            return None
        return NUMBER

    def find_method(self, node: Call) -> Type | None:
        assert node.target is not None
        target = self.find_type(node.target)
        if len(node.arguments) != 1:
            words, hint = _("%(name)s() 里写一个文字"), _("如 name.%(name)s('垃圾')。")
            self.report(node, words, hint, name=node.name)
            return None
        argument = self.find_type(node.arguments[0])
        if target is None or argument is None:
            return None
        if target.base is Base.CHOICE:
            words = _("%(text)s 是选项，不能用 %(name)s")
            hint = _("用编码比较：%(text)s == '%(code)s'。编码：%(codes)s。")
            codes = target.codes or {}
            values = {"text": self.quote(node.target), "name": node.name, "codes": format_codes(codes)}
            self.report(node.target, words, hint, code=next(iter(codes), ""), **values)
            return None
        if target.base is not Base.TEXT:
            words = _("%(name)s 只能用于文字，%(text)s 是%(type)s")
            hint = _("用 ==、< 等比较。") if target.base is not Base.LIST else _("写 x in ['A', 'B']。")
            text = self.quote(node.target)
            self.report(node.target, words, hint, name=node.name, text=text, type=target.label)
            return None
        if argument.base is not Base.TEXT:
            words = _("%(name)s() 里要写文字，%(text)s 是%(type)s")
            hint = _("文字要加引号：'%(text)s'。")
            text = self.quote(node.arguments[0])
            self.report(node.arguments[0], words, hint, name=node.name, text=text, type=argument.label)
            return None
        return BOOL

    def report_function(self, node: Call) -> None:
        at = node.start if node.target is None else self.text.index(node.name, node.target.end)
        words, lower = _("没有 %(name)s 这个函数"), node.name.lower()
        if node.target is None and node.name in METHODS:
            first = self.quote(node.arguments[0]) if node.arguments else "name"
            hint, values = _("写 %(first)s.%(name)s('…')。"), {"first": first}
            words = _("%(name)s 写在文字后面")
        elif lower in _OTHER_FUNCTIONS:
            hint, values = _OTHER_FUNCTIONS[lower], {}
        elif nearest := find_nearest(node.name, ("has", "size", "double", "int", *METHODS)):
            hint, values = _("是不是 %(known)s？"), {"known": " / ".join(nearest)}
        else:
            hint, values = _("可用的函数：%(known)s。"), {"known": FUNCTIONS}
        self.report(at, words, hint, name=node.name, **values)

    # -- operators -------------------------------------------------------------------------------------------------

    def find_unary(self, node: Unary) -> Type | None:
        value_type = self.find_type(node.operand)
        if value_type is None:
            return None
        if node.sign == "!":
            return BOOL if self.need_condition(node.operand, value_type, "!") else None
        if value_type.base is not Base.NUMBER:
            words, hint = _("负号后面要写数，%(text)s 是%(type)s"), _("删去负号。")
            self.report(node.operand, words, hint, text=self.quote(node.operand), type=value_type.label)
            return None
        return NUMBER

    def need_condition(self, node: Node, value_type: Type, sign: str) -> bool:
        """Return whether a part is true or false, else report what to write."""
        if value_type.base is Base.BOOL:
            return True
        words = _("%(sign)s 连接条件，%(text)s 是%(type)s")
        hint, values = self.hint_at_condition(node, value_type)
        self.report(
            node, words, hint, **{"sign": sign, "text": self.quote(node), "type": value_type.label, **values}
        )
        return False

    def hint_at_condition(self, node: Node, value_type: Type) -> tuple[Any, dict[str, Any]]:
        """Return how a value becomes a condition."""
        text = self.quote(node)
        if value_type.base is Base.NUMBER:
            return _("写成条件：%(text)s > 0。"), {"text": text}
        if value_type.base is Base.DATE:
            return _("写成条件：has(%(text)s) 或 %(text)s < '2020-01-31'。"), {"text": text}
        if value_type.base in {Base.TEXT, Base.CHOICE}:
            code = next(iter(value_type.codes or {}), "…")
            return _("写成条件：%(text)s == '%(code)s'。"), {"text": text, "code": code}
        return _("写成条件，如 x in ['A', 'B']。"), {}

    def find_junction(self, node: Junction) -> Type | None:
        types = [self.find_type(part) for part in node.parts]
        sound = [
            value_type is not None and self.need_condition(part, value_type, node.sign)
            for part, value_type in zip(node.parts, types, strict=True)
        ]
        return BOOL if all(sound) else None

    def find_choice(self, node: Choice) -> Type | None:
        condition = self.find_type(node.condition)
        if condition is not None:
            self.need_condition(node.condition, condition, "?")
        yes, no = self.find_type(node.yes), self.find_type(node.no)
        if condition is None or condition.base is not Base.BOOL or yes is None or no is None:
            return None
        if yes.base is not no.base or yes.parts is not None or yes.base is Base.LIST:
            words, hint = _("“:”两边一个是%(yes)s，一个是%(no)s"), _("两边要是同一种单个的值。")
            self.report(node.no, words, hint, yes=yes.label, no=no.label)
            return None
        codes = {**yes.codes, **no.codes} if yes.codes is not None and no.codes is not None else None
        return Type(yes.base, codes=codes)

    def find_binary(self, node: Binary) -> Type | None:
        left, right = self.find_type(node.left), self.find_operand(node)
        if left is None or right is None:
            return None
        if node.sign in {"+", "-", "*", "/", "%"}:
            return self.find_arithmetic(node, left, right)
        if node.sign == "in":
            return self.find_within(node, left, right)
        return BOOL if self.compare(node, node.left, left, node.right, right) else None

    def find_operand(self, node: Binary) -> Type | None:
        """Return the type of the right side; a bare word that is a code of the left side is a text without quotes."""
        return self.find_type(node.right)

    def find_arithmetic(self, node: Binary, left: Type, right: Type) -> Type | None:
        for part, value_type in ((node.left, left), (node.right, right)):
            if value_type.base is Base.NUMBER:
                continue
            words = _("%(sign)s 只能算数，%(text)s 是%(type)s")
            if value_type.base is Base.DATE:
                hint = _("到今天的天数是 %(text)s_days。")
            elif isinstance(part, Literal) and isinstance(part.value, str) and _is_number(part.value):
                hint = _("数不加引号。")
            else:
                hint = _("算式里只用数。")
            self.report(part, words, hint, sign=node.sign, text=self.quote(part), type=value_type.label)
            return None
        if node.sign in {"/", "%"} and isinstance(node.right, Literal) and node.right.value == 0:
            self.report(node.right, _("除数是 0"), _("写一个不是 0 的数。"))
            return None
        return NUMBER

    def find_within(self, node: Binary, left: Type, right: Type) -> Type | None:
        if right.base is not Base.LIST:
            words = _("in 后面要写列表，%(text)s 是%(type)s")
            if right.base is Base.TEXT and left.base is Base.TEXT:
                hint = _("看文字里有没有：%(text)s.contains(%(left)s)。")
            else:
                hint = _("写方括号：%(left)s in [%(text)s]。")
            values = {"text": self.quote(node.right), "left": self.quote(node.left), "type": right.label}
            self.report(node.right, words, hint, **values)
            return None
        if left.base in {Base.LIST, Base.OBJECT}:
            words, hint = _("in 前面写一个值，%(text)s 是%(type)s"), _("如 use in ['HOME', 'SHOP']。")
            self.report(node.left, words, hint, text=self.quote(node.left), type=left.label)
            return None
        if isinstance(node.right, Items):
            sound = [
                self.compare(node, node.left, left, item, value_type)
                for item in node.right.items
                if (value_type := self.find_type(item)) is not None
            ]
            return BOOL if all(sound) else None
        return BOOL

    # -- comparisons -----------------------------------------------------------------------------------------------

    def compare(self, node: Binary, left: Node, left_type: Type, right: Node, right_type: Type) -> bool:
        """Return whether two values can be compared by the sign of the node, else report why not."""
        if {left_type.base, right_type.base} & {Base.LIST, Base.OBJECT}:
            part, value_type = (
                (left, left_type) if left_type.base in {Base.LIST, Base.OBJECT} else (right, right_type)
            )
            words, hint = _("%(text)s 是%(type)s，不能用 %(sign)s 比较"), _("单个的值才能比较；列表用 in。")
            self.report(part, words, hint, text=self.quote(part), type=value_type.label, sign=node.sign)
            return False
        # The side whose type the other one must have: a name rather than a literal.
        if isinstance(left, Literal) and not isinstance(right, Literal):
            return self.compare_with(node, right, right_type, left, left_type)
        return self.compare_with(node, left, left_type, right, right_type)

    def compare_with(  # noqa: PLR0911 (one for each kind)
        self, node: Binary, fixed: Node, fixed_type: Type, other: Node, other_type: Type
    ) -> bool:
        base = fixed_type.base
        if base is Base.DATE and other_type.base is Base.TEXT and isinstance(other, Literal):
            return self.check_day(fixed, other)
        if other_type.base is Base.DATE and base is Base.TEXT and isinstance(fixed, Literal):
            return self.check_day(other, fixed)
        is_code = base is Base.CHOICE and other_type.base is Base.TEXT and isinstance(other, Literal)
        if base is not other_type.base and not is_code:
            self.report_types(fixed, fixed_type, other, other_type)
            return False
        if node.sign not in {"==", "!=", "in"} and base not in ORDERED:
            self.report_order(node, fixed, fixed_type)
            return False
        if fixed_type.codes is not None and isinstance(other, Literal) and node.sign in {"==", "!=", "in"}:
            return self.check_code(fixed, fixed_type.codes, other)
        if base is Base.CHOICE and not set(fixed_type.codes or ()) & set(other_type.codes or ()):
            words, hint = _("%(left)s 和 %(right)s 没有相同的编码"), _("两边要是同一组选项。")
            self.report(other, words, hint, left=self.quote(fixed), right=self.quote(other))
            return False
        return True

    def check_code(self, fixed: Node, codes: Mapping[str, str], literal: Literal) -> bool:
        if literal.value in codes:
            return True
        words = _("%(name)s 没有编码“%(code)s”")
        code = str(literal.value)
        called_so = [known for known, name in codes.items() if name == code]
        if called_so:
            hint, values = _("写编码而不是名称：'%(known)s'。"), {"known": called_so[0]}
        elif nearest := find_nearest(code, codes):
            hint, values = _("是不是 %(known)s？"), {"known": " / ".join(f"'{name}'" for name in nearest)}
        else:
            hint, values = _("编码：%(known)s。"), {"known": format_codes(codes)}
        self.report(literal, words, hint, name=self.quote(fixed), code=code[:40], **values)
        return False

    def check_day(self, fixed: Node, literal: Literal) -> bool:
        text = str(literal.value)
        if _DAY.fullmatch(text) and _read_day(*text.split("-")) is not None:
            return True
        if _DAY.fullmatch(text):
            self.report(literal, _("没有 %(day)s 这一天"), _("写存在的日期，如 '2020-01-31'。"), day=text)
            return False
        match = _LOOSE_DAY.fullmatch(text.strip())
        day = _read_day(*filter(None, match.groups())) if match else None
        year = text if re.fullmatch(r"(19|20)\d\d", text) else "2020"
        write = day.isoformat() if day is not None else f"{year}-01-01"
        words = _("%(name)s 是日期，'%(text)s' 不是日期的写法")
        hint = _("写成 '%(write)s'，带引号和年月日。")
        self.report(literal, words, hint, name=self.quote(fixed), text=text[:40], write=write)
        return False

    def report_types(self, fixed: Node, fixed_type: Type, other: Node, other_type: Type) -> None:
        """Report that values of two types are compared, and what to write for the type of the fixed side."""
        words = _("%(fixed)s 是%(type)s，%(other)s 是%(other_type)s，不能比较")
        values: dict[str, Any] = {
            "fixed": self.quote(fixed),
            "type": fixed_type.label,
            "other": self.quote(other),
            "other_type": other_type.label,
        }
        hint = self.hint_at_types(fixed_type, other, values)
        self.report(other, words, hint, **values)

    def hint_at_types(self, fixed_type: Type, other: Node, values: dict[str, Any]) -> Any:  # noqa: PLR0911 (one for each kind)
        literal = other.value if isinstance(other, Literal) else None
        base = fixed_type.base
        if base is Base.NUMBER and isinstance(literal, str) and _is_number(literal):
            values["write"] = literal.strip()
            return _("数不加引号：%(write)s。")
        if base is Base.NUMBER:
            return _("和数比较：%(fixed)s >= 7。")
        if base is Base.BOOL:
            return _("直接写 %(fixed)s 或 !%(fixed)s。")
        if base is Base.DATE:
            year = literal if isinstance(literal, int) and 1900 <= literal <= 2100 else 2020
            values["write"] = f"{year}-01-01"
            return _("和日期比较：'%(write)s'；到今天的天数是 %(fixed)s_days。")
        if base in {Base.TEXT, Base.CHOICE} and literal is not None and not isinstance(literal, bool):
            values["write"] = values["other"]
            codes = fixed_type.codes
            if codes is None or str(literal) in codes:
                return _("文字要加引号：'%(write)s'。")
        if fixed_type.codes:
            values["codes"] = format_codes(fixed_type.codes)
            return _("和编码比较，加引号：%(codes)s。")
        return _("和文字比较，加引号：'…'。")

    def report_order(self, node: Binary, fixed: Node, value_type: Type) -> None:
        words = _("%(text)s 是%(type)s，没有大小，不能用 %(sign)s")
        hint = _("直接写 %(text)s 或 !%(text)s。")
        values: dict[str, Any] = {"text": self.quote(fixed), "type": value_type.label, "sign": node.sign}
        if value_type.base is Base.CHOICE:
            hint = _("用 == 或 in：%(text)s in ['%(codes)s']。")
            values["codes"] = "', '".join(list(value_type.codes or {})[:2])
        self.report(node.at, words, hint, **values)

    # -- the result ------------------------------------------------------------------------------------------------

    def report_result(self, tree: Node, value_type: Type, wanted: Type) -> None:
        """Report that the expression gives a value of another type than the place needs."""
        words = _("结果是%(type)s，这里要%(wanted)s")
        values: dict[str, Any] = {"type": value_type.label, "wanted": wanted.label}
        if wanted.base is Base.BOOL:
            hint, more = self.hint_at_condition(tree, value_type)
            values |= more
        else:
            hint = _("写一个算式，如 %(example)s。")
            values["example"] = self.names.example
        self.report(tree, words, hint, **values)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text.strip()) is not None


def _read_day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
