"""The attributes of a service: the questions that its category asks."""

from typing import Any

from jiedao.cases.catalogue import CategoryInfo


def has_attributes(category: CategoryInfo | None) -> bool:
    """Return whether a category asks questions of its own."""
    return bool(describe_attributes(category))


def describe_attributes(category: CategoryInfo | None) -> list[dict[str, Any]]:
    """Return the questions of a category as attributes of a service definition."""
    return []
