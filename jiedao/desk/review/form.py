"""The form of a review: texts, words to black out, and the photos with their boxes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext as _

from jiedao.files.models import Attachment
from jiedao.kernel.errors import UserError
from jiedao.pages.reading import read_number
from jiedao.publishing.models.reviews import Decision, PublicCase
from jiedao.publishing.private_numbers import fold_signs
from jiedao.publishing.review.actions import PublicDraft
from jiedao.publishing.review.words import black_out, read_words

SIDES = ("left", "top", "width", "height")
PER_CENT = 10  # a box is stored in thousandths and written in per cent
TEXTS = ("subject", "text", "reply", "place_text")
Rows = list[list[str]]


@dataclass
class PhotoForm:
    """A photo in the form: whether it is to be shown, and its boxes as they were typed."""

    file: Attachment
    shown: bool = False
    rows: Rows = field(default_factory=list)

    @property
    def shapes(self) -> list[list[int]]:
        """The boxes that can be read, in thousandths, to be drawn over the photo."""
        shapes = []
        for row in self.rows:
            try:
                shapes.append(_read_row(row))
            except UserError:
                continue
        return shapes

    @property
    def query(self) -> str:
        """The boxes as the address of the preview has them."""
        return "&".join("box=" + ",".join(map(str, shape)) for shape in self.shapes)


def make_initial_form(
    draft: PublicDraft, row: PublicCase | None, files: Sequence[Attachment]
) -> tuple[PublicDraft, list[PhotoForm]]:
    """Return the initial form: the present public copy, else the proposal."""
    if row is None or row.decision != Decision.PUBLIC:
        return draft, [PhotoForm(file) for file in files]
    released = {photo.attachment_id: photo for photo in row.photos.all()}
    photos = [
        PhotoForm(
            file,
            shown=file.pk in released,
            rows=[_write_row(box) for box in released[file.pk].boxes] if file.pk in released else [],
        )
        for file in files
    ]
    shown = PublicDraft(
        subject=row.subject,
        text=row.text,
        # A reply that was not reviewed yet is proposed without the private words that are recognised.
        reply=row.reply if row.reply_move_id == draft.reply_move_id else draft.reply,
        place_text=row.place_text,
        precision=row.precision,
        reply_move_id=draft.reply_move_id,
    )
    return shown, photos


def read_draft(data: QueryDict, photos: Sequence[PhotoForm]) -> PublicDraft:
    """Return the draft that was sent; raise UserError for an invalid box, with the field of its photo."""
    return PublicDraft(
        subject=data.get("subject", ""),
        text=data.get("text", ""),
        reply=data.get("reply", ""),
        place_text=data.get("place_text", ""),
        precision=data.get("precision", ""),
        words=tuple(read_words(fold_signs(data.get("words", "")))),
        photos={photo.file.pk: _read_rows(photo) for photo in photos if photo.shown},
        reply_move_id=read_number(data.get("reply_move_id")),
    )


def read_typed(data: QueryDict) -> PublicDraft:
    """Return the texts as they were typed, with the chosen words blacked out, to be shown again."""
    words = read_words(fold_signs(data.get("words", "")))
    texts = {name: black_out(fold_signs(data.get(name, "")), words) for name in TEXTS}
    return PublicDraft(
        subject=texts["subject"],
        text=texts["text"],
        reply=texts["reply"],
        place_text=texts["place_text"],
        precision=data.get("precision", ""),
        words=tuple(words),
        reply_move_id=read_number(data.get("reply_move_id")),
    )


def read_photos(data: QueryDict, files: Sequence[Attachment]) -> list[PhotoForm]:
    """Return the photos with what was typed for them; a button that adds a box adds one in the middle."""
    forms = []
    for file in files:
        columns = [data.getlist(f"{side}_{file.pk}") for side in SIDES]
        rows = [list(row) for row in zip(*columns, strict=False)]
        photo = PhotoForm(file, f"show_{file.pk}" in data, [row for row in rows if any(map(str.strip, row))])
        if data.get("do") == f"box-{file.pk}":
            photo.rows.append(["40", "40", "20", "20"])
            photo.shown = True
        forms.append(photo)
    return forms


def read_query_boxes(texts: Sequence[str]) -> list[list[int]]:
    """Return the boxes of an address, in thousandths; raise UserError for an invalid one."""
    boxes = []
    for text in texts:
        numbers = [read_number(part) for part in text.split(",")]
        if len(numbers) != len(SIDES) or None in numbers:
            raise _make_fault("")
        boxes.append([number for number in numbers if number is not None])
    return boxes


def _read_rows(photo: PhotoForm) -> list[list[int]]:
    try:
        return [_read_row(row) for row in photo.rows]
    except UserError as fault:
        raise _make_fault(f"photo-{photo.file.pk}") from fault


def _read_row(row: Sequence[str]) -> list[int]:
    numbers = []
    for text in row:
        try:
            number = round(float(text.strip().rstrip("%")) * PER_CENT)
        except (ValueError, OverflowError) as fault:
            raise _make_fault("") from fault
        numbers.append(number)
    return numbers


def _make_fault(field_name: str) -> UserError:
    return UserError(_("遮盖框的左、上、宽、高要写成数字。"), hint=_("写百分数，如 12.5。"), field=field_name)


def _write_row(box: Sequence[int]) -> list[str]:
    return [f"{number / PER_CENT:g}" for number in box]
