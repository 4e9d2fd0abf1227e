"""System checks of the audit's settings."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from jiedao.audit.digest import ALGORITHMS, DigestUnavailable, hash_bytes


@register()
def check_digest(**_kwargs: Any) -> list[CheckMessage]:
    """Report a digest that is unknown or missing on this machine."""
    try:
        hash_bytes(settings.JIEDAO_DIGEST, b"")
    except DigestUnavailable as fault:
        hint = f"Set JIEDAO_DIGEST to one of: {', '.join(ALGORITHMS)}."
        return [Error(f"JIEDAO_DIGEST: {fault}", hint=hint, id="audit.E001")]
    return []
