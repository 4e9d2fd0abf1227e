"""The numbers of a page that are links, and the number of rows that the page behind a link states."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from django.test import Client

from jiedao.testing.html import Node, parse_page

WHOLE = re.compile(r"[0-9][0-9,]*")
TOTAL = re.compile(r"共 ([0-9][0-9,]*) [条件项]")


@dataclass(frozen=True)
class LinkedNumber:
    """A number of a page with the address that it opens and what it is called."""

    page: str
    label: str
    number: str
    url: str


def open_page(client: Client, url: str) -> Node:
    """Return the page at an address; it must answer 200."""
    answer = client.get(url)
    assert answer.status_code == 200, (url, answer.status_code)
    return parse_page(answer.content.decode())


Row = tuple[str, str, str]  # label, number, address


def _read_fraction(text: str) -> str:
    """Return the denominator of "3/4", "" for another text."""
    fraction = re.match(r"[0-9]+/([0-9]+)", text)
    return fraction[1] if fraction is not None else ""


def _get_text(node: Node | None) -> str:
    return node.text if node is not None else ""


def _list_tiles(page: Node) -> Iterator[Row]:
    for tile in page.find_all("a", "j-stat"):
        value, note = _get_text(tile.find(name="j-stat__value")), _get_text(tile.find(name="j-stat__note"))
        label = _get_text(tile.find(name="j-stat__label"))
        yield label, _read_fraction(note) or value, tile.attributes["href"]
    for link in [*page.find_all("a", "j-stat__more"), *page.find_all("a", "o-failing")]:
        yield link.text, link.text.split()[-1], link.attributes["href"]
    for card in page.find_all("a", "reg-card"):
        yield card.text, _get_text(card.find(name="reg-card__count")), card.attributes["href"]


def _list_tabs_and_headings(page: Node) -> Iterator[Row]:
    for tabs in page.find_all("nav", "j-tabs"):
        for link in tabs.find_all("a"):
            count = _get_text(link.find(name="j-count"))
            if count:
                yield link.text, count, link.attributes["href"]
    for head in page.find_all("header", "j-panel__head"):
        count, links = _get_text(head.find(name="j-count")), head.find_all("a")
        late = [link for link in links if "j-due" in link.classes]
        for link in late:
            yield head.text, link.text.split()[0], link.attributes["href"]
        if count and len(links) > len(late):
            yield head.text, count, links[-1].attributes["href"]


def _list_cells(page: Node) -> Iterator[Row]:
    for cell in page.find_all("td"):
        for link in cell.find_all("a"):
            denominator = _read_fraction(link.attributes.get("title", ""))
            if "o-rate" in link.classes and denominator:
                yield link.text, denominator, link.attributes["href"]
            elif "j-num" in cell.classes and WHOLE.fullmatch(link.text):
                yield cell.attributes.get("data-label", ""), link.text, link.attributes["href"]


def list_linked_numbers(url: str, page: Node) -> list[LinkedNumber]:
    """Return the numbers of tiles, tabs, headings, cards and tables that are links."""
    rows = [*_list_tiles(page), *_list_tabs_and_headings(page), *_list_cells(page)]
    return [LinkedNumber(url, label, number, urljoin(url, href)) for label, number, href in rows]


def read_stated_total(page: Node) -> int:
    """Return how many rows a list states: in words, else those that it shows."""
    main = page.find("main")
    assert main is not None
    stated = TOTAL.search(main.text)
    return int(stated[1].replace(",", "")) if stated else len(main.find_all(attribute="data-row"))


def find_faults(client: Client, numbers: list[LinkedNumber], known: dict[str, Node]) -> list[str]:
    """Return a text for each number that is not that of the page behind it; `known` caches the pages of a user."""
    faults = []
    for entry in numbers:
        if entry.url.partition("#")[2]:
            continue
        if entry.url not in known:
            known[entry.url] = open_page(client, entry.url)
        page = known[entry.url]
        if WHOLE.fullmatch(entry.number):
            is_equal = read_stated_total(page) == int(entry.number.replace(",", ""))
        else:  # an amount: the page behind it states the same one
            is_equal = entry.number.split()[0] in page.text
        if not is_equal:
            faults.append(f"{entry} opens {read_stated_total(page)}")
    return faults
