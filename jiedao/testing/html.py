"""A page of the site as a tree, for tests that read what it shows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "use", "wbr"}


@dataclass
class Node:
    """An element with its attributes, its children and the texts between them."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    parent: "Node | None" = None
    children: list["Node | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text of the element and of everything in it, with single spaces."""
        parts = (child if isinstance(child, str) else child.text for child in self.children)
        return " ".join(" ".join(parts).split())

    @property
    def classes(self) -> list[str]:
        """The classes of the element."""
        return self.attributes.get("class", "").split()

    def walk(self) -> Iterator["Node"]:
        """Yield the element and all elements in it, in the order of the page."""
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def find_all(self, tag: str = "", name: str = "", attribute: str = "") -> list["Node"]:
        """Return the elements below with this tag, class and attribute; "" allows any."""
        return [
            node
            for node in self.walk()
            if node is not self
            and (not tag or node.tag == tag)
            and (not name or name in node.classes)
            and (not attribute or attribute in node.attributes)
        ]

    def find(self, tag: str = "", name: str = "", attribute: str = "") -> "Node | None":
        """Return the first of `find_all`, None without one."""
        return next(iter(self.find_all(tag, name, attribute)), None)


class _TreeBuilder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("")
        self._current = self.root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self._current)
        self._current.children.append(node)
        if tag not in VOID:
            self._current = node

    def handle_endtag(self, tag: str) -> None:
        node: Node | None = self._current
        while node is not None and node.tag != tag:
            node = node.parent
        if node is not None and node.parent is not None:
            self._current = node.parent

    def handle_data(self, data: str) -> None:
        self._current.children.append(data)


def parse_page(html: str) -> Node:
    """Return the root of the tree of a page."""
    builder = _TreeBuilder()
    builder.feed(html)
    return builder.root
