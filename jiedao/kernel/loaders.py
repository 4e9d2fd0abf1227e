"""The loader of the pages' templates, which draws what is constant in them once in a process and language.

Two of three nodes of a page are texts, translated words and icons. Each costs a few microseconds at every request, and
a page has hundreds: drawing them anew took a page of a case a sixth of its time.
"""

import threading
from collections.abc import Iterable
from typing import Any, TypeGuard

from django.template import Context
from django.template.base import FilterExpression, Node, NodeList, TextNode
from django.template.defaulttags import AutoEscapeControlNode, CommentNode, IfNode, LoadNode, URLNode
from django.template.library import SimpleNode
from django.template.loaders.cached import Loader
from django.templatetags.i18n import TranslateNode
from django.templatetags.static import StaticNode
from django.urls import NoReverseMatch
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from jiedao.kernel.addresses import make_address

# Tags whose result depends on nothing but their arguments and the language.
CONSTANT_TAGS = {"icon", "constant"}
SILENT_NODES = (CommentNode, LoadNode)


class JoiningLoader(Loader):
    """Caches templates in the process, as Django's cached loader does, and joins their constant nodes."""

    def __init__(self, engine: Any, loaders: Any) -> None:
        super().__init__(engine, loaders)
        self._lock = threading.Lock()

    def get_template(self, template_name: str, skip: Any = None) -> Any:
        """Return a template; its constant nodes are joined when it is first read."""
        template: Any = super().get_template(template_name, skip)
        if not getattr(template, "is_joined", False):
            with self._lock:
                if not getattr(template, "is_joined", False):
                    join_constants(template.nodelist)
                    template.is_joined = True
        return template


class ConstantNode(Node):
    """Neighbouring nodes that depend on nothing but the language, drawn on first use in each."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.token, self.origin = nodes[0].token, nodes[0].origin
        self.texts: dict[str | None, str] = {}

    def render(self, _context: Context) -> SafeString:
        """Return the text in the current language."""
        language = get_language()
        text = self.texts.get(language)
        if text is None:
            text = "".join(node.render(Context()) for node in self.nodes)
            self.texts[language] = text
        return SafeString(text)


class AddressNode(Node):
    """The tag `url` with a fixed name and at most one value, whose address is made as `addresses` does."""

    def __init__(self, node: URLNode) -> None:
        self.token, self.origin = node.token, node.origin
        self.name = str(node.view_name.resolve(Context()))
        self.values, self.variable = node.args, node.asvar

    def render(self, context: Context) -> str:
        """Return the address; "" where it is stored in a variable, as the tag of Django does."""
        url = ""
        try:
            url = make_address(self.name, *(value.resolve(context) for value in self.values))
        except NoReverseMatch:
            if not self.variable:
                raise
        if self.variable:
            context[self.variable] = url
            return ""
        return conditional_escape(url) if context.autoescape else url


def join_constants(nodes: NodeList) -> None:
    """Replace neighbouring constant nodes of a list, and of the lists within it, by one."""
    joined: list[Node] = []
    run: list[Node] = []
    for node in nodes:
        if _is_constant(node):
            run.append(node)
            continue
        for inner in _list_inner_lists(node):
            join_constants(inner)
        joined += _join(run)
        joined.append(AddressNode(node) if _has_plain_address(node) else node)
        run = []
    nodes[:] = joined + _join(run)


def _join(run: list[Node]) -> list[Node]:
    run = [node for node in run if not isinstance(node, SILENT_NODES)]
    if len(run) < 2 and all(isinstance(node, TextNode) for node in run):
        return run
    return [ConstantNode(run)]


def _list_inner_lists(node: Node) -> Iterable[NodeList]:
    if isinstance(node, AutoEscapeControlNode):  # constants are drawn with escaping
        return []
    if isinstance(node, IfNode):
        return [inner for _condition, inner in node.conditions_nodelists]
    lists = (getattr(node, name, None) for name in node.child_nodelists)
    return [inner for inner in lists if isinstance(inner, NodeList)]


def _is_constant(node: Node) -> bool:
    if isinstance(node, (TextNode, *SILENT_NODES)):
        return True
    if isinstance(node, TranslateNode):
        context = node.message_context
        return (
            not node.asvar
            and not node.noop
            and _is_literal(node.filter_expression)
            and (context is None or _is_literal(context))
        )
    if isinstance(node, StaticNode):
        return node.varname is None and _is_literal(node.path)
    if isinstance(node, SimpleNode):
        arguments = [*node.args, *node.kwargs.values()]
        return (
            node.func.__name__ in CONSTANT_TAGS
            and not node.takes_context
            and node.target_var is None
            and all(map(_is_literal, arguments))
        )
    return False


def _has_plain_address(node: Node) -> TypeGuard[URLNode]:
    return (
        isinstance(node, URLNode) and _is_literal(node.view_name) and not node.kwargs and len(node.args) <= 1
    )


def _is_literal(expression: FilterExpression) -> bool:
    """Return whether an expression is a text or a number, or `_("...")`, without a filter."""
    if expression.filters:
        return False
    return not expression.is_var or expression.var.literal is not None
