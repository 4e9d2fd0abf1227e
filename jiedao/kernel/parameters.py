"""The filters in the address of a list: what the list cannot use is named, never passed over in silence."""

from collections.abc import Collection, Iterable, Sequence

from django.http import QueryDict
from django.utils.translation import gettext as _

from jiedao.kernel.errors import UserError

MAX_NAME = 40
MAX_NAMES_SHOWN = 15  # a register has dozens of filters
MAX_VALUES_NAMED = 5


def list_unknown_names(params: QueryDict, known: Collection[str], *, prefix: str = "") -> list[str]:
    """Return the names in the address that are not known; names that begin with `prefix` are."""
    return [name for name in params if name not in known and not (prefix and name.startswith(prefix))]


def list_values(params: QueryDict, name: str) -> list[str]:
    """Return the different values of a filter, without spaces around them and without empty ones."""
    return list(dict.fromkeys(text for raw in params.getlist(name) if (text := raw.strip())))


def make_unknown_error(name: str, known: Iterable[str]) -> UserError:
    """Return the notice that an unknown filter was left out; `known` are the names that the list has."""
    known = list(known)
    names = "、".join(known[:MAX_NAMES_SHOWN])
    if len(known) > MAX_NAMES_SHOWN:
        names = _("%(names)s 等") % {"names": names}
    return UserError(
        _("没有名为“%(name)s”的筛选条件，已略去。") % {"name": clean_name(name)},
        hint=_("可用的名称：%(names)s") % {"names": names} if names else _("这一页没有筛选条件。"),
        field=name[:MAX_NAME],
    )


def make_repeated_error(name: str, values: Sequence[str]) -> UserError:
    """Return the notice that a filter of one value was left out because it has several."""
    shown = "、".join(clean_name(text) for text in values[:MAX_VALUES_NAMED])
    return UserError(
        _("筛选条件“%(name)s”只能有一个值，已略去。") % {"name": name},
        hint=_("请只留一个：%(values)s") % {"values": shown},
        field=name,
    )


def make_unreadable_error(name: str, text: str, hint: object = "") -> UserError:
    """Return the notice that a filter was left out because its value is none that it has."""
    return UserError(
        _("筛选条件“%(name)s=%(value)s”看不懂，已略去。") % {"name": name, "value": clean_name(text)},
        hint=hint or _("请从列表中选择。"),
        field=name,
    )


def clean_name(text: str) -> str:
    """Return the beginning of a text of the address, fit to be quoted."""
    return text[:MAX_NAME].replace("\x00", "�")


def read_single_values(
    params: QueryDict, names: Collection[str], *, others: Collection[str] = ()
) -> tuple[dict[str, str], list[UserError]]:
    """Return the values of filters that take one each, and a notice for each name that is left out.

    A value has no spaces around it. An unknown name is left out, and a filter that has several different values.

    Args:
        others: names in the address that are no filters, such as that of the page.
    """
    values: dict[str, str] = {}
    faults = [make_unknown_error(name, names) for name in list_unknown_names(params, {*names, *others})]
    for name in params:
        texts = list_values(params, name)
        if name in names and len(texts) > 1:
            faults.append(make_repeated_error(name, texts))
        elif texts and (name in names or name in others):
            values[name] = texts[-1]
    return values, faults
