"""Read an expression into its tree. What is missing is reported at the place where it is missing."""

from collections.abc import Callable
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from jiedao.kernel.expressions.faults import ExpressionFault
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
from jiedao.kernel.expressions.tokens import Kind, Token, read_tokens

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in")
LONGEST = 4000  # characters
DEEPEST = 60  # nested operators and brackets: the tree is read and computed recursively
# Words of other languages where an operator is expected, in small letters -> what to write.
_WRONG_OPERATORS = {
    "and": "&&", "or": "||", "且": "&&", "并且": "&&", "而且": "&&", "或": "||", "或者": "||", "is": "==", "eq": "==",
    "equals": "==", "like": "==", "等于": "==", "为": "==", "是": "==", "不等于": "!=", "ne": "!=", "大于": ">",
    "小于": "<", "gt": ">", "lt": "<", "大于等于": ">=", "小于等于": "<=", "mod": "%", "div": "/",
}  # fmt: skip
_NOT_WORDS = {"not", "非", "不"}
_WRONG_LITERALS = {"true": "true", "false": "false"}
_NULLS = {"null", "none", "nil"}


def parse_expression(text: str) -> Node:
    """Return the tree of an expression; raise ExpressionFault where the text is none."""
    if len(text) > LONGEST:
        hint = _("拆成几条，每条最多 %(most)d 个字符。")
        raise ExpressionFault(_("表达式太长"), hint, at=LONGEST, most=LONGEST)
    tokens = read_tokens(text)
    if len(tokens) == 1:
        raise ExpressionFault(_("表达式是空的"), _("写一个条件，如 storeys >= 7。"))
    return _Parser(tokens).read_all()


class _Parser:
    """A reader of tokens, one function for each level of precedence."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.index = 0
        self.depth = 0
        self.open: list[Token] = []  # the brackets that are not closed yet

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    @property
    def previous(self) -> Token | None:
        return self.tokens[self.index - 1] if self.index else None

    def take(self) -> Token:
        token = self.token
        self.index += 1
        return token

    def read_all(self) -> Node:
        tree = self.read_choice()
        if self.token.kind is not Kind.END:
            raise self.name_leftover()
        return tree

    # -- levels of precedence, the loosest first -------------------------------------------------------------------

    def read_choice(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionFault(_("括号套得太深"), _("拆成几条。"), at=self.token.start)
        condition = self.read_junction("||", lambda: self.read_junction("&&", self.read_comparison))
        if self.token.is_sign("?"):
            question = self.take()
            yes = self.read_choice()
            if not self.token.is_sign(":"):
                if self.token.kind is not Kind.END and not self.token.is_sign(")", "]", ","):
                    raise self.name_leftover()
                hint = _("完整的写法：条件 ? 值 : 另一个值（? 在第 %(number)d 个字符）。")
                raise ExpressionFault(
                    _("这里少了 :"), hint, at=self.end_of_previous(), number=question.start + 1
                )
            self.take()
            no = self.read_choice()
            condition = Choice(condition.start, no.end, condition, yes, no)
        self.depth -= 1
        return condition

    def read_junction(self, sign: str, read_part: Callable[[], Node]) -> Node:
        parts = [read_part()]
        while self.token.is_sign(sign):
            self.take()
            parts.append(read_part())
        if len(parts) == 1:
            return parts[0]
        return Junction(parts[0].start, parts[-1].end, sign, tuple(parts))

    def read_comparison(self) -> Node:
        node = self.read_operators(("+", "-"), lambda: self.read_operators(("*", "/", "%"), self.read_unary))
        compared = False
        while self.token.is_sign(*COMPARISONS) or self.is_wrong_comparison():
            sign = self.take()
            if compared:
                words, hint = _("比较不能连着写"), _("分成两个：1 <= x && x <= 5。")
                raise ExpressionFault(words, hint, at=sign.start)
            right = self.read_operators(
                ("+", "-"), lambda: self.read_operators(("*", "/", "%"), self.read_unary)
            )
            node = Binary(node.start, right.end, sign.text, node, right, sign.start)
            compared = True
        return node

    def is_wrong_comparison(self) -> bool:
        """Raise the fault of `not in`, `between`; otherwise return False."""
        token, following = self.token, self.tokens[min(self.index + 1, len(self.tokens) - 1)]
        if token.kind is Kind.WORD and token.text.lower() == "not" and following.text.lower() == "in":
            words, hint = _("没有 not in 这个运算符"), _("写 !(x in ['A', 'B'])。")
            raise ExpressionFault(words, hint, at=token.start)
        if token.kind is Kind.WORD and token.text.lower() == "between":
            words, hint = _("没有 between 这个运算符"), _("写两个比较：x >= 1 && x <= 5。")
            raise ExpressionFault(words, hint, at=token.start)
        return False

    def read_operators(self, signs: tuple[str, ...], read_part: Callable[[], Node]) -> Node:
        node, count = read_part(), 0
        while self.token.is_sign(*signs):
            sign = self.take()
            right = read_part()
            node = Binary(node.start, right.end, sign.text, node, right, sign.start)
            count += 1
            if count > DEEPEST:
                raise ExpressionFault(_("一串运算太长"), _("拆成几条。"), at=sign.start)
        return node

    def read_unary(self) -> Node:
        if not self.token.is_sign("!", "-"):
            return self.read_members()
        sign = self.take()
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionFault(_("括号套得太深"), _("拆成几条。"), at=sign.start)
        operand = self.read_unary()
        self.depth -= 1
        return Unary(sign.start, operand.end, sign.text, operand)

    def read_members(self) -> Node:
        node = self.read_value()
        count = 0
        while self.token.is_sign(".", "["):
            sign = self.take()
            count += 1
            if sign.text == "[":
                words, hint = _("不能用方括号取其中一项"), _("要看列表里有没有，写 x in ['A', 'B']。")
                raise ExpressionFault(words, hint, at=sign.start)
            if self.token.kind is not Kind.WORD:
                raise ExpressionFault(_(". 后面少了名称"), _("如 category.name。"), at=sign.end)
            if count > DEEPEST:
                raise ExpressionFault(_("括号套得太深"), _("拆成几条。"), at=sign.start)
            name = self.take()
            if self.token.is_sign("("):
                arguments = self.read_list("(", ")")
                node = Call(node.start, self.end_of_previous(), name.text, node, arguments)
            else:
                node = Member(node.start, name.end, node, name.text)
        return node

    # -- single values ---------------------------------------------------------------------------------------------

    def read_value(self) -> Node:
        token = self.token
        if token.kind in {Kind.NUMBER, Kind.TEXT}:
            self.take()
            return Literal(token.start, token.end, token.value)
        if token.is_sign("("):
            return self.read_brackets()
        if token.is_sign("["):
            items = self.read_list("[", "]")
            return Items(token.start, self.end_of_previous(), items)
        if token.kind is Kind.WORD and token.text != "in":
            return self.read_word()
        raise self.name_missing_value()

    def read_word(self) -> Node:
        token = self.take()
        word = token.text.lower()
        follows_value = self.token.kind in {Kind.WORD, Kind.NUMBER, Kind.TEXT} or self.token.is_sign("(", "!")
        if word in _NOT_WORDS and follows_value and not self.token.is_sign("in"):
            raise ExpressionFault(
                _("没有 %(word)s 这个运算符"), _("写 !，如 !alarms。"), at=token.start, word=token.text
            )
        if word in _WRONG_OPERATORS and word not in {"is", "为", "是"} and follows_value:
            raise self.name_word_operator(token)
        if word in _NULLS:
            hint = _("要看有没有填写，用 has(…)：has(storeys)，没有填写是 !has(storeys)。")
            raise ExpressionFault(_("表达式里没有 %(word)s"), hint, at=token.start, word=token.text)
        if word in _WRONG_LITERALS:
            if token.text != word:
                hint = _("用小写：%(word)s。")
                raise ExpressionFault(
                    _("没有 %(text)s 这个值"), hint, at=token.start, text=token.text, word=word
                )
            return Literal(token.start, token.end, word == "true")
        if self.token.is_sign("("):
            arguments = self.read_list("(", ")")
            return Call(token.start, self.end_of_previous(), token.text, None, arguments)
        return Name(token.start, token.end, token.text)

    def read_brackets(self) -> Node:
        bracket = self.take()
        self.open.append(bracket)
        node = self.read_choice()
        if self.token.is_sign(","):
            words, hint = _("圆括号里不能有逗号"), _("列表写在方括号里：['A', 'B']。")
            raise ExpressionFault(words, hint, at=self.token.start)
        self.close(bracket, ")")
        return replace(node, start=bracket.start, end=self.end_of_previous())

    def read_list(self, opening: str, closing: str) -> tuple[Node, ...]:
        """Return the parts between brackets, which commas separate."""
        bracket = self.take()
        assert bracket.text == opening
        self.open.append(bracket)
        items: list[Node] = []
        while not self.token.is_sign(closing):
            items.append(self.read_choice())
            if self.token.is_sign(","):
                comma = self.take()
                if self.token.is_sign(closing, ","):
                    raise ExpressionFault(_("多了一个逗号"), _("删去它。"), at=comma.start)
            elif self.token.kind in {Kind.NUMBER, Kind.TEXT} or self.is_value_word():
                words, hint = _("这里少了逗号"), _("各项之间写逗号：%(before)s, %(after)s。")
                before, after = self.tokens[self.index - 1].text, self.token.text
                raise ExpressionFault(words, hint, at=self.end_of_previous(), before=before, after=after)
            else:
                break
        self.close(bracket, closing)
        return tuple(items)

    def is_value_word(self) -> bool:
        token = self.token
        return token.kind is Kind.WORD and token.text.lower() not in {
            *_WRONG_OPERATORS,
            "in",
            "not",
            "between",
        }

    def close(self, bracket: Token, closing: str) -> None:
        """Pass the closing bracket, or raise the fault at the place where it is missing."""
        if self.token.is_sign(closing):
            self.take()
            self.open.pop()
            return
        if self.token.kind is not Kind.END and not self.token.is_sign(")", "]", ",", ":"):
            raise self.name_leftover()
        hint = _("它和第 %(number)d 个字符的 %(opening)s 是一对。")
        raise ExpressionFault(
            _("这里少了 %(closing)s"),
            hint,
            at=self.end_of_previous(),
            closing=closing,
            number=bracket.start + 1,
            opening=bracket.text,
        )

    # -- faults ----------------------------------------------------------------------------------------------------

    def end_of_previous(self) -> int:
        return self.previous.end if self.previous is not None else 0

    def name_word_operator(self, token: Token) -> ExpressionFault:
        write = _WRONG_OPERATORS[token.text.lower()]
        words = _("没有 %(word)s 这个运算符")
        return ExpressionFault(words, _("写 %(write)s。"), at=token.start, word=token.text, write=write)

    def name_leftover(self) -> ExpressionFault:
        """Return the fault of a token that cannot follow a value."""
        token = self.token
        word = token.text.lower()
        if token.kind is Kind.WORD and word in _WRONG_OPERATORS:
            return self.name_word_operator(token)
        if token.is_sign(")", "]"):
            opening = "(" if token.text == ")" else "["
            words, hint = _("多了 %(sign)s"), _("前面没有和它成对的 %(opening)s：删去它，或补上另一个。")
            return ExpressionFault(words, hint, at=token.start, sign=token.text, opening=opening)
        if token.is_sign(","):
            hint = _("两个条件之间写 && 或 ||；列表写在方括号里。")
            return ExpressionFault(_("这里不能有逗号"), hint, at=token.start)
        if token.is_sign(":"):
            return ExpressionFault(_(": 前面没有 ?"), _("完整的写法：条件 ? 值 : 另一个值。"), at=token.start)
        hint = _("两个条件之间写 && 或 ||，两个值之间写 ==、< 等。")
        words = _("%(before)s 和 %(after)s 之间少了运算符")
        before = self.previous.text if self.previous is not None else ""
        return ExpressionFault(words, hint, at=self.end_of_previous(), before=before, after=token.text)

    def name_missing_value(self) -> ExpressionFault:
        """Return the fault of a place at which a value must be."""
        token, before = self.token, self.previous
        if before is None:
            words, hint = _("%(sign)s 前面少了一个值"), _("如 storeys >= 7。")
            return ExpressionFault(words, hint, at=token.start, sign=token.text)
        if before.is_sign("(", "["):
            return ExpressionFault(_("括号里是空的"), _("写一个条件或值，或删去括号。"), at=before.end)
        hint = _("写一个值，如 7、'A' 或字段的名称。")
        return ExpressionFault(_("%(sign)s 后面少了一个值"), hint, at=before.end, sign=before.text)
