"""The public selectors of the room, for other rooms."""

from jiedao.publishing.review.public import (
    PublicFilter,
    PublicMatter,
    PublicPage,
    find_public_photo,
    get_public_case,
    list_public_cases,
    read_public_cases,
)

__all__ = [
    "PublicFilter",
    "PublicMatter",
    "PublicPage",
    "find_public_photo",
    "get_public_case",
    "list_public_cases",
    "read_public_cases",
]
