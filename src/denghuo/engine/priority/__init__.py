"""The order in which open matters deserve attention: P = w1·t/T + w2·q + w3·c, plus what urgency adds."""

from denghuo.engine.priority.score import Part, Score, Weights, score

__all__ = ["Part", "Score", "Weights", "score"]
