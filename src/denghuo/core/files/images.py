"""Images: decoded under limits and encoded anew, so that nothing but pixels is kept."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from django.utils.translation import gettext as _
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from denghuo.core.errors import InvalidInput
from denghuo.core.files.sniffing import JPEG, PNG, WEBP, FileType

JPEG_QUALITY = 85  # the usual point past which a photograph grows without looking better


@dataclass(frozen=True, slots=True)
class CleanImage:
    """An image as it is kept: encoded bytes, type and size in pixels."""

    data: bytes
    type: FileType
    width: int
    height: int


def clean_image(data: bytes, found: FileType, *, max_pixels: int, max_side: int) -> CleanImage:
    """``data`` upright, at most ``max_side`` long, without EXIF (places, devices), profiles, comments or frames.

    Raises InvalidInput (``file``) for a damaged image or one of more than ``max_pixels``, before decoding it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own, lower limit follows
            image = Image.open(io.BytesIO(data), formats=(found.name,))
            _check_pixels(image, max_pixels)
            image.draft("RGB", (max_side, max_side))  # a JPEG decodes straight to a nearby smaller size
            image.load()
            return _encode(_upright(image, max_side), found)
    except InvalidInput:
        raise
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(max_pixels) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, OverflowError, MemoryError) as error:
        raise InvalidInput({"file": _("图片已损坏，无法打开，请重新拍摄或另存为 JPG 后上传")}) from error


def thumbnail(data: bytes, side: int) -> bytes:
    """A JPEG of at most ``side`` pixels a side of an image that :func:`clean_image` made."""
    source = Image.open(io.BytesIO(data))
    source.draft("RGB", (side, side))
    image: Image.Image = source
    image.thumbnail((side, side))
    if image.mode != "RGB":
        page = Image.new("RGB", image.size, "white")  # a signature is black ink on nothing
        layer = image.convert("RGBA")
        page.paste(layer, mask=layer.getchannel("A"))
        image = page
    out = io.BytesIO()
    image.save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def _check_pixels(image: ImageFile.ImageFile, limit: int) -> None:
    width, height = image.size
    if width * height > limit:
        raise _too_many_pixels(limit)


def _too_many_pixels(limit: int) -> InvalidInput:
    millions = {"millions": max(1, limit // 1_000_000)}
    return InvalidInput({"file": _("图片像素过大（上限 %(millions)s 百万像素），请缩小后再上传") % millions})


def _upright(image: Image.Image, max_side: int) -> Image.Image:
    turned = ImageOps.exif_transpose(image)
    if max(turned.size) > max_side:
        turned.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    transparent = "A" in turned.getbands() or "transparency" in turned.info
    plain = turned.convert("RGBA" if transparent else "RGB")
    plain.info = {}  # encoders would write profiles and comments found here
    return plain


def _encode(image: Image.Image, found: FileType) -> CleanImage:
    kept = PNG if found is PNG else WEBP if found is WEBP else JPEG
    out = io.BytesIO()
    if kept is PNG:
        image.save(out, "PNG", optimize=False)
    else:
        image.save(out, kept.name, quality=JPEG_QUALITY)
    return CleanImage(out.getvalue(), kept, *image.size)
