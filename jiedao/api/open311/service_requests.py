"""Service requests with their public content."""

from typing import Any

from django.utils.translation import gettext as _

from jiedao.api.open311.endpoint import Endpoint
from jiedao.api.open311.forms import MOST_TEXT
from jiedao.api.open311.moments import format_moment
from jiedao.api.open311.parameters import RequestQuery
from jiedao.api.open311.services import list_offered_categories, make_service
from jiedao.cases.catalogue import CategoryInfo
from jiedao.cases.flow import FINISHED, SOLVED, State
from jiedao.cases.selectors.public_requests import (
    PublicRequest,
    find_public_requests,
    list_public_requests,
)
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.units import unit_label
from jiedao.places.selectors import area_text, community_of
from jiedao.publishing.selectors import PublicMatter, read_public_cases


def list_requests(endpoint: Endpoint, query: RequestQuery, root: str) -> list[dict[str, Any]]:
    """Return the service requests of a query.

    Args:
        root: the public address of the endpoint, for the addresses of photos.
    """
    rows = (
        find_public_requests(query.numbers)
        if query.numbers
        else list_public_requests(query.filters, most=query.size, skip=query.skip)
    )
    return _describe_all(endpoint, rows, root)


def get_request(endpoint: Endpoint, number: str, root: str) -> dict[str, Any]:
    """Return one service request; raise NotFoundError where there is none with this number."""
    rows = find_public_requests([number])
    if not rows:
        raise NotFoundError(
            _("没有 service_request_id %(name)s。") % {"name": number[:40]},
            hint=_("请核对编号；它也可能不是公众反映的事项。"),
            field="service_request_id",
        )
    return _describe_all(endpoint, rows, root)[0]


def _describe_all(endpoint: Endpoint, rows: list[PublicRequest], root: str) -> list[dict[str, Any]]:
    """Return the requests with the parts that a reviewer released; two statements."""
    offered = list_offered_categories(endpoint, retired=True)
    released = read_public_cases(row.number for row in rows)
    described = []
    for row in rows:
        matter = released.get(row.number)
        described.append(_describe(row, offered) | (_describe_released(row, matter, root) if matter else {}))
    return described


def _describe_released(row: PublicRequest, matter: PublicMatter, root: str) -> dict[str, Any]:
    """Return the elements that have a public wording, a blurred point or a public photo."""
    label = get_public_label(row.state)
    community = get_community_label(row)
    return {
        "status_notes": f"{label} · {matter.reply}" if matter.reply else label,
        "description": (matter.text or matter.subject)[:MOST_TEXT],
        "address": ", ".join(filter(None, (matter.place_text, community))),
        "lat": matter.lat,
        "long": matter.lon,
        "media_url": f"{root}/media/{matter.photos[0].id}.jpg" if matter.photos else None,
    }


def get_public_label(state: str) -> str:
    """Return the state of a matter in the words for everybody."""
    return str((State.DONE if state in SOLVED else State(state)).label)


def get_community_label(row: PublicRequest) -> str:
    """Return the community of a matter, by its name at that time; "" where it is not known."""
    community = community_of(row.area_path) if row.area_path else None
    return area_text(community.path, row.finished_at) if community is not None else ""


def _describe(row: PublicRequest, offered: dict[int, CategoryInfo]) -> dict[str, Any]:
    """Return a service request with every element of the specification."""
    service = make_service(offered.get(row.category_id or 0))
    return {
        "service_request_id": row.number,
        "status": "closed" if row.state in FINISHED else "open",
        "status_notes": get_public_label(row.state),
        "service_name": service.name,
        "service_code": service.code,
        "description": None,
        "agency_responsible": unit_label(row.lead_unit_id, row.finished_at),
        "service_notice": None,
        "requested_datetime": format_moment(row.reported_at),
        "updated_datetime": format_moment(row.updated_at),
        "expected_datetime": format_moment(row.close_due_at),
        "address": get_community_label(row),
        "address_id": None,
        "zipcode": None,
        "lat": None,
        "long": None,
        "media_url": None,
    }
