"""What proves the work on a case: photos before and after it, and what the check found.

Which proof a category asks for is pack data. A case without a place is never asked for photos: an answer to a question
about a policy is nothing that a camera sees.
"""

from django.utils.translation import gettext_lazy

from jiedao.cases import catalogue
from jiedao.cases.models import Assignment, Case, Role
from jiedao.cases.moves.fields import FieldKind, MoveField, Need
from jiedao.files.models import Attachment, Kind


def has_place(case: Case) -> bool:
    """Return whether the matter is at a place where a photo can be taken."""
    return case.lon is not None or case.premise_id is not None or bool(case.place_text)


def asks_photo_after(case: Case, category_id: int | None) -> bool:
    """Return whether the category asks for a photo of the result."""
    category = catalogue.category_info(category_id)
    return category is not None and category.photo_after and has_place(case)


def asks_site_check(case: Case) -> bool:
    """Return whether the category asks for a check on site, with a photo."""
    category = catalogue.category_info(case.category_id)
    return category is not None and category.site_check and has_place(case)


def _need_photo_after(case: Case) -> Need:
    """Require a photo of the result, unless one was uploaded since the unit was given the case this time."""
    if not asks_photo_after(case, case.category_id):
        return Need.OPTIONAL
    rounds = Assignment.objects.filter(case=case, role=Role.LEAD, ended_at__isnull=True)
    start = rounds.values_list("dispatched_at", flat=True).first()
    photos = Attachment.objects.of("cases.case", case.pk).filter(kind=Kind.PHOTO_AFTER)
    has_photo = start is not None and photos.filter(at__gte=start).exists()
    return Need.OPTIONAL if has_photo else Need.REQUIRED


def _need_photo_before(case: Case) -> Need:
    """Require a photo of the matter as it was, unless the report or the verification has brought one."""
    category = catalogue.category_info(case.category_id)
    if category is None or not category.photo_before or not has_place(case):
        return Need.OPTIONAL
    photos = Attachment.objects.of("cases.case", case.pk).filter(kind=Kind.PHOTO_BEFORE)
    return Need.OPTIONAL if photos.exists() else Need.REQUIRED


def _need_check_photo(case: Case) -> Need:
    return Need.REQUIRED if asks_site_check(case) else Need.EITHER


def _need_check_words(case: Case) -> Need:
    return Need.OPTIONAL if asks_site_check(case) else Need.EITHER


PHOTOS_BEFORE = MoveField(
    "photos_before",
    FieldKind.PHOTOS,
    gettext_lazy("处置前照片"),
    need_on=_need_photo_before,
    help=gettext_lazy("动手之前先拍；上报时已有的不必再拍。"),
)
PHOTOS_AFTER = MoveField(
    "photos",
    FieldKind.PHOTOS,
    gettext_lazy("处置后照片"),
    need_on=_need_photo_after,
    help=gettext_lazy("从处置前的同一角度拍。"),
)
CHECK_WORDS = MoveField(
    "note",
    FieldKind.TEXT,
    gettext_lazy("核查情况"),
    need_on=_need_check_words,
    instead="photos",
    depends=gettext_lazy("文字、照片至少一项"),
    help=gettext_lazy("写明怎样核实的、看到了什么。"),
)
CHECK_PHOTOS = MoveField(
    "photos",
    FieldKind.PHOTOS,
    gettext_lazy("核查照片"),
    need_on=_need_check_photo,
    instead="note",
    depends=gettext_lazy("文字、照片至少一项"),
    help=gettext_lazy("到现场拍。"),
)
FAULT_PHOTOS = MoveField(
    "photos",
    FieldKind.PHOTOS,
    gettext_lazy("核查照片"),
    need_on=lambda case: Need.REQUIRED if asks_site_check(case) else Need.OPTIONAL,
    help=gettext_lazy("拍下没有办好的地方。"),
)
