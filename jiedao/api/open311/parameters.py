"""Reading the parameters of a request for service requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import QueryDict
from django.utils.translation import gettext as _

from jiedao.api.open311.endpoint import Endpoint
from jiedao.api.open311.moments import read_moment
from jiedao.api.open311.services import OTHER, get_service_code, list_offered_categories
from jiedao.cases import catalogue
from jiedao.cases.selectors.public_requests import RequestFilter
from jiedao.kernel import clock
from jiedao.kernel.errors import UserError

MOST_REQUESTS = 1000
SPAN = timedelta(days=90)
STATUSES = {"open": True, "closed": False}
MOST_SKIPPED = 100_000


@dataclass(frozen=True)
class RequestQuery:
    """A query of service requests: those with `numbers`, or without numbers those of the filter."""

    numbers: tuple[str, ...]
    filters: RequestFilter
    size: int
    skip: int


def read_query(endpoint: Endpoint, params: QueryDict) -> RequestQuery:
    """Return the query of the parameters; raise UserError for a value that cannot be read."""
    numbers = tuple(list_values(params, "service_request_id"))
    if len(numbers) > MOST_REQUESTS:
        raise UserError(
            _("一次最多查询 %(most)d 个 service_request_id。") % {"most": MOST_REQUESTS},
            hint=_("请分几次查询。"),
            field="service_request_id",
        )
    if numbers:  # "This overrides all other arguments."
        return RequestQuery(numbers, RequestFilter(), MOST_REQUESTS, 0)
    size = _read_count(params, "page_size", MOST_REQUESTS, MOST_REQUESTS)
    page = _read_count(params, "page", 1, MOST_SKIPPED // size + 1)
    return RequestQuery((), _read_filters(endpoint, params), size, (page - 1) * size)


def list_values(params: QueryDict, name: str) -> list[str]:
    """Return the values of a parameter that may be given several times, or once with commas."""
    texts = [text for value in params.getlist(name) for text in value.split(",")]
    return [text.strip() for text in texts if text.strip()]


def _read_count(params: QueryDict, name: str, default: int, most: int) -> int:
    text = params.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most):
        raise UserError(
            _("%(name)s：“%(text)s”不能用。") % {"name": name, "text": text[:40]},
            hint=_("请写 1 到 %(most)d 的整数。") % {"most": most},
            field=name,
        )
    return int(text)


def _read_filters(endpoint: Endpoint, params: QueryDict) -> RequestFilter:
    moments = {
        name: read_moment(name, text, end=name in {"end_date", "updated_before"})
        for name in ("start_date", "end_date", "updated_after", "updated_before")
        if (text := params.get(name, "").strip())
    }
    first_at, last_at = _limit_span(moments)
    updated_from, updated_to = moments.get("updated_after"), moments.get("updated_before")
    if first_at is None:
        updated_from, updated_to = _limit_updates(updated_from, updated_to)
    categories = _read_categories(endpoint, list_values(params, "service_code"))
    return RequestFilter(
        first_at=first_at,
        last_at=last_at,
        updated_from=updated_from,
        updated_to=updated_to,
        is_open=_read_status(list_values(params, "status")),
        category_ids=categories[0] if categories is not None else None,
        unclassified=categories[1] if categories is not None else False,
        classified_ids=frozenset(list_offered_categories(endpoint, retired=True)),
    )


def _limit_span(moments: Mapping[str, datetime]) -> tuple[datetime | None, datetime | None]:
    """Return first and last moment of reporting: 90 days, the latest ones by default.

    With `updated_after` older matters are included too; then `_limit_updates` limits the updates instead.
    """
    first, last = moments.get("start_date"), moments.get("end_date")
    if first is not None and last is not None:
        if first > last:
            raise UserError(_("start_date 晚于 end_date。"), hint=_("请对调两个时间。"), field="start_date")
        if last - first > SPAN:
            raise UserError(
                _("start_date 到 end_date 超过 %(days)d 天。") % {"days": SPAN.days},
                hint=_("请分几段查询，每段不超过 %(days)d 天。") % {"days": SPAN.days},
                field="start_date",
            )
        return first, last
    if first is not None:
        return first, first + SPAN
    if last is not None:
        return last - SPAN, last
    if "updated_after" in moments or "updated_before" in moments:
        return None, None
    now = clock.now()
    return now - SPAN, now


def _limit_updates(first: datetime | None, last: datetime | None) -> tuple[datetime | None, datetime | None]:
    """Return first and last moment of the last update: at most 90 days; without `first`, those before `last`."""
    if first is None:
        return (last - SPAN if last is not None else None), last
    if (last or clock.now()) - first > SPAN:
        raise UserError(
            _("updated_after 到 updated_before（不写是现在）超过 %(days)d 天。") % {"days": SPAN.days},
            hint=_("请分几段查询，每段不超过 %(days)d 天。") % {"days": SPAN.days},
            field="updated_after",
        )
    return first, last


def _read_status(names: list[str]) -> bool | None:
    unknown = [name for name in names if name.lower() not in STATUSES]
    if unknown:
        raise UserError(
            _("status：“%(text)s”不能用。") % {"text": unknown[0][:40]},
            hint=_("可用的值：open、closed。"),
            field="status",
        )
    wanted = {STATUSES[name.lower()] for name in names}
    return wanted.pop() if len(wanted) == 1 else None


def _read_categories(endpoint: Endpoint, codes: list[str]) -> tuple[frozenset[int], bool] | None:
    """Return the ids of the requested categories and whether unclassified matters are requested; None for all.

    Categories that are no longer in use are accepted, because matters of them remain.
    """
    if not codes:
        return None
    known = {get_service_code(category): category.id for category in catalogue.CATEGORIES.get().values()}
    wanted = {code.upper() for code in codes}
    unknown = sorted(wanted - {*known, OTHER})
    if unknown:
        raise UserError(
            _("没有 service_code %(code)s。") % {"code": unknown[0][:40]},
            hint=_("请重新读取 services：服务代码会随类别表改变。"),
            field="service_code",
        )
    offered = list_offered_categories(endpoint, retired=True)
    ids = frozenset(known[code] for code in wanted - {OTHER})
    return ids & frozenset(offered), OTHER in wanted
