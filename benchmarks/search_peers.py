"""Other people's searches on the same base and questions. Each gives the ids it would list, best first."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable, Sequence

import rjieba

from denghuo.engine.retrieval.types import Entry

Search = Callable[[str], list[int]]
#: documents taken to fill ten entries; a base with many wordings an entry needs more than ten
TAKEN = 200


def tantivy(entries: Sequence[Entry]) -> Search | None:
    """tantivy with its BM25, over text cut by rjieba with the single characters beside the words."""
    if importlib.util.find_spec("tantivy") is None:
        return None
    import tantivy as peer

    schema = peer.SchemaBuilder()
    schema.add_integer_field("id", stored=True)
    schema.add_text_field("text", tokenizer_name="whitespace")
    index = peer.Index(schema.build())
    writer = index.writer(50_000_000, 1)
    for entry in entries:
        for wording in entry.wordings:
            writer.add_document(peer.Document(id=entry.id, text=cut(wording)))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher, shape = index.searcher(), index.schema

    def search(text: str) -> list[int]:
        words = [(peer.Occur.Should, peer.Query.term_query(shape, "text", word)) for word in cut(text).split()]
        if not words:
            return []
        hits = searcher.search(peer.Query.boolean_query(words), TAKEN).hits
        return list(dict.fromkeys(searcher.doc(address)["id"][0] for _, address in hits))[:10]

    return search


def whoosh(entries: Sequence[Entry]) -> Search | None:
    """Whoosh as it comes: its standard analyser, its BM25F, any of the words; the text is cut as for tantivy, since its
    analyser takes a Chinese sentence for one word."""
    if importlib.util.find_spec("whoosh") is None:
        return None
    from whoosh.fields import NUMERIC, TEXT, Schema
    from whoosh.index import create_in
    from whoosh.qparser import OrGroup, QueryParser

    folder = tempfile.TemporaryDirectory()
    index = create_in(folder.name, Schema(id=NUMERIC(stored=True), text=TEXT))
    writer = index.writer()
    for entry in entries:
        for wording in entry.wordings:
            writer.add_document(id=entry.id, text=cut(wording))
    writer.commit()
    searcher = index.searcher()
    parser = QueryParser("text", index.schema, group=OrGroup)

    def search(text: str) -> list[int]:
        hits = searcher.search(parser.parse(cut(text)), limit=TAKEN)
        return list(dict.fromkeys(hit["id"] for hit in hits))[:10]

    search.folder = folder  # type: ignore[attr-defined]
    return search


def cut(text: str) -> str:
    words = [word for word in rjieba.cut(text.lower()) if any(char.isalnum() for char in word)]
    return " ".join(words + [char for word in words if len(word) > 1 for char in word if ord(char) > 0x2E80])
