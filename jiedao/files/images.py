"""Writing pictures anew from their pixels, which removes the metadata of the camera: place, device, owner."""

import io
import struct
import threading
import warnings
from contextlib import nullcontext
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from jiedao.files.kinds import GIF, JPEG, PNG, FileType
from jiedao.kernel.errors import UserError

# The decoder of a JPEG scales it down while it reads, if its pixels are stored row by row: 50 million pixels took
# 99 MB, 108 million 55 MB. In several scans 50 million took 191 MB, as PNG 525 MB and as WebP 914 MB, because all of
# them are in memory at once. Pillow itself refuses more than 179 million.
MAX_PIXELS = 40_000_000
MAX_PIXELS_OF_JPEG = 64_000_000
MAX_PIXELS_IN_ROWS = 178_000_000
LARGE_PIXELS = 16_000_000
MAX_SIDE = 4_096
_MODES = {"JPEG": ("RGB", "L"), "PNG": ("RGBA", "RGB", "L"), "WEBP": ("RGBA", "RGB")}
_OPTIONS = {"JPEG": {"quality": 85}, "PNG": {"compress_level": 6}, "WEBP": {"quality": 85}}
warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limits come before any decoding
_LARGE_PICTURE = threading.Lock()  # large pictures are cleaned one after the other


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
    if image.width * image.height > _choose_limit(content, file_type):
        raise UserError(
            _("图片有 %(width)d×%(height)d 像素，太大了。") % {"width": image.width, "height": image.height},
            hint=_("请缩小到 4000 像素以内再上传。"),
        )
    if file_type is JPEG:
        # The decoder divides the sides by 2, 4 or 8 but never below this size.
        least = MAX_SIDE if image.width * image.height <= LARGE_PIXELS else MAX_SIDE // 2
        image.draft(None, (least, least))
    return image


def _choose_limit(content: bytes, file_type: FileType) -> int:
    if file_type is not JPEG:
        return MAX_PIXELS
    return MAX_PIXELS_IN_ROWS if is_stored_in_rows(content) else MAX_PIXELS_OF_JPEG


def is_stored_in_rows(content: bytes) -> bool:
    """Return whether a JPEG has its pixels row by row in one scan, so that the decoder need not hold all of them."""
    position, components = 2, 0
    while position + 4 <= len(content) and content[position] == 0xFF:
        marker = content[position + 1]
        if marker == 0xFF:  # padding
            position += 1
            continue
        length = struct.unpack_from(">H", content, position + 2)[0]
        if marker in {0xC0, 0xC1} and position + 9 < len(content):
            components = content[position + 9]
        elif marker in {0xC2, 0xC6, 0xCA, 0xCE}:
            return False
        elif marker == 0xDA:
            return position + 4 < len(content) and 0 < components <= content[position + 4]
        position += 2 + length
    return False


def _reduce_depth(image: Image.Image) -> Image.Image:
    """Return a picture of 16 bits with 8 bits: the upper half of each value. Pillow would cut off all above 255."""
    if not image.mode.startswith("I"):
        return image
    import numpy as np  # noqa: PLC0415 (a tenth of the time in which a command starts)

    values = np.asarray(image)
    clean_image = Image.fromarray((values >> 8).clip(0, 255).astype(np.uint8))
    clean_image.info = {key: value for key, value in image.info.items() if key == "exif"}
    return clean_image


def _strip_metadata(image: Image.Image, file_type: FileType) -> Image.Image:
    """Return the pixels upright and without metadata, in a mode that the format can write."""
    upright = ImageOps.exif_transpose(_reduce_depth(image))
    modes = _MODES[file_type.code]
    if upright.mode not in modes:
        upright = upright.convert("RGBA" if upright.has_transparency_data and "RGBA" in modes else "RGB")
    upright.thumbnail((MAX_SIDE, MAX_SIDE))
    # By default Pillow writes colour profiles, comments and EXIF from `info` into the new file.
    upright.info = {}
    return upright


def make_preview(content: bytes, side: int) -> bytes:
    """Return a stored picture as a small JPEG with no side longer than `side`; what is transparent becomes white.

    Raises:
        UserError: the content is broken.
    """
    buffer = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content), formats=list(_MODES)) as image:
            image.draft("RGB", (side * 2, side * 2))  # a JPEG is read at a fraction of its size
            image.thumbnail((side, side))
            if image.has_transparency_data:
                clear = image.convert("RGBA")
                small = Image.new("RGB", clear.size, "white")
                small.paste(clear, mask=clear)
            else:
                small = image.convert("RGB")
            small.info = {}
            small.save(buffer, format="JPEG", quality=70, optimize=True)
    except (OSError, ValueError, SyntaxError, EOFError) as fault:
        raise UserError(_("图片已损坏，读不出来。"), hint=_("请重新拍摄或另存为 JPEG 后再上传。")) from fault
    return buffer.getvalue()


def clean_picture(content: bytes, file_type: FileType) -> Picture:
    """Return the picture upright, at most 4,096 pixels a side, without metadata; a GIF's first frame as PNG.

    Raises:
        UserError: the picture is broken or has too many pixels: 40 million, in a JPEG 64 or 178 million.
    """
    target = PNG if file_type is GIF else file_type
    buffer = io.BytesIO()
    try:
        with _open_image(content, file_type) as image:
            large = image.width * image.height > LARGE_PIXELS
            with _LARGE_PICTURE if large else nullcontext():
                clean_image = _strip_metadata(image, target)
                clean_image.save(buffer, format=target.code, **_OPTIONS[target.code])
    except Image.DecompressionBombError as fault:  # far above our own limit
        raise UserError(_("图片的像素太多了。"), hint=_("请缩小到 4000 像素以内再上传。")) from fault
    except (OSError, ValueError, SyntaxError, EOFError) as fault:
        raise UserError(_("图片已损坏，读不出来。"), hint=_("请重新拍摄或另存为 JPEG 后再上传。")) from fault
    return Picture(buffer.getvalue(), target, clean_image.width, clean_image.height)
