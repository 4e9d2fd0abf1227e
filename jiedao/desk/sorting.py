"""The headers of a list by which it is ordered, as links."""

from collections.abc import Callable, Collection, Mapping

Sort = dict[str, str]


def build_sorts(
    columns: Mapping[str, tuple[str, str]],
    current: str,
    descending: Collection[str],
    get_query: Callable[[str], str],
    labels: Mapping[str, object],
) -> dict[str, Sort]:
    """Return for each column the address that orders by it, its words, and the present direction ("" for none).

    Args:
        columns: column -> the order that a first click gives, and that of the next click.
        current: the order of the list.
        descending: the orders in which the largest value comes first.
        get_query: returns the query string of the list in an order.
        labels: the words of each order.
    """
    sorts = {}
    for column, (first, second) in columns.items():
        is_current = current in (first, second)
        order = second if current == first else first
        direction = ("descending" if current in descending else "ascending") if is_current else ""
        sorts[column] = {"url": f"?{get_query(order)}", "direction": direction, "title": str(labels[order])}
    return sorts
