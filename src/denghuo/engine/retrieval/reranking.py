"""An outside judge of the few best candidates. Off unless one is configured; the search never waits long for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import httpx

from denghuo.engine.retrieval.embedders import Breaker, Unavailable
from denghuo.engine.retrieval.types import Found, ReRanker


class RemoteReRanker:
    """Figures from any server that speaks the ``POST {url}/rerank`` form of Jina, Cohere and vLLM.

    The question and the texts leave the house: the caller removes personal data first. :meth:`scores` raises
    :class:`Unavailable` after ``timeout`` seconds, on an answer that is not of the promised shape, and at once while the
    breaker is open.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key: str = "",
        timeout: float = 0.5,
        transport: httpx.BaseTransport | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self.breaker = breaker or Breaker()
        self._model = model
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(base_url=url.rstrip("/"), timeout=timeout, headers=headers, transport=transport)

    def scores(self, query: str, texts: Sequence[str]) -> Sequence[float]:
        if not self.breaker.allows():
            raise Unavailable(f"{self._model}: left alone after {self.breaker.failed} failures")
        body = {"model": self._model, "query": query, "documents": list(texts), "top_n": len(texts)}
        try:
            answer = self._client.post("/rerank", json=body)
            answer.raise_for_status()
            given = {int(row["index"]): float(row["relevance_score"]) for row in answer.json()["results"]}
            found = [given[at] for at in range(len(texts))]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            self.breaker.note(good=False)
            raise Unavailable(f"{self._model}: {type(error).__name__}") from error
        self.breaker.note(good=True)
        return found


def reranked(
    query: str,
    found: Sequence[Found],
    judge: ReRanker,
    *,
    text_of: Callable[[Found], str] = lambda item: item.wording,
    missed: Callable[[], None] = lambda: None,
) -> list[Found]:
    """``found`` in the judge's order. The probabilities stay those of the places: the judge's first takes the highest, so
    thresholds keep their meaning. When the judge cannot be had, ``missed`` is called (to count it) and the order stays.
    """
    if len(found) < 2:
        return list(found)
    try:
        given = judge.scores(query, [text_of(item) for item in found])
    except Unavailable:
        missed()
        return list(found)
    chances = sorted((item.score for item in found), reverse=True)
    order = sorted(range(len(found)), key=lambda at: (-given[at], at))
    return [
        replace(found[at], score=chance, parts={**found[at].parts, "judge": float(given[at])})
        for at, chance in zip(order, chances, strict=True)
    ]
