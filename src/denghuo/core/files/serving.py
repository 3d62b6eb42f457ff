"""Handing a stored file to a browser."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import FileResponse, HttpRequest, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from denghuo.core.errors import NotFound
from denghuo.core.files import disk
from denghuo.core.files.models import FileKind, StoredFile
from denghuo.core.files.queries import thumbnail_of

logger = logging.getLogger("denghuo.files")


def serve(
    request: HttpRequest,
    file: StoredFile,
    *,
    permitted: Callable[[StoredFile], bool],
    as_thumbnail: bool = False,
    download: bool = False,
) -> HttpResponseBase:
    """The file as a response that a browser can only show, never run.

    ``permitted`` says whether the reader may see it; a refusal looks like a file that does not exist (NotFound), as
    does content lost from the disk, which is also logged. Images open in the page, everything else downloads.
    """
    if not permitted(file):
        raise NotFound(_("没有找到该文件"))
    etag = f'"{file.sha256}{"-t" if as_thumbnail else ""}"'
    response: HttpResponseBase
    if etag in request.headers.get("If-None-Match", ""):
        response = HttpResponseNotModified()
    else:
        try:
            path = thumbnail_of(file) if as_thumbnail else disk.path_of(file.sha256)
            opened = path.open("rb")
        except (OSError, ValueError) as error:
            logger.error("content of stored file %s cannot be read: %s", file.pk, type(error).__name__)
            raise NotFound(_("没有找到该文件")) from error
        response = FileResponse(
            opened,
            as_attachment=download or file.kind != FileKind.IMAGE,
            filename=file.name,
            content_type="image/jpeg" if as_thumbnail else file.content_type,
        )
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
