"""Dialogues as documents, and the machine that walks them: pure, deterministic, without memory of its own."""

from denghuo.engine.dialogue.checking import Fault, check
from denghuo.engine.dialogue.documents import Book, Choice, Dialogue, DialogueError, Main, Slot, Step, parse
from denghuo.engine.dialogue.guessing import guess
from denghuo.engine.dialogue.machine import begin, step
from denghuo.engine.dialogue.state import Act, Heard, State

__all__ = [
    "Act",
    "Book",
    "Choice",
    "Dialogue",
    "DialogueError",
    "Fault",
    "Heard",
    "Main",
    "Slot",
    "State",
    "Step",
    "begin",
    "check",
    "guess",
    "parse",
    "step",
]
