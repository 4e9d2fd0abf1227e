"""Draw invented pictures for the demonstration, where a move or an answer requires a photo."""

import io
import random

from PIL import Image, ImageDraw, ImageFilter

SIZE = (640, 480)


def draw_scene(rng: random.Random, *, bright: bool) -> bytes:
    """Return a JPEG of an invented hallway; unless `bright`, there is clutter on its floor."""
    wall, floor = ((214, 218, 214), (168, 160, 148)) if bright else ((172, 170, 160), (120, 112, 102))
    image = Image.new("RGB", SIZE, wall)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 320, *SIZE), fill=floor)
    left = rng.randrange(60, 400)
    draw.rectangle((left, 90, left + 130, 330), fill=(110, 74, 52), outline=(70, 48, 36), width=5)
    draw.ellipse((left + 108, 208, left + 120, 220), fill=(200, 180, 90))
    for _box in range(0 if bright else rng.randrange(5, 9)):
        x, y, size = rng.randrange(540), rng.randrange(290, 390), rng.randrange(40, 90)
        tone = rng.randrange(90, 170)
        draw.rectangle((x, y, x + size, y + size), fill=(tone, tone - 25, tone - 60), outline=(60, 50, 40))
    out = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(1.2)).save(out, "JPEG", quality=70)
    return out.getvalue()
