"""The next step of the scene's script that the agent has not taken yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from denghuo.apps.contacts import panel_facts
from denghuo.apps.contacts.models import Contact, DeskScript
from denghuo.engine.duplicates import text_similarity

SAID = 0.6  # as like as this counts as said in the agent's own words


@dataclass(frozen=True, slots=True)
class Step:
    """A sentence of a script: ``number`` counts its steps from 1, ``part`` its sentences from 0."""

    script: DeskScript
    number: int
    part: int
    title: str
    text: str
    words: tuple[str, ...]


def next_step(contact: Contact, said: Sequence[str], answered: Sequence[str]) -> Step | None:
    """The first sentence of the fitting script that is not said yet; None when no script fits or all is said.

    Which script fits is decided as on the panel of scripts, by the customer's words. One query.
    """
    fitting = panel_facts.scripts_for(contact, "\n".join([contact.subject, *said]))
    if not fitting or not fitting[0].words:
        return None
    script, words = fitting[0].script, fitting[0].words
    for number, step in enumerate(script.steps, 1):
        sentences = [step.get("say", ""), *step.get("ask", [])]
        for part, text in enumerate(sentences):
            if text and not _was_said(text, answered):
                return Step(script, number, part, step.get("title", ""), text, words)
    return None


def _was_said(text: str, answered: Sequence[str]) -> bool:
    return any(text in one or text_similarity(text, one) >= SAID for one in answered)
