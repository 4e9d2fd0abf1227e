"""How the office offers Open311, as its pack states it."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from jiedao.kernel.errors import NotFoundError
from jiedao.kernel.policies import get_policy
from jiedao.places.models import choose_text


@dataclass(frozen=True)
class Endpoint:
    """The endpoint of the office.

    Attributes:
        contact, key_service: the contact for developers, and how to get an api_key, in the reader's language.
        jurisdiction: the jurisdiction_id; "" where every one is accepted, because the endpoint serves one office.
        stage: "production", or "test" where reports are not acted on.
        without_key: whether a request may be filed without an api_key.
        categories: the categories that are offered, as KIND:CODE, a major one with all below it; () for all.
    """

    contact: str
    key_service: str
    jurisdiction: str
    stage: str
    without_key: bool
    categories: tuple[str, ...]


def find_endpoint() -> Endpoint | None:
    """Return the endpoint of the applied pack, None where the pack does not offer Open311."""
    values: dict[str, Any] = get_policy("open311")
    if not values:
        return None
    return Endpoint(
        contact=choose_text(values, "contact"),
        key_service=choose_text(values, "key_service"),
        jurisdiction=values["jurisdiction"],
        stage=values["type"] or "production",
        without_key=bool(values["without_key"]),
        categories=tuple(values["services"] or ()),
    )


def get_endpoint(request: HttpRequest) -> Endpoint:
    """Return the endpoint of a request; raise NotFoundError where there is none, or for another jurisdiction."""
    endpoint = find_endpoint()
    if endpoint is None:
        raise NotFoundError(
            _("这个单位没有开放 Open311 接口。"), hint=_("要开放，请在数据包里加上 open311.toml。")
        )
    wanted = (request.POST.get("jurisdiction_id") or request.GET.get("jurisdiction_id") or "").strip()
    if wanted and endpoint.jurisdiction and wanted.lower() != endpoint.jurisdiction.lower():
        raise NotFoundError(
            _("没有 jurisdiction_id %(name)s。") % {"name": wanted[:80]},
            hint=_("这里是 %(name)s；也可以不写。") % {"name": endpoint.jurisdiction},
            field="jurisdiction_id",
        )
    return endpoint
