"""A graph of things and statements: finding names in text, reading questions and sentences, paths and drawings.

Pure functions; what the things are and what is said of them comes from the caller.
"""

from denghuo.engine.graph.extraction import Proposal, Reader, sentences
from denghuo.engine.graph.gazetteer import Gazetteer, Mention, folded
from denghuo.engine.graph.layout import Branch, Drawing, draw
from denghuo.engine.graph.network import Edge, Network, Node, Scope
from denghuo.engine.graph.paths import Path, Step, shortest_paths
from denghuo.engine.graph.questions import PriceAsked, Question, Words, read_question

__all__ = [
    "Branch",
    "Drawing",
    "Edge",
    "Gazetteer",
    "Mention",
    "Network",
    "Node",
    "Path",
    "PriceAsked",
    "Proposal",
    "Question",
    "Reader",
    "Scope",
    "Step",
    "Words",
    "draw",
    "folded",
    "read_question",
    "sentences",
    "shortest_paths",
]
