"""Public copies of pictures: parts are painted over, and the rest is encoded anew, so that no hidden layer remains."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from jiedao.files import storage
from jiedao.files.images import Picture
from jiedao.files.kinds import JPEG
from jiedao.files.models import Blob
from jiedao.kernel.errors import NotFoundError, UserError

FULL = 1000  # a side of a picture in the unit of a box
MOST_BOXES = 40
PUBLIC_SIDE = 1_600  # pixels: enough to recognise a matter, too few to read papers in the picture


@dataclass(frozen=True)
class Box:
    """A part of a picture, in thousandths of its width and height."""

    left: int
    top: int
    width: int
    height: int

    def __post_init__(self) -> None:
        inside = self.left >= 0 and self.top >= 0 and self.width > 0 and self.height > 0
        if not inside or self.left + self.width > FULL or self.top + self.height > FULL:
            raise UserError(
                _("遮盖框不在照片之内。"),
                hint=_("左、上、宽、高都写百分数，左加宽、上加高不超过 100。"),
                field="boxes",
            )

    @property
    def numbers(self) -> list[int]:
        """The box as it is stored."""
        return [self.left, self.top, self.width, self.height]


def read_boxes(rows: Sequence[Sequence[int]]) -> list[Box]:
    """Return stored boxes; raise UserError for too many, or for one outside the picture."""
    if len(rows) > MOST_BOXES:
        raise UserError(
            _("一张照片最多遮盖 %(most)d 处。") % {"most": MOST_BOXES},
            hint=_("请画大一点的框，或者不公开这张照片。"),
            field="boxes",
        )
    return [Box(*row) for row in rows]


def make_public_copy(original: Blob, boxes: Sequence[Box]) -> Picture:
    """Return a picture with the boxes painted black, at most 1,600 pixels a side, as a JPEG without metadata.

    Raise NotFoundError where the content of the original is missing on the disk.
    """
    try:
        file = storage.open_content(original.sha256)
    except FileNotFoundError as fault:
        raise NotFoundError(
            _("照片的内容不在服务器上。"), hint=_("请告诉管理员从备份恢复 files 文件夹。")
        ) from fault
    with file, Image.open(file, formats=["JPEG", "PNG", "WEBP"]) as image:
        image.draft(None, (PUBLIC_SIDE, PUBLIC_SIDE))
        pixels = _flatten(image)
    # The boxes come before the picture is made smaller, so that no pixel of the edge mixes with what is below.
    _paint(pixels, boxes)
    pixels.thumbnail((PUBLIC_SIDE, PUBLIC_SIDE))
    pixels.info = {}
    buffer = io.BytesIO()
    pixels.save(buffer, format="JPEG", quality=82)
    return Picture(buffer.getvalue(), JPEG, pixels.width, pixels.height)


def _flatten(image: Image.Image) -> Image.Image:
    """Return the pixels on white: transparent pixels may still contain colours that were erased."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    ground = Image.new("RGB", image.size, "white")
    layer = image.convert("RGBA")
    ground.paste(layer, mask=layer.getchannel("A"))
    return ground


def _paint(pixels: Image.Image, boxes: Sequence[Box]) -> None:
    draw = ImageDraw.Draw(pixels)
    for box in boxes:
        left, top = (
            math.floor(box.left * pixels.width / FULL),
            math.floor(box.top * pixels.height / FULL),
        )
        right = math.ceil((box.left + box.width) * pixels.width / FULL)
        bottom = math.ceil((box.top + box.height) * pixels.height / FULL)
        draw.rectangle((left, top, right - 1, bottom - 1), fill="black")
