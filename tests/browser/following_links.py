"""Walk the site by following its links, so that every kind of page is visited once."""

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urljoin, urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import Error, Page

Check = Callable[[Page], list[str]]
Kind = tuple[str, str]
# Of these addresses each value of the parameter is a page of its own.
VARIANTS = {"desk:case": "move", "desk:reports": "view", "desk:cases": "view"}
APP = "field:app"
FIND_LINKS = """[...document.querySelectorAll("a[href]:not([download])")]
  .map((link) => new URL(link.getAttribute("href"), document.baseURI).href)"""  # also links in drawings


def name_kind(address: str) -> Kind | None:
    """Return the kind of page that an address shows: its url name and what else makes it another page."""
    parts = urlsplit(address)
    try:
        name = resolve(parts.path).view_name
    except Resolver404:
        return None
    if name == APP:
        _, page, *rest = [*parts.fragment.split("/"), ""]
        return name, " ".join([page, *rest[1:2]]).strip()
    parameter = VARIANTS.get(name, "")
    return name, parse_qs(parts.query).get(parameter, [""])[0] if parameter else ""


@dataclass
class Walk:
    """A walk over the pages of a site.

    Attributes:
        check: returns the faults of the page that is open.
        within: beginnings of the url names of the pages to visit.
        left_out: url names that are not visited.
        visited: the kinds of pages that were visited, by any user.
    """

    address: str
    check: Check
    within: tuple[str, ...]
    left_out: set[str]
    visited: set[Kind] = field(default_factory=set)
    faults: dict[str, list[str]] = field(default_factory=dict)

    def follow(self, page: Page, starts: list[str], who: str) -> None:
        """Visit the start pages, and every kind of page behind them that was not visited yet."""
        queue = deque(urljoin(self.address, start) for start in starts)
        own = {kind for start in starts if (kind := name_kind(start))}
        while queue:
            target = queue.popleft()
            kind = name_kind(target) if target.startswith(self.address) else None
            if kind is None or not self._is_new(kind, own):
                continue
            own.discard(kind)
            self.visited.add(kind)
            queue.extend(self._visit(page, target, f"{who} {target.removeprefix(self.address)}"))

    def _is_new(self, kind: Kind, own: set[Kind]) -> bool:
        name = kind[0]
        return (
            name.startswith(self.within)
            and name not in self.left_out
            and (kind not in self.visited or kind in own)
        )

    def _visit(self, page: Page, target: str, place: str) -> Iterator[str]:
        if "#/" in target:
            page.goto("about:blank")  # else only the fragment changes, and nothing is loaded
        try:
            answer = page.goto(target, wait_until="domcontentloaded")
        except Error as fault:
            if "Download is starting" in fault.message:
                return
            raise
        assert answer is not None
        if answer.status >= 400:
            self.faults[place] = [f"status {answer.status}"]
            return
        if not answer.headers.get("content-type", "").startswith("text/html"):
            return
        if (name_kind(page.url) or ("",))[0] == APP:
            # The app gives the window the name of the screen once it has drawn it.
            title = re.search("<title>(.*?)</title>", answer.text())
            page.wait_for_function("title => document.title !== title", arg=title and title[1])
        if faults := self.check(page):
            self.faults[place] = faults
        yield from page.evaluate(FIND_LINKS)
