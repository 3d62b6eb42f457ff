"""Is the product up: answered without templates, sessions or languages."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, JsonResponse


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, 503 when it does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except Exception as error:  # any database trouble means: not healthy
        return JsonResponse({"status": "down", "reason": type(error).__name__}, status=503)
    return JsonResponse({"status": "ok"})
