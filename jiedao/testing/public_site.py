"""A public site for tests: what a pack with portal.toml would leave in the database."""

from jiedao.kernel.memo import forget_all
from jiedao.kernel.models import Policy

OFFERS = (
    {"key": "rubbish", "label": "垃圾没人清", "label_en": "Rubbish not cleared", "category": "01001"},
    {"key": "other", "label": "其他问题"},
    {"key": "company", "label": "企业诉求", "audience": "COMPANY"},
)


def open_site() -> None:
    """Store the site as the applied pack describes it; the offers name categories of the cast."""
    from jiedao.portal.pack.tables import OFFER, SITE

    empty = dict.fromkeys((column.name for column in SITE.columns), "")
    words = {
        "name": "东街便民服务",
        "welcome": "说一声就行。",
        "telephone": "0755-12345678",
        "privacy": "保存两年。",
    }
    offers = [dict.fromkeys((column.name for column in OFFER.columns), "") | offer for offer in OFFERS]
    Policy.objects.update_or_create(key="portal", defaults={"value": {**empty, **words, "offers": offers}})
    forget_all()
