"""Pictures written anew from their pixels: what the camera hid beside them (place, device, owner) is gone."""

import io
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from jiedao.files.kinds import GIF, JPEG, PNG, FileType
from jiedao.kernel.errors import UserError

# A picture's pixels all stand in memory at once: 40 million take at most 160 MB.
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 4_096
_MODES = {"JPEG": ("RGB", "L"), "PNG": ("RGBA", "RGB", "L"), "WEBP": ("RGBA", "RGB")}
_OPTIONS = {"JPEG": {"quality": 85}, "PNG": {"compress_level": 6}, "WEBP": {"quality": 85}}


@dataclass(frozen=True)
class Picture:
    """A picture that is safe to keep."""

    content: bytes
    type: FileType
    width: int
    height: int


def _open(content: bytes, file_type: FileType) -> Image.Image:
    """Read the header, by the one decoder that the content calls for; refuse too many pixels undecoded."""
    image = Image.open(io.BytesIO(content), formats=[file_type.code])
    if image.width * image.height > MOST_PIXELS:
        raise UserError(
            _("图片有 %(width)d×%(height)d 像素，太大了。") % {"width": image.width, "height": image.height},
            hint=_("请缩小到 4000 像素以内再上传。"),
        )
    if file_type is JPEG:
        image.draft(None, (LONGEST_SIDE, LONGEST_SIDE))  # decodes a large picture at a fraction of its size
    return image


def _bare(image: Image.Image, file_type: FileType) -> Image.Image:
    """Return the upright pixels in a mode that the format writes, with nothing beside them."""
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    modes = _MODES[file_type.code]
    if upright.mode not in modes:
        upright = upright.convert("RGBA" if upright.has_transparency_data and "RGBA" in modes else "RGB")
    # Writers take colour profiles, comments and EXIF from here when they are not told otherwise.
    upright.info = {}
    return upright


def clean_picture(content: bytes, file_type: FileType) -> Picture:
    """Return the picture upright, at most 4,096 pixels a side, without metadata; a GIF's first frame as PNG.

    Raises:
        UserError: broken, or more than 40 million pixels.
    """
    target = PNG if file_type is GIF else file_type
    out = io.BytesIO()
    try:
        with _open(content, file_type) as image:
            bare = _bare(image, target)
            bare.save(out, format=target.code, **_OPTIONS[target.code])
    except Image.DecompressionBombError as fault:  # raised at the header already, far beyond our own bound
        raise UserError(_("图片的像素太多了。"), hint=_("请缩小到 4000 像素以内再上传。")) from fault
    except (OSError, ValueError, SyntaxError, EOFError) as fault:
        raise UserError(_("图片已损坏，读不出来。"), hint=_("请重新拍摄或另存为 JPEG 后再上传。")) from fault
    return Picture(out.getvalue(), target, bare.width, bare.height)
