"""The filters of a page: what its address has and the page cannot use is named, never passed over in silence."""

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase

from jiedao.kernel.errors import UserError
from jiedao.kernel.parameters import (
    list_unknown_names,
    list_values,
    make_repeated_error,
    make_unknown_error,
    make_unreadable_error,
)
from jiedao.orgs.figure_keys import NOWHERE
from jiedao.orgs.units import unit_info
from jiedao.pages.reading import read_number
from jiedao.places.selectors import past_area_info

View = Callable[..., HttpResponseBase]
Check = Callable[[str], object]  # returns None or False for a text that the filter cannot be


def take_filters(
    filters: Mapping[str, Check | None] | None = None,
    *,
    many: Collection[str] = (),
    others: Collection[str] = (),
    strict: bool = False,
) -> Callable[[View], View]:
    """Take these filters from the address of a page; all others are left out and named at the top of the page.

    A filter of one value that has several is left out too, and one whose value its check does not know. The view finds
    in `request.GET` what is left. A form that is posted is not concerned.

    Args:
        filters: name -> check, None where any text will do.
        many: names that may repeat.
        others: names in the address that are no filters, such as that of the next page.
        strict: refuse the request instead, for a file, in which no notice can be read.
    """
    names = dict(filters or {})

    def wrap(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method in {"GET", "HEAD"}:
                faults = _leave_out(request, names, many, others)
                if strict and faults:
                    raise faults[0]
                for fault in faults:
                    messages.warning(request, f"{fault.message} {fault.hint}".strip())
            return view(request, *args, **kwargs)

        return checked

    return wrap


def _leave_out(
    request: HttpRequest,
    names: Mapping[str, Check | None],
    many: Collection[str],
    others: Collection[str],
) -> list[UserError]:
    """Remove from `request.GET` what the page cannot use, and return a fault for each."""
    params = request.GET.copy()
    faults: dict[str, UserError] = {
        name: make_unknown_error(name, [*names, *many])
        for name in list_unknown_names(params, {*names, *many, *others})
    }
    for name, check in names.items():
        values = list_values(params, name)
        if len(values) > 1:
            faults[name] = make_repeated_error(name, values)
        elif values and check is not None and not _is_readable(check, values[0]):
            faults[name] = make_unreadable_error(name, values[0])
    if faults:
        for name in faults:
            del params[name]
        request.GET = QueryDict(params.urlencode())
    return list(faults.values())


def _is_readable(check: Check, text: str) -> bool:
    value = check(text)
    return value is not None and value is not False


def one_of(values: Collection[str]) -> Check:
    """Return the check of a filter that has one of some values."""
    return lambda text: text in values


def is_area(text: str) -> bool:
    """Return whether the text is the id of an area, or 0 for what is in none."""
    number = read_number(text)
    return number is not None and (number == NOWHERE or past_area_info(number) is not None)


def is_unit(text: str) -> bool:
    """Return whether the text is the id of a unit."""
    return unit_info(read_number(text)) is not None
