"""The index: entries in, the candidates for a question and their figures out, and with a ranker the answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.retrieval.analyser import GRAMS, SOUNDS, WORDS, Analyser, Terms, marked
from denghuo.engine.retrieval.classes import Classes, learn
from denghuo.engine.retrieval.dense import EXACT
from denghuo.engine.retrieval.everyday import evidence, familiar
from denghuo.engine.retrieval.features import COLUMN, FEATURES, best_of, compared, deviations, relative
from denghuo.engine.retrieval.ranker import Ranker
from denghuo.engine.retrieval.store import Store
from denghuo.engine.retrieval.types import Entry, Floats, Found
from denghuo.engine.retrieval.wordings import DIFFERENCES, Sentence, differences

Allowed = Callable[[int], bool] | NDArray[np.int64] | None

#: entries looked at closely
CANDIDATES: Final = 40
#: best documents taken from each leg to find them
TAKEN: Final = 120
#: below this part of the question's own score the plain legs count as weak, and what sounds alike is looked up
WEAK: Final = 0.6
#: put() learns the classifier by itself up to so many wordings (a tenth of a second); above, call learn()
LEARN_AT_ONCE: Final = 600


@dataclass(slots=True)
class Candidates:
    """Entry rows in question with their figures; ``best`` is the number of the wording that fits best, ``passage`` that
    of the passage (-1: none); ``out`` marks entries that a wording they must not be found by fits at least as well as
    any of their own."""

    rows: NDArray[np.int64]
    figures: Floats
    best: NDArray[np.int64]
    passage: NDArray[np.int64]
    out: NDArray[np.bool_]


class Index:
    """Entries that can be found. One lock: a search and a change do not meet half-way.

    Memory per wording of 12 characters: about 1.1 kB with a vector of 384 dimensions, 0.6 kB without.
    """

    def __init__(self, analyser: Analyser | None = None, *, exact: int = EXACT) -> None:
        self.analyser = analyser or Analyser()
        self.wordings = Store(self.analyser, exact)
        self.passages = Store(self.analyser, exact)
        self.classes: Classes | None = None
        self._entries: dict[int, Entry] = {}
        self._row: dict[int, int] = {}
        self._ids = np.zeros(1024, dtype=np.int64)
        self._free: list[int] = []
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._entries

    @property
    def ids(self) -> list[int]:
        """Ids of the entries, ascending."""
        return sorted(self._entries)

    @property
    def rooms(self) -> int:
        """Entry rows there may be: the length of a mask."""
        return len(self._ids)

    def ids_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Ids of entry rows."""
        return self._ids[rows]

    def entry_ids(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Ids of the entries that the wordings of these numbers belong to."""
        return self._ids[self.wordings.owners[numbers]]

    def put(self, entries: Iterable[Entry], vectors: Mapping[str, Floats] | None = None) -> None:
        """Adds entries or replaces those of the same id. ``vectors`` by wording and by passage; a text without one is
        found by its words only. An entry without wordings and passages cannot be found and is not kept."""
        with self._lock:
            found = {entry.id: entry for entry in entries}
            self._take_out([id for id in found if id in self._entries])
            kept = sorted((e for e in found.values() if e.wordings or e.passages), key=lambda e: e.id)
            rows = [self._new_row(entry.id) for entry in kept]
            self._entries |= {entry.id: entry for entry in kept}
            self.wordings.put([(row, entry.wordings) for row, entry in zip(rows, kept, strict=True)], vectors)
            self.passages.put(
                [(row, entry.passages) for row, entry in zip(rows, kept, strict=True) if entry.passages], vectors
            )
            self._learn_if_small()

    def drop(self, ids: Iterable[int]) -> None:
        """Takes entries out; unknown ids are nothing to do."""
        with self._lock:
            known = [id for id in set(ids) if id in self._entries]
            self._take_out(known)
            if known:
                self._learn_if_small()

    def learn(self) -> bool:
        """Learns the classifier of the base as it is now; False where it has too few wordings for one.

        Above :data:`LEARN_AT_ONCE` wordings this is the caller's to ask for (seconds at ten thousand); until then the
        last classifier stays and knows nothing of what was put in since.
        """
        with self._lock:
            self.classes = self.learnt()
            return self.classes is not None

    def learnt(self, *, left_out: bool = False) -> Classes | None:
        """A classifier of the base, without taking it into use (see :func:`classes.learn`)."""
        numbers = self.living()
        plains = [self.wordings.plains[number] for number in numbers]
        vectors = self.wordings.dense.vectors(numbers) if self.wordings.dense.count else None
        return learn(plains, vectors, self.entry_ids(numbers), left_out=left_out)

    def living(self) -> NDArray[np.int64]:
        """Numbers of the wordings, in the order of entry and wording: the same however the base came about."""
        rows = [self.wordings.numbers[self._row[id]] for id in self.ids]
        return np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)

    def search(
        self,
        text: str,
        *,
        vector: Floats | None = None,
        allowed: Allowed = None,
        ranker: Ranker,
        limit: int = 8,
    ) -> list[Found]:
        """The entries that fit ``text`` best, best first; equals in the order of their ids.

        ``vector``: the question's unit vector, where there is one. ``allowed``: ids that may be found, or a function of
        the id; what it refuses is left out before any list is cut, and does not move the others. So is an entry that one
        of its ``negatives`` fits at least as well as the best of its own wordings. Empty for a text without letters, digits and characters, and where nothing has anything in common with it.
        """
        with self._lock:
            terms = self.analyser.terms(text)
            if not any(terms.fields):
                return []
            found = self.candidates(terms, vector, self._mask(allowed))
            if not len(found.rows):
                return []
            scores = ranker.scores(found.figures, with_vectors=self._with_vectors(vector))
            ids = self._ids[found.rows]
            order = np.lexsort((ids, -scores))
            order = order[~found.out[order]][:limit]
            return [self._shown(text, found, int(at), float(scores[at])) for at in order]

    def candidates(
        self, terms: Terms, vector: Floats | None, mask: NDArray[np.bool_] | None, without: int | None = None
    ) -> Candidates:
        """The entries worth ranking and their figures. ``without``: number of a wording that is looked away from, as
        training needs it."""
        words, own_words = self._leg(self.wordings, WORDS, terms)
        grams, own_grams = self._leg(self.wordings, GRAMS, terms)
        fit = self._fitting(self.wordings, mask, without)
        picked = [self._top(self.wordings, words / own_words + grams / own_grams, fit)]
        weak = not len(picked[0]) or float((words + grams)[picked[0]].max()) < WEAK * (own_words + own_grams)
        sounds, own_sounds = self._leg(self.wordings, SOUNDS, terms)
        if weak:
            picked.append(self._top(self.wordings, sounds, fit, TAKEN // 4))
        if self._with_vectors(vector) and vector is not None:
            near = self.wordings.dense.nearest(vector, fit)
            cosines = self.wordings.dense.cosines(vector, near)
            picked.append(near[np.lexsort((near, -cosines))[:TAKEN]])
        places = self._places(terms, vector, mask)
        classed = self.classes.scores(terms.plain, vector) if self.classes is not None else None
        rows = self._cut(picked, places, classed, mask)
        legs = (words / own_words, grams / own_grams, sounds / own_sounds)
        found = self._measured(rows, terms, vector, legs, places, without)
        self._add_classes(found, classed)
        self._add_subject(found, terms, without)
        return found

    # -- inside -----------------------------------------------------------------------------------------------------

    def _add_subject(self, found: Candidates, terms: Terms, without: int | None) -> None:
        """What says whether the base speaks of such matters at all: alike for all candidates, whatever may be found."""
        own = self.analyser.terms(self.wordings.texts[without]).fields if without is not None else ((), (), ())
        wordings, passages = self.wordings.postings, self.passages.postings
        for name, field in (("known_words", WORDS), ("known_pairs", GRAMS)):
            found.figures[:, COLUMN[name]] = familiar(terms, field, wordings, passages, own[field])
        found.figures[:, COLUMN["ours"]] = evidence(terms, wordings, own[GRAMS]) / 10.0

    def _leg(self, store: Store, field: int, terms: Terms) -> tuple[Floats, float]:
        scores, _ = store.postings.scores(field, terms.fields[field])
        return scores, max(store.postings.own(field, terms.fields[field]), 1e-6)

    def _fitting(self, store: Store, mask: NDArray[np.bool_] | None, without: int | None) -> NDArray[np.bool_]:
        fit = store.postings.alive[: store.size]
        if mask is not None:
            fit = fit & mask[store.owners[: store.size]]
        if without is not None:
            fit = fit.copy()
            fit[without] = False
        return fit

    def _top(self, store: Store, scores: Floats, fit: NDArray[np.bool_], count: int = TAKEN) -> NDArray[np.int64]:
        """Numbers of the ``count`` highest scores above nought among those that fit, highest first, equals by id."""
        usable = np.flatnonzero(fit & (scores > 0))
        if len(usable) > 8 * count:
            values = scores[usable]
            usable = usable[values >= np.partition(values, len(values) - count)[len(values) - count]]
        return usable[np.lexsort((usable, self._ids[store.owners[usable]], -scores[usable]))[:count]]

    def _with_vectors(self, vector: Floats | None) -> bool:
        return vector is not None and self.wordings.dense.count > 0

    def _places(
        self, terms: Terms, vector: Floats | None, mask: NDArray[np.bool_] | None
    ) -> dict[int, tuple[float, float, int]]:
        """Entry row → figures of its best passage (characters, cosine) and the passage's number."""
        store = self.passages
        if not store.postings.count:
            return {}
        grams, own = self._leg(store, GRAMS, terms)
        fit = self._fitting(store, mask, None)
        numbers = self._top(store, grams, fit, TAKEN)
        cosines = np.zeros(len(numbers), np.float32)
        if vector is not None and store.dense.count:
            near = store.dense.nearest(vector, fit)
            close = store.dense.cosines(vector, near)
            numbers = np.union1d(numbers, near[np.lexsort((near, -close))[: TAKEN // 2]])
            cosines = store.dense.cosines(vector, numbers)
        found: dict[int, tuple[float, float, int]] = {}
        for number, cosine in zip(numbers, cosines, strict=True):
            row, gram = int(store.owners[number]), float(grams[number] / own)
            if row not in found or gram + cosine > found[row][0] + found[row][1]:
                found[row] = (gram, float(cosine), int(number))
        return found

    def _cut(
        self,
        picked: Sequence[NDArray[np.int64]],
        places: Mapping[int, tuple[float, float, int]],
        classed: Floats | None,
        mask: NDArray[np.bool_] | None,
    ) -> NDArray[np.int64]:
        """Entry rows of the picked documents: the first of every leg in turn until there are enough."""
        legs: list[list[int]] = [list(dict.fromkeys(self.wordings.owners[numbers].tolist())) for numbers in picked]
        legs.append(sorted(places, key=lambda row: (-places[row][0] - places[row][1], self._ids[row])))
        if self.classes is not None and classed is not None:
            best = np.lexsort((self.classes.entries, -classed))[:CANDIDATES]
            known = [self._row[id] for id in self.classes.entries[best].tolist() if id in self._row]
            legs.append([row for row in known if mask is None or mask[row]])
        seen: dict[int, None] = {}
        for turn in range(max(map(len, legs))):
            for leg in legs:
                if turn < len(leg):
                    seen.setdefault(leg[turn])
            if len(seen) >= CANDIDATES:
                break
        rows = np.array(list(seen), dtype=np.int64)
        return rows[np.argsort(self._ids[rows])]

    def _measured(
        self,
        rows: NDArray[np.int64],
        terms: Terms,
        vector: Floats | None,
        legs: tuple[Floats, Floats, Floats],
        places: Mapping[int, tuple[float, float, int]],
        without: int | None,
    ) -> Candidates:
        numbers_of = [self.wordings.numbers[int(row)] for row in rows]
        if without is not None:
            numbers_of = [numbers[numbers != without] for numbers in numbers_of]
            keep = [at for at, numbers in enumerate(numbers_of) if len(numbers) or int(rows[at]) in places]
            rows, numbers_of = rows[keep], [numbers_of[at] for at in keep]
        figures = np.zeros((len(rows), len(FEATURES)), dtype=np.float32)
        best = np.full(len(rows), -1, dtype=np.int64)
        passage = np.full(len(rows), -1, dtype=np.int64)
        out = np.zeros(len(rows), dtype=np.bool_)
        worded = np.array([at for at, numbers in enumerate(numbers_of) if len(numbers)], dtype=np.int64)
        if len(worded):
            best[worded] = self._by_wordings(figures, worded, [numbers_of[at] for at in worded], legs, terms, vector)
        for at, row in enumerate(rows.tolist()):
            if row in places:
                figures[at, COLUMN["passage"]], figures[at, COLUMN["passage_meaning"]], passage[at] = places[row]
            negatives = self._entries[int(self._ids[row])].negatives
            if negatives and best[at] >= 0:
                ahead, out[at] = self._too_close(terms, negatives, int(best[at]), numbers_of[at])
                figures[at, COLUMN["negative"]] = ahead
        return Candidates(rows, figures, best, passage, out)

    def _by_wordings(
        self,
        figures: Floats,
        worded: NDArray[np.int64],
        numbers_of: list[NDArray[np.int64]],
        legs: tuple[Floats, Floats, Floats],
        terms: Terms,
        vector: Floats | None,
    ) -> NDArray[np.int64]:
        """Fills the columns that rest on wordings; gives the wording of each entry that fits best."""
        sizes = np.array([len(numbers) for numbers in numbers_of], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        numbers = np.concatenate(numbers_of)
        together = np.zeros(len(numbers), dtype=np.float32)
        for name, leg in zip(("words", "grams", "sounds"), legs, strict=True):
            values = leg[numbers]
            highest, more = best_of(values, starts, sizes)
            figures[worded, COLUMN[name]] = highest
            if name != "sounds":
                together += values
                figures[worded, COLUMN[f"{name}_more"]] = more
                figures[worded, COLUMN[f"{name}_ahead"]] = relative(highest)
        if self._with_vectors(vector) and vector is not None:
            cosines = self.wordings.dense.cosines(vector, numbers)
            together += 4.0 * cosines
            highest, more = best_of(cosines, starts, sizes)
            figures[worded, COLUMN["meaning"]], figures[worded, COLUMN["meaning_more"]] = highest, more
            figures[worded, COLUMN["meaning_ahead"]] = deviations(highest)
        best = np.array(
            [part[int(np.argmax(together[at : at + len(part)]))] for at, part in zip(starts, numbers_of, strict=True)]
        )
        pairs = compared(terms.plain, [self.wordings.plains[number] for number in best], self.wordings.postings)
        for at, name in enumerate(("sequence", "run", "asked_covered", "wording_covered")):
            figures[worded, COLUMN[name]] = pairs[:, at]
        figures[worded, COLUMN["covered"]] = pairs[:, 2] * pairs[:, 3]
        asked = Sentence(terms, self.wordings.postings)
        told = [Sentence(self.analyser.terms(self.wordings.texts[at]), self.wordings.postings) for at in best]
        first = COLUMN[next(iter(DIFFERENCES))]
        figures[worded, first : first + len(DIFFERENCES)] = differences(asked, told)
        figures[worded, COLUMN["first"]] = [number == part[0] for number, part in zip(best, numbers_of, strict=True)]
        return best

    def _add_classes(self, found: Candidates, classed: Floats | None) -> None:
        if self.classes is None or classed is None or not len(found.rows):
            return
        ids = self._ids[found.rows]
        at = np.minimum(np.searchsorted(self.classes.entries, ids), len(classed) - 1)
        found.figures[:, COLUMN["class"]] = np.where(self.classes.entries[at] == ids, classed[at], 0.0)

    def _too_close(
        self, terms: Terms, negatives: Sequence[str], best: int, own: NDArray[np.int64]
    ) -> tuple[float, bool]:
        """How much closer a negative is than the ``best`` wording, and whether it is as close as any of ``own``."""
        nearest = max(self._nearness(terms, [self.analyser.terms(text).plain for text in negatives]))
        ahead = nearest - self._nearness(terms, [self.wordings.plains[best]])[0]
        if nearest <= 0 or ahead < 0:
            return 0.0, False
        return ahead, nearest >= max(self._nearness(terms, [self.wordings.plains[number] for number in own]))

    def _nearness(self, terms: Terms, plains: list[str]) -> list[float]:
        pairs = compared(terms.plain, plains, self.wordings.postings)
        return [float(value) for value in pairs[:, 0] + pairs[:, 2] * pairs[:, 3]]

    def _shown(self, text: str, found: Candidates, at: int, score: float) -> Found:
        best, passage, row = int(found.best[at]), int(found.passage[at]), int(found.rows[at])
        wording = self.wordings.texts[best] if best >= 0 else ""
        place = int(passage - self.passages.numbers[row][0]) if passage >= 0 else None
        parts = {name: float(found.figures[at, column]) for name, column in COLUMN.items()}
        return Found(int(self._ids[row]), score, parts, wording, place, marked(text, wording))

    def _mask(self, allowed: Allowed) -> NDArray[np.bool_] | None:
        """By entry row; None: everything may be found."""
        if allowed is None:
            return None
        mask = np.zeros(len(self._ids), dtype=np.bool_)
        if callable(allowed):
            rows = [row for id, row in self._row.items() if allowed(id)]
        else:
            rows = [self._row[id] for id in allowed.tolist() if id in self._row]
        mask[rows] = True
        return mask

    def _take_out(self, ids: Sequence[int]) -> None:
        rows = [self._row.pop(id) for id in ids]
        for id in ids:
            del self._entries[id]
        self.wordings.drop(rows)
        self.passages.drop(rows)
        self._free.extend(rows)

    def _new_row(self, id: int) -> int:
        row = self._free.pop() if self._free else len(self._row)
        if row >= len(self._ids):
            self._ids = np.concatenate([self._ids, np.zeros(len(self._ids), np.int64)])
        self._row[id] = row
        self._ids[row] = id
        return row

    def _learn_if_small(self) -> None:
        if self.wordings.postings.count <= LEARN_AT_ONCE:
            self.classes = self.learnt()
