"""The committed API document is the one the code has."""

from __future__ import annotations

import json

from denghuo.cli.docs import REFERENCE, openapi_snapshot


def test_the_committed_document_is_current() -> None:
    committed = (REFERENCE / "openapi.json").read_text(encoding="utf-8")
    assert committed == openapi_snapshot(), "the API changed: run `denghuo docs write` and review the difference"


def test_every_operation_tells_how_it_refuses() -> None:
    document = json.loads(openapi_snapshot())
    without = [
        f"{method} {path}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if "4XX" not in operation["responses"]
    ]
    assert not without
