"""The committed API document is the one the code has."""

from __future__ import annotations

import json
from collections import Counter

from ninja import Schema

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


def test_no_two_documents_share_a_name() -> None:
    """The document has one place a name: the second of two would be described as the first."""
    import denghuo.config.api  # noqa: F401  (loads every router)

    def below(kind: type) -> list[type]:
        return [found for sub in kind.__subclasses__() for found in (sub, *below(sub))]

    mine = {sub for sub in below(Schema) if sub.__module__.startswith("denghuo.")}
    names = Counter(sub.__name__ for sub in mine)
    assert not [name for name, count in names.items() if count > 1]
