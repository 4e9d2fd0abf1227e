"""Who is scored by a version of a sheet, and where the figures of each come from.

Units and communities are what they are in `indicators`. A post (岗位), such as the grid workers of a community, is
scored by the figures of its community, of its unit or of the town, as the version states: its measures should count the
work that only this post does. A post with fewer holders than the version's minimum has no score, no lines and no rank,
because its result would be that of a single worker.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from jiedao.evaluation.definition import Measured, VersionDefinition
from jiedao.evaluation.models import ScoreSheet, Subject, label_post
from jiedao.evaluation.wordings import TOO_FEW_HOLDERS
from jiedao.indicators.compute import find_place
from jiedao.indicators.figure import TOWN, Place
from jiedao.kernel.periods import build_period
from jiedao.kernel.wordings import Wording
from jiedao.orgs.models import Holding, Post
from jiedao.orgs.units import UNITS, unit_label
from jiedao.places.models import AreaKind
from jiedao.places.selectors import AREAS, area_text


@dataclass(frozen=True)
class ScoredSubject:
    """A unit, community or post that is scored.

    Attributes:
        place: whose figures are read.
        hidden: why nothing of it is computed or shown, None where it is.
    """

    kind: Subject
    code: str
    label: str
    place: Place
    hidden: Wording | None = None

    @property
    def key(self) -> str:
        """The key under which scores, appeals and points are stored: "unit:URBAN", "post:RIVER.GRID"."""
        return f"{self.kind.value}:{self.code}"


def list_subjects(sheet: ScoreSheet, definition: VersionDefinition, day: date) -> list[ScoredSubject]:
    """Return who is scored by a version, in the town's order; `day` is that of the holders of posts."""
    kind = Subject(sheet.subject)
    if kind is Subject.POST:
        return _list_posts(definition, day)
    named_at = build_period(day, day).end_at  # a past month names units and communities as it ended
    if kind is Subject.UNIT:
        return [
            ScoredSubject(
                kind, unit.code, unit_label(unit.id, named_at), Place(unit_code=unit.code, label=unit.label)
            )
            for unit in UNITS.get().values()
            if unit.active and definition.includes(unit.code, unit.kind)
        ]
    communities = [area for area in AREAS.get().values() if area.kind == AreaKind.COMMUNITY]
    return [
        ScoredSubject(
            kind, area.code, area_text(area.path, named_at), Place(area.code, area.path, label=area.label)
        )
        for area in sorted(communities, key=lambda area: area.path)
        if definition.includes(area.code)
    ]


def _list_posts(definition: VersionDefinition, day: date) -> list[ScoredSubject]:
    posts = [
        post
        for post in Post.objects.filter(active=True, unit__active=True)
        .select_related("unit__area")
        .order_by("pk")
        if has_role(post.code, definition.roles)
        and definition.includes(post.code)
        and (not definition.unit_kinds or post.unit.kind in definition.unit_kinds)
    ]
    rows = Holding.objects.on(day).own().filter(post__in=[post.pk for post in posts])
    holders = dict(rows.values_list("post").annotate(n=Count("user", distinct=True)))
    return [
        ScoredSubject(
            Subject.POST,
            post.code,
            label_post(post),
            _find_place_of_post(post, definition.measured_by),
            _explain_hidden(holders.get(post.pk, 0), definition.minimum_holders),
        )
        for post in posts
    ]


def has_role(code: str, roles: Collection[str]) -> bool:
    """Return whether a post of the code, such as "RIVER.GRID", has one of the roles."""
    return code.partition(".")[2] in roles


def _find_place_of_post(post: Post, measured_by: str) -> Place:
    if measured_by == Measured.TOWN:
        return TOWN
    area = post.unit.area
    if measured_by == Measured.AREA and area is not None and area.kind == AreaKind.COMMUNITY:
        return find_place(area=area.code)
    return find_place(unit=post.unit.code)


def _explain_hidden(holders: int, minimum: int) -> Wording | None:
    if holders >= minimum:
        return None
    return Wording(TOO_FEW_HOLDERS, {"n": holders, "minimum": minimum})
