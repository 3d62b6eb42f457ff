"""What a product without an engine of its own would do: the same questions to PostgreSQL.

*Trigrams*: pg_trgm's word similarity over the questions, with its GIN index. *Text search*: words cut beforehand by our
own analyser (PostgreSQL cannot cut Chinese), weighed by ``ts_rank_cd``, with a GIN index. Both read the same rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from django.db import connection

from denghuo.engine.retrieval.analyser import WORDS, Analyser

_TRIGRAMS = """
SELECT id FROM knowledge_standardquestion WHERE active AND %(q)s <%% search_text
ORDER BY word_similarity(%(q)s, search_text) DESC, id LIMIT 8
"""
_WORDS = """
SELECT id FROM bench_words, to_tsquery('simple', %(q)s) asked WHERE words @@ asked
ORDER BY ts_rank_cd(words, asked) DESC, id LIMIT 8
"""
_analyser = Analyser()


def prepare() -> float:
    """Build the words' table and its index; seconds."""
    from denghuo.apps.knowledge.models import StandardQuestion

    began = time.perf_counter()
    rows = StandardQuestion.objects.filter(active=True).only("question", "similar")
    cut = [(row.pk, " ".join(_words("\n".join(row.questions)))) for row in rows.iterator(chunk_size=2000)]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_words (id bigint PRIMARY KEY, words tsvector NOT NULL)")
        cursor.executemany("INSERT INTO bench_words VALUES (%s, to_tsvector('simple', %s))", cut)
        cursor.execute("CREATE INDEX ON bench_words USING gin (words)")
        cursor.execute("ANALYZE bench_words, knowledge_standardquestion")
        cursor.execute("SET pg_trgm.word_similarity_threshold = 0.3")
    return round(time.perf_counter() - began, 1)


def trigrams(text: str) -> list[int]:
    """The best eight by word similarity."""
    return _ids(_TRIGRAMS, text)


def words(text: str) -> list[int]:
    """The best eight that share any word."""
    terms = _words(text)
    return _ids(_WORDS, " | ".join(f"'{term}'" for term in terms)) if terms else []


PEERS: dict[str, Callable[[str], list[int]]] = {"trigrams": trigrams, "text search": words}


def _words(text: str) -> Sequence[str]:
    return [term.replace("'", "").replace("\\", "") for term in _analyser.terms(text).fields[WORDS]]


def _ids(statement: str, asked: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"q": asked})
        return [int(row[0]) for row in cursor.fetchall()]
