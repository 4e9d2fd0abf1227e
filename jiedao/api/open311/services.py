"""The services of the endpoint: the categories that the pack offers, and one for matters without a known category."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jiedao.api.open311.attributes import describe_attributes, has_attributes
from jiedao.api.open311.endpoint import Endpoint
from jiedao.cases import catalogue
from jiedao.cases.catalogue import CategoryInfo
from jiedao.cases.models import Category
from jiedao.kernel.errors import NotFoundError, UserError
from jiedao.kernel.memo import Memo

OTHER = (
    "OTHER"  # the service of matters that a clerk has not classified, and of categories that are not offered
)


def _load_conditions() -> dict[int, str]:
    return dict(Category.objects.exclude(filing_condition="").values_list("id", "filing_condition"))


CONDITIONS: Memo[dict[int, str]] = Memo(_load_conditions)


@dataclass(frozen=True)
class Service:
    """A service; `category` is None for the one of unclassified matters."""

    code: str
    name: str
    category: CategoryInfo | None


def get_service_code(category: CategoryInfo) -> str:
    """Return the service_code of a category, which is how the JSON API names it too: KIND:CODE."""
    return f"{category.kind}:{category.code}"


def list_offered_categories(endpoint: Endpoint, *, retired: bool = False) -> dict[int, CategoryInfo]:
    """Return the categories that the endpoint offers, by id: those in use, with `retired` also former ones.

    A 大类 includes the categories below it and has no service of its own.
    """
    offered = {}
    for category in catalogue.CATEGORIES.get().values():
        major = catalogue.find_major_category(category)
        if major is category or not (category.active or retired):
            continue
        codes = {get_service_code(category), get_service_code(major)}
        if not endpoint.categories or not codes.isdisjoint(endpoint.categories):
            offered[category.id] = category
    return offered


def make_service(category: CategoryInfo | None) -> Service:
    """Return the service of a category, or that of unclassified matters."""
    if category is None:
        return Service(OTHER, _("其他（不清楚属于哪一类）"), None)
    return Service(get_service_code(category), category.label, category)


def find_service(endpoint: Endpoint, code: str) -> Service | None:
    """Return the service with this code, None where the endpoint does not offer it."""
    wanted = code.strip().upper()
    if wanted == OTHER:
        return make_service(None)
    categories = list_offered_categories(endpoint).values()
    return next((make_service(row) for row in categories if get_service_code(row) == wanted), None)


def get_service(endpoint: Endpoint, code: str) -> Service:
    """Return the service with this code; raise UserError without a code, NotFoundError for one that is not offered."""
    if not code.strip():
        raise UserError(
            _("缺少 service_code。"), hint=_("请从 services 里取一个服务代码。"), field="service_code"
        )
    service = find_service(endpoint, code)
    if service is None:
        raise NotFoundError(
            _("没有 service_code %(code)s。") % {"code": code.strip()[:40]},
            hint=_("请重新读取 services：服务代码会随类别表改变。"),
            field="service_code",
        )
    return service


def list_services(endpoint: Endpoint) -> list[dict[str, Any]]:
    """Return the services as the service list has them, the one of unclassified matters at the end."""
    categories = list_offered_categories(endpoint).values()
    return [describe_service(make_service(category)) for category in [*categories, None]]


def describe_service(service: Service) -> dict[str, Any]:
    """Return a service as the service list has it."""
    category = service.category
    major = catalogue.find_major_category(category) if category is not None else None
    return {
        "service_code": service.code,
        "service_name": service.name,
        "description": _describe(service),
        "metadata": has_attributes(category),
        "type": "realtime",
        "keywords": ",".join(category.keywords) if category is not None else "",
        "group": major.label if major is not None else service.name,
    }


def _describe(service: Service) -> str:
    """Return when a matter of the service is dealt with; the pack states it in Chinese only."""
    category = service.category
    if category is None:
        return _("写清楚什么事、在哪里，由工作人员确定类别。")
    if (get_language() or "").startswith("en"):
        return service.name
    conditions = CONDITIONS.get()
    return conditions.get(category.id) or conditions.get(category.parent_id or 0) or service.name


def define_service(service: Service) -> dict[str, Any]:
    """Return the definition of a service, with the questions that its category asks as attributes."""
    return {"service_code": service.code, "attributes": describe_attributes(service.category)}
