"""Writing pictures anew from their pixels, which removes the metadata of the camera: place, device, owner."""

import io
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from jiedao.files.kinds import GIF, JPEG, PNG, FileType
from jiedao.kernel.errors import UserError

# All pixels of a picture are in memory at once: 40 million need at most 160 MB.
MAX_PIXELS = 40_000_000
MAX_SIDE = 4_096
_MODES = {"JPEG": ("RGB", "L"), "PNG": ("RGBA", "RGB", "L"), "WEBP": ("RGBA", "RGB")}
_OPTIONS = {"JPEG": {"quality": 85}, "PNG": {"compress_level": 6}, "WEBP": {"quality": 85}}


@dataclass(frozen=True)
class Picture:
    """A picture without metadata, safe to store."""

    content: bytes
    type: FileType
    width: int
    height: int


def _open_image(content: bytes, file_type: FileType) -> Image.Image:
    """Read the header with the decoder for this type alone; refuse too many pixels before decoding them."""
    image = Image.open(io.BytesIO(content), formats=[file_type.code])
    if image.width * image.height > MAX_PIXELS:
        raise UserError(
            _("图片有 %(width)d×%(height)d 像素，太大了。") % {"width": image.width, "height": image.height},
            hint=_("请缩小到 4000 像素以内再上传。"),
        )
    if file_type is JPEG:
        image.draft(None, (MAX_SIDE, MAX_SIDE))  # the decoder then scales a large picture down
    return image


def _strip_metadata(image: Image.Image, file_type: FileType) -> Image.Image:
    """Return the pixels upright and without metadata, in a mode that the format can write."""
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((MAX_SIDE, MAX_SIDE))
    modes = _MODES[file_type.code]
    if upright.mode not in modes:
        upright = upright.convert("RGBA" if upright.has_transparency_data and "RGBA" in modes else "RGB")
    # By default Pillow writes colour profiles, comments and EXIF from `info` into the new file.
    upright.info = {}
    return upright


def clean_picture(content: bytes, file_type: FileType) -> Picture:
    """Return the picture upright, at most 4,096 pixels a side, without metadata; a GIF's first frame as PNG.

    Raises:
        UserError: the picture is broken or has more than 40 million pixels.
    """
    target = PNG if file_type is GIF else file_type
    buffer = io.BytesIO()
    try:
        with _open_image(content, file_type) as image:
            clean_image = _strip_metadata(image, target)
            clean_image.save(buffer, format=target.code, **_OPTIONS[target.code])
    except (
        Image.DecompressionBombError
    ) as fault:  # Pillow raises it when it reads the header, far above our own limit
        raise UserError(_("图片的像素太多了。"), hint=_("请缩小到 4000 像素以内再上传。")) from fault
    except (OSError, ValueError, SyntaxError, EOFError) as fault:
        raise UserError(_("图片已损坏，读不出来。"), hint=_("请重新拍摄或另存为 JPEG 后再上传。")) from fault
    return Picture(buffer.getvalue(), target, clean_image.width, clean_image.height)
