"""Service requests as anybody may read them."""

from typing import Any

from django.utils.translation import gettext as _

from jiedao.api.open311.endpoint import Endpoint
from jiedao.api.open311.moments import format_moment
from jiedao.api.open311.parameters import RequestQuery
from jiedao.api.open311.services import list_offered_categories, make_service
from jiedao.cases.catalogue import CategoryInfo
from jiedao.cases.flow import FINISHED, State
from jiedao.cases.selectors.public_requests import (
    PublicRequest,
    find_public_requests,
    list_public_requests,
)
from jiedao.kernel.errors import NotFoundError
from jiedao.orgs.units import unit_label
from jiedao.places.selectors import area_text, community_of

# The return visit is between the office and the reporter: for everybody else the matter is closed.
PUBLIC_STATES = {State.CLOSED: State.DONE, State.TO_CONFIRM: State.DONE}


def list_requests(endpoint: Endpoint, query: RequestQuery) -> list[dict[str, Any]]:
    """Return the service requests that a query asks for."""
    rows = (
        find_public_requests(query.numbers)
        if query.numbers
        else list_public_requests(query.filters, most=query.size, skip=query.skip)
    )
    offered = list_offered_categories(endpoint, retired=True)
    return [_describe(row, offered) for row in rows]


def get_request(endpoint: Endpoint, number: str) -> dict[str, Any]:
    """Return one service request; raise NotFoundError where there is none with this number."""
    rows = find_public_requests([number])
    if not rows:
        raise NotFoundError(
            _("没有 service_request_id %(name)s。") % {"name": number[:40]},
            hint=_("请核对编号；它也可能不是公众反映的事项。"),
            field="service_request_id",
        )
    return _describe(rows[0], list_offered_categories(endpoint, retired=True))


def _describe(row: PublicRequest, offered: dict[int, CategoryInfo]) -> dict[str, Any]:
    """Return a service request with every element of the specification."""
    service = make_service(offered.get(row.category_id or 0))
    community = community_of(row.area_path) if row.area_path else None
    return {
        "service_request_id": row.number,
        "status": "closed" if row.state in FINISHED else "open",
        "status_notes": str(PUBLIC_STATES.get(State(row.state), State(row.state)).label),
        "service_name": service.name,
        "service_code": service.code,
        "description": None,
        "agency_responsible": unit_label(row.lead_unit_id, row.finished_at),
        "service_notice": None,
        "requested_datetime": format_moment(row.reported_at),
        "updated_datetime": format_moment(row.updated_at),
        "expected_datetime": format_moment(row.close_due_at),
        "address": area_text(community.path, row.finished_at) if community is not None else None,
        "address_id": None,
        "zipcode": None,
        "lat": None,
        "long": None,
        "media_url": None,
    }
