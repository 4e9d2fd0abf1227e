"""The filters of a page that has no form of its own to name what it left out."""

from collections.abc import Collection

from django.contrib import messages
from django.http import HttpRequest

from jiedao.kernel.errors import UserError
from jiedao.kernel.parameters import read_single_values


def read_parameters(
    request: HttpRequest, names: Collection[str] = (), *, others: Collection[str] = ()
) -> dict[str, str]:
    """Return the values of the filters in the address; what is left out is named at the top of the page.

    Args:
        names: the filters of the page, each of one value.
        others: names in the address that are no filters, such as that of the page.
    """
    values, faults = read_single_values(request.GET, names, others=others)
    name_faults(request, faults)
    return values


def name_faults(request: HttpRequest, faults: Collection[UserError]) -> None:
    """Show each fault at the top of the next page that the user sees."""
    for fault in faults:
        messages.warning(request, f"{fault.message} {fault.hint}".strip())
