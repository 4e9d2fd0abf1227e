"""The cases that the public may see, as a reviewer left them. Nothing else of a case may reach a public page."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from jiedao.cases import catalogue
from jiedao.cases.flow import SOLVED
from jiedao.cases.selectors.mapping import COMMUNITIES
from jiedao.files.models import Blob
from jiedao.kernel import keyset
from jiedao.kernel.clock import TOWN_TZ
from jiedao.places.selectors import AreaInfo, area_info, area_text, community_of
from jiedao.publishing.models.reviews import Decision, PublicCase, PublicPhoto
from jiedao.publishing.review.actions import UNPUBLISHABLE

PAGE = 30
COUNTED = 10_000
MOST_POINTS = 2_000
OPEN, DONE = "open", "solved"
TONES = {OPEN: "warn", DONE: "good"}


@dataclass(frozen=True)
class PublicPicture:
    """The public copy of a photo."""

    id: int
    width: int
    height: int


@dataclass(frozen=True)
class PublicMatter:
    """A case as the public may see it: words that a reviewer released, a blurred point, and its present state."""

    id: int
    number: str
    subject: str
    text: str
    reply: str
    place_text: str
    area_path: str
    category_id: int | None
    state: str  # OPEN or DONE
    reported_date: date
    closed_date: date | None
    lon: float | None
    lat: float | None
    decided_at: datetime
    photos: tuple[PublicPicture, ...] = ()

    @property
    def tone(self) -> str:
        """The tone of its badge and of its point."""
        return TONES[self.state]

    @property
    def category_label(self) -> str:
        """The category in the reader's language; "" before it has one."""
        category = catalogue.category_info(self.category_id)
        return category.label if category is not None else ""

    @property
    def community_label(self) -> str:
        """The community in the reader's language; "" where it is not known. The grid would be too exact."""
        community = community_of(self.area_path) if self.area_path else None
        return area_text(community.path) if community is not None else ""


@dataclass(frozen=True)
class PublicFilter:
    """The filter of a list: "open", "solved" or "", and the ids of a category (also a major one) and of a community."""

    state: str = ""
    category: int | None = None
    area: int | None = None

    @classmethod
    def read(cls, state: str, category: int | None, area: int | None) -> "PublicFilter":
        """Return a filter of known values; an unknown value filters nothing.

        Grids are not accepted: filtering by one after the other would reveal the place of each matter.
        """
        known_category, known_area = catalogue.category_info(category), area_info(area)
        if known_area is not None and community_of(known_area.path) != known_area:
            known_area = None
        return cls(
            state if state in TONES else "",
            known_category.id if known_category is not None else None,
            known_area.id if known_area is not None else None,
        )


@dataclass(frozen=True)
class PublicPage:
    """One page of a list; `previous` and `next` are cursors, "" where there is nothing more."""

    rows: list[PublicMatter]
    previous: str
    next: str
    total: int

    @property
    def shown(self) -> int:
        """How many rows this page has."""
        return len(self.rows)


def select_public_cases() -> "QuerySet[PublicCase]":
    """Return the released copies whose case may still be shown."""
    released = PublicCase.objects.filter(decision=Decision.PUBLIC)
    return released.exclude(case__state__in=sorted(UNPUBLISHABLE)).select_related("case")


def _apply(rows: "QuerySet[PublicCase]", filters: PublicFilter) -> "QuerySet[PublicCase]":
    if filters.state:
        solved = Q(case__state__in=sorted(SOLVED))
        rows = rows.filter(solved if filters.state == DONE else ~solved)
    if filters.category is not None:
        rows = rows.filter(
            Q(case__category_id=filters.category) | Q(case__category__parent_id=filters.category)
        )
    area: AreaInfo | None = area_info(filters.area)
    return rows.filter(case__area_path__startswith=area.path) if area is not None else rows


def _build_matters(rows: Iterable[PublicCase]) -> list[PublicMatter]:
    """Return the rows with their photos; one statement for the photos."""
    copies = list(rows)
    photos: dict[int, list[PublicPicture]] = {}
    columns = ("public_case_id", "id", "blob__width", "blob__height")
    released = PublicPhoto.objects.filter(public_case_id__in=[row.pk for row in copies]).order_by("id")
    for case_id, pk, width, height in released.values_list(*columns):
        photos.setdefault(case_id, []).append(PublicPicture(pk, width or 0, height or 0))
    return [_build_matter(row, tuple(photos.get(row.pk, ()))) for row in copies]


def _build_matter(row: PublicCase, photos: tuple[PublicPicture, ...]) -> PublicMatter:
    case = row.case
    return PublicMatter(
        id=case.pk,
        number=case.number,
        subject=row.subject,
        text=row.text,
        reply=row.reply if case.state in SOLVED else "",
        place_text=row.place_text,
        area_path=case.area_path,
        category_id=case.category_id,
        state=DONE if case.state in SOLVED else OPEN,
        reported_date=case.reported_date,
        closed_date=case.closed_at.astimezone(TOWN_TZ).date() if case.closed_at else None,
        lon=row.lon,
        lat=row.lat,
        decided_at=row.decided_at,
        photos=photos,
    )


def list_public_cases(filters: PublicFilter | None = None, cursor: str = "", size: int = PAGE) -> PublicPage:
    """Return one page of the matters that the public may see, the newest first; three statements.

    Args:
        cursor: `next` or `previous` of another page of the same filters; "" or an unreadable one: first page.
    """
    selected = _apply(select_public_cases(), filters or PublicFilter())
    place = keyset.read_cursor(cursor)
    rows = selected.order_by("-case_id")
    if place is not None:
        backward, pk = place
        rows = (
            selected.filter(case_id__gt=pk).order_by("case_id") if backward else rows.filter(case_id__lt=pk)
        )
    read, before, after = keyset.cut_page(
        list(rows[: size + 1]), size, backward=place is not None and place[0], first=place is None
    )
    total = selected.order_by()[:COUNTED].count()
    return PublicPage(
        _build_matters(read),
        f"p{read[0].pk}" if before else "",
        f"n{read[-1].pk}" if after else "",
        total,
    )


def list_public_majors() -> set[int]:
    """Return the ids of the major categories of the matters that the public may see."""
    used = select_public_cases().order_by().values_list("case__category_id", "case__category__parent_id")
    return {parent or own for own, parent in used.distinct() if own is not None}


def get_public_case(number: str) -> PublicMatter | None:
    """Return a case by its number as the public may see it; None where it was not released."""
    return read_public_cases([number]).get(number)


def read_public_cases(numbers: Iterable[str]) -> dict[str, PublicMatter]:
    """Return the released ones among the cases with these numbers, by number; two statements."""
    cleaned = [number.replace("\x00", "")[:20] for number in numbers]
    rows = select_public_cases().filter(case__number__in=cleaned)
    return {matter.number: matter for matter in _build_matters(rows)}


def find_public_photo(photo_id: int) -> Blob | None:
    """Return the public copy of a photo of a case that may be shown; None for any other."""
    photo = PublicPhoto.objects.filter(pk=photo_id, public_case__in=select_public_cases().values("pk"))
    row = photo.select_related("blob").first()
    return row.blob if row is not None else None


def build_public_features(
    filters: PublicFilter, link: Callable[[str], str], *, most: int = MOST_POINTS
) -> dict[str, Any]:
    """Return the communities and the blurred points of the matters as a FeatureCollection, the newest points first."""
    area = area_info(filters.area)
    inside = area.path if area is not None else ""
    features: list[dict[str, Any]] = []
    for path, _pk, polygon in COMMUNITIES.get():
        if path.startswith(inside):
            name = area_text(path)
            properties = {
                "kind": "area",
                "label": name,
                "text": name.removesuffix("社区").removesuffix(" Community"),
            }
            features.append({"type": "Feature", "geometry": polygon, "properties": properties})
    rows = _apply(select_public_cases().filter(lon__isnull=False), filters).order_by("-case_id")
    columns = ("case__number", "subject", "case__state", "lon", "lat")
    for number, subject, state, lon, lat in rows.values_list(*columns)[:most]:
        tone = TONES[DONE if state in SOLVED else OPEN]
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [lon, lat]},
                "properties": {"kind": "case", "label": subject, "tone": tone, "href": link(number)},
            }
        )
    return {"type": "FeatureCollection", "features": features}
