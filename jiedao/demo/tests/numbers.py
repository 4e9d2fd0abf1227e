"""The numbers of a page that are links, and the number of rows that the page behind a link states."""

import re
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


def list_linked_numbers(url: str, page: Node) -> list[LinkedNumber]:
    """Return the numbers of tiles, tabs, headings, cards, bars and tables that are links."""
    rows: list[tuple[str, str, str]] = []
    for tile in page.find_all("a", "j-stat"):
        label, value = tile.find(name="j-stat__label"), tile.find(name="j-stat__value")
        assert label is not None
        assert value is not None
        rows.append((label.text, value.text, tile.attributes["href"]))
        note = tile.find(name="j-stat__note")
        fraction = re.match(r"([0-9]+)/([0-9]+)", note.text) if note is not None else None
        if fraction is not None:
            rows[-1] = (label.text, fraction[2], tile.attributes["href"])
    for link in [*page.find_all("a", "j-stat__more"), *page.find_all("a", "o-failing")]:
        rows.append((link.text, link.text.split()[-1], link.attributes["href"]))
    for tabs in page.find_all("nav", "j-tabs"):
        for link in tabs.find_all("a"):
            count = link.find(name="j-count")
            rows.extend([(link.text, count.text, link.attributes["href"])] if count is not None else [])
    for head in page.find_all("header", "j-panel__head"):
        count = head.find(name="j-count")
        links = [link for link in head.find_all("a") if "j-due" not in link.classes]
        if count is not None and links:
            rows.append((head.text, count.text, links[0].attributes["href"]))
        for late in head.find_all("a", "j-due"):
            rows.append((head.text, late.text.split()[0], late.attributes["href"]))
    for card in page.find_all("a", "reg-card"):
        count = card.find(name="reg-card__count")
        assert count is not None
        rows.append((card.text, count.text, card.attributes["href"]))
    for cell in page.find_all("td"):
        for link in cell.find_all("a"):
            fraction = re.match(r"([0-9]+)/([0-9]+)", link.attributes.get("title", ""))
            if "o-rate" in link.classes and fraction is not None:
                rows.append((link.text, fraction[2], link.attributes["href"]))
            elif "j-num" in cell.classes and WHOLE.fullmatch(link.text):
                rows.append((cell.attributes.get("data-label", ""), link.text, link.attributes["href"]))
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
