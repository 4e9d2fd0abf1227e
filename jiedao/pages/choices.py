"""Choices of select boxes, in the reader's language and without a query: their lists are cached by the process."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from jiedao.cases import catalogue
from jiedao.kernel.choices import Choice, SharedChoices
from jiedao.kernel.clock import Limit
from jiedao.kernel.memo import Memo
from jiedao.orgs.models import Post, UnitKind
from jiedao.orgs.units import UNITS
from jiedao.places.models import AreaKind
from jiedao.places.naming import PREMISES
from jiedao.places.selectors import AREAS, area_chain, community_of


def get_category_choices(*, major: bool = False) -> SharedChoices:
    """Return the active categories grouped by their 大类; with `major`, each 大类 can be chosen too.

    Pages share the list, so the caller must not change it; this holds for all lists of this module.
    """
    return _get_shared_choices(
        ("category", major), [catalogue.CATEGORIES.get()], lambda: _build_category_choices(major)
    )


def _build_category_choices(major: bool) -> list[Choice]:
    categories = [category for category in catalogue.CATEGORIES.get().values() if category.active]
    children: dict[int, list[Choice]] = {}
    for category in categories:
        if category.parent_id is not None:
            children.setdefault(category.parent_id, []).append(
                (category.id, f"{category.code} {category.label}")
            )
    kind_labels = {"COMPONENT": _("部件"), "MATTER": _("事项")}
    grouped: list[Choice] = []
    for category in categories:
        if category.parent_id is None:
            group_label = (
                f"{kind_labels.get(category.kind, category.kind)} · {category.code} {category.label}"
            )
            major_choice = [(category.id, _("%(name)s（全部）") % {"name": category.label})] if major else []
            grouped.append((group_label, major_choice + children.get(category.id, [])))
    return [group for group in grouped if group[1]]


# (language, kind of choices, arguments) -> the cached values that the choices were built from, and the choices. The
# lists have hundreds of rows and are the same on every page. They are never older than what they were built from.
_CHOICES_BY_KEY: dict[tuple[Any, ...], tuple[list[Any], SharedChoices]] = {}
MOST_LISTS = 500  # one for each set of areas to which users are confined


def _get_shared_choices(
    key: tuple[Any, ...], sources: list[Any], build: Callable[[], list[Choice]]
) -> SharedChoices:
    full_key = (get_language(), *key)
    known_sources, choices = _CHOICES_BY_KEY.get(full_key, ([], SharedChoices()))
    if len(known_sources) != len(sources) or any(
        known is not source for known, source in zip(known_sources, sources, strict=True)
    ):
        choices = SharedChoices(build())
        if len(_CHOICES_BY_KEY) >= MOST_LISTS:
            _CHOICES_BY_KEY.clear()
        _CHOICES_BY_KEY[full_key] = (sources, choices)
    return choices


def get_area_choices(*, grids_only: bool = False, paths: tuple[str, ...] | None = None) -> SharedChoices:
    """Return the grids grouped by community, with the community itself as the first choice of its group.

    In a district the choices are the sub-districts, because it has no communities.

    Args:
        grids_only: Leave out communities and sub-districts.
        paths: Return only the areas at or below one of these paths.
    """
    return _get_shared_choices(
        ("area", grids_only, paths), [AREAS.get()], lambda: _build_area_choices(grids_only, paths)
    )


def _build_area_choices(grids_only: bool, paths: tuple[str, ...] | None) -> list[Choice]:
    grouped: dict[str, tuple[Any, list[Choice]]] = {}
    parent_paths = {area.parent_path for area in AREAS.get().values()}
    for area in AREAS.get().values():
        if paths is not None and not any(area.path.startswith(path) for path in paths):
            continue
        if area.kind == AreaKind.STREET and area.path not in parent_paths and not grids_only:
            district_label = next(iter(area_chain(area.parent_path)[-1:]), area).label
            grouped.setdefault(area.parent_path, (district_label, []))[1].append((area.id, area.label))
        elif area.kind == AreaKind.COMMUNITY:
            community_choice = [] if grids_only else [(area.id, _("%(name)s（全部）") % {"name": area.label})]
            grouped.setdefault(area.path, (area.label, []))[1].extend(community_choice)
        elif area.kind == AreaKind.GRID:
            community_label = next(iter(area_chain(area.parent_path)[-1:]), area).label
            grouped.setdefault(area.parent_path, (community_label, []))[1].append(
                (area.id, f"{area.label} {area.code[-3:]}")
            )
    return [(label, choices) for label, choices in grouped.values() if choices]


def get_unit_choices() -> SharedChoices:
    """Return the active units grouped by kind."""
    return _get_shared_choices(("unit",), [UNITS.get()], _build_unit_choices)


def _build_unit_choices() -> list[Choice]:
    rows = [row for row in UNITS.get().values() if row.active]
    groups = [(kind.label, [(row.id, row.label) for row in rows if row.kind == kind]) for kind in UnitKind]
    return [group for group in groups if group[1]]


def format_limit(limit: str) -> str:
    """Return a limit in words ("4wh" is 4 工作小时), or the text itself if it is not a limit."""
    try:
        return str(Limit.parse(limit).label)
    except ValueError:
        return limit


def _load_titles() -> dict[str, str]:
    return dict(Post.objects.exclude(title_en="").values_list("title", "title_en"))


ENGLISH_TITLES: Memo[dict[str, str]] = Memo(_load_titles, seconds=300.0)
# The labels of actors that are not people.
SYSTEM_LABELS = {"系统": gettext_lazy("系统"), "演示数据生成器": gettext_lazy("演示数据生成器")}


def translate_person_label(label: str) -> str:
    """Return the stored label of a person, such as "王敏 · 派遣员", with the post in the reader's language."""
    if not (get_language() or "").startswith("en"):
        return label
    if label in SYSTEM_LABELS:
        return str(SYSTEM_LABELS[label])
    name, dot, title = label.partition(" · ")
    name = name.replace(" 代 ", " for ", 1)
    return f"{name}{dot}{ENGLISH_TITLES.get().get(title, title)}"


def get_premise_choices(paths: tuple[str, ...] | None = None) -> SharedChoices:
    """Return the active premises grouped by community; with `paths`, only those at or below one of these paths."""
    return _get_shared_choices(
        ("premise", paths), [PREMISES.get(), AREAS.get()], lambda: _build_premise_choices(paths)
    )


def _build_premise_choices(paths: tuple[str, ...] | None) -> list[Choice]:
    grouped: dict[str, list[Choice]] = {}
    for premise in PREMISES.get().values():
        path = premise.area_path
        if premise.active and (paths is None or any(path.startswith(allowed_path) for allowed_path in paths)):
            community = community_of(path)
            label = community.label if community is not None else ""
            grouped.setdefault(label, []).append((premise.id, premise.label))
    return list(grouped.items())
