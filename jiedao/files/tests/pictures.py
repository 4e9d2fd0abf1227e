"""Builders of pictures for the tests."""

import io
from typing import Any

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

GPS_MARK = b"JIEDAO-PHONE"


def make_picture(
    form: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: Any
) -> bytes:
    """Return a picture: left half red, right half blue."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.convert(mode).save(out, form, **options)
    return out.getvalue()


def make_exif(orientation: int = 1) -> bytes:
    """Return EXIF data that names a device, an owner and a place."""
    data = Image.Exif()
    data[Base.Make] = GPS_MARK.decode()
    data[Base.Artist] = "somebody"
    data[Base.Orientation] = orientation
    data.get_ifd(IFD.GPSInfo).update(
        {
            GPS.GPSLatitudeRef: "N",
            GPS.GPSLatitude: (22.0, 36.0, 1.0),
            GPS.GPSLongitudeRef: "E",
            GPS.GPSLongitude: (114.0, 7.0, 2.0),
        }
    )
    return data.tobytes()


def decode(content: bytes) -> Image.Image:
    """Return the decoded picture."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image
