"""Walking the steps of a dialogue until something must be heard."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from denghuo.engine.dialogue.documents import Book, Dialogue, Slot, Step
from denghuo.engine.dialogue.state import Act, Frame, State
from denghuo.engine.dialogue.values import choose, plain

MOST_STEPS: Final = 50  # without anything heard in between; a document that goes round is handed over
_HOLE = re.compile(r"\{(\w+)\}")


class Walk:
    """One turn in the making: the state as it becomes, and what is to be done so far."""

    def __init__(self, book: Book, state: State) -> None:
        self.book, self.state = book, state
        self.acts: list[Act] = []

    # --- small things ---------------------------------------------------------------------------------------------

    def put(self, **changes: object) -> None:
        """Change the state. What ends the row of refusals ends that of offers nobody took."""
        if changes.get("refusals") == 0:
            changes.setdefault("offers", 0)
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]

    @property
    def dialogue(self) -> Dialogue | None:
        return self.book.dialogues.get(self.state.code)

    def text(self, name: str) -> str:
        """A common text of the main document."""
        return self.fill(self.book.main.texts.get(name, ""))

    def fill(self, text: str) -> str:
        """``{slot}`` in a text replaced by what is known."""
        return _HOLE.sub(lambda found: self.shown(found[1]), text)

    def shown(self, name: str) -> str:
        """The value of a slot as it is told to the customer: the label of a choice."""
        value = self.state.slots.get(name, self.state.known.get(name, ""))
        slot = self.dialogue.slots.get(name) if self.dialogue else None
        chosen = next((one.label for one in slot.choices if one.value == value), "") if slot else ""
        return chosen or value

    def say(self, text: str, choices: tuple[str, ...] = ()) -> None:
        """Say something, unless there is nothing to say."""
        if text or choices:
            self.acts.append(Act("say", text, choices))

    def offer(self, text: str, pairs: list[tuple[str, str]], wait: str) -> None:
        """Say something with answers to choose from, and wait for one."""
        self.put(choices=tuple(pairs), wait=wait)
        self.say(text, tuple(label for label, _way in pairs))

    def hand_over(self, reason: str, text: str = "", priority: int = 0) -> None:
        """The last act of a talk: people take it."""
        if text:
            self.say(text)
        topic = self.dialogue.topic if self.dialogue else ""
        self.acts.append(Act("hand_over", data={"reason": reason, "priority": priority, "topic": topic}))
        self.put(done="handed_over", wait="", choices=())

    def end(self, text: str) -> None:
        """The last act of a talk that needed nobody."""
        self.say(text)
        self.acts.append(Act("end", data={"solved": self.state.solved}))
        self.put(done="ended", wait="", choices=())

    # --- dialogues ------------------------------------------------------------------------------------------------

    def enter(self, code: str, found: tuple[tuple[str, str], ...], *, keep: bool = False) -> None:
        """Begin a dialogue, with what is known already in its slots; ``keep``: the present one is gone back to."""
        stack = self.state.stack
        if keep and self.state.code:
            frame = Frame(self.state.code, self.state.step, self.state.slots, self.state.asking, self.state.wait)
            stack = (*stack, frame)[-3:]
        one = self.book.dialogues[code]
        self.put(code=code, step=one.start, slots={}, asking="", wait="", choices=(), stack=stack, asked={}, refusals=0)
        self.take(found)
        self.take_choices(self.state.words)
        for slot in one.slots.values():
            held = self.state.known.get(slot.kind)
            if (
                slot.name not in self.state.slots
                and held
                and slot.kind in ("phone", "account", "name", "address", "county")
            ):
                self.put(slots={**self.state.slots, slot.name: held})
        self.go(one.start)

    def take(self, found: tuple[tuple[str, str], ...], *, over: bool = False) -> list[str]:
        """Put what was found into the slots it fits that are empty (``over``: or not); gives the names of those filled."""
        filled: list[str] = []
        for kind, value in found:
            if kind in ("phone", "account", "name", "address", "county"):
                self.put(known={**self.state.known, kind: value})
            for slot in (self.dialogue.slots if self.dialogue else {}).values():
                if not _fits(slot, kind) or (slot.name in self.state.slots and not over) or slot.name in filled:
                    continue
                clean = _clean(slot, value)
                if clean:
                    self.put(slots={**self.state.slots, slot.name: clean})
                    filled.append(slot.name)
                    break
        return filled

    def take_choices(self, text: str) -> list[str]:
        """Fill empty slots with choices whose words stand in the text; gives the names of those filled."""
        filled: list[str] = []
        for slot in (self.dialogue.slots if self.dialogue else {}).values():
            if not slot.choices or slot.name in self.state.slots or slot.name == self.state.asking:
                continue
            chosen = choose(text, slot.choices) if len(plain(text)) > 2 else None
            if chosen is not None:
                self.put(slots={**self.state.slots, slot.name: chosen.value})
                filled.append(slot.name)
        return filled

    def leave(self) -> None:
        """The dialogue is over: back to the one it was begun from, or to no particular one."""
        if self.state.stack:
            frame = self.state.stack[-1]
            self.put(
                code=frame.code, step=frame.step, slots=frame.slots, asking=frame.asking, wait=frame.wait,
                stack=self.state.stack[:-1], choices=(), asked={},
            )  # fmt: skip
            self.say(self.text("back").replace("{label}", self.dialogue.label if self.dialogue else ""))
            self.go(frame.step)
            return
        self.put(code="", step="", slots={}, asking="", wait="", choices=(), asked={})

    # --- steps ----------------------------------------------------------------------------------------------------

    def go(self, step_id: str) -> None:
        """Do steps from ``step_id`` on until one waits or the talk is over."""
        for _count in range(MOST_STEPS):
            dialogue = self.dialogue
            if dialogue is None or self.state.done:
                return None
            step = dialogue.steps.get(step_id)
            if step is None:  # the document was changed under a talk that was going on
                return self.hand_over("fault", self.text("hand_over"))
            self.put(step=step.id, wait="", choices=())
            following = self._do(dialogue, step)
            if following is None:
                return None
            step_id = following
        self.hand_over("fault", self.text("hand_over"))
        return None

    def _do(self, dialogue: Dialogue, step: Step) -> str | None:
        """Do one step; the next one, or None when it waits."""
        if step.do == "say":
            self.say(self.fill(step.text))
            return step.ways["next"]
        if step.do == "ask":
            return self._ask(dialogue, step)
        if step.do == "choose":
            self.offer(self.fill(step.text), [(one.label, one.next) for one in step.choices], "choice")
            return None
        if step.do == "confirm":
            self.offer(self.fill(step.text), [("确认", "yes"), ("需要修改", "no")], "confirm")
            return None
        if step.do in ("call", "verify", "request", "open"):
            self.acts.append(Act(step.do, self.fill(step.text), data=self._asked_of(step)))
            self.put(wait="result")
            return None
        if step.do == "answer":
            self.acts.append(Act("answer", self.fill(step.text) or self.state.words))
            self.put(wait="result")
            return None
        if step.do == "hand_over":
            self.hand_over(step.reason or "asked", self.fill(step.text) or self.text("hand_over"))
            return None
        self.say(self.fill(step.text))
        self.leave()
        if not self.state.code and not self.state.done:
            self.ask_solved()
        return None

    def _ask(self, dialogue: Dialogue, step: Step) -> str | None:
        for name in step.slots:
            slot = dialogue.slots[name]
            if name in self.state.slots:
                continue
            self.put(asking=name, wait="slot", choices=tuple((one.label, one.value) for one in slot.choices))
            self.say(self._question(slot), tuple(one.label for one in slot.choices))
            return None
        self.put(asking="")
        return step.ways["next"]

    def _question(self, slot: Slot) -> str:
        times = self.state.asked.get(slot.name, 0)
        self.put(asked={**self.state.asked, slot.name: times + 1})
        text = self.fill(slot.ask[min(times, len(slot.ask) - 1)])
        return f"{text}\n{slot.hint}" if slot.hint and times else text

    def ask_again(self) -> None:
        """Put the question that is open once more."""
        if self.state.code and self.state.step:
            self.go(self.state.step)

    def ask_solved(self) -> None:
        """Whether it helped; the customer may say anything else just as well."""
        self.offer(self.text("solved_ask"), [("已解决", "yes"), ("没有解决", "no")], "solved")

    def _asked_of(self, step: Step) -> dict[str, object]:
        inputs = {name: self._value(source) for name, source in step.inputs.items()}
        return {
            "function": step.function, "page": step.page, "code": self.state.code, "step": step.id,
            "inputs": {name: value for name, value in inputs.items() if value},
        }  # fmt: skip

    def _value(self, source: str) -> str:
        """ "=text" is that text (with slots filled in), anything else the slot of that name."""
        return self.fill(source[1:]) if source.startswith("=") else self.state.slots.get(source, "")


def _fits(slot: Slot, kind: str) -> bool:
    return slot.kind == kind or (kind == "phenomenon" and slot.kind == "choice" and slot.name == "phenomenon")


def _clean(slot: Slot, value: str) -> str:
    """The value as the slot keeps it; "" when a choice does not know it."""
    if not slot.choices:
        return value
    known = (one.value for one in slot.choices if value in (one.value, one.label) or any(w in value for w in one.words))
    return next(known, "")
