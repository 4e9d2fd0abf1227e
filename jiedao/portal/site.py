"""The public's site as the pack describes it: its words in the visitor's language, and what it offers to report."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

from jiedao.kernel.policies import get_policy
from jiedao.places.models import choose_text


@dataclass(frozen=True)
class Offer:
    """A matter that the site offers to report, in the words of a resident.

    Attributes:
        name: the label in Chinese, which the subject of a case begins with; `label` is in the visitor's language.
        group: the heading under which the form lists it; "" for none.
        audience: "RESIDENT", or "COMPANY" for the request of a company.
        kind, category: the category of the cases; the code is "" where a clerk chooses the category.
    """

    key: str
    name: str
    label: str
    hint: str
    group: str
    audience: str
    kind: str
    category: str


@dataclass(frozen=True)
class Site:
    """What the office states about itself on its public pages."""

    name: str
    welcome: str
    telephone: str
    hours: str
    address: str
    privacy: str
    offers: tuple[Offer, ...]


# By language, with the value of the policy that the site was made of: a public page needs the site several times.
_SITES: dict[str, tuple[dict[str, Any], Site]] = {}


def find_site() -> Site | None:
    """Return the site of the applied pack in the visitor's language, None where the pack has none."""
    values: dict[str, Any] = get_policy("portal")
    if not values:
        return None
    language = get_language() or ""
    made_of, site = _SITES.get(language, (None, None))
    if site is None or made_of is not values:
        site = _make_site(values)
        _SITES[language] = (values, site)
    return site


def _make_site(values: dict[str, Any]) -> Site:
    return Site(
        name=choose_text(values, "name"),
        welcome=choose_text(values, "welcome"),
        telephone=values["telephone"],
        hours=choose_text(values, "hours"),
        address=choose_text(values, "address"),
        privacy=choose_text(values, "privacy"),
        offers=tuple(_make_offer(row) for row in values["offers"]),
    )


def list_offers(audience: str = "RESIDENT") -> list[Offer]:
    """Return what the site offers to residents, or to companies."""
    site = find_site()
    return [offer for offer in site.offers if offer.audience == audience] if site else []


def find_offer(key: str) -> Offer | None:
    """Return the offer with this key, None where the site does not make it."""
    site = find_site()
    return next((offer for offer in site.offers if offer.key == key), None) if site else None


def _make_offer(row: dict[str, Any]) -> Offer:
    return Offer(
        key=row["key"],
        name=row["label"],
        label=choose_text(row, "label"),
        hint=choose_text(row, "hint"),
        group=choose_text(row, "group"),
        audience=row["audience"] or "RESIDENT",
        kind=row["kind"] or "MATTER",
        category=row["category"],
    )
