"""The pictures of a printout: photos of attachments, the code of a page, and a map, all made on this machine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import segno
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from jiedao.files import storage
from jiedao.files.access import can_see_attachment
from jiedao.files.models import Attachment
from jiedao.kernel.drawing import draw_paper_map
from jiedao.kernel.storable import make_storable
from jiedao.orgs.actor import Actor
from jiedao.reports.document import Picture, PictureKind
from jiedao.reports.output.charts import FONTS

MOST_PHOTOS = 60  # of one printout; a longer one is no work order any more
SIDE = 1000  # pixels: 300 to the inch at 8 cm
QUALITY = 80
MAP_HEIGHT = 240  # user units: names are 7 points high


@dataclass(frozen=True)
class Photo:
    """An attachment to be printed, with the words below it."""

    attachment: Attachment
    caption: str = ""


@dataclass(frozen=True)
class PrintedPhotos:
    """The photos that can be printed, and what is missing, in words."""

    pictures: tuple[Picture, ...]
    faults: tuple[str, ...]


def read_photos(actor: Actor, photos: Iterable[Photo], most: int = MOST_PHOTOS) -> PrintedPhotos:
    """Return photos scaled down for paper. A photo that cannot be read is named, it does not stop the printout.

    Photos that the actor may not see are left out without a word, as on the page.
    """
    wanted = [photo for photo in photos if can_see_attachment(actor, photo.attachment)]
    pictures: list[Picture] = []
    faults: list[str] = []
    for photo in wanted[:most]:
        try:
            pictures.append(_read_photo(photo))
        except FileNotFoundError:
            faults.append(_("照片“%(name)s”的文件不在服务器上，没有印出。") % {"name": photo.attachment.name})
        except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
            faults.append(_("照片“%(name)s”读不出来，没有印出。") % {"name": photo.attachment.name})
    if len(wanted) > most:
        words = _("照片共 %(n)d 张，只印前 %(most)d 张，其余请在系统里看。")
        faults.append(words % {"n": len(wanted), "most": most})
    return PrintedPhotos(tuple(pictures), tuple(faults))


def _read_photo(photo: Photo) -> Picture:
    with storage.open_content(photo.attachment.blob.sha256) as file, Image.open(file) as image:
        if image.format == "JPEG":
            image.draft("RGB", (SIDE, SIDE))  # the decoder scales down while it reads
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((SIDE, SIDE))
        flat = _flatten(upright)
        buffer = BytesIO()
        flat.save(buffer, format="JPEG", quality=QUALITY)
    return Picture(buffer.getvalue(), PictureKind.JPEG, flat.width / flat.height, photo.caption)


def _flatten(image: Image.Image) -> Image.Image:
    """Return the picture on white, because paper is not transparent."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    ground = Image.new("RGB", layered.size, "white")
    ground.paste(layered, mask=layered.getchannel("A"))
    return ground


def draw_code(url: str, caption: str) -> Picture:
    """Return a QR code that opens an address."""
    buffer = BytesIO()
    segno.make(url, error="m", micro=False).save(buffer, kind="png", scale=8, border=2)
    return Picture(buffer.getvalue(), PictureKind.PNG, 1.0, caption)


def draw_place(features: Mapping[str, Any], caption: str = "") -> Picture:
    """Return a map of a place, drawn from the outlines and premises of the pack; GeoJSON in WGS 84."""
    drawing, ratio = draw_paper_map(features, MAP_HEIGHT, FONTS)
    # Names come from packs: a control character in one would make the drawing unreadable.
    return Picture(make_storable(drawing).encode(), PictureKind.SVG, ratio, caption)
