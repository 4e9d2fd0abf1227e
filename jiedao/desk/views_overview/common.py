"""What several of these pages need."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse


def case_url(number: str) -> str:
    """Return the address of a case's page."""
    return reverse("desk:case", args=[number])


def whole_number(text: str | None) -> int | None:
    """Return the positive whole number a form sent; None for anything else."""
    clean = (text or "").strip()
    return int(clean) if clean.isascii() and clean.isdigit() and len(clean) < 19 else None


def posted(request: HttpRequest, *names: str) -> dict[str, Any]:
    """Return the posted fields by name, stripped."""
    return {name: request.POST.get(name, "").strip() for name in names}
