"""Choices of select boxes from the process's own lists: grouped, in the reader's language, no query."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.kernel.clock import Limit
from jiedao.kernel.memo import Memo
from jiedao.orgs.models import Post, UnitKind
from jiedao.orgs.units import UNITS
from jiedao.places.models import AreaKind, Premise, in_language
from jiedao.places.selectors import AREAS, area_chain, community_of

Choice = tuple[Any, Any]
LIMITS = [
    "1wh",
    "2wh",
    "4wh",
    "8wh",
    "24h",
    "48h",
    "72h",
    "1wd",
    "2wd",
    "3wd",
    "5wd",
    "7wd",
    "10wd",
    "15wd",
    "20wd",
    "30wd",
]


def category_choices(*, major: bool = False) -> list[Choice]:
    """Return active categories grouped by their 大类; with `major` each 大类 can be chosen itself."""
    rows = [row for row in catalogue.CATEGORIES.get().values() if row.active]
    children: dict[int, list[Choice]] = {}
    for row in rows:
        if row.parent_id is not None:
            children.setdefault(row.parent_id, []).append((row.id, f"{row.code} {row.label}"))
    kinds = {"COMPONENT": _("部件"), "MATTER": _("事项")}
    grouped: list[Choice] = []
    for row in rows:
        if row.parent_id is None:
            name = f"{kinds.get(row.kind, row.kind)} · {row.code} {row.label}"
            whole = [(row.id, _("%(name)s（全部）") % {"name": row.label})] if major else []
            grouped.append((name, whole + children.get(row.id, [])))
    return [group for group in grouped if group[1]]


# (what, language, ...) -> choices: lists of hundreds, the same for every page of a person
_CHOICES: Memo[dict[tuple[Any, ...], list[Choice]]] = Memo(dict)


def _kept(key: tuple[Any, ...], make: Callable[[], list[Choice]]) -> list[Choice]:
    held, whole = _CHOICES.get(), (get_language(), *key)
    if (found := held.get(whole)) is None:
        found = held[whole] = make()
    return found


def area_choices(*, grids_only: bool = False, paths: tuple[str, ...] | None = None) -> list[Choice]:
    """Return grids grouped by community, the whole community first unless only grids are wanted.

    With `paths`, only areas below one of them. Not to be changed: pages share it.
    """
    return _kept(("area", grids_only, paths), lambda: _area_choices(grids_only, paths))


def _area_choices(grids_only: bool, paths: tuple[str, ...] | None) -> list[Choice]:
    grouped: dict[str, tuple[Any, list[Choice]]] = {}
    for area in AREAS.get().values():
        if paths is not None and not any(area.path.startswith(path) for path in paths):
            continue
        if area.kind == AreaKind.COMMUNITY:
            whole = [] if grids_only else [(area.id, _("%(name)s（全部）") % {"name": area.label})]
            grouped.setdefault(area.path, (area.label, []))[1].extend(whole)
        elif area.kind == AreaKind.GRID:
            above = next(iter(area_chain(area.parent_path)[-1:]), area).label
            grouped.setdefault(area.parent_path, (above, []))[1].append(
                (area.id, f"{area.label} {area.code[-3:]}")
            )
    return [(label, rows) for label, rows in grouped.values() if rows]


def unit_choices() -> list[Choice]:
    """Return active units grouped by kind. Not to be changed: pages share it."""
    return _kept(("unit",), _unit_choices)


def _unit_choices() -> list[Choice]:
    rows = [row for row in UNITS.get().values() if row.active]
    groups = [(kind.label, [(row.id, row.label) for row in rows if row.kind == kind]) for kind in UnitKind]
    return [group for group in groups if group[1]]


def limit_text(limit: str) -> str:
    """Say a limit text in words: "4wh" is 4 工作小时; an unreadable one is returned as it is."""
    try:
        return str(Limit.parse(limit).label)
    except ValueError:
        return limit


def limit_choices(usual: str = "") -> list[Choice]:
    """Return the limits offered, the usual one of the duty list as the empty choice where there is one."""
    first = _("按权责清单（%(limit)s）") % {"limit": limit_text(usual)} if usual else "—"
    return [("", first), *((limit, limit_text(limit)) for limit in LIMITS)]


def _load_titles() -> dict[str, str]:
    return dict(Post.objects.exclude(title_en="").values_list("title", "title_en"))


TITLES: Memo[dict[str, str]] = Memo(_load_titles, seconds=300.0)
# Labels under which the system itself acts.
SYSTEM = {"系统": gettext_lazy("系统"), "演示数据生成器": gettext_lazy("演示数据生成器")}


def person_text(label: str) -> str:
    """Return "王敏 · 派遣员", as it was written down at the time, with the post in the reader's language."""
    if not (get_language() or "").startswith("en"):
        return label
    if label in SYSTEM:
        return str(SYSTEM[label])
    name, dot, title = label.partition(" · ")
    return f"{name}{dot}{TITLES.get().get(title, title)}"


def _load_premises() -> list[tuple[int, str, str, str]]:
    rows = Premise.objects.filter(active=True).order_by("area__path", "code")
    return list(rows.values_list("id", "name", "name_en", "area__path"))


PREMISES: Memo[list[tuple[int, str, str, str]]] = Memo(_load_premises, seconds=300.0)


def premise_choices(paths: tuple[str, ...] | None = None) -> list[Choice]:
    """Return active premises grouped by community; with `paths`, only those below one of them."""
    grouped: dict[str, list[Choice]] = {}
    for pk, name, name_en, path in PREMISES.get():
        if paths is None or any(path.startswith(one) for one in paths):
            community = community_of(path)
            label = community.label if community is not None else ""
            grouped.setdefault(label, []).append((pk, in_language(name, name_en)))
    return list(grouped.items())
