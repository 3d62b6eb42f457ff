"""Photos and a signature for the crews of the simulated day, drawn here."""

from __future__ import annotations

import io
from random import Random

from PIL import Image, ImageDraw


def make(rng: Random) -> dict[str, bytes]:
    """PNG bytes of a scene before, after, and a signature."""
    return {
        "before": _scene(rng, (52, 60, 72), (190, 70, 50)),
        "after": _scene(rng, (70, 92, 110), (240, 190, 80)),
        "signature": _signature(rng),
    }


def _scene(rng: Random, sky: tuple[int, int, int], lamp: tuple[int, int, int]) -> bytes:
    image = Image.new("RGB", (640, 480), sky)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 330, 640, 480), fill=(44, 48, 44))
    for x in range(80, 640, 180):
        draw.rectangle((x, 90, x + 12, 400), fill=(96, 84, 70))
        draw.line((x, 110, x + 192, 118 + rng.randrange(12)), fill=(20, 20, 20), width=3)
        draw.ellipse((x - 8, 76, x + 20, 104), fill=lamp)
    return _png(image)


def _signature(rng: Random) -> bytes:
    image = Image.new("RGB", (480, 160), "white")
    draw = ImageDraw.Draw(image)
    points = [(30 + 42 * i, 80 + rng.randrange(-50, 50)) for i in range(10)]
    draw.line(points, fill=(20, 20, 60), width=4, joint="curve")
    return _png(image)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
