import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from jiedao.files.images import MAX_SIDE, clean_picture, is_stored_in_rows
from jiedao.files.kinds import GIF, JPEG, PNG, WEBP, FileType
from jiedao.files.tests.pictures import GPS_MARK, decode, make_exif, make_picture
from jiedao.kernel.errors import UserError


@pytest.mark.parametrize("file_type", [JPEG, PNG, WEBP])
def test_place_and_device_are_removed(file_type: FileType) -> None:
    raw = make_picture(file_type.code, exif=make_exif(), icc_profile=b"x" * 200)
    assert GPS_MARK in raw

    cleaned = clean_picture(raw, file_type)

    image = decode(cleaned.content)
    assert GPS_MARK not in cleaned.content
    assert dict(image.getexif()) == {}
    assert not {"exif", "icc_profile", "comment", "xmp"} & image.info.keys()
    assert (cleaned.type, cleaned.width, cleaned.height) == (file_type, 60, 40)


def test_comments_and_text_chunks_are_removed() -> None:
    info = PngInfo()
    info.add_text("Location", "22.6,114.1")
    info.add_itxt("XML:com.adobe.xmp", "<x>22.6,114.1</x>")

    assert b"114.1" not in clean_picture(make_picture("PNG", pnginfo=info), PNG).content
    assert b"114.1" not in clean_picture(make_picture("JPEG", comment="22.6,114.1"), JPEG).content


@pytest.mark.parametrize(("orientation", "left_top"), [(1, "red"), (3, "blue"), (6, "red"), (8, "blue")])
def test_a_picture_is_turned_upright_by_its_orientation(orientation: int, left_top: str) -> None:
    cleaned = clean_picture(make_picture(exif=make_exif(orientation), quality=95), JPEG)

    red, _green, blue = decode(cleaned.content).convert("RGB").getpixel((3, 3))  # type: ignore[misc]
    assert (red > blue) == (left_top == "red")
    assert (cleaned.width, cleaned.height) == ((40, 60) if orientation in {6, 8} else (60, 40))


def test_transparency_is_preserved() -> None:
    raw = io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).quantize().save(raw, "PNG")

    assert decode(clean_picture(raw.getvalue(), PNG).content).convert("RGBA").getpixel((0, 0))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("mode", "form", "file_type"), [("CMYK", "JPEG", JPEG), ("1", "PNG", PNG), ("L", "WEBP", WEBP)]
)
def test_unusual_colours_are_converted(mode: str, form: str, file_type: FileType) -> None:
    assert clean_picture(make_picture(form, mode=mode), file_type).width == 60


def test_a_gif_becomes_its_first_frame_as_png() -> None:
    frames = [Image.new("P", (8, 8), colour) for colour in (1, 2)]
    raw = io.BytesIO()
    frames[0].save(raw, "GIF", save_all=True, append_images=frames[1:], comment=b"here")

    cleaned = clean_picture(raw.getvalue(), GIF)

    assert cleaned.type is PNG
    assert getattr(decode(cleaned.content), "n_frames", 1) == 1


def test_a_large_picture_is_scaled_down() -> None:
    cleaned = clean_picture(make_picture(size=(6000, 3000)), JPEG)

    assert max(cleaned.width, cleaned.height) == MAX_SIDE
    assert decode(cleaned.content).size == (cleaned.width, cleaned.height)


def make_png_with_size(width: int, height: int) -> bytes:
    """Return a tiny PNG whose header claims the size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 9))
        + chunk(b"IEND", b"")
    )


def test_a_pixel_bomb_is_refused_by_its_header() -> None:
    for size in ((7_000, 7_000), (60_000, 60_000)):
        with pytest.raises(UserError, match="像素") as caught:
            clean_picture(make_png_with_size(*size), PNG)
        assert "缩小" in str(caught.value.hint)


def test_a_broken_picture_is_refused() -> None:
    intact: Any = make_picture("PNG")
    for raw in (intact[:60], intact[:20], make_png_with_size(50, 50)):
        with pytest.raises(UserError, match="损坏"):
            clean_picture(raw, PNG)


def test_cleaning_the_same_picture_returns_the_same_content() -> None:
    raw = make_picture(exif=make_exif())

    assert clean_picture(raw, JPEG).content == clean_picture(raw, JPEG).content


def make_gray16(values: "np.ndarray[Any, Any]") -> bytes:
    raw = io.BytesIO()
    Image.fromarray(values.astype(np.uint16)).save(raw, "PNG")
    return raw.getvalue()


def test_a_gray_picture_of_16_bits_keeps_its_shades() -> None:
    ramp = np.tile(np.arange(256) * 257, (4, 1))

    cleaned = decode(clean_picture(make_gray16(ramp), PNG).content).convert("L")

    assert [cleaned.getpixel((x, 1)) for x in (0, 64, 128, 255)] == [0, 64, 128, 255]


def make_rgb16(width: int, height: int, pixel: tuple[int, ...]) -> bytes:
    """Return a PNG of 16 bits a channel, with or without transparency; Pillow writes none."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 16, {3: 2, 4: 6}[len(pixel)], 0, 0, 0)
    row = b"\0" + struct.pack(f">{len(pixel)}H", *pixel) * width
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("pixel", [(0x8000, 0x4000, 0xC0FF), (0x8000, 0x4000, 0xC0FF, 0x80FF)])
def test_a_colour_picture_of_16_bits_keeps_its_shades(pixel: tuple[int, ...]) -> None:
    cleaned = decode(clean_picture(make_rgb16(8, 4, pixel), PNG).content)

    assert cleaned.getpixel((3, 2)) == tuple(value >> 8 for value in pixel)


def test_a_palette_keeps_its_colours() -> None:
    cleaned = decode(clean_picture(make_picture("PNG", mode="P"), PNG).content).convert("RGB")

    assert cleaned.getpixel((3, 3)) == (255, 0, 0)
    assert cleaned.getpixel((57, 3)) == (0, 0, 255)


def test_printing_colours_become_the_same_screen_colours() -> None:
    red, green, blue = decode(
        clean_picture(make_picture("JPEG", mode="CMYK", quality=95), JPEG).content
    ).getpixel(  # type: ignore[misc]
        (3, 3)
    )

    assert red > 220
    assert green < 40
    assert blue < 40


def test_a_photo_of_50_megapixels_is_scaled() -> None:
    for size in ((8_160, 6_120), (6_120, 8_160)):
        cleaned = clean_picture(make_picture(size=size, exif=make_exif(6)), JPEG)

        assert MAX_SIDE // 2 <= max(cleaned.width, cleaned.height) <= MAX_SIDE


def test_only_a_photo_stored_in_rows_may_have_more_pixels_than_memory_allows() -> None:
    assert is_stored_in_rows(make_picture(quality=85))
    assert is_stored_in_rows(make_picture(mode="L"))
    assert not is_stored_in_rows(make_picture(progressive=True))
    assert not is_stored_in_rows(make_picture()[:30])
    with pytest.raises(UserError, match="像素"):
        clean_picture(make_jpeg_with_size(9_000, 8_000, progressive=True), JPEG)
    with pytest.raises(UserError, match="像素"):
        clean_picture(make_jpeg_with_size(15_000, 12_000), JPEG)


def make_jpeg_with_size(width: int, height: int, **options: Any) -> bytes:
    """Return a small JPEG whose header claims the size."""
    raw = make_picture(**options)
    place = raw.index(b"\xff\xc2" if options.get("progressive") else b"\xff\xc0") + 5
    return raw[:place] + struct.pack(">HH", height, width) + raw[place + 4 :]
